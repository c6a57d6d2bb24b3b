"""`consumers status`, `send` and `logs` as their users call them, on consumers that are deployed to the local AWS."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from consumers.cli import main
from consumers.evaluate.program import deploy
from consumers.local import background
from consumers.local.emulator import LocalAws
from consumers.operations import queues, sending
from consumers.operations.message_lines import Message
from consumers.operations.sending import Destination

ROOT = Path(__file__).parents[2]
HANDLER = """
import json, logging
from sqs_batch import batch_handler

log = logging.getLogger()
log.setLevel(logging.INFO)

@batch_handler
def handle(record):
    log.info("did %s", record.json["id"])
"""
PROGRAM = """
import pulumi
from components import QueueConsumer

for name, args in {consumers}.items():
    made = QueueConsumer(name, {{"source": "function", "timeout": 10, **args}})
    pulumi.export(name, {{"queue": made.queue_url, "mapping": made.mapping_id, "logs": made.log_group_name}})
"""
PAUSED = {"mapping": {"enabled": False}}


@dataclass(frozen=True)
class Deployed:
    """Three consumers: one that reads, two that are paused, so that what is sent stays; and a fourth in two stacks."""

    aws: LocalAws
    suffix: str
    exports: dict[str, Any]

    def name(self, short: str) -> str:
        return f"{short}-{self.suffix}"

    def bodies(self, short: str) -> list[str]:
        """Take every message of its queue."""
        sqs, url = self.aws.client("sqs"), self.exports[self.name(short)]["queue"]
        taken: list[str] = []
        while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
            for message in received:
                taken.append(message["Body"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken


@pytest.fixture(scope="module")
def deployed(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    suffix, folder = uuid.uuid4().hex[:8], tmp_path_factory.mktemp("project")
    (folder / "function").mkdir()
    (folder / "function" / "handler.py").write_text(HANDLER)
    (folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    exports: dict[str, Any] = {}
    several: dict[str, Any] = {
        f"hands-{suffix}": {},
        f"paused-{suffix}": PAUSED,
        f"ordered-{suffix}": PAUSED | {"fifo": True},
    }
    for stack, consumers in (
        ("one", several),
        ("two", {f"twin-{suffix}": PAUSED}),
        ("three", {f"twin-{suffix}": PAUSED}),
    ):
        (folder / "__main__.py").write_text(PROGRAM.format(consumers=consumers))
        exports |= deploy(folder, aws, stack=stack).exports
    yield Deployed(aws, suffix, exports)
    for export in exports.values():  # a poller that goes on would slow down the tests after these
        with suppress(Exception):
            aws.client("lambda").delete_event_source_mapping(UUID=export["mapping"])


def environment(aws: LocalAws) -> dict[str, str]:
    """As somebody has it who works on AWS, with this local one in AWS' place."""
    return {
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_ACCESS_KEY_ID": aws.access_key_id,
        "AWS_SECRET_ACCESS_KEY": "not-checked",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(autouse=True)
def _hermetic(aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in [variable for variable in os.environ if variable.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    for variable, value in environment(aws).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, stdin: str | bytes | None = None, region: str | None = "us-east-1") -> Result:
    where = ["--region", region] if region else []
    return CliRunner().invoke(main, [*arguments, *where], input=stdin)


def failed(result: Result, code: int = 1) -> str:
    """The one error of a command that has failed."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.stderr.partition("Error: ")[2].strip()


def wait_until(done: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def start(*arguments: str, aws: LocalAws) -> "subprocess.Popen[str]":
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "consumers.cli", *arguments, "--region", aws.region],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONUNBUFFERED": "1", **environment(aws)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lines(count: int, **more: Any) -> list[str]:
    return [json.dumps({"id": number, **more}) for number in range(count)]


def test_status_shows_each_consumer_and_what_needs_a_look(deployed: Deployed) -> None:
    result = run("status", deployed.name("hands"), deployed.name("paused"))
    assert result.exit_code == 0
    assert "On AWS account 000000000000, us-east-1" in result.stderr
    hands, paused, advice = result.stdout.splitlines()[1:]
    assert re.match(rf"{deployed.name('hands')} +\d+ +\d+ +0 +0 +Enabled +(Active|Pending)", hands)
    assert re.match(rf"{deployed.name('paused')} +\d+ +0 +0 +0 +Disabled +Active", paused)
    assert advice == f"→ {deployed.name('paused')} reads nothing, because its mapping is Disabled"


def test_status_shows_the_age_of_the_oldest_message_where_cloudwatch_knows_it(
    aws: LocalAws, deployed: Deployed, name: str
) -> None:
    tags = {"queue-consumer:consumer": name, "queue-consumer:part": "queue", "queue-consumer:stack": "aged"}
    aws.client("sqs").create_queue(QueueName=name, tags=tags)
    datum = {"MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": [{"Name": "QueueName", "Value": name}]}
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[{**datum, "Value": 83}])
    rows = {row.split()[0]: row for row in run("status", name, deployed.name("paused")).stdout.splitlines()}
    assert rows[deployed.name("paused")].split()[rows["consumer"].split().index("oldest")] == "-"
    assert " 83 s " in rows[name]


def test_status_as_json_is_one_document(deployed: Deployed) -> None:
    (one,) = json.loads(run("status", deployed.name("paused"), "--json").stdout)
    assert (one["name"], one["stack"], one["project"]) == (deployed.name("paused"), "one", "test")
    assert one["queue"].keys() == {"visible", "in_flight", "delayed"}
    assert (one["mapping"], one["function"], one["dead_letters"]) == ("Disabled", "Active", 0)


def test_status_where_there_is_no_consumer_says_how_to_get_one() -> None:
    result = run("status", region="eu-north-1")
    assert (result.exit_code, result.stdout.startswith("There are no consumers. Deploy one with")) == (0, True)
    assert run("status", "--json", region="eu-north-1").stdout == "[]\n"


def test_status_of_a_consumer_that_is_half_deleted_says_what_is_missing(aws: LocalAws, name: str) -> None:
    tags = {"queue-consumer:consumer": name, "queue-consumer:part": "queue", "queue-consumer:stack": "half"}
    aws.client("sqs").create_queue(QueueName=name, tags=tags)
    result = run("status", name)
    assert result.exit_code == 0
    assert f"→ {name} has no dead-letter queue, no function, no mapping" in result.stdout
    assert "has no function, so no log" in failed(run("logs", name))


@pytest.mark.parametrize("command", ["status", "send", "logs"])
def test_an_unknown_name_gets_the_nearest(deployed: Deployed, command: str) -> None:
    nearest = deployed.name("paused")
    assert f"Did you mean '{nearest}'?" in failed(run(command, nearest[:-1]))


@pytest.mark.parametrize("command", ["send", "logs"])
def test_a_name_in_several_stacks_needs_the_stack(deployed: Deployed, command: str) -> None:
    name = deployed.name("twin")
    assert failed(run(command, name, stdin="")).startswith(f"'{name}' is in several stacks: three, two. Choose one")
    assert run(command, name, "--stack", "two", stdin="").exit_code == 0
    assert "no consumer" in failed(run(command, name, "--stack", "one", stdin=""))


def test_both_of_a_name_are_in_status(deployed: Deployed) -> None:
    result = run("status", deployed.name("twin"))
    assert [line.split()[1] for line in result.stdout.splitlines()[1:3]] == ["test/three", "test/two"]


def test_every_line_of_a_file_arrives_once(deployed: Deployed, tmp_path: Path) -> None:
    sent = lines(500)
    (tmp_path / "hands.jsonl").write_text("\n".join(sent))
    result = run("send", deployed.name("paused"), "hands.jsonl")
    assert (result.exit_code, result.stdout) == (0, f"Messages sent to {deployed.name('paused')}: 500\n")
    assert sorted(deployed.bodies("paused")) == sorted(sent)


def test_send_says_account_region_and_queue_before_it_sends(
    deployed: Deployed, aws: LocalAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []

    def send(*_: Any, **__: Any) -> sending.Outcome:
        said.append(capsys.readouterr().err)
        return sending.Outcome(sent=1)

    monkeypatch.setattr(sending, "send", send)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1\n")))
    name, queue = deployed.name("paused"), deployed.exports[deployed.name("paused")]["queue"].rpartition("/")[2]
    main(["send", name, "--aws", "--region", aws.region], standalone_mode=False)
    assert said == [f"On AWS account 000000000000, us-east-1\nQueue {queue}\n"]


def test_standard_input_is_sent_too(deployed: Deployed) -> None:
    for more in ([], ["-"]):
        result = run("send", deployed.name("paused"), *more, "--json", stdin="1\n2\n")
        assert json.loads(result.stdout) == {"sent": 2, "failed": []}
        assert sorted(deployed.bodies("paused")) == ["1", "2"]


def test_a_pipe_is_sent_too(deployed: Deployed, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=("1\n2\n",), daemon=True)
    writer.start()
    assert run("send", deployed.name("paused"), "pipe").exit_code == 0
    assert sorted(deployed.bodies("paused")) == ["1", "2"]


def test_the_order_of_each_group_is_kept_on_a_fifo_queue(deployed: Deployed, tmp_path: Path) -> None:
    sent = [json.dumps({"id": number, "at": {"table": number % 7}}) for number in range(300)]
    (tmp_path / "hands.jsonl").write_text("\n".join(sent))
    for _ in range(2):  # the second time nothing is added
        assert run("send", deployed.name("ordered"), "hands.jsonl", "--group-field", "at.table").exit_code == 0
    arrived = [json.loads(body) for body in deployed.bodies("ordered")]
    for table in range(7):
        assert [hand["id"] for hand in arrived if hand["at"]["table"] == table] == list(range(table, 300, 7))


def test_equal_lines_in_one_group_are_messages_of_their_own(deployed: Deployed) -> None:
    assert run("send", deployed.name("ordered"), "--group", "a", "--text", stdin="same\nsame\n").exit_code == 0
    assert deployed.bodies("ordered") == ["same", "same"]


def test_of_a_file_with_broken_lines_nothing_is_sent(deployed: Deployed, tmp_path: Path) -> None:
    broken = [b"{", b"\xff", *[b"nope"] * 10]
    (tmp_path / "hands.jsonl").write_bytes(b"\n".join([b"1", *broken, b"2"]))
    text = failed(run("send", deployed.name("paused"), "hands.jsonl")).splitlines()
    assert text[0] == "Nothing is sent, because of invalid lines (12 of 14):"
    assert text[2] == "  hands.jsonl:3: not UTF-8: byte 0xff at 1"
    assert (len(text), text[-1]) == (12, "  … and 2 more")
    assert deployed.bodies("paused") == []


def test_a_line_that_would_clear_the_screen_is_told_as_text(deployed: Deployed) -> None:
    arguments = ["send", deployed.name("ordered"), "--group-field", "id"]
    text = failed(run(*arguments, stdin='{"id": "\\u001b[2J\\u0007"}'))
    assert text == (
        "Nothing is sent, because of invalid lines (1 of 1):\n"
        r"  standard input:1: '\x1b[2J\x07' is not a message group: 1 to 128 letters, digits and punctuation, no space"
    )


def test_messages_of_a_mebibyte_are_sent_and_longer_ones_refused(deployed: Deployed) -> None:
    longest = json.dumps("x" * (1_048_576 - 2))
    assert run("send", deployed.name("paused"), stdin=f"{longest}\n{longest}\n1\n").exit_code == 0
    assert sorted(map(len, deployed.bodies("paused"))) == [1, 1_048_576, 1_048_576]
    result = run("send", deployed.name("paused"), stdin=f"{longest} \n")
    assert "1,048,577 bytes, but the queue takes at most 1,048,576 bytes" in failed(result)


def test_of_a_file_that_cannot_be_read_to_its_end_nothing_is_sent(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unreadable(file: Any, form: Any) -> Any:
        yield Message(1, "1", 1)
        raise OSError(5, "Input/output error")

    (tmp_path / "hands.jsonl").write_text("1\n2\n")
    monkeypatch.setattr("consumers.commands.send.read", unreadable)
    text = failed(run("send", deployed.name("paused"), "hands.jsonl"))
    assert text == "Could not open file 'hands.jsonl': Input/output error"
    assert deployed.bodies("paused") == []


def test_an_empty_file_sends_nothing(deployed: Deployed, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    result = run("send", deployed.name("paused"), "empty", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"sent": 0, "failed": []})


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["missing"], "File 'missing' does not exist."),
        (["."], "File '.' is a directory."),
        (["--group-field", "a", "--group", "b"], "--group-field excludes --group."),
        (["--group-field", "a", "--text"], "--group-field excludes --text, which has no fields."),
        (["--group", "a b"], "'a b' is not a message group"),
        (["--lines"], "No such option"),
    ],
)
def test_wrong_arguments_of_send_are_refused(deployed: Deployed, arguments: list[str], text: str) -> None:
    assert text in failed(run("send", deployed.name("paused"), *arguments, stdin=""), 2)


def test_a_fifo_queue_needs_a_group(deployed: Deployed) -> None:
    text = failed(run("send", deployed.name("ordered"), stdin="1\n"), 2)
    assert text.endswith("is FIFO: each message requires a group. Pass --group-field FIELD or --group ID.")


def test_lines_that_sqs_does_not_take_are_told(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
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


@pytest.mark.parametrize("since", ["yesterday", "10", "10w", "-5m", "2025-13-01", ""])
def test_a_time_that_is_none_is_refused(deployed: Deployed, since: str) -> None:
    assert "must be like 30s, 10m, 2h, 1d or like" in failed(run("logs", "x", "--since", since), 2)


@pytest.mark.parametrize("since", ["30s", "10m", "2h", "1d", "999999999d", "2025-01-31", "2025-01-31T12:00:00Z"])
def test_a_time_may_be_said_in_several_ways(deployed: Deployed, since: str) -> None:
    assert run("logs", deployed.name("paused"), "--since", since).exit_code == 0


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


def test_send_that_is_interrupted_says_what_was_not_sent(deployed: Deployed, aws: LocalAws, tmp_path: Path) -> None:
    count = 30_000
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


def test_the_running_local_aws_of_the_project_is_used(
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
    ("variables", "text"),
    [
        (
            {"AWS_ACCESS_KEY_ID": ""},
            "There are no AWS credentials: Unable to locate credentials. Set them up with `aws configure` or `aws sso "
            "login`, or pass --profile. To work on a local AWS, start it with `consumers up`.",
        ),
        ({"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}, "AWS refuses these credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "AWS cannot be reached"),
        ({"AWS_DEFAULT_REGION": ""}, "No AWS region is set: pass --region, or set AWS_REGION."),
        ({"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
    ],
    ids=["no credentials", "wrong credentials", "no endpoint", "no region", "no profile"],
)
@pytest.mark.parametrize("command", [["status"], ["send", "x", "--aws"], ["logs", "x"]], ids=lambda command: command[0])
def test_an_aws_that_cannot_be_used_is_one_line(
    monkeypatch: pytest.MonkeyPatch, command: list[str], variables: dict[str, str], text: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value) if value else monkeypatch.delenv(variable)
    error = failed(run(*command, stdin="", region=None))
    assert error.startswith(text)
    assert "\n" not in error
