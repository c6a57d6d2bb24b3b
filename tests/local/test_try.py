"""`consumers try` with real dead letters: it shows what a fix does, and touches neither queue."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import dead_letters
from consumers.local import background
from consumers.local.emulator import LocalAws
from dead_letters import Dead, json_of, rejected
from deployed_consumers import ROOT, failed, start
from error_texts import ErrorTexts
from on_local_aws import processes_in, wait_until
from trials import STRICT, Trials

EFFECT = """
import boto3, os
from sqs_batch import batch_handler

@batch_handler
def handle(record):
    boto3.client("sqs").send_message(QueueUrl=os.environ["TARGET"], MessageBody=record.body)
"""


@pytest.fixture
def trials(dead: Dead, tmp_path: Path) -> Trials:
    return Trials(dead, tmp_path)


@pytest.fixture
def ordered(fifo: Dead, tmp_path: Path) -> Trials:
    return Trials(fifo, tmp_path)


def use_as_local(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the local AWS of every project."""

    def find(project: Path) -> LocalAws:
        return aws

    monkeypatch.setattr(background, "find", find)


def hands(*numbers: int) -> list[str]:
    return [json.dumps({"n": number}) for number in numbers]


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


def test_exactly_those_that_pass_are_sent_back(trials: Trials) -> None:
    trials.dead.put(*hands(1, -1, 2), **rejected("it was bad"))
    trials.write(STRICT)
    result = trials.run("--redrive-passed", stdin="y\n")
    assert "Send 2 to" in result.stderr
    assert "Sent to" in result.stdout
    assert result.exit_code == 1  # one still fails
    assert sorted(trials.dead.bodies()) == hands(1, 2)
    assert trials.dead.bodies(trials.dead.dead_url) == hands(-1)


def test_one_with_the_id_of_another_on_the_source_queue_is_not_sent_with_it(trials: Trials) -> None:
    (first,) = trials.dead.put(*hands(1))
    why = json.dumps({"reason": "bad", "messageId": first, "receiveCount": 1})
    attribute = {"Rejected": {"DataType": "String", "StringValue": why}}
    trials.dead.put(*hands(-1), MessageAttributes=attribute)
    trials.write(STRICT)
    trials.run("--redrive-passed", "--yes")
    assert trials.dead.bodies() == hands(1)


def test_redriving_is_a_part_of_the_json_and_needs_no_letters_to_pass(trials: Trials) -> None:
    trials.dead.put(*hands(1))
    trials.write(STRICT)
    data = json_of(trials.run("--redrive-passed", "--yes", "--json"))
    assert (data["passed"], data["redrive"]["done"], data["redrive"]["failed"]) == (1, 1, {})
    assert data["redrive"]["receipt"].startswith("redrive-")
    trials.dead.put(*hands(-1))
    assert json_of(trials.run("--redrive-passed", "--yes", "--json"))["redrive"] is None


def test_without_an_answer_nothing_is_sent(trials: Trials) -> None:
    trials.dead.put(*hands(1))
    trials.write(STRICT)
    result = trials.run("--redrive-passed")
    assert "Without a terminal, pass --yes." in failed(result)
    assert trials.depths() == (0, 1, 0, 1)
    failed(trials.run("--redrive-passed", "--exported", __file__), 2)


def test_a_call_of_aws_fails_and_the_reason_is_explained(trials: Trials) -> None:
    trials.dead.put(*hands(1), **rejected("it was bad"))
    trials.write(EFFECT, environment={"TARGET": trials.dead.url})
    result = trials.run()
    assert "→ NoCredentialsError: Unable to locate credentials" in result.stdout
    assert "1 fail because AWS is withheld from the handler." in result.stderr
    assert trials.dead.depth(trials.dead.url) == 0


