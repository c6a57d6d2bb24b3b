"""The local AWS that stays: started once, found again, and gone without a trace."""

import http.server
import io
import json
import os
import pty
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from consumers.cli import main
from consumers.local import background, emulator
from consumers.local.background import ensure, find, messages_left, stop
from consumers.local.emulator import LocalAws, LocalAwsError

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"
START = (
    "from pathlib import Path; from consumers.local.background import ensure; print(ensure(Path(), {!r}).process_id)"
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project whose local AWS, if it has one, ends with the test."""
    folder = tmp_path / "a project"
    folder.mkdir()
    yield folder
    stop(folder)


def consumers(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def start_elsewhere(project: Path) -> "subprocess.Popen[str]":
    """Start, in a process of its own that then ends, and prints the server's process id."""
    return subprocess.Popen(
        [sys.executable, "-c", START.format(REGION)],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def processes_of(project: Path) -> list[str]:
    """The commands of the server, and of the functions, of a project."""
    listed = subprocess.check_output(["ps", "-A", "-ww", "-o", "command="], text=True)
    return [command for command in listed.splitlines() if str(project) in command]


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it still does not hold"
        time.sleep(0.02)


def assert_nothing_is_left(project: Path) -> None:
    assert not (project / ".consumers").exists()
    eventually(lambda: processes_of(project) == [])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def kill(aws: LocalAws) -> None:
    """Kill the server alone, as the kernel does when memory is short."""
    assert aws.process_id
    os.kill(aws.process_id, signal.SIGKILL)
    eventually(lambda: find_at_once(aws) is None)


def why_unusable(project: Path) -> str:
    """What is wrong with the local AWS that belongs to the project."""
    with pytest.raises(LocalAwsError) as caught:
        find(project)
    return str(caught.value)


def find_at_once(aws: LocalAws) -> int | None:
    try:
        return emulator.health(port_of(aws), aws.access_key_id, 1)
    except OSError:
        return None


def port_of(aws: LocalAws) -> int:
    return int(aws.endpoint_url.rpartition(":")[2])


def create_queue(aws: LocalAws, name: str, *messages: str) -> str:
    url = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    for message in messages:
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=message)
    return url


# --- start, find ---


def test_it_is_started_once_and_found_again(project: Path) -> None:
    assert find(project) is None
    first = ensure(project, REGION)
    url = create_queue(first, "hands")
    second, found = ensure(project, REGION), find(project)
    assert found == second == first
    assert found is not None
    assert found.client("sqs").list_queues()["QueueUrls"] == [url]


def test_it_goes_on_when_who_has_started_it_is_gone(project: Path) -> None:
    with start_elsewhere(project) as starter:
        process_id, _ = starter.communicate(timeout=60)
    with suppress(ProcessLookupError):
        os.killpg(starter.pid, signal.SIGHUP)  # as when its terminal is closed
    aws = find(project)
    assert aws is not None
    assert aws.process_id == int(process_id)
    assert create_queue(aws, "hands")


def test_several_starts_at_once_start_one(project: Path) -> None:
    with ExitStack() as ending:
        starters = [ending.enter_context(start_elsewhere(project)) for _ in range(4)]
        ids = {starter.communicate(timeout=60)[0] for starter in starters}
    aws = find(project)
    assert aws is not None
    assert ids == {f"{aws.process_id}\n"}
    assert len(processes_of(project)) == 1


def test_two_projects_have_two(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    try:
        one, two = ensure(project, REGION), ensure(other, REGION)
        create_queue(one, "hands")
        assert two.client("sqs").list_queues().get("QueueUrls", []) == []
    finally:
        stop(other)
    assert find(project) == one


def test_a_stack_of_another_region_uses_the_same_one(project: Path) -> None:
    first, second = ensure(project, REGION), ensure(project, "eu-west-1")
    create_queue(second, "hands")
    assert second.endpoint_url == first.endpoint_url
    assert first.client("sqs").list_queues().get("QueueUrls", []) == []


def test_only_its_owner_can_read_the_access_key_and_git_sees_nothing(project: Path) -> None:
    aws = ensure(project, REGION)
    folder = project / ".consumers"
    assert aws.access_key_id in (folder / "aws.json").read_text()
    assert stat.S_IMODE((folder / "aws.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert aws.access_key_id not in subprocess.check_output(["ps", "-A", "-ww", "-o", "command="], text=True)
    subprocess.run(["git", "init", "--quiet", project], check=True)
    assert subprocess.check_output(["git", "status", "--porcelain"], cwd=project, text=True) == ""


# --- the port ---


def test_it_is_on_the_port_that_is_asked_for(project: Path) -> None:
    port = free_port()
    assert port_of(ensure(project, REGION, port)) == port


def test_a_taken_port_is_an_error_that_leaves_nothing(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(LocalAwsError, match=f"^The local AWS cannot use port {port}: .* Choose another.$"):
            ensure(project, REGION, port)
    assert_nothing_is_left(project)


def test_without_a_wish_it_takes_another_port_when_the_usual_one_is_taken(project: Path) -> None:
    with ExitStack() as ending:
        with suppress(OSError):  # then somebody else has it, which is as good
            ending.enter_context(socket.create_server(("127.0.0.1", background.PORT)))
        assert port_of(ensure(project, REGION)) != background.PORT


def test_a_running_one_does_not_move_to_another_port(project: Path) -> None:
    aws = ensure(project, REGION)
    port = free_port()
    with pytest.raises(LocalAwsError, match=f"is running at {aws.endpoint_url}, not on port {port}"):
        ensure(project, REGION, port)
    assert find(project) == aws


def test_a_folder_that_cannot_be_made_is_one_line(project: Path) -> None:
    (project / ".consumers").write_text("in the way")
    with pytest.raises(LocalAwsError, match=r"^The local AWS cannot be started: .*\.consumers'$"):
        ensure(project, REGION)
    assert (project / ".consumers").read_text() == "in the way"


# --- when it has died ---


def test_a_new_one_begins_with_nothing_of_one_that_has_died_and_says_so(project: Path) -> None:
    told: list[str] = []
    dead = ensure(project, REGION, tell=told.append)
    (project / ".consumers" / "stacks").mkdir()
    (project / ".consumers" / "stacks" / "dev.json").write_text("{}")
    assert told == []
    kill(dead)
    assert why_unusable(project).endswith(f"at {dead.endpoint_url} (process {dead.process_id}) has died.")
    new = ensure(project, REGION, tell=told.append)
    assert told == ["The local AWS had died, and its data is lost: this is a new one."]
    assert new.access_key_id != dead.access_key_id
    assert not (project / ".consumers" / "stacks").exists()
    assert len(processes_of(project)) == 1


def home_of(project: Path) -> Path:
    return project / ".consumers" / json.loads((project / ".consumers" / "aws.json").read_text())["folder"]


class Yes(http.server.BaseHTTPRequestHandler):
    """Answers everything with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


def test_another_server_on_its_port_is_not_taken_for_it(project: Path) -> None:
    dead = ensure(project, REGION)
    kill(dead)
    with http.server.HTTPServer(("127.0.0.1", port_of(dead)), Yes) as impostor:
        threading.Thread(target=impostor.serve_forever, daemon=True).start()
        assert find_at_once(dead) == 200
        # Its FIFO has a reader for as long as the last process that it has started is dying.
        eventually(lambda: not background._is_alive(home_of(project)))  # pyright: ignore[reportPrivateUsage]
        assert why_unusable(project).endswith("has died.")
        impostor.shutdown()


@pytest.mark.parametrize(("field", "value"), [("folder", 3), ("region", 5), ("port", "4566"), ("process_id", None)])
def test_a_note_of_it_that_somebody_has_broken_is_not_used(project: Path, field: str, value: object) -> None:
    ensure(project, "us-east-1")
    note = project / ".consumers" / "aws.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {field: value}))
    assert why_unusable(project) == f"The local AWS of this project is unknown: {note} is missing or broken."
    assert stop(project)
    assert not note.parent.exists()


def test_a_busy_function_of_one_that_has_died_is_ended(project: Path) -> None:
    aws = ensure(project, REGION)
    run_for_ever(aws, begun := project.parent / "begun")
    eventually(begun.exists)  # a worker that has only been started ends by itself
    kill(aws)
    assert any("_worker.py" in command for command in processes_of(project))
    assert stop(project)
    assert_nothing_is_left(project)


def run_for_ever(aws: LocalAws, begun: Path) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.client("iam").create_role(RoleName="busy", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        busy = f"    open({str(begun)!r}, 'w').close()\n    time.sleep(600)\n"
        content.writestr("index.py", f"import time\ndef handler(event, context):\n{busy}")
    aws.client("lambda").create_function(
        FunctionName="busy",
        Role=role,
        Runtime="python3.12",
        Handler="index.handler",
        Timeout=900,
        Code={"ZipFile": archive.getvalue()},
    )
    aws.client("lambda").invoke(FunctionName="busy", InvocationType="Event")


def test_one_that_hangs_is_not_used_and_is_ended(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "ANSWER_TIMEOUT", 0.2)
    monkeypatch.setattr(background, "END_TIMEOUT", 0.2)
    aws = ensure(project, REGION)
    assert aws.process_id
    os.kill(aws.process_id, signal.SIGSTOP)
    assert why_unusable(project).endswith(f"at {aws.endpoint_url} (process {aws.process_id}) does not answer.")
    assert stop(project)
    assert_nothing_is_left(project)


def test_an_interrupted_start_leaves_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(emulator, "_wait_until_ready", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ensure(project, REGION)
    assert_nothing_is_left(project)


def test_one_whose_starter_was_killed_before_it_could_note_it_is_ended_by_the_next(project: Path) -> None:
    ensure(project, REGION)
    (project / ".consumers" / "aws.json").unlink()
    new = ensure(project, REGION)
    eventually(lambda: len(processes_of(project)) == 1)
    assert find(project) == new


# --- down ---


def test_down_leaves_no_process_and_no_folder(project: Path) -> None:
    aws = ensure(project, REGION)
    create_queue(aws, "hands")
    result = consumers("down", "--project", str(project))
    assert (result.exit_code, result.output) == (
        0,
        f"The local AWS at {aws.endpoint_url} has ended, and its data is removed.\n",
    )
    assert_nothing_is_left(project)


def test_down_does_not_take_the_ground_from_an_update(project: Path) -> None:
    locks = project / ".consumers" / "pulumi" / "backend" / ".pulumi" / "locks" / "organization" / "hands" / "local"
    locks.mkdir(parents=True)
    (locks / "1.json").write_text(json.dumps({"pid": os.getpid()}))
    result = CliRunner().invoke(main, ["down", "--project", str(project), "--yes"])
    assert (result.exit_code, locks.exists()) == (1, True)
    assert f"is running (process {os.getpid()}): wait until it ends" in result.output
    (locks / "1.json").write_text(json.dumps({"pid": None}))
    assert CliRunner().invoke(main, ["down", "--project", str(project), "--yes"]).exit_code == 0


def test_down_without_a_local_aws_says_so(project: Path) -> None:
    result = consumers("down", "--project", str(project))
    assert (result.exit_code, result.output) == (0, "No local AWS is running.\n")


def test_down_removes_what_a_dead_one_has_left(project: Path) -> None:
    kill(ensure(project, REGION))
    result = consumers("down", "--project", str(project))
    assert (result.exit_code, result.output) == (0, "No local AWS is running. The files of the last one are removed.\n")
    assert_nothing_is_left(project)


def test_messages_are_counted_in_every_region(project: Path) -> None:
    aws = ensure(project, REGION)
    url = create_queue(aws, "hands", "one", "two", "three")
    aws.client("sqs").receive_message(QueueUrl=url)  # one is in flight now
    create_queue(aws, "empty")
    create_queue(replace(aws, region="eu-west-1"), "hands", "four")
    assert messages_left(aws) == {"hands": 3, "hands (eu-west-1)": 1}


def test_down_without_a_terminal_keeps_messages_unless_it_is_told(project: Path) -> None:
    aws = ensure(project, REGION)
    create_queue(aws, "hands", "one", "two")
    refused = consumers("down", "--project", str(project))
    assert refused.exit_code == 1
    assert refused.output == (
        "2 messages are still in queues, and will be lost:\n"
        "  hands: 2\n"
        "Error: Nothing was stopped: pass --yes if these messages may be lost.\n"
    )
    assert find(project) == aws
    assert consumers("down", "--yes", "--project", str(project)).exit_code == 0
    assert_nothing_is_left(project)


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_down_asks_at_a_terminal(project: Path, answer: str, code: int) -> None:
    create_queue(ensure(project, REGION), "hands", "one")
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f"{answer}\n".encode())
        done = subprocess.run(
            [sys.executable, "-m", "consumers.cli", "down"],
            cwd=project,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == code, done.stderr
    assert "1 message is still in queues" in done.stderr
    assert (find(project) is None) == (code == 0)


def test_it_ends_when_its_folder_is_removed_without_a_command(project: Path) -> None:
    ensure(project, REGION)
    shutil.rmtree(project / ".consumers")
    assert_nothing_is_left(project)


# --- env ---


def test_env_leads_other_tools_to_it(project: Path) -> None:
    aws = ensure(project, "eu-central-1")
    create_queue(aws, "hands")
    elsewhere = {"AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    lines = CliRunner().invoke(main, ["env", "--project", str(project)], env=elsewhere).output
    script = "import boto3; print(boto3.client('sqs').list_queues()['QueueUrls'][0])"
    done = subprocess.run(
        ["sh", "-c", f'{lines}exec "$0" -c "$1"', sys.executable, script],
        env={
            "PATH": os.defpath,
            "HOME": str(project),
            **elsewhere,
            "AWS_PROFILE": "nobody",
            "AWS_DEFAULT_PROFILE": "nobody",
            "AWS_SESSION_TOKEN": "old",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == f"{aws.endpoint_url}/{aws.account_id}/hands\n", done.stderr
    exported = set(re.findall(r"^export (\w+)=", lines, re.MULTILINE))
    assert exported >= {"AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
