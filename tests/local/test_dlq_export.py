"""`consumers dlq export`, `purge` and `send --exported`: what leaves a dead-letter queue can come back, whole."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from dead_letters import Dead, json_of, rejected, text
from deployed_consumers import failed
from error_texts import ErrorTexts
from test_dlq_redrive import BODIES, attributes


def whole(messages: list[dict[str, Any]]) -> list[tuple[str, Any, str | None]]:
    """What must come back of each message."""
    return sorted(
        (
            each["Body"],
            json.dumps(each.get("MessageAttributes"), default=list),
            each["Attributes"].get("MessageGroupId"),
        )
        for each in messages
    )


def test_what_is_exported_and_purged_comes_back_byte_for_byte(dead: Dead) -> None:
    dead.put(*BODIES.values())
    dead.put("ten", MessageAttributes=attributes(10))
    dead.put("nine", **rejected("bad", **attributes(9)), MessageGroupId="tenant")
    before = whole(dead.seen(dead.dead_url))
    assert dead.dlq("export", "copy.jsonl", "--all").stdout == f"Exported to copy.jsonl: {len(before)}\n"
    assert dead.visible(dead.dead_url) == len(before)
    result = dead.dlq("purge", "--all", "--yes", "--export", "purged.jsonl")
    assert result.exit_code == 0, result.output
    assert (dead.depth(dead.dead_url), dead.depth(dead.url)) == (0, 0)
    for file in ("copy.jsonl", "purged.jsonl"):
        assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600
        assert dead.send(file, "--exported").exit_code == 0
        assert whole(dead.messages()) == before


def test_an_export_to_standard_output_can_be_piped_into_send(dead: Dead) -> None:
    dead.put("letter 🂡", MessageAttributes=attributes(3))
    lines = dead.dlq("export", "-", "--all").stdout
    assert json.loads(lines)["body"] == "letter 🂡"
    assert dead.send("--exported", stdin=lines).exit_code == 0
    assert dead.messages()[0]["MessageAttributes"] == attributes(3)


def test_a_selection_is_exported_with_its_reasons(dead: Dead) -> None:
    dead.put("a", **rejected("bad card"))
    dead.put("b")
    assert json_of(dead.dlq("export", "bad.jsonl", "--reason", "bad", "--json")) == {
        "done": 1,
        "behind": 0,
        "file": "bad.jsonl",
    }
    line = json.loads(Path("bad.jsonl").read_text())
    assert (line["body"], line["reason"], line["original_id"]) == ("a", "bad card", "original")


def test_no_file_is_overwritten(dead: Dead, error_text: ErrorTexts) -> None:
    dead.put("letter")
    Path("old.jsonl").write_text("precious")
    error_text(failed(dead.dlq("export", "old.jsonl", "--all")))
    assert "old.jsonl exists" in failed(dead.dlq("purge", "--all", "--yes", "--export", "old.jsonl"))
    assert (Path("old.jsonl").read_text(), dead.visible(dead.dead_url)) == ("precious", 1)


def test_where_nothing_is_selected_no_file_is_left(dead: Dead, tmp_path: Path) -> None:
    dead.put("letter")
    assert dead.dlq("export", "none.jsonl", "--reason", "nothing").stdout == "There is no such dead letter.\n"
    assert dead.dlq("purge", "--reason", "nothing").exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_purge_asks_for_the_name_and_writes_the_file_first(dead: Dead, tmp_path: Path) -> None:
    dead.put("keep", **rejected("no table"))
    dead.put("bad 1", "bad 2", **rejected("bad"))
    for answer in ("y\n", "\n", ""):
        assert (
            failed(dead.dlq("purge", "--reason", "bad", stdin=answer)).splitlines()[-1].startswith("Nothing is changed")
        )
    assert (list(tmp_path.iterdir()), dead.visible(dead.dead_url)) == ([], 3)
    result = dead.dlq("purge", "--reason", "bad", stdin=f"{dead.name}\n")
    assert result.exit_code == 0, result.output
    (file,) = tmp_path.glob(f"purge-{dead.name}-*.jsonl")
    assert sorted(json.loads(line)["body"] for line in file.read_text().splitlines()) == ["bad 1", "bad 2"]
    assert f"Deleted from {dead.name}-dlq: 2\nThe letters are in {file.name}" in result.stdout
    assert dead.bodies(dead.dead_url) == ["keep"]


def test_a_purge_without_export_writes_nothing(dead: Dead, tmp_path: Path) -> None:
    dead.put("letter")
    assert json_of(dead.dlq("purge", "--all", "--no-export", "--yes", "--json")) == {
        "done": 1,
        "failed": {},
        "twice": {},
        "returned": 0,
        "stopped": None,
        "queue": dead.dead_arn,
        "file": None,
    }
    assert (list(tmp_path.iterdir()), dead.depth(dead.dead_url)) == ([], 0)


def test_a_purge_as_a_dry_run_changes_nothing(dead: Dead, tmp_path: Path) -> None:
    dead.put("letter")
    assert json_of(dead.dlq("purge", "--all", "--dry-run", "--json"))["selected"] == 1
    assert (list(tmp_path.iterdir()), dead.visible(dead.dead_url)) == ([], 1)


def test_what_cannot_be_written_is_not_deleted(dead: Dead) -> None:
    if not os.path.exists("/dev/full"):  # noqa: PTH110
        pytest.skip("there is no full disk")
    dead.put("letter")
    assert dead.dlq("purge", "--all", "--yes", "--export", "missing/file.jsonl").exit_code == 1
    assert dead.visible(dead.dead_url) == 1


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        '{"body": ""}',
        '{"body": "\\u0000"}',
        '{"body": "a", "attributes": {"a": {"StringValue": "1"}}}',
        '{"body": "a", "attributes": {"AWS.x": {"DataType": "String", "StringValue": "1"}}}',
        '{"body": "a", "attributes": {"b": {"DataType": "Binary", "BinaryValue": "*"}}}',
        '{"body": "a", "attributes": {"b": {"DataType": "String", "StringValue": ""}}}',
        '{"body": "a", "system": {"MessageGroupId": "with space"}}',
        '{"body": "a", "system": []}',
        json.dumps({"body": "a", "attributes": {f"a{n}": text("1") for n in range(11)}}),
        json.dumps({"body": "x" * 1_048_576, "attributes": {"a": text("1")}}),
    ],
    ids=range(11),
)
def test_a_file_with_an_invalid_line_sends_nothing(dead: Dead, line: str, error_text: ErrorTexts) -> None:
    Path("file.jsonl").write_text(json.dumps({"body": "valid"}) + "\n" + line)
    error_text(failed(dead.send("file.jsonl", "--exported")))
    assert dead.depth(dead.url) == 0


def test_an_exported_letter_without_a_group_is_not_sent_to_a_fifo_queue(fifo: Dead) -> None:
    assert "system.MessageGroupId is missing" in failed(fifo.send("--exported", stdin='{"body": "a"}'))
    assert "each line has its own group" in failed(fifo.send("--exported", "--group", "a", stdin=""), 2)
