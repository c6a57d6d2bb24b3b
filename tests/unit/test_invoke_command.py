"""`consumers invoke` with files: one batch, the reply, and what becomes of each message."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from consumers.cli import main
from error_texts import ErrorTexts
from handler_project import HandlerProject

HANDLER = """
import logging
from sqs_batch import Reject, batch_handler

@batch_handler
def handle(record):
    kind = record.json["kind"]
    logging.getLogger().warning("sees %s", kind)
    if kind == "reject":
        raise Reject("no such player")
    if kind == "fail":
        raise ValueError("no card")
    if kind == "effect":
        import boto3
        boto3.client("s3").list_buckets()
"""
ARGUMENTS = {"handler": "handler.handle", "max_receive_count": 3, "batch_size": 4}
Invoke = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path) -> HandlerProject:
    return HandlerProject(tmp_path).write({"handler.py": HANDLER}, **ARGUMENTS)


@pytest.fixture
def invoke(project: HandlerProject, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the command in the project, without an AWS."""
    monkeypatch.chdir(project.folder)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(main, ["invoke", "orders", *arguments], input=stdin)
        assert "Traceback" not in result.stderr
        return result

    return run


def lines(*kinds: str) -> str:
    return "".join(f"{json.dumps({'kind': kind})}\n" for kind in kinds)


def outcomes(result: Result) -> dict[str, tuple[str, str]]:
    return {one["id"]: (one["outcome"], one["reason"]) for one in json.loads(result.stdout)["messages"]}


def test_it_prints_the_log_the_reply_and_what_becomes_of_each_message(invoke: Invoke) -> None:
    result = invoke("-", stdin=lines("fine", "fail", "reject"))
    assert result.exit_code == 1
    assert "sees fine" in result.stdout
    reply = '{\n  "batchItemFailures": [\n    {\n      "itemIdentifier": "line-2"\n    }\n  ]\n}'
    assert f"Reply: {reply}\n" in result.stdout
    shown = result.stdout.partition(reply)[2].splitlines()
    assert shown[2:7] == [
        "  line-1  handled   Lambda deletes it",
        "  line-2  retried   after 60 s it is received again, as receive 2 of 3",
        "                    no card",
        "  line-3  dead      sqs_batch sends it to the dead-letter queue at once",
        "                    no such player",
    ]
    assert shown[-1].startswith("1 of 3 handled, in ")
    assert "The handler calls no AWS" in result.stderr


def test_json_has_the_same_and_the_log_is_on_standard_error(invoke: Invoke) -> None:
    result = invoke("-", "--json", stdin=lines("fine", "fail"))
    data: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == 1
    assert data["reply"] == {"batchItemFailures": [{"itemIdentifier": "line-2"}]}
    assert data["error"] is None
    assert data["seconds"] > 0
    assert any("sees fail" in line for line in data["log"])
    assert "sees fail" in result.stderr
    assert data["messages"][1] == {
        "id": "line-2",
        "outcome": "retried",
        "reason": "no card",
        "then": "after 60 s it is received again, as receive 2 of 3",
        "retry_seconds": [60, 60],
    }


def test_where_nothing_fails_it_exits_with_0(invoke: Invoke, project: HandlerProject) -> None:
    (project.folder / "messages.jsonl").write_text(lines("fine", "fine"))
    result = invoke("messages.jsonl")
    assert result.exit_code == 0
    assert '"batchItemFailures": []' in result.stdout
    assert "2 of 2 handled" in result.stdout


def test_what_fails_on_its_last_receive_is_dead(invoke: Invoke) -> None:
    result = invoke("-", "--json", "--receive", "3", stdin=lines("fail"))
    assert outcomes(result) == {"line-1": ("dead", "no card")}


def test_only_the_first_batch_is_invoked_and_it_says_so(invoke: Invoke) -> None:
    result = invoke("-", "--json", stdin=lines(*["fine"] * 5))
    assert list(outcomes(result)) == ["line-1", "line-2", "line-3", "line-4"]
    assert "There are more messages in standard input: this is the first batch, with batch_size=4." in result.stderr


def test_an_effect_on_aws_fails_and_says_how_to_allow_it(invoke: Invoke) -> None:
    result = invoke("-", stdin=lines("effect"))
    assert "(AWS is withheld from the handler: start a local one with `consumers up`, or pass --allow-aws)" in (
        result.stdout
    )


