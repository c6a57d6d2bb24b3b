"""`consumers try` with real dead letters: it shows what a fix does, and touches neither queue."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dead_letters import json_of, rejected
from deployed_consumers import ROOT, failed
from error_texts import ErrorTexts
from trials import STRICT, Trials, hands


def test_a_fix_makes_38_of_41_pass_and_leaves_both_queues_as_they_were(trials: Trials) -> None:
    trials.dead.put(*hands(*range(38)), **rejected("KeyError: 'n' at handler.py:7"))
    (last,) = trials.dead.put(*hands(-5), **rejected("n must not be negative, got -5"))
    trials.dead.put(*hands(-1, -2), **rejected("KeyError: 'n' at handler.py:7"))
    trials.write(STRICT)
    before = trials.depths()
    result = trials.run()
    assert result.exit_code == 1
    head, _, first, now, second = result.stdout.splitlines()
    assert head == f"{trials.dead.name}  38 of 41 pass now, in 5 batches"
    assert first.split() == ["40", "38", "2", "KeyError:", "…", "at", "handler.py:<n>"]
    assert now.split()[0] == "2"
    assert now.endswith("→ n must not be negative, got <n>")
    assert second.split()[:4] == ["1", "0", "1", last]
    assert trials.depths() == before == (0, 41, 0, 41)


def test_where_all_pass_the_exit_code_is_0_and_json_names_them(trials: Trials) -> None:
    ids = trials.dead.put(*hands(1, 2), **rejected("it was bad"))
    trials.write(STRICT)
    assert json_of(result := trials.run("--json")) == {
        "consumer": trials.dead.name,
        "tried": 2,
        "passed": 2,
        "failed": 0,
        "batches": 1,
        "rows": [{"reason": "it was bad", "count": 2, "passed": 2, "after": []}],
        "passed_ids": ids,
        "failures": {},
        "stopped": None,
        "tests": None,
        "redrive": None,
    }
    assert result.exit_code == 0


def test_the_handler_sees_what_it_would_after_a_redrive(trials: Trials) -> None:
    trials.dead.put_dead("moved", MessageAttributes={"tenant": {"DataType": "String", "StringValue": "acme"}})
    trials.dead.put("sent", **rejected("bad", tenant={"DataType": "String", "StringValue": "acme"}))
    handler = """
        def handle(event, context):
            for record in event["Records"]:
                print(sorted(record["messageAttributes"]), record["attributes"]["ApproximateReceiveCount"])
                print(record["eventSourceARN"], "DeadLetterQueueSourceArn" in record["attributes"])
    """
    trials.write(handler)
    for _ in range(2):  # each look is a receive of the dead-letter queue, which the consumer does not see
        result = trials.run("--log")
        assert result.exit_code == 0
        log = result.stderr.splitlines()[-4:]
        assert log == ["['Redriven', 'tenant'] 1", f"{trials.dead.arn} False"] * 2
    trials.dead.dlq("redrive", "--all", "--receipt", "receipt.jsonl", "--yes")
    received = trials.dead.messages()
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in received} == {"1"}


def test_batches_are_those_of_the_program(trials: Trials) -> None:
    trials.dead.put(*hands(*range(10)))
    trials.write("def handle(event, context): print('batch of', len(event['Records']))", batch_size=4)
    result = trials.run("--log")
    assert [line for line in result.stderr.splitlines() if "batch of" in line] == [
        *("batch of 4", "batch of 4", "batch of 2")
    ]


def test_a_selection_is_tried_and_nothing_else(trials: Trials) -> None:
    (one,) = trials.dead.put(*hands(1), **rejected("first"))
    trials.dead.put(*hands(2), **rejected("second"))
    trials.write(STRICT)
    for options in (["--reason", "fir"], ["--id", one], ["--where", "n == `1`"]):
        assert json_of(trials.run(*options, "--json"))["passed_ids"] == [one]
    assert json_of(trials.run("--limit", "1", "--json"))["tried"] == 1
    result = trials.run("--reason", "nothing")
    assert (result.exit_code, result.stdout) == (0, "There is no such dead letter.\n")
    assert json_of(trials.run("--reason", "nothing", "--json"))["tried"] == 0


def test_those_behind_a_bad_one_of_a_fifo_group_pass_and_the_order_holds(ordered: Trials) -> None:
    for number in (1, -2, 3, 4):
        ordered.dead.put(*hands(number), **rejected("it was bad"), MessageGroupId="table 1".replace(" ", "-"))
    ordered.dead.put(*hands(5), **rejected("it was bad"), MessageGroupId="table-2")
    ordered.write(
        STRICT.replace("if hand", "print(hand, record.receive_count)\n    if hand"), fifo=True, max_receive_count=3
    )
    before = ordered.depths()
    result = ordered.run("--log")
    assert result.stdout.startswith(f"{ordered.dead.name}  4 of 5 pass now, in 2 batches\n")
    seen = [json.loads(line[:-2].replace("'", '"'))["n"] for line in result.stderr.splitlines() if line[0] == "{"]
    assert [number for number in seen if number != 5] == [1, -2, 3, 4]
    assert ordered.depths() == before


def test_fifo_letters_that_cannot_be_read_are_counted(ordered: Trials) -> None:
    for number in range(12):
        ordered.dead.put(*hands(number), MessageGroupId="table")
    ordered.write(STRICT, fifo=True)
    result = ordered.run()
    assert "10 of 10 pass now" in result.stdout
    assert "2 more cannot be read, because they are behind others of their groups." in result.stderr


def test_letters_of_a_file_need_no_aws(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = trials.dead.put(*hands(1, 2, -3), **rejected("it was bad"))
    trials.write(STRICT)
    trials.dead.dlq("export", "letters.jsonl", "--all")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    data = json_of(trials.run("--exported", "letters.jsonl", "--json", region=None))
    assert sorted(data["passed_ids"]) == sorted(ids[:2])
    assert data["rows"][0]["reason"] == "it was bad"
    result = trials.run("--exported", "-", "--where", "n > `1`", stdin=Path("letters.jsonl").read_text(), region=None)
    assert "1 of 1 pass now" in result.stdout
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        '{"body": ""}',
        '{"body": "a", "system": {"SentTimestamp": "soon"}}',
        '{"body": "a", "system": {"SentTimestamp": 5}}',
        '{"body": "a", "id": "same"}\n{"body": "b", "id": "same"}',
    ],
    ids=["no JSON", "no body", "no time", "a number", "twice"],
)
def test_a_file_with_an_invalid_line_tries_nothing(trials: Trials, line: str, error_text: ErrorTexts) -> None:
    trials.write("def handle(event, context): print('called')")
    Path("letters.jsonl").write_text(f'{{"body": "valid"}}\n{line}\n')
    result = trials.run("--exported", "letters.jsonl", "--log", region=None)
    error_text(failed(result))
    assert "called" not in result.output


def test_errors_are_one_line(trials: Trials, error_text: ErrorTexts) -> None:
    trials.dead.put(*hands(1))
    error_text(failed(trials.run("--exported", "missing.jsonl"), 2))
    trials.write(STRICT)
    program = trials.folder / "__main__.py"
    text = program.read_text()
    program.write_text(text.replace(trials.dead.name, "other"))
    error_text(failed(trials.run()).replace(trials.dead.name, "NAME"))
    program.write_text(text.replace("'timeout': 10", "'timeout': 1000"))
    error_text(failed(trials.run()).replace(trials.dead.name, "NAME"))
    program.write_text("import missing\n")
    error_text(failed(trials.run()).splitlines()[-1])
    assert trials.depths() == (0, 1, 0, 1)


def test_what_is_left_becomes_tests_that_fail_now_and_pass_after_the_fix(trials: Trials, tmp_path: Path) -> None:
    trials.dead.put(*hands(1), json.dumps({"n": -1, "player": {"name": "Anna"}}), **rejected("it was bad"))
    trials.write(STRICT)
    result = trials.run("--save-tests", "tests", "--redact", "player.name")
    assert "Test written: tests/test_" in result.stdout
    (test,) = (tmp_path / "tests").glob("test_*.py")
    assert not any("Anna" in path.read_text() for path in (tmp_path / "tests").rglob("*") if path.is_file())
    options = ["-q", "-p", "no:cacheprovider", "-p", "consumers.testing.plugin"]
    command = [sys.executable, "-m", "pytest", *options, str(test)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    def outcome() -> int:
        return subprocess.run(command, cwd=tmp_path, env=environment, check=False).returncode

    assert outcome() == 1
    trials.write(STRICT.replace("< 0", "< -1_000"))
    assert outcome() == 0
    again = json_of(trials.run("--save-tests", "tests", "--json"))
    assert (again["failed"], again["tests"]) == (0, {"written": [], "kept": [], "notes": []})


def test_options_that_belong_together_are_required_together(trials: Trials, error_text: ErrorTexts) -> None:
    error_text(failed(trials.run("--redact", "a"), 2))
    error_text(failed(trials.run("--redrive-passed", "--exported", "-"), 2))
    trials.dead.put(*hands(-1))
    trials.write(STRICT)
    error_text(failed(trials.run("--save-tests", "tests", "--redact", "player.name")))
    assert failed(trials.run("--save-tests", "/"))


def test_a_full_disk_is_one_line(
    trials: Trials, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts, tmp_path: Path
) -> None:
    trials.dead.put(*hands(1))
    trials.write(STRICT)

    def add(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("consumers.working_copy.trial_letters.TrialLetters.add", add)
    error_text(failed(trials.run()))
    assert trials.depths() == (0, 1, 0, 1)