def test_on_a_local_aws_the_handler_calls_that_one(
    trials: Trials, aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials.dead.put(*hands(1), **rejected("it was bad"))
    trials.write(EFFECT, environment={"TARGET": trials.dead.url})
    use_as_local(aws, monkeypatch)
    result = trials.run(region=None)
    assert "The handler calls the local AWS, us-east-1" in result.stderr
    assert (result.exit_code, trials.dead.bodies()) == (0, hands(1))


def test_letters_of_an_account_never_have_effects_on_the_local_aws(
    trials: Trials, aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials.dead.put(*hands(1))
    trials.write(EFFECT, environment={"TARGET": trials.dead.url})
    use_as_local(aws, monkeypatch)
    result = trials.run()
    assert "The handler calls no AWS" in result.stderr
    assert (result.exit_code, trials.dead.depth(trials.dead.url)) == (1, 0)


def test_an_account_is_called_only_after_a_yes_and_it_says_as_who(trials: Trials) -> None:
    trials.dead.put(*hands(1))
    trials.write(EFFECT, environment={"TARGET": trials.dead.url})
    result = trials.run("--allow-aws")
    assert "Without a terminal, pass --yes." in failed(result)
    assert trials.dead.depth(trials.dead.url) == 0
    result = trials.run("--allow-aws", stdin="y\n")
    assert "The handler calls AWS account 000000000000, us-east-1, for real, as arn:aws:" in result.stderr
    assert (result.exit_code, trials.dead.bodies()) == (0, hands(1))


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


def test_a_handler_that_cannot_be_imported_is_one_row_and_a_line_that_says_why(trials: Trials) -> None:
    trials.dead.put(*hands(*range(25)), **rejected("it was bad"))
    trials.write("import missing_module\ndef handle(event, context): ...\n")
    result = trials.run()
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 4
    assert "0 of 25 pass now, in 1 batch" in result.stdout
    assert "no message was tried: Runtime.ImportModuleError: Unable to import module 'handler'" in result.stderr


@pytest.mark.parametrize("fault", ["time.sleep(60)", "os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_a_timeout_or_a_crash_is_the_reason_of_its_batch_and_the_next_one_is_tried(trials: Trials, fault: str) -> None:
    trials.dead.put(*hands(1, 2, 3, 4), **rejected("it was bad"))
    trials.write(
        f"import os, time\ndef handle(event, context):\n    if '1' in event['Records'][0]['body']: {fault}\n",
        timeout=1,
        batch_size=2,
    )
    result = trials.run()
    assert "2 of 4 pass now, in 2 batches" in result.stdout
    assert "fails its whole batch, as on Lambda. To try one alone: `consumers try" in result.stderr


def test_while_the_handler_runs_no_letter_is_hidden_and_a_kill_leaves_no_process(
    trials: Trials, aws: LocalAws, tmp_path: Path
) -> None:
    trials.dead.put(*hands(*range(15)))
    running = tmp_path / "running"
    trials.write(
        f"import os, subprocess, time\ndef handle(event, context):\n    open({str(running)!r}, 'w').write('x')\n"
        f"    subprocess.run(['sleep', '300', ';', {str(tmp_path)!r}])\n    time.sleep(300)\n",
        timeout=900,
    )
    process = start("try", trials.dead.name, "--project", str(tmp_path), aws=aws)
    wait_until(running.exists)
    assert trials.depths() == (0, 15, 0, 15)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_until(lambda: processes_in(tmp_path) == [])
    assert trials.depths() == (0, 15, 0, 15)


def test_ctrl_c_ends_it_after_the_batch_that_runs_and_prints_what_is_known(
    trials: Trials, aws: LocalAws, tmp_path: Path
) -> None:
    trials.dead.put(*hands(*range(15)))
    running, go = tmp_path / "running", tmp_path / "go"
    trials.write(
        f"import os, time\ndef handle(event, context):\n    open({str(running)!r}, 'w').write('x')\n"
        f"    while not os.path.exists({str(go)!r}): time.sleep(0.01)\n",
        timeout=60,
    )
    process = start("try", trials.dead.name, "--project", str(tmp_path), aws=aws)
    wait_until(running.exists)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)  # the signal arrives before the batch ends
    go.touch()
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, "10 of 10 pass now, in 1 batch" in stdout) == (130, True)
    assert "Interrupted: the rest is not tried" in stderr
    assert os.listdir(tmp_path / "function") == ["handler.py"]  # noqa: PTH208


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


def test_a_second_ctrl_c_ends_it_at_once_with_the_handler(trials: Trials, aws: LocalAws, tmp_path: Path) -> None:
    trials.dead.put(*hands(1))
    running = tmp_path / "running"
    trials.write(
        f"import os, time\ndef handle(event, context):\n    open({str(running)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(300)\n",
        timeout=900,
    )
    process = start("try", trials.dead.name, "--project", str(tmp_path), aws=aws)
    host = int(wait_until(lambda: running.exists() and running.read_text()))
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)  # two that arrive at once are one
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in stderr) == (130, False)
    with pytest.raises(ProcessLookupError):
        os.kill(host, 0)


def test_letters_of_other_consumers_are_not_tried(trials: Trials, aws: LocalAws) -> None:
    other = dead_letters.consumer(aws, f"o{trials.dead.name[1:]}", dead_letter_queue=trials.dead.dead_url)
    try:
        trials.dead.put_dead(*hands(1))
        other.put_dead(*hands(2, 3), before=1)
        trials.write(STRICT)
        result = trials.run("--redrive-passed", "--yes")
        assert f"2 of {other.name} are not tried" in result.stderr
        assert (trials.dead.bodies(), trials.dead.depth(trials.dead.dead_url)) == (hands(1), 2)
    finally:
        other.delete()


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


def test_what_passes_of_a_fifo_group_is_sent_back_in_order(ordered: Trials) -> None:
    for number in (1, -2, 3, 4):
        ordered.dead.put(*hands(number), **rejected("it was bad"), MessageGroupId="table")
    ordered.write(STRICT, fifo=True)
    ordered.run("--redrive-passed", "--yes")
    assert ordered.dead.bodies() == hands(1, 3, 4)
    assert ordered.dead.bodies(ordered.dead.dead_url) == hands(-2)
