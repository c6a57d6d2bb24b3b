"""The record of a stack that `consumers up` writes."""

import stat
from dataclasses import replace
from pathlib import Path

from consumers.provider.stack_record import RecordedResource, StackRecord

QUEUE = RecordedResource(
    urn="urn:pulumi:dev::hands::aws:sqs/queue:Queue::queue",
    type="aws:sqs/queue:Queue",
    name="queue",
    id="",
    inputs={"name": "queue-1", "tags": {"team": "cards"}},
    outputs={},
    replaced_with=[],
    protect=False,
    retain_on_delete=False,
)
OTHER = replace(QUEUE, urn=f"{QUEUE.urn}-2", name="other")


def test_an_unfinished_creation_is_a_leftover_until_it_is_recorded(tmp_path: Path) -> None:
    file = tmp_path / "dev.json"
    record = StackRecord(file)
    begun = record.begin(QUEUE)
    assert StackRecord(file).leftovers == [begun]
    record.keep(replace(QUEUE, id="url", outputs={"arn": "arn"}), begun)
    read = StackRecord(file)
    assert (read.leftovers, list(read.resources)) == ([], [QUEUE.urn])
    assert read.resources == record.resources
    assert (read.resources[QUEUE.urn].id, read.resources[QUEUE.urn].outputs) == ("url", {"arn": "arn"})


def test_a_new_resource_has_a_higher_serial_than_all_before_it_even_in_a_record_read_again(tmp_path: Path) -> None:
    file = tmp_path / "dev.json"
    for resource in (QUEUE, OTHER, QUEUE):
        StackRecord(file).keep(resource)
    serials = {each.name: each.serial for each in StackRecord(file).resources.values()}
    assert serials["queue"] > serials["other"] > 0


def test_a_replaced_resource_is_kept_until_it_is_deleted(tmp_path: Path) -> None:
    file = tmp_path / "dev.json"
    record = StackRecord(file)
    record.keep(replace(QUEUE, id="old"))
    old = record.resources[QUEUE.urn]
    record.delete_later(old)
    record.keep(replace(QUEUE, id="new"))
    assert [each.id for each in StackRecord(file).leftovers] == ["old"]
    record.forget(old)
    read = StackRecord(file)
    assert (read.leftovers, read.resources[QUEUE.urn].id) == ([], "new")


def test_only_its_owner_may_read_it_and_nothing_else_is_left_beside_it(tmp_path: Path) -> None:
    record = StackRecord(tmp_path / "dev.json")
    record.keep(QUEUE)
    record.forget(record.resources[QUEUE.urn])
    [file] = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert StackRecord(file).resources == {}
