"""`consumers dev` without its screen: what is saved becomes live, and what is broken does not."""

import fcntl
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.local import background
from dev_loop import HANDLER, PROGRAM, DevProject
from on_local_aws import wait_until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevProject]:
    project = DevProject(tmp_path_factory.mktemp("running") / "project")
    project.start()
    yield project
    project.end()


@pytest.fixture
def project(running: DevProject) -> DevProject:
    """A project whose loop has done its first update: the same loop for all tests of this file."""
    running.reset()
    return running


def test_a_saved_handler_handles_the_next_message_and_its_log_is_followed(project: DevProject) -> None:
    project.send("first")
    project.wait_for_line("one first")
    project.write_handler("two")
    wait_until(lambda: project.view.updates == 2)
    project.send("second")
    project.wait_for_line("two second")
    assert project.view.steps[-1] == "orders-function updated: code, tags.queue-consumer:code-sha256"
    assert project.view.changed == ["orders/handler.py"]


def test_a_changed_program_changes_only_what_differs_and_a_new_consumer_is_followed(project: DevProject) -> None:
    before = len(project.view.steps)
    project.program.write_text(PROGRAM.replace("timeout=5", "timeout=6"))
    wait_until(lambda: project.view.updates == 2)
    assert sorted(project.view.steps[before:]) == [
        "orders-function updated: timeout",
        "orders-queue updated: visibilityTimeoutSeconds",
    ]
    assert project.view.consumers == ["orders"]
    project.program.write_text(PROGRAM + PROGRAM.replace('("orders"', '("bills"'))
    wait_until(lambda: sorted(project.view.consumers) == ["bills", "orders"])


def test_a_syntax_error_in_a_handler_is_shown_and_the_old_code_stays_until_the_next_save(project: DevProject) -> None:
    project.handler.write_text("def handle(:\n")
    wait_until(lambda: project.view.errors)
    assert project.view.errors == ["orders/handler.py:1: SyntaxError: invalid syntax"]
    (project.folder / "orders" / "other.py").write_text("fine = 1\n")
    wait_until(lambda: len(project.view.errors) == 2)  # saving another file does not deploy the broken one
    project.send("first")
    project.wait_for_line("one first")
    project.write_handler("two")
    wait_until(lambda: project.view.updates == 2)
    project.send("second")
    project.wait_for_line("two second")


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        ("import missing_module\n", "__main__.py:1: ModuleNotFoundError: No module named 'missing_module'"),
        ("import os; os._exit(3)\n", "The program ended the process that runs it: exit status 3"),
        (
            "import os; os._exit(0)\n",
            "The program ended the process that runs it: without providing a reason",
        ),
        ("x = (\n", "__main__.py:1: SyntaxError: '(' was never closed"),
    ],
    ids=["an exception", "an exit", "a silent exit", "a syntax error"],
)
def test_a_broken_program_is_shown_and_repaired_by_the_next_save(project: DevProject, broken: str, error: str) -> None:
    project.program.write_text(broken)
    wait_until(lambda: project.view.errors)
    assert project.view.errors == [error]
    project.program.write_text(PROGRAM + "# repaired\n")
    wait_until(lambda: project.view.updates == 2)
    project.send("first")
    project.wait_for_line("one first")


