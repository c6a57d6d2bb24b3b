"""Operations on the local AWS: what is found of a consumer, and a log that is longer than one answer."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations import discovery, logs

PROGRAM = """
import pulumi
from components import QueueConsumer

made = QueueConsumer({name!r}, {{"source": "function", "timeout": 10, **{args!r}}})
for output in ("queue_url", "queue_arn", "dead_letter_queue_url", "dead_letter_queue_arn", "function_name",
               "function_arn", "log_group_name", "mapping_id"):
    pulumi.export(output, getattr(made, output))
"""


@pytest.fixture(params=[False, True], ids=["standard", "fifo"])
def exports(request: pytest.FixtureRequest, aws: LocalAws, tmp_path: Path, name: str) -> Iterator[dict[str, Any]]:
    (tmp_path / "function").mkdir()
    (tmp_path / "function" / "handler.py").write_text("def handle(event, context):\n    return None\n")
    (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM.format(name=name, args={"fifo": request.param}))
    made = deploy(tmp_path, aws, stack="found").exports
    yield made
    with suppress(Exception):
        aws.client("lambda").delete_event_source_mapping(UUID=made["mapping_id"])


def test_everything_of_a_consumer_is_found_by_its_tags(aws: LocalAws, name: str, exports: dict[str, Any]) -> None:
    found = discovery.find_one(aws.client, name)
    assert (found.name, found.stack, found.project) == (name, "found", "test")
    assert found.fifo == exports["queue_arn"].endswith(".fifo")
    assert exports == {
        "queue_url": found.queue_url,
        "queue_arn": found.queue_arn,
        "dead_letter_queue_url": found.dead_letter_queue_url,
        "dead_letter_queue_arn": found.dead_letter_queue_arn,
        "function_name": found.function_name,
        "function_arn": found.function_arn,
        "log_group_name": found.log_group,
        "mapping_id": found.mapping_ids[0],
    }


def test_a_consumer_that_is_being_deleted_is_what_is_left_of_it(
    aws: LocalAws, name: str, exports: dict[str, Any]
) -> None:
    aws.client("lambda").delete_function(FunctionName=exports["function_name"])
    left = discovery.find_one(aws.client, name)
    assert (left.function_name, left.mapping_ids) == (None, [])
    assert left.queue_url == exports["queue_url"]


def test_a_log_of_more_lines_than_one_answer_holds_is_read_whole(aws: LocalAws, name: str) -> None:
    client, now, count = aws.client("logs"), int(time.time() * 1000), 25_000
    client.create_log_group(logGroupName=name)
    client.create_log_stream(logGroupName=name, logStreamName="stream")
    events = [{"timestamp": now - count + number, "message": str(number)} for number in range(count)]
    for start in range(0, count, 5000):
        client.put_log_events(logGroupName=name, logStreamName="stream", logEvents=events[start : start + 5000])
    tail = logs.Tail(client, name)
    assert [line.message for line in tail.new()] == [str(number) for number in range(count)]
    assert tail.new() == []
