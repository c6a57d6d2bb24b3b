"""`consumers dlq` on FIFO queues: order within groups, and SQS that shows only the first messages of a group."""

import json
from pathlib import Path
from typing import Any

import pytest

from dead_letters import Dead, bodies_of, json_of


def fill(fifo: Dead, count: int, groups: str = "abc") -> None:
    for n in range(count):
        for group in groups:
            fifo.put(json.dumps({"n": n, "group": group}), MessageGroupId=group)


def numbers(fifo: Dead, url: str | None = None) -> dict[str, list[Any]]:
    """Take every message of the queue, or of another; return their numbers by groups, in their order."""
    messages = fifo.messages(url)
    groups = {each["Attributes"]["MessageGroupId"] for each in messages}
    return {group: [number(body) for body in bodies_of(messages, group)] for group in groups}


def number(body: str) -> Any:
    return json.loads(body)["n"] if body.startswith("{") else body


def test_each_group_keeps_its_order_and_all_behind_the_first_ten_follow(fifo: Dead) -> None:
    fill(fifo, 25)
    result = fifo.dlq("redrive", "--older", "0.001s", "--yes")
    assert result.exit_code == 0, result.output
    assert "and those behind them in their groups that match" in result.stderr
    assert numbers(fifo) == {group: list(range(25)) for group in "abc"}
    assert fifo.depth(fifo.dead_url) == 0


def test_a_selection_is_taken_out_of_the_middle_of_its_group(fifo: Dead) -> None:
    fill(fifo, 12)
    result = fifo.dlq("redrive", "--where", "n == `3` || n == `7` || n == `11`", "--group", "b", "--yes", "--json")
    assert (result.exit_code, json_of(result)["done"]) == (0, 3)
    assert numbers(fifo) == {"b": [3, 7, 11]}
    rest = [n for n in range(12) if n not in (3, 7, 11)]
    assert numbers(fifo, fifo.dead_url) == {"a": list(range(12)), "b": rest, "c": list(range(12))}


def test_ten_that_are_not_selected_hide_those_behind_them(fifo: Dead) -> None:
    fill(fifo, 12, "a")
    fifo.put('{"n": 0, "group": "b"}', MessageGroupId="b")
    result = fifo.dlq("redrive", "--where", "n == `11` || group == 'b'", "--yes", "--json")
    assert (result.exit_code, json_of(result)["done"]) == (0, 1)
    assert numbers(fifo) == {"b": [0]}
    assert fifo.visible(fifo.dead_url) == 12


@pytest.mark.parametrize("limit", [3, 15])
def test_a_limit_counts_those_behind_the_first_too(fifo: Dead, limit: int) -> None:
    fill(fifo, 20, "a")
    assert fifo.dlq("redrive", "--limit", str(limit), "--yes").exit_code == 0
    assert numbers(fifo) == {"a": list(range(limit))}
    assert fifo.visible(fifo.dead_url) == 20 - limit


def test_after_one_that_fails_no_later_one_of_its_group_is_sent(fifo: Dead) -> None:
    fill(fifo, 3)
    fifo.put("no JSON", MessageGroupId="b")
    fill(fifo, 14)
    result = fifo.dlq("redrive", "--older", "0.001s", "--set", "edited=true", "--yes", "--json")
    outcome = json_of(result)
    assert (result.exit_code, outcome["done"]) == (1, 17 + 3 + 17)
    assert numbers(fifo)["b"] == [0, 1, 2]
    assert "an earlier message of its group was not sent" in set(outcome["failed"].values())
    assert fifo.visible(fifo.dead_url) == 15


def test_a_repeated_redrive_within_five_minutes_adds_no_duplicate(fifo: Dead) -> None:
    (old,) = fifo.put("once", MessageGroupId="a")
    # As after a kill between sending and deleting.
    fifo.aws.client("sqs").send_message(
        QueueUrl=fifo.url, MessageBody="once", MessageGroupId="a", MessageDeduplicationId=old
    )
    assert fifo.dlq("redrive", "--id", old, "--yes").exit_code == 0
    assert (fifo.bodies(), fifo.depth(fifo.dead_url)) == (["once"], 0)


def test_a_letter_that_sqs_moved_is_not_dropped_as_a_duplicate_of_itself(fifo: Dead) -> None:
    fifo.put_dead("dead", MessageGroupId="a")  # its deduplication id is younger than five minutes
    assert fifo.dlq("redrive", "--group", "a", "--yes").exit_code == 0
    assert fifo.bodies() == ["dead"]


def test_a_dry_run_gives_everything_back_in_order(fifo: Dead) -> None:
    fill(fifo, 5, "ab")
    assert json_of(fifo.dlq("redrive", "--group", "a", "--dry-run", "--json"))["selected"] == 5
    assert fifo.visible(fifo.dead_url) == 10
    assert numbers(fifo, fifo.dead_url) == {group: list(range(5)) for group in "ab"}


def test_a_purge_reaches_those_behind_and_its_file_has_them_in_order(fifo: Dead) -> None:
    fill(fifo, 25, "ab")
    assert fifo.dlq("purge", "--group", "a", "--yes", "--export", "a.jsonl").exit_code == 0
    kept = [json.loads(json.loads(line)["body"]) for line in Path("a.jsonl").read_text().splitlines()]
    assert [each["n"] for each in kept] == list(range(25))
    assert fifo.visible(fifo.dead_url) == 25


def test_an_export_that_cannot_reach_those_behind_says_so(fifo: Dead) -> None:
    fill(fifo, 13, "ab")
    result = fifo.dlq("export", "all.jsonl", "--all", "--json")
    assert (result.exit_code, json_of(result)["behind"] + json_of(result)["done"]) == (1, 26)
    assert "are behind others of their groups" in result.stderr
    assert fifo.visible(fifo.dead_url) == 26
    assert fifo.dlq("export", "two.jsonl", "--limit", "2").exit_code == 0


def test_a_purged_group_comes_back_in_order_from_its_file(fifo: Dead) -> None:
    fill(fifo, 12, "ab")
    assert fifo.dlq("purge", "--older", "0.001s", "--yes", "--export", "all.jsonl").exit_code == 0
    assert fifo.send("all.jsonl", "--exported").exit_code == 0
    assert numbers(fifo) == {group: list(range(12)) for group in "ab"}
