"""The local AWS itself: its isolation from this machine, its function logs, and its cleanup."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from consumers.local import emulator
from consumers.local.emulator import LocalAws, LocalAwsError, local_aws
from on_local_aws import create_function, invoke, processes_in, wait_until

ROOT = Path(__file__).parents[2]


def test_nodejs_is_found_where_this_machine_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert emulator.program_folders() == os.defpath
    (tmp_path / "node").write_text("#!/bin/sh\n")
    (tmp_path / "node").chmod(0o755)
    assert emulator.program_folders() == f"{os.defpath}{os.pathsep}{tmp_path}"


# --- its clients ---


def test_no_client_or_function_sees_the_settings_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[profile unfinished\n")
    for variable, value in {
        "HOME": str(tmp_path),
        "DATABASE_PASSWORD": "correct horse",
        "AWS_SECRET_ACCESS_KEY": "battery staple",
        "AWS_PROFILE": "nonexistent",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "AWS_MAX_ATTEMPTS": "none",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(variable, value)
    code = "def handler(event, context): import os; return dict(os.environ)"
    with local_aws("eu-central-1") as aws:
        url = aws.client("sqs").create_queue(QueueName="hands")["QueueUrl"]
        attributes = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        create_function(aws, "environment", code, LOG_LEVEL="DEBUG")
        environment = invoke(aws, "environment")
    assert url.startswith(aws.endpoint_url)
    assert attributes["QueueArn"] == f"arn:aws:sqs:eu-central-1:{aws.account_id}:hands"
    names = {name for name in environment if not name.startswith(("AWS_", "_", "LAMBDA_", "COVERAGE_"))}
    assert names - {"LC_CTYPE", "LD_LIBRARY_PATH"} == {"HOME", "LOG_LEVEL", "PATH", "PYTHONUTF8", "TMPDIR", "TZ"}
    assert environment["LOG_LEVEL"] == "DEBUG"
    assert not {aws.access_key_id, "correct horse", "battery staple"} & set(environment.values())


# --- its functions ---


def test_plain_logging_lines_are_in_the_functions_log_as_on_aws(aws: LocalAws, name: str) -> None:
    code = """
        import logging
        ours = logging.getLogger("ours")
        ours.setLevel(logging.INFO)
        def handler(event, context):
            ours.info("dealt %s", "AsKs")
            logging.getLogger("theirs").info("never seen")
            logging.warning("careful")
            return context.aws_request_id
    """
    create_function(aws, name, code)
    request = invoke(aws, name)
    start, info, warning, end, report = log_of(aws, name)
    time_of_day = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert start == f"START RequestId: {request} Version: $LATEST"
    assert re.fullmatch(rf"\[INFO\]\t{time_of_day}\t{request}\tdealt AsKs", info)
    assert re.fullmatch(rf"\[WARNING\]\t{time_of_day}\t{request}\tcareful", warning)
    assert end == f"END RequestId: {request}"
    assert report.startswith(f"REPORT RequestId: {request}\tDuration: ")


# --- cleanup ---


def test_it_works_in_any_folder_and_leaves_nothing_also_after_an_error(elsewhere: Path) -> None:
    with suppress(ZeroDivisionError), local_aws() as aws:
        create_function(aws, "folder", "def handler(event, context): import tempfile; return tempfile.gettempdir()")
        assert invoke(aws, "folder").startswith(str(elsewhere))
        assert len(processes_in(elsewhere)) == 2
        assert list(elsewhere.iterdir())
        _ = 1 / 0
    wait_until(lambda: is_gone(elsewhere))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('on purpose')", "ended while it was starting"),
        ("import time; time.sleep(60)", "did not answer"),
    ],
)
def test_a_failed_start_is_an_error_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, elsewhere: Path, code: str, reason: str
) -> None:
    (tmp_path / "hypercorn.py").write_text(f"print('about to fail', flush=True); {code}")
    environment: Any = emulator._environment  # pyright: ignore[reportPrivateUsage]

    def broken_environment(*arguments: Any) -> dict[str, str]:
        return environment(*arguments) | {"PYTHONPATH": str(tmp_path)}

    monkeypatch.setattr(emulator, "_environment", broken_environment)
    monkeypatch.setattr(emulator, "START_TIMEOUT", 1.0)
    with pytest.raises(LocalAwsError, match=f"The local AWS {reason}(?s:.*)about to fail"), local_aws():
        pass
    wait_until(lambda: is_gone(elsewhere))


def test_nothing_is_left_when_its_parent_is_killed_with_handlers_in_flight(elsewhere: Path) -> None:
    # The worst case: it ignores SIGTERM and goes on writing to the folder that is being removed.
    stubborn = """
        import contextlib, os, signal, tempfile, time
        def handler(event, context):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            end = time.time() + 30
            while time.time() < end:
                with contextlib.suppress(OSError):
                    open(os.path.join(tempfile.gettempdir(), f"busy-{time.time_ns()}"), "w").close()
                time.sleep(0.001)
    """
    body = f"""
        create_function(aws, "stubborn", {stubborn!r})
        aws.client("lambda").invoke(FunctionName="stubborn", InvocationType="Event")
        time.sleep(60)
    """
    with parent(body) as process:
        wait_until(lambda: bool(list(elsewhere.glob("*/tmp/busy-*"))))
        assert len(processes_in(elsewhere)) == 2
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: is_gone(elsewhere))


@pytest.mark.parametrize(("seconds", "again"), [(0.0, 1), (0.1, 0.01)])
def test_nothing_is_left_after_ctrl_c_while_it_starts(elsewhere: Path, seconds: float, again: float) -> None:
    # gettempdir first: it writes a file to try the folder out, which stays if it is interrupted in that moment.
    starting = "import tempfile; tempfile.gettempdir(); print('starting', flush=True)"
    with parent("time.sleep(60)", before=starting) as process:
        assert next_line(process) == "starting\n"
        time.sleep(seconds)
        assert press_ctrl_c(process, again) != 0
    wait_until(lambda: is_gone(elsewhere))


# --- helpers ---


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder for temporary files, with a space in its name and nothing in it."""
    folder = tmp_path / "temporary files"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path)
    return folder


@contextmanager
def parent(body: str, before: str = "") -> Generator[subprocess.Popen[str]]:
    """Another process that runs `body` with a local AWS."""
    head = "import signal\nfrom on_local_aws import *\nfrom consumers.local.emulator import local_aws\n"
    block = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    program = f"{head}{before}\nwith local_aws() as aws:\n{block}"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parents[1])])}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def press_ctrl_c(process: subprocess.Popen[str], again: float) -> int:
    """Press it again and again, this many seconds apart, until the process ends: Python loses one that arrives in a
    callback of its import system."""
    while True:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(again)


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def is_gone(folder: Path) -> bool:
    """Whether neither a process nor a file is left of a local AWS with this temporary folder."""
    return not processes_in(folder) and not list(folder.iterdir())


def log_of(aws: LocalAws, name: str) -> list[str]:
    return [
        event["message"] for event in aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    ]
