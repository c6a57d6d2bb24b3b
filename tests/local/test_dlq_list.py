"""`consumers dlq list` and `show`, with messages that failed on the local AWS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from consumers.operations import queues
from consumers.operations.dead_letters import holding
from dead_letter_run import Failing, failing, run
from deployed_consumers import use_only
from on_local_aws import wait_until


@pytest.fixture(scope="module")
def project(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    with failing(aws, tmp_path_factory.mktemp("project")) as consumers:
        yield consumers


@pytest.fixture(autouse=True)
def _hermetic(aws: LocalAws, project: Failing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_only(aws, monkeypatch, tmp_path)
    monkeypatch.setattr(holding, "WAIT", 0)  # the local AWS is exact: an empty answer is an empty queue
    project.empty()


def listed(*arguments: str) -> list[dict[str, Any]]:
    result = run("list", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def reasons(*arguments: str) -> dict[str, tuple[int, str]]:
    return {row["reason"]: (row["count"], row["source"]) for queue in listed(*arguments) for row in queue["reasons"]}


def shown(*arguments: str) -> list[dict[str, Any]]:
    result = run("show", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_reason_is_a_row_from_the_best_source_there_is(project: Failing) -> None:
    values = [{"kind": "value", "id": number} for number in range(12)]
    # Alone, so that the end of one invocation is not taken for that of another.
    for bodies in (values, [{"kind": "key"}, {"kind": "reject", "id": 7}, "no json"], [{"kind": "slow"}]):
        project.fail("hands", *bodies)
    found = reasons(project.name("hands"))
    invalid = next(reason for reason in found if "JSON" in reason)
    assert found.pop(invalid) == (1, "log")
    assert found == {
        "no card: …": (12, "log"),
        "KeyError: … at handler.py:<n>": (1, "log"),
        "no player <n>": (1, "attribute"),
        "unknown, probably: Task timed out after <n> seconds": (1, "time"),
    }


def test_a_crash_is_found_by_its_time(project: Failing) -> None:
    project.fail("hands", {"kind": "crash"})
    (reason,) = reasons(project.name("hands"))
    assert reason == "unknown, probably: Runtime exited without providing a reason"


def test_the_list_shows_counts_times_receives_and_an_example(project: Failing) -> None:
    project.fail("hands", {"kind": "value", "id": 1}, {"kind": "value", "id": 2})
    result = run("list", project.name("hands"))
    title, headings, row = result.stdout.splitlines()[:3]
    assert title.startswith(f"{project.name('hands')}  2 in hands-")
    assert headings.split()[:2] == ["count", "receives"]
    assert row.split()[:2] == ["2", "1"]
    assert row.endswith("no card: …")
    example = row.split()[-4]
    (letter,) = shown(project.name("hands"), "--id", example)
    assert json.loads(letter["body"])["kind"] == "value"


def test_listing_leaves_every_letter_where_it_was(aws: LocalAws, project: Failing) -> None:
    project.fail("hands", *({"kind": "value", "id": number} for number in range(25)))
    run("list")
    depth = queues.depth(aws.client("sqs"), project.url("hands", "dlq"))
    assert (depth.visible, depth.in_flight) == (25, 0)


def test_without_a_name_all_consumers_are_listed_with_a_total(project: Failing) -> None:
    project.fail("hands", {"kind": "key"})
    project.fail("one", {"kind": "key"}, {"kind": "key"})
    result = run("list", "--stack", "dlq")
    assert result.stdout.splitlines()[-1] == "3 dead letters in 2 queues"


def test_letters_of_a_shared_queue_are_listed_by_the_consumer_that_each_came_from(project: Failing) -> None:
    project.fail("one", {"kind": "key"}, {"kind": "reject", "id": 1})
    project.fail("two", {"kind": "key"})
    (queue,) = [queue for queue in listed("--stack", "dlq") if queue["queue"].startswith("dead-")]
    counts = {(row["consumer"], row["source"]): row["count"] for row in queue["reasons"]}
    one, two = project.name("one"), project.name("two")
    # On a busy machine a reject can be received, and sent, twice.
    assert counts.pop((one, "attribute")) >= 1
    assert counts == {(one, "log"): 1, (two, "log"): 1}
    assert listed(two)[0]["count"] == 1


def test_a_letter_that_somebody_sent_to_a_shared_queue_belongs_to_no_consumer(aws: LocalAws, project: Failing) -> None:
    queues.send(aws.client("sqs"), project.url("one", "dlq"), ["{}"])
    (queue,) = [queue for queue in listed("--stack", "dlq") if queue["queue"].startswith("dead-")]
    assert [row["consumer"] for row in queue["reasons"]] == ["unknown"]
    assert listed(project.name("one"))[0]["count"] == 0


SELECTIONS: dict[tuple[str, ...], set[int]] = {
    ("--where", "id > `1`"): {2, 3},
    ("--reason", "no card: …"): {1, 2},
    ("--reason", "player"): {3},
    ("--reason", "no card: '2'"): {2},
    ("--newer", "1h"): {1, 2, 3},
    ("--older", "1h"): set(),
    ("--attribute", "tenant=acme"): set(),
    ("--where", "id > `1`", "--reason", "no card"): {2},
    ("--all",): {1, 2, 3},
}


def test_a_selection_chooses_letters(project: Failing) -> None:
    project.fail("hands", {"kind": "value", "id": 1}, {"kind": "value", "id": 2}, {"kind": "reject", "id": 3})
    chosen = {options: shown(project.name("hands"), *options) for options in SELECTIONS}
    ids = {options: {json.loads(letter["body"])["id"] for letter in letters} for options, letters in chosen.items()}
    assert ids == SELECTIONS


def test_show_prints_attributes_and_neutralises_escape_sequences(aws: LocalAws, project: Failing) -> None:
    attributes = {
        "tenant": {"DataType": "String", "StringValue": "acme\u009b2J"},
        "picture": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
    }
    body = 'no json: \x1b[2J and "♠️ ace"'.replace("\x1b", "\u009b")
    url = project.url("hands", "dlq")
    aws.client("sqs").send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
    result = run("show", project.name("hands"))
    assert "\u009b" not in result.output
    assert '    no json: \\x9b[2J and "♠️ ace"' in result.output
    assert "  Attribute picture (Binary.png): AP8=" in result.output
    assert "  Attribute tenant (String): acme\\x9b2J" in result.output


def test_show_prints_ten_letters_unless_more_are_asked_for(project: Failing) -> None:
    project.fail("hands", *({"kind": "value", "id": number} for number in range(12)))
    name = project.name("hands")
    assert [len(shown(name)), len(shown(name, "--limit", "11")), len(shown(name, "--all"))] == [10, 11, 12]


def test_of_a_fifo_queue_the_first_letters_of_each_group_are_listed(aws: LocalAws, project: Failing) -> None:
    sqs, url = aws.client("sqs"), project.url("ordered")
    for number in range(4):
        group = f"table-{number % 2}"
        body = json.dumps({"kind": "key", "id": number})
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=str(number))
    wait_until(lambda: project.dead("ordered") == 4)
    (queue,) = listed(project.name("ordered"))
    assert queue["count"] == 4
    assert [letter["group"] for letter in shown(project.name("ordered"), "--group", "table-1")] == ["table-1"] * 2
