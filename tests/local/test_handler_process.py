"""The process of a handler: it behaves like one of Lambda, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from consumers.local.aws_environment import aws_environment
from consumers.working_copy.handler_process import HandlerProcess
from consumers.working_copy.host_process import HostProcess
from consumers.working_copy.invocation import failures
from handler_copies import event, invoke, process, working_copy

ROOT = Path(__file__).parents[2]
BODY = "import json, os, sys, time\ndef handle(event, context):\n    body = event['Records'][0]['body']\n    "
BY_BODY = f"{BODY}exec(body, globals())\n    return {{'batchItemFailures': []}}\n"
"""A handler that does what the message says."""
NO_IMPORT = "Runtime.ImportModuleError: Unable to import module 'handler': "


def test_a_reply_comes_back_with_the_lines_of_the_log_in_order() -> None:
    handler = "def handle(event, context):\n    for n in range(2000): print('line', n)\n    return {'n': 2000}\n"
    done = invoke(handler)
    assert (done.reply, done.error) == ({"n": 2000}, "")
    assert done.log == [f"line {number}" for number in range(2000)]


def test_lines_of_all_ways_to_write_are_kept_in_order() -> None:
    body = "print('a'); sys.stderr.write('b\\n'); os.write(1, b'c\\n'); print('d'); os.system('echo e'); print('f')"
    assert invoke(BY_BODY, body).log == ["a", "b", "c", "d", "e", "f"]


def test_lines_that_come_before_the_answer_is_waited_for_belong_to_their_own_invocation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = HostProcess.send

    def send_and_sleep(*arguments: Any) -> None:
        send(*arguments)
        time.sleep(0.05)  # the handler writes and answers meanwhile

    monkeypatch.setattr(HostProcess, "send", send_and_sleep)
    with process("def handle(event, context): print(event['Records'][0]['body'])") as one:
        assert [one.invoke(event(body)).log for body in ("1", "2", "3")] == [["1"], ["2"], ["3"]]


def test_a_handler_is_imported_once_for_all_events() -> None:
    with process("count = 0\ndef handle(event, context):\n    global count\n    count += 1\n    return count\n") as one:
        assert [one.invoke(event("{}")).reply for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("raise ValueError('bad card')", "ValueError: bad card"),
        ("{}['missing']", "KeyError: 'missing'"),
        ("os._exit(3)", "Runtime.ExitError: Runtime exited with error: exit status 3"),
        ("sys.exit(4)", "Runtime.ExitError: Runtime exited with error: exit status 4"),
        ("os._exit(0)", "Runtime.ExitError: Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime.ExitError: Runtime exited with error: signal: SIGKILL"),
        ("os.fork() or time.sleep(60); os._exit(5)", "Runtime.ExitError: Runtime exited with error: exit status 5"),
    ],
    ids=["raises", "key", "_exit", "exit", "exit 0", "killed", "exits, and a child stays"],
)
def test_a_failed_invocation_fails_every_message_and_the_next_one_works(body: str, error: str) -> None:
    with process(BY_BODY) as one:
        events = event(f"print('before'); {body}", "other")
        done = one.invoke(events)
        assert (done.error, done.reply) == (error, None)
        assert failures(events, done) == {"id-0": error, "id-1": error}
        assert done.log[0] == "before"
        assert one.invoke(event("print('after')")).log == ["after"]


def test_a_timeout_ends_the_process_and_what_it_has_started() -> None:
    body = "import subprocess; s = subprocess.Popen(['sleep', '300']); print(s.pid); time.sleep(300)"
    with process(BY_BODY, timeout=0.5) as one:
        done = one.invoke(event(body))
        assert done.error == "Task timed out after 0.50 seconds"
        child = int(done.log[0])
        wait_until_gone(child)
        assert one.invoke(event("pass")).error == ""


def test_a_handler_that_writes_without_end_times_out_however_slowly_its_log_is_printed() -> None:
    endless = "def handle(event, context):\n    while True: print('x' * 999)\n"
    copy = working_copy(endless, timeout=0.5)
    with HandlerProcess(copy, aws_environment(None), on_line=lambda line: time.sleep(0.0005)) as one:
        assert one.invoke(event("{}")).error == "Task timed out after 0.50 seconds"  # else it never returns


def test_the_log_of_a_failed_import_has_none_of_pythons_own_frames() -> None:
    log = "\n".join(invoke("import missing_module\n").log)
    assert "import missing_module" in log
    assert "importlib" not in log


def test_the_context_has_the_time_that_is_left() -> None:
    done = invoke("def handle(event, context):\n    return context.get_remaining_time_in_millis()\n", timeout=7)
    assert 0 < done.reply <= 7000


def test_the_context_is_that_of_lambda() -> None:
    handler = (
        "def handle(event, context):\n"
        "    return [context.aws_request_id, context.function_name, context.memory_limit_in_mb,\n"
        "            context.invoked_function_arn, context.log_group_name, context.function_version]\n"
    )
    done = invoke(handler)
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:hands-working-copy"
    group = "/aws/lambda/hands-working-copy"
    assert done.reply == [done.request_id, "hands-working-copy", "256", arn, group, "$LATEST"]


@pytest.mark.parametrize(
    ("handler", "entry", "error"),
    [
        ("import missing_module\n", "handler.handle", f"{NO_IMPORT}No module named 'missing_module'"),
        (
            "def other(): ...\n",
            "handler.handle",
            "Runtime.HandlerNotFound: Handler 'handle' missing on module 'handler'",
        ),
        ("def handle(:\n", "handler.handle", "Runtime.UserCodeSyntaxError: Syntax error in module 'handler': "),
        ("", "absent.handle", "Runtime.ImportModuleError: Unable to import module 'absent': "),
        ("raise ValueError('no table')\n", "handler.handle", "ValueError: no table"),
        ("import os\nos.environ.missing\n", "handler.handle", "AttributeError: "),
        ("import os\nos._exit(9)\n", "handler.handle", "Runtime.ExitError: Runtime exited with error: exit status 9"),
    ],
    ids=["no module", "no function", "syntax", "no file", "raises", "raises AttributeError", "exits"],
)
def test_a_handler_that_cannot_be_imported_was_not_started(handler: str, entry: str, error: str) -> None:
    done = invoke(handler, entry=entry)
    assert done.error.startswith(error)
    assert not done.started


@pytest.mark.parametrize("module", ["click", "pytest", "pulumi", "consumers", "components"])
def test_what_the_function_does_not_require_cannot_be_imported(module: str) -> None:
    assert invoke(f"import {module}\n").error == f"{NO_IMPORT}No module named '{module}'"


def test_what_lambda_has_and_what_is_packaged_can_be_imported() -> None:
    handler = "import boto3, botocore, shared\ndef handle(event, context):\n    return [shared.WORD, boto3.__name__]\n"
    assert invoke(handler, files={"shared.py": "WORD = 'packaged'\n"}).reply == ["packaged", "boto3"]


def test_the_function_own_package_comes_before_that_of_lambda() -> None:
    handler = "import boto3\ndef handle(event, context):\n    return boto3.MINE\n"
    assert invoke(handler, files={"boto3.py": "MINE = 1\n"}).reply == 1


def test_the_environment_is_that_of_the_function_and_nothing_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SESSION_TOKEN", "SECRET_OF_MINE", "PYTHONPATH"):
        monkeypatch.setenv(name, "of the shell")
    handler = "import os\ndef handle(event, context):\n    return dict(os.environ)\n"
    found = invoke(handler, environment={"TABLE": "hands"}).reply
    assert "of the shell" not in found.values()
    assert (found["TABLE"], found["AWS_REGION"], found["AWS_CONFIG_FILE"]) == ("hands", "eu-west-1", os.devnull)
    assert found["HOME"] != os.environ.get("HOME")


def test_a_call_of_aws_has_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    handler = "import boto3\ndef handle(event, context):\n    boto3.client('sqs').list_queues()\n"
    assert invoke(handler).error == "NoCredentialsError: Unable to locate credentials"


@pytest.mark.parametrize("reply", ["object()", "{1, 2}", "b'bytes'"])
def test_a_reply_that_is_no_json_is_an_error(reply: str) -> None:
    done = invoke(f"def handle(event, context):\n    return {reply}\n")
    assert done.error.startswith("Runtime.MarshalError: Unable to marshal response: ")


def test_the_largest_event_and_a_large_reply_arrive_whole() -> None:
    body = "🂡" * (6 * 2**20 // 4)
    handler = "def handle(event, context):\n    return event['Records'][0]['body']\n"
    assert invoke(handler, body).reply == body


def test_text_that_is_no_utf_8_arrives() -> None:
    handler = "def handle(event, context):\n    print('é🂡')\n    return event['Records'][0]['body']\n"
    done = invoke(handler, "lone \ud800 surrogate é")
    assert (done.reply, done.log) == ("lone \ud800 surrogate é", ["é🂡"])


def test_lines_of_logging_have_the_form_and_the_request_id_of_lambda() -> None:
    handler = "import logging\ndef handle(event, context):\n    logging.getLogger().warning('low %s', 'stock')\n"
    done = invoke(handler)
    level, moment, request_id, text = done.log[0].split("\t")
    assert (level, request_id, text) == ("[WARNING]", done.request_id, "low stock")
    assert moment.endswith("Z")


def test_lines_of_logging_are_json_where_the_function_logs_json() -> None:
    handler = "import logging\ndef handle(event, context):\n    logging.getLogger('shop').info('sold')\n"
    done = invoke(handler, log_format="JSON")
    line = json.loads(done.log[0])
    assert (line["level"], line["message"], line["logger"]) == ("INFO", "sold", "shop")
    assert line["requestId"] == done.request_id


def test_an_exception_is_logged_with_its_traceback_without_lines_of_this_tool() -> None:
    done = invoke("def handle(event, context):\n    raise ValueError('bad card')\n")
    assert done.log[:2] == ["[ERROR] ValueError: bad card", "Traceback (most recent call last):"]
    assert "python_host.py" not in "\n".join(done.log)
    assert 'handler.py", line 2, in handle' in done.log[2]


def test_where_this_process_is_killed_the_handler_and_its_folder_go_too(tmp_path: Path) -> None:
    script = (
        "from handler_copies import event, process\n"
        "code = 'import os, subprocess, time\\ndef handle(event, context):\\n'\n"
        'code += \'    child = subprocess.Popen(["sleep", "300"])\\n\'\n'
        "code += '    print(os.getpid(), child.pid, os.getcwd())\\n    time.sleep(300)\\n'\n"
        "one = process(code, timeout=600)\n"
        "one._on_line = lambda line: print(line, flush=True)\n"
        "with one:\n    one.invoke(event('{}'))\n"
    )
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {**os.environ, "PYTHONPATH": paths, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        host, child, folder = parent.stdout.readline().split()
        parent.send_signal(signal.SIGKILL)
    wait_until_gone(int(host))
    wait_until_gone(int(child))
    assert folder.startswith(str(tmp_path))
    assert not Path(folder).exists()


def test_nothing_is_left_of_a_process_that_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    body = "import subprocess; s = subprocess.Popen(['sleep', '300']); print(os.getpid(), s.pid)"
    with process(BY_BODY) as one:
        pids = one.invoke(event(body)).log[0].split()
        assert [*tmp_path.iterdir()]
    for pid in pids:
        wait_until_gone(int(pid))
    assert [*tmp_path.iterdir()] == []


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + 30
    while is_running(pid):
        assert time.monotonic() < end, f"the process {pid} goes on"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether it runs: one that has ended may wait for its parent."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")