def test_a_program_that_hangs_is_ended_by_the_next_save(project: DevProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.dev.loop.SLOW", 1.0)
    project.program.write_text("print('hangs')\nimport time; time.sleep(600)\n")
    wait_until(lambda: "hangs" in project.view.messages)
    project.program.write_text(PROGRAM + "# repaired\n")
    wait_until(lambda: project.view.updates == 2)
    assert project.view.errors == ["The program has run for 1 s, and a file has changed: it starts again."]


def test_ctrl_c_ends_a_program_that_hangs_and_leaves_the_local_aws(tmp_path: Path) -> None:
    project = DevProject(tmp_path / "project")
    project.program.write_text("print('hangs')\nimport time; time.sleep(600)\n")
    dev = _dev(project.folder)
    _read_until(dev, "hangs")
    evaluator = evaluator_of(dev.pid)
    dev.send_signal(signal.SIGINT)
    assert dev.wait() == 0
    assert "consumers.dev.evaluator" not in command_of(evaluator)
    assert background.stop(project.folder)


def test_what_the_program_prints_is_shown(project: DevProject) -> None:
    project.program.write_text(PROGRAM + "print('hello')\n")
    wait_until(lambda: project.view.updates == 2)
    assert project.view.messages == ["hello"]


def test_a_file_that_the_program_writes_anew_each_time_starts_no_update(project: DevProject) -> None:
    project.program.write_text(PROGRAM + "import time; open('made.txt', 'w').write(str(time.time()))\n")
    wait_until(lambda: project.view.updates == 2)
    made = (project.folder / "made.txt").read_text()
    time.sleep(1.5)  # as long as several updates take
    assert ((project.folder / "made.txt").read_text(), project.view.changed) == (made, ["__main__.py"])


def test_a_file_that_a_tool_of_the_program_writes_starts_updates_only_until_that_is_found(project: DevProject) -> None:
    (project.folder / "tool.txt").write_text("")
    tool = "import subprocess; subprocess.run('date +%s.%N > tool.txt', shell=True, check=True)\n"
    project.program.write_text(PROGRAM + tool)
    wait_until(lambda: any("tool.txt" in message for message in project.view.messages))
    assert project.view.messages[-1].startswith("Each update changes tool.txt: ")
    updates = project.view.updates
    project.write_handler("two")
    wait_until(lambda: project.view.updates == updates + 1)
    time.sleep(1.5)  # as long as several updates take
    assert project.view.updates == updates + 1
    project.send("first")
    project.wait_for_line("two first")


def test_an_editor_that_writes_a_new_file_and_renames_it_is_followed(project: DevProject) -> None:
    aside = project.folder / "orders" / "handler.py~"
    aside.write_text(HANDLER.format(version="two"))
    aside.replace(project.handler)
    wait_until(lambda: project.view.updates == 2)
    project.send("first")
    project.wait_for_line("two first")


def test_twenty_saves_in_two_seconds_end_with_the_last_one_live(project: DevProject) -> None:
    aside = project.folder / "handler.txt"
    for number in range(20):
        aside.write_text(HANDLER.format(version=number))
        aside.replace(project.handler)  # at once: the loop must never see half a file
        time.sleep(0.1)
    updates = 0
    while updates != project.view.updates:  # a message that arrives during an update comes back after 30 s
        updates = project.view.updates
        time.sleep(1)
    wait_until(lambda: _handles(project, "19"))
    assert project.view.errors == []


def test_a_deleted_source_folder_is_an_error_until_it_is_back(project: DevProject) -> None:
    shutil.rmtree(project.handler.parent)
    wait_until(lambda: project.view.errors)
    project.handler.parent.mkdir()
    project.write_handler("two")
    wait_until(lambda: project.view.updates == 2)
    assert _handles(project, "two")


def test_a_project_that_is_deleted_and_comes_back_is_watched_again(project: DevProject) -> None:
    kept = project.folder.with_name("kept")
    shutil.copytree(project.folder, kept, ignore=shutil.ignore_patterns(".consumers"))
    while project.folder.exists():  # the local AWS removes its own folder at the same time
        shutil.rmtree(project.folder, ignore_errors=True)
    wait_until(lambda: project.view.errors)
    before = project.view.aws
    shutil.copytree(kept, project.folder)
    wait_until(lambda: project.view.aws != before)  # the one before has lost its folder
    updates = project.view.updates
    project.write_handler("two")
    wait_until(lambda: project.view.updates > updates)
    assert _handles(project, "two")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_a_disk_that_is_full_leaves_the_old_code_and_the_next_save_works(project: DevProject) -> None:
    evaluator = evaluator_of(os.getpid())
    resource.prlimit(evaluator, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))  # every write fails
    project.write_handler("two")
    wait_until(lambda: project.view.errors)
    assert project.view.errors == ["The record cannot be written, so the update stops: File too large."]
    project.send("first")
    project.wait_for_line("one first")
    resource.prlimit(evaluator, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    project.write_handler("three")
    wait_until(lambda: _handles(project, "three"))


def test_a_local_aws_that_has_died_is_replaced_without_a_save(project: DevProject) -> None:
    aws = background.find(project.folder)
    assert aws
    assert aws.process_id
    os.kill(aws.process_id, signal.SIGKILL)
    wait_until(lambda: project.view.updates == 2)
    assert project.view.aws
    assert project.view.aws.process_id != aws.process_id
    project.send("first")
    project.wait_for_line("one first")
    assert "The local AWS had died, and its data is lost: this is a new one." in project.view.messages


def test_another_update_of_the_project_is_waited_for(project: DevProject) -> None:
    descriptor = os.open(project.folder / ".consumers" / "stacks", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # as `consumers up` does
    project.write_handler("two")
    wait_until(lambda: "Another update of this project is running: waiting until it ends." in project.view.messages)
    os.close(descriptor)
    wait_until(lambda: project.view.updates == 2)
    assert project.view.errors == []


def test_a_killed_command_leaves_no_evaluator_and_the_local_aws(tmp_path: Path) -> None:
    project = DevProject(tmp_path / "project")
    dev = _dev(project.folder)
    _read_until(dev, "Live after")
    evaluator = evaluator_of(dev.pid)
    dev.kill()
    dev.wait()
    wait_until(lambda: "consumers.dev.evaluator" not in command_of(evaluator))
    assert background.find(project.folder)
    assert background.stop(project.folder)


def test_down_ends_the_local_aws_too(tmp_path: Path) -> None:
    project = DevProject(tmp_path / "project")
    dev = _dev(project.folder, "--down")
    _read_until(dev, "Live after")
    dev.send_signal(signal.SIGINT)
    assert dev.stdout
    assert dev.stdout.read().splitlines()[-1] == "The local AWS has ended, and its data is removed."
    assert (dev.wait(), background.find(project.folder)) == (0, None)


def _dev(folder: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "consumers", "dev", *options]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )


def _read_until(dev: "subprocess.Popen[str]", start: str) -> None:
    """Read its lines until one that starts so."""
    assert dev.stdout
    while not dev.stdout.readline().startswith(start):
        assert dev.poll() is None


def _handles(project: DevProject, version: str) -> bool:
    body = str(time.monotonic_ns())
    project.send(body)
    wait_until(lambda: any(line.endswith(body) for line in project.view.lines))
    return f"orders: {version} {body}" in project.view.lines


def evaluator_of(process_id: int) -> int:
    output = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in output.splitlines()]
    return next(pid for pid, parent in pairs if parent == process_id and "dev.evaluator" in command_of(pid))


def command_of(pid: int) -> str:
    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
