"""The local AWS that stays: started once, found again, and gone without a trace."""

import http.server
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
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from background_project import (
    REGION,
    ROOT,
    Yes,
    assert_nothing_is_left,
    create_queue,
    find_at_once,
    home_of,
    kill,
    port_of,
    start_elsewhere,
    why_unusable,
)
from consumers.cli import main
from consumers.local import background
from consumers.local.background import ensure, find, messages_left, stop
from consumers.local.emulator import LocalAws, LocalAwsError
from error_texts import ErrorTexts
from on_local_aws import create_function, processes_in, wait_until

BUSY = """
import time
def handler(event, context):
    open({!r}, "w").close()
    time.sleep(60)
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project whose local AWS, if it has one, ends with the test."""
    folder = tmp_path / "a project"
    folder.mkdir()
    yield folder
    stop(folder)


def down(project: Path, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["down", "--project", str(project), *arguments])
    assert result.exit_code == code, result.output
    return result.output


# --- start, find ---


def test_it_is_started_once_and_found_again_also_for_another_region(project: Path) -> None:
    assert find(project) is None
    with ExitStack() as ending:
        with suppress(OSError):  # then another process has it, which is as good
            ending.enter_context(socket.create_server(("127.0.0.1", background.PORT)))
        first = ensure(project, REGION)
    assert port_of(first) != background.PORT
    url = create_queue(first, "hands")
    assert find(project) == ensure(project, REGION) == first
    assert first.client("sqs").list_queues()["QueueUrls"] == [url]
    other = ensure(project, "eu-west-1")
    assert other.endpoint_url == first.endpoint_url
    assert other.client("sqs").list_queues().get("QueueUrls", []) == []
    assert_only_its_owner_can_read(project, first)


