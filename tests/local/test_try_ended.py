"""Handlers that end badly in `consumers try`, and a command that is ended itself."""

import os
import signal
from pathlib import Path

import pytest

from consumers.local.emulator import LocalAws
from dead_letters import rejected
from deployed_consumers import start
from on_local_aws import has_arrived, processes_in, wait_until
from trials import Trials, hands


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
    wait_until(lambda: has_arrived(signal.SIGINT, process.pid))
    go.touch()
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, "10 of 10 pass now, in 1 batch" in stdout) == (130, True)
    assert "Interrupted: the rest is not tried" in stderr
    assert os.listdir(tmp_path / "function") == ["handler.py"]  # noqa: PTH208


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
    wait_until(lambda: has_arrived(signal.SIGINT, process.pid))  # two that arrive at once are one
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in stderr) == (130, False)
    with pytest.raises(ProcessLookupError):
        os.kill(host, 0)


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
