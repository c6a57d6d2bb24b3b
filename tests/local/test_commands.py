"""`consumers status`, `send` and `logs` as their users call them, on consumers that are deployed to the local AWS."""

import io
import json
import re
import signal
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import deployed_consumers
from consumers.cli import main
from consumers.local import background
from consumers.local.emulator import LocalAws
from consumers.operations import queues, sending
from consumers.operations.message_lines import Message
from consumers.operations.sending import Destination
from deployed_consumers import Deployed, failed, lines, run, start, use_only
from error_texts import ErrorTexts
from on_local_aws import take, wait_until


@pytest.fixture(scope="module")
def deployed(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed_consumers.deployed(aws, tmp_path_factory.mktemp("project")) as consumers:
        yield consumers


@pytest.fixture(autouse=True)
def _hermetic(aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_only(aws, monkeypatch, tmp_path)


def test_status_shows_each_consumer_and_what_needs_a_look(deployed: Deployed) -> None:
    result = run("status", deployed.name("hands"), deployed.name("paused"))
    assert result.exit_code == 0
    assert "On AWS account 000000000000, us-east-1" in result.stderr
    hands, paused, advice = result.stdout.splitlines()[1:]
    assert re.match(rf"{deployed.name('hands')} +\d+ +\d+ +0 +0 +Enabled +(Active|Pending)", hands)
    assert re.match(rf"{deployed.name('paused')} +\d+ +0 +0 +0 +Disabled +(Active|Pending)", paused)
    assert advice == f"→ {deployed.name('paused')} reads nothing, because its mapping is Disabled"
    (one,) = json.loads(run("status", deployed.name("paused"), "--json").stdout)
    assert (one["name"], one["stack"], one["project"]) == (deployed.name("paused"), "one", "test")
    assert one["queue"].keys() == {"visible", "in_flight", "delayed"}
    assert (one["mapping"], one["function"] in ("Active", "Pending"), one["dead_letters"]) == ("Disabled", True, 0)


def test_status_shows_the_age_of_the_oldest_message(aws: LocalAws, deployed: Deployed, name: str) -> None:
    aws.client("sqs").create_queue(QueueName=name, tags=tags_of_queue(name))
    datum = {"MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": [{"Name": "QueueName", "Value": name}]}
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[{**datum, "Value": 83}])
    rows = {row.split()[0]: row for row in run("status", name, deployed.name("paused")).stdout.splitlines()}
    assert rows[deployed.name("paused")].split()[rows["consumer"].split().index("oldest")] == "-"
    assert " 83 s " in rows[name]


def tags_of_queue(name: str) -> dict[str, str]:
    return {f"queue-consumer:{key}": value for key, value in (("consumer", name), ("part", "queue"), ("stack", "dev"))}


def test_status_where_there_is_no_consumer_says_how_to_get_one() -> None:
    result = run("status", region="eu-north-1")
    assert (result.exit_code, result.stdout.startswith("There are no consumers. Deploy one with")) == (0, True)
    assert run("status", "--json", region="eu-north-1").stdout == "[]\n"


def test_status_of_a_consumer_that_is_half_deleted_names_what_is_missing(aws: LocalAws, name: str) -> None:
    aws.client("sqs").create_queue(QueueName=name, tags=tags_of_queue(name))
    result = run("status", name)
    assert result.exit_code == 0
    assert f"→ {name} has no dead-letter queue, no function, no mapping" in result.stdout
    assert "has no function, so no log" in failed(run("logs", name))


def test_a_name_in_several_stacks_needs_the_stack_and_an_unknown_one_gets_the_nearest(deployed: Deployed) -> None:
    name = deployed.name("twin")
    for command in ("send", "logs"):
        assert failed(run(command, name, stdin="")).startswith(f"'{name}' is in several stacks: three, two. Choose one")
    assert run("send", name, "--stack", "two", stdin="").exit_code == 0
    assert "no consumer" in failed(run("send", name, "--stack", "one", stdin=""))
    rows = run("status", name).stdout.splitlines()[1:3]
    assert [row.split()[1] for row in rows] == ["test/three", "test/two"]
    assert f"Did you mean '{deployed.name('paused')}'?" in failed(run("status", deployed.name("paused")[:-1]))


def test_every_line_of_a_file_or_of_standard_input_arrives_once(deployed: Deployed, tmp_path: Path) -> None:
    sent = lines(100)
    (tmp_path / "hands.jsonl").write_text("\n".join(sent))
    result = run("send", deployed.name("paused"), "hands.jsonl")
    assert (result.exit_code, result.stdout) == (0, f"Messages sent to {deployed.name('paused')}: 100\n")
    assert sorted(deployed.bodies("paused")) == sorted(sent)
    for arguments, text, count in (([], "1\n2\n", 2), (["-"], "1\n2\n", 2), ([], "", 0)):
        printed = json.loads(run("send", deployed.name("paused"), *arguments, "--json", stdin=text).stdout)
        assert printed == {"sent": count, "failed": []}
        assert sorted(deployed.bodies("paused")) == ["1", "2"][:count]


def test_send_prints_account_region_and_queue_before_it_sends(
    deployed: Deployed, aws: LocalAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed: list[str] = []

    def send(*_: Any, **__: Any) -> sending.Outcome:
        printed.append(capsys.readouterr().err)
        return sending.Outcome(sent=1)

    monkeypatch.setattr(sending, "send", send)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1\n")))
    name, queue = deployed.name("paused"), deployed.exports[deployed.name("paused")]["queue"].rpartition("/")[2]
    main(["send", name, "--aws", "--region", aws.region], standalone_mode=False)
    assert printed == [f"On AWS account 000000000000, us-east-1\nQueue {queue}\n"]


def test_the_order_of_each_group_is_kept_on_a_fifo_queue(deployed: Deployed, tmp_path: Path) -> None:
    sent = [json.dumps({"id": number, "at": {"table": number % 7}}) for number in range(50)]
    (tmp_path / "hands.jsonl").write_text("\n".join(sent))
    for _ in range(2):  # the second time nothing is added
        assert run("send", deployed.name("ordered"), "hands.jsonl", "--group-field", "at.table").exit_code == 0
    arrived = [json.loads(body) for body in deployed.bodies("ordered")]
    for table in range(7):
        assert [hand["id"] for hand in arrived if hand["at"]["table"] == table] == list(range(table, 50, 7))


def test_a_group_on_a_standard_queue_arrives_and_is_said_to_keep_no_order(deployed: Deployed) -> None:
    for options in (["--group-field", "table"], ["--group", "7"]):
        result = run("send", deployed.name("paused"), *options, stdin='{"table": 7}\n')
        assert result.stderr.splitlines()[-1].startswith("The queue is not FIFO: a group has no order there.")
        url = deployed.exports[deployed.name("paused")]["queue"]
        (message,) = take(deployed.aws.client("sqs"), url)
        assert message["Attributes"]["MessageGroupId"] == "7"
    result = run("send", deployed.name("paused"), stdin="1\n")
    assert "not FIFO" not in result.stderr
    assert deployed.bodies("paused") == ["1"]


def test_a_file_with_broken_lines_is_not_sent(deployed: Deployed, tmp_path: Path, error_text: ErrorTexts) -> None:
    broken = [b"{", b"\xff", *[b"nope"] * 10]
    (tmp_path / "hands.jsonl").write_bytes(b"\n".join([b"1", *broken, b"2"]))
    error_text(failed(run("send", deployed.name("paused"), "hands.jsonl")))
    assert deployed.bodies("paused") == []


def test_of_a_file_that_cannot_be_read_to_its_end_nothing_is_sent(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error_text: ErrorTexts
) -> None:
    def unreadable(file: Any, form: Any) -> Any:
        yield Message(1, "1", 1)
        raise OSError(5, "Input/output error")

    (tmp_path / "hands.jsonl").write_text("1\n2\n")
    monkeypatch.setattr("consumers.commands.send.read", unreadable)
    error_text(failed(run("send", deployed.name("paused"), "hands.jsonl")))
    assert deployed.bodies("paused") == []


WRONG = [
    ["missing"],
    ["."],
    ["--group-field", "a", "--group", "b"],
    ["--group-field", "a", "--text"],
    ["--group", "a b"],
    ["--lines"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_arguments_of_send_are_errors(deployed: Deployed, error_text: ErrorTexts, arguments: list[str]) -> None:
    error_text(failed(run("send", deployed.name("paused"), *arguments, stdin=""), 2))


def test_a_fifo_queue_needs_a_group(deployed: Deployed) -> None:
    text = failed(run("send", deployed.name("ordered"), stdin="1\n"), 2)
    assert "--group-field FIELD or --group ID" in text


def test_lines_that_sqs_refuses_are_listed(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    def just_deleted(sqs: Any, url: str) -> Destination:
        return Destination(f"{url}-gone", fifo=False, content_based_deduplication=False, max_bytes=100)

    monkeypatch.setattr(sending, "destination", just_deleted)
    result = run("send", deployed.name("paused"), stdin="1\n2\n")
    assert result.exit_code == 1
    assert "Lines of standard input that were not sent: 2\n  lines 1-2: " in result.stderr
    assert "NonExistentQueue" in result.stderr


def did(log: Iterable[str]) -> list[int]:
    """The ids that the handler has logged."""
    return [int(line.partition("did ")[2]) for line in log if "did " in line]


def test_logs_are_what_the_function_has_written_in_order(deployed: Deployed) -> None:
    name = deployed.name("hands")
    assert run("send", name, stdin="\n".join(lines(40))).exit_code == 0
    wait_until(lambda: set(did(run("logs", name).stdout.splitlines())) >= set(range(40)))
    times = [json.loads(line)["time"] for line in run("logs", name, "--json").stdout.splitlines()]
    assert times == sorted(times)
    assert len(times) >= 40
    assert run("logs", name, "--since", "2999-01-01").stdout == ""
    for since in ("30s", "1d", "999999999d", "2025-01-31", "2025-01-31T12:00:00Z"):
        assert len(run("logs", name, "--since", since).stdout.splitlines()) >= 40


@pytest.mark.parametrize("since", ["yesterday", "10", "2025-13-01", ""])
def test_a_wrong_time_is_an_error(error_text: ErrorTexts, since: str) -> None:
    error_text(failed(run("logs", "x", "--since", since), 2))


def test_logs_that_are_followed_lose_and_repeat_nothing_until_ctrl_c(deployed: Deployed, aws: LocalAws) -> None:
    name, url = deployed.name("hands"), deployed.exports[deployed.name("hands")]["queue"]
    process = start("logs", name, "--follow", aws=aws)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.extend(process.stdout or ()), daemon=True)
    reader.start()
    ids = [first + number for first in (1000, 1100, 1200) for number in range(30)]
    try:
        for first in (0, 30, 60):
            bodies = [json.dumps({"id": number}) for number in ids[first : first + 30]]
            queues.send(aws.client("sqs"), url, bodies)
            wait_until(lambda last=ids[first + 29]: last in did(read))
        wait_until(lambda: set(ids) <= set(did(read)))
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(20)
    reader.join(10)
    assert sorted(number for number in did(read) if number >= 1000) == ids
    assert code == 0


def test_an_interrupted_send_lists_the_lines_that_remain(deployed: Deployed, aws: LocalAws, tmp_path: Path) -> None:
    count = 15_000
    (tmp_path / "hands.jsonl").write_text("\n".join(lines(count)))
    url = deployed.exports[deployed.name("paused")]["queue"]
    process = start("send", deployed.name("paused"), str(tmp_path / "hands.jsonl"), "--json", aws=aws)
    wait_until(lambda: queues.depth(aws.client("sqs"), url).visible > 0)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=30)
    outcome = json.loads(out)
    assert process.returncode == 130, errors
    assert queues.depth(aws.client("sqs"), url).visible == outcome["sent"]
    assert 0 < outcome["sent"] < count
    assert outcome["sent"] + len(outcome["failed"]) == count
    aws.client("sqs").purge_queue(QueueUrl=url)


def test_the_local_aws_of_the_project_is_used(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Path] = []

    def find(project: Path) -> LocalAws:
        asked.append(project.resolve())
        return deployed.aws

    monkeypatch.setattr(background, "find", find)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    result = run("status", deployed.name("paused"), "--project", str(tmp_path), region=None)
    assert (result.exit_code, result.stderr) == (0, "On the local AWS, us-east-1\n")
    assert asked == [tmp_path.resolve()]


@pytest.mark.parametrize(
    ("command", "variable", "value"),
    [
        (["status"], "AWS_ACCESS_KEY_ID", ""),
        (["send", "x", "--aws"], "AWS_ACCESS_KEY_ID", "AKIAUNKNOWN"),
        (["logs", "x"], "AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        (["status"], "AWS_DEFAULT_REGION", ""),
        (["status"], "AWS_PROFILE", "nobody"),
    ],
    ids=["no credentials", "wrong credentials", "no endpoint", "no region", "no profile"],
)
def test_an_aws_that_cannot_be_used_is_one_line(
    monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts, command: list[str], variable: str, value: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv(variable, value) if value else monkeypatch.delenv(variable)
    error = failed(run(*command, stdin="", region=None))
    assert "\n" not in error
    error_text(error)