def assert_only_its_owner_can_read(project: Path, aws: LocalAws) -> None:
    folder = project / ".consumers"
    assert aws.access_key_id in (folder / "aws.json").read_text()
    assert stat.S_IMODE((folder / "aws.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert aws.access_key_id not in subprocess.check_output(["ps", "-A", "-ww", "-o", "command="], text=True)
    subprocess.run(["git", "init", "--quiet", project], check=True)
    assert subprocess.check_output(["git", "status", "--porcelain"], cwd=project, text=True) == ""


def test_it_keeps_running_when_the_process_that_started_it_ends(project: Path) -> None:
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
    assert len(processes_in(project)) == 1


# --- the port ---


def test_it_is_on_the_port_that_is_asked_for_or_nowhere(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        with pytest.raises(LocalAwsError, match=f"^The local AWS cannot use port {port}: .* Choose another.$"):
            ensure(project, REGION, port)
    assert_nothing_is_left(project)
    aws = ensure(project, REGION, port)
    assert port_of(aws) == port
    with pytest.raises(LocalAwsError, match=f"is running at {aws.endpoint_url}, not on port {port + 1}"):
        ensure(project, REGION, port + 1)
    assert find(project) == aws


def test_a_folder_that_cannot_be_created_is_an_error(project: Path, error_text: ErrorTexts) -> None:
    (project / ".consumers").write_text("in the way")
    with pytest.raises(LocalAwsError) as caught:
        ensure(project, REGION)
    error_text(str(caught.value))
    assert (project / ".consumers").read_text() == "in the way"


# --- when it has died ---


def test_a_new_one_is_empty_after_one_has_died_and_prints_that(project: Path) -> None:
    warnings: list[str] = []
    dead = ensure(project, REGION, warn=warnings.append)
    (project / ".consumers" / "stacks").mkdir()
    (project / ".consumers" / "stacks" / "dev.json").write_text("{}")
    assert warnings == []
    kill(dead)
    # On a busy machine the kernel closes its socket before its other files.
    wait_until(lambda: why_unusable(project).endswith(f"at {dead.endpoint_url} (process {dead.process_id}) has died."))
    new = ensure(project, REGION, warn=warnings.append)
    assert warnings == ["The local AWS had died, and its data is lost: this is a new one."]
    assert new.access_key_id != dead.access_key_id
    assert not (project / ".consumers" / "stacks").exists()
    assert len(processes_in(project)) == 1


def test_another_server_on_its_port_is_not_taken_for_it(project: Path) -> None:
    dead = ensure(project, REGION)
    kill(dead)
    with http.server.HTTPServer(("127.0.0.1", port_of(dead)), Yes) as impostor:
        threading.Thread(target=impostor.serve_forever, daemon=True).start()
        assert find_at_once(dead) == 200
        # Its FIFO has a reader for as long as the last process that it has started is dying.
        wait_until(lambda: not background._is_alive(home_of(project)))  # pyright: ignore[reportPrivateUsage]
        assert why_unusable(project).endswith("has died.")
        impostor.shutdown()


def test_down_ends_a_busy_function_of_one_that_has_died(project: Path, error_text: ErrorTexts) -> None:
    aws = ensure(project, REGION)
    begun = project.parent / "begun"
    create_function(aws, "busy", BUSY.format(str(begun)))
    aws.client("lambda").invoke(FunctionName="busy", InvocationType="Event")
    wait_until(begun.exists)  # a worker that has only been started ends by itself
    kill(aws)
    assert any("_worker.py" in command for command in processes_in(project))
    error_text(down(project))
    assert_nothing_is_left(project)
    error_text(down(project))


def test_one_that_hangs_is_not_used_and_is_ended(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "ANSWER_TIMEOUT", 0.2)
    monkeypatch.setattr(background, "END_TIMEOUT", 0.2)
    aws = ensure(project, REGION)
    assert aws.process_id
    os.kill(aws.process_id, signal.SIGSTOP)
    assert why_unusable(project).endswith(f"at {aws.endpoint_url} (process {aws.process_id}) does not answer.")
    assert stop(project)
    assert_nothing_is_left(project)


def test_one_whose_starter_was_killed_before_it_could_note_it_is_ended_by_the_next(project: Path) -> None:
    ensure(project, REGION)
    (project / ".consumers" / "aws.json").unlink()
    new = ensure(project, REGION)
    wait_until(lambda: len(processes_in(project)) == 1)
    assert find(project) == new


# --- down ---


def test_down_is_refused_while_an_update_is_running(project: Path) -> None:
    locks = project / ".consumers" / "pulumi" / "backend" / ".pulumi" / "locks" / "organization" / "hands" / "local"
    locks.mkdir(parents=True)
    (locks / "1.json").write_text(json.dumps({"pid": os.getpid()}))
    assert f"is running (process {os.getpid()}): wait until it ends" in down(project, "--yes", code=1)
    assert locks.exists()
    (locks / "1.json").write_text(json.dumps({"pid": None}))
    down(project, "--yes")


def test_down_without_a_terminal_and_yes_keeps_messages_of_all_regions(project: Path, error_text: ErrorTexts) -> None:
    aws = ensure(project, REGION)
    url = create_queue(aws, "hands", "one", "two", "three")
    aws.client("sqs").receive_message(QueueUrl=url)  # one is in flight now
    create_queue(aws, "empty")
    create_queue(replace(aws, region="eu-west-1"), "hands", "four")
    assert messages_left(aws) == {"hands": 3, "hands (eu-west-1)": 1}
    error_text(down(project, code=1))
    assert find(project) == aws
    assert aws.endpoint_url in down(project, "--yes")
    assert_nothing_is_left(project)


def test_down_asks_at_a_terminal(project: Path) -> None:
    create_queue(ensure(project, REGION), "hands", "one")
    for answer, code in (("n", 1), ("y", 0)):
        done = down_at_a_terminal(project, answer)
        assert done.returncode == code, done.stderr
        assert "1 message is still in queues" in done.stderr
        assert (find(project) is None) == (code == 0)


def down_at_a_terminal(project: Path, answer: str) -> "subprocess.CompletedProcess[str]":
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f"{answer}\n".encode())
        return subprocess.run(
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
    assert "export QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE=1\n" in lines