def test_a_message_that_no_filter_matches_never_reaches_the_function(invoke: Invoke, project: HandlerProject) -> None:
    project.write({}, **ARGUMENTS, filters=[{"body": {"kind": ["fine"]}}])
    some = invoke("-", "--json", stdin=lines("fine", "fail"))
    assert outcomes(some) == {"line-1": ("handled", ""), "line-2": ("filtered", "")}
    assert some.exit_code == 0
    none = invoke("-", stdin=lines("fail"))
    assert none.stdout.splitlines()[0] == "Reply: The function is not invoked."
    assert "line-1  filtered  no filter matches it: Lambda deletes it without a trace" in none.stdout


def test_an_event_is_passed_as_it_is(invoke: Invoke, project: HandlerProject) -> None:
    one = {"messageId": "a", "body": '{"kind": "fail"}', "eventSource": "aws:sqs"}
    event = {"Records": [{**one, "attributes": {"ApproximateReceiveCount": "3"}}]}
    (project.folder / "event.json").write_text(json.dumps(event, indent=2))
    assert outcomes(invoke("event.json", "--json")) == {"a": ("dead", "no card")}


def test_exported_letters_come_as_after_a_redrive_and_can_be_selected(invoke: Invoke, project: HandlerProject) -> None:
    letters = (
        {"id": each, "body": lines(kind), "attributes": {}, "system": {"ApproximateReceiveCount": "9"}}
        for each, kind in (("a", "fail"), ("b", "fine"))
    )
    (project.folder / "letters.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in letters))
    both = invoke("letters.jsonl", "--exported", "--json")
    assert outcomes(both) == {"a": ("retried", "no card"), "b": ("handled", "")}
    assert outcomes(invoke("letters.jsonl", "--exported", "--json", "--id", "b")) == {"b": ("handled", "")}


def test_behind_a_failed_message_its_fifo_group_waits(invoke: Invoke, project: HandlerProject) -> None:
    project.write({}, **ARGUMENTS, fifo=True)
    bodies = "".join(f"{json.dumps({'kind': kind, 'table': table})}\n" for kind, table in (("fail", 1), ("fine", 2)))
    assert outcomes(invoke("-", "--json", stdin=bodies))["line-2"] == ("retried", "")
    assert outcomes(invoke("-", "--json", "--group-field", "table", stdin=bodies))["line-2"] == ("handled", "")


def test_an_error_of_the_handler_is_the_reason_of_every_message(invoke: Invoke, project: HandlerProject) -> None:
    project.write({"handler.py": "def handle(event, context):\n    raise KeyError('hand')\n"}, **ARGUMENTS)
    result = invoke("-", stdin=lines("fine"))
    assert "Error: KeyError: 'hand'\n" in result.stdout
    assert "  line-1  retried   after 60 s it is received again, as receive 2 of 3\n" in result.stdout
    assert result.exit_code == 1


def test_a_reason_of_several_lines_is_one_line_below_its_message(invoke: Invoke, project: HandlerProject) -> None:
    handler = "def handle(event, context):\n    raise ValueError('no card\\nin this hand')\n"
    project.write({"handler.py": handler}, **ARGUMENTS)
    assert f"\n{'':20}ValueError: no card in this hand\n" in invoke("-", stdin=lines("fine")).stdout


WRONG = {
    "file and selection": (("-", "--id", "a"), 2),
    "no file": (("--exported",), 2),
    "two formats": (("-", "--exported", "--text"), 2),
    "text with fields": (("-", "--text", "--group-field", "table"), 2),
    "two debuggers": (("-", "--pdb", "--debug"), 2),
    "an invalid line": (("-",), 1),
    "an exported line": (("-", "--exported"), 1),
}


@pytest.mark.parametrize(("arguments", "code"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_clear_line(
    invoke: Invoke, error_text: ErrorTexts, arguments: tuple[str, ...], code: int
) -> None:
    result = invoke(*arguments, stdin="no json\n")
    assert result.exit_code == code
    error_text(result.stderr.partition("Error: ")[2].strip())


def test_an_event_that_sqs_cannot_cause_is_one_clear_line(invoke: Invoke, error_text: ErrorTexts) -> None:
    result = invoke("-", stdin='{"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}')
    assert result.exit_code == 1
    error_text(result.stderr.partition("Error: ")[2].strip())


def test_without_messages_there_is_nothing_to_invoke(invoke: Invoke) -> None:
    result = invoke("-", stdin="\n")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "There is no such message in standard input." in result.stderr
    assert json.loads(invoke("-", "--json", stdin="").stdout)["messages"] == []
