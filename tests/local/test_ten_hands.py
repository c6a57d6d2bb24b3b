"""The demo of ten hands: the example's program, messages and handlers."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def demo(home: Path, *arguments: str, project: Path = ROOT, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run the command from another folder, in a minimal environment."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "consumers.cli", "demo", "--project", str(project), *arguments]
    return subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=timeout
    )


def steps(result: subprocess.CompletedProcess[str]) -> list[str]:
    return [line.partition(" s  ")[2] for line in result.stdout.splitlines() if " s  " in line]


def test_hands_are_handled_once_and_poison_is_dead_lettered_and_big_pots_are_filtered(tmp_path: Path) -> None:
    result = demo(tmp_path, "--json")
    assert result.returncode == 0, result.stderr
    outcome = json.loads(result.stdout)
    handled = [line.partition("ok ")[2] for line in outcome["log"] if "ok user=" in line]
    assert len(handled) == len(set(handled)) == outcome["handled"] == 9
    assert "user=aarit hole=AsKs delta=+120 result=won" in handled
    assert "user=aditya hole=JsTs delta=-20 result=lost" in handled
    assert outcome["left"] == 0
    assert [json.loads(body)["chip_delta"] for body in outcome["dead"]] == ["twenty"]
    counts = [line.partition("receive_count=")[2] for line in outcome["failures"]]
    assert counts == [f"{count} reason=chip_delta must be int, got str" for count in (1, 2, 3)]
    pots = sorted(line.partition("big pot ")[2] for line in outcome["big_pots"])
    assert pots == ["user=aarit delta=+120", "user=aditya delta=+240"]
    assert_looks_like_the_log_of_lambda(outcome["log"])


def assert_looks_like_the_log_of_lambda(log: list[str]) -> None:
    kinds = [line.split()[0] for line in log]
    assert (kinds[0], kinds[-1]) == ("START", "REPORT")
    assert kinds.count("START") == kinds.count("END") == kinds.count("REPORT") >= 3
    first = next(line for line in log if "invoke" in line)
    assert first.startswith("[INFO]\t")
    # Usually 10; the poller may receive while the batch is being sent.
    assert re.search(r" invoke request_id=[0-9a-f-]{36} memory_mb=128 records=\d+$", first.replace("\t", " "))


def test_each_step_is_printed_with_its_time_and_then_the_log(tmp_path: Path) -> None:
    result = demo(tmp_path)
    assert result.returncode == 0, result.stderr
    assert steps(result) == [
        "An AWS is running inside this machine: no account, no Docker",
        "The stack dev is deployed: 14 resources",
        "10 hands are sent to each consumer",
        "9 hands are handled",
        "The poison hand is in the dead-letter queue, after 3 receives",
        "big-pots received 2 hands; its filter dropped the rest",
        "Nothing is left behind",
    ]
    assert result.stdout.count("ok user=") == 9
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            "import logging",
            "import logging, no_such_module",
            "The function PokerHandsConsumer cannot be loaded: ",
        ),
        ("parse_hand(", "parse_hnd(", "Good hands are in the dead-letter queue. The last failure: NameError: "),
    ],
)
def test_a_broken_handler_fails_the_demo(old: str, new: str, error: str, tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "workflow.py"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("poker_hands", "big_pots"):
        shutil.copytree(ROOT / "functions" / folder, tmp_path / "functions" / folder)
    handler = tmp_path / "functions" / "poker_hands" / "handler.py"
    handler.write_text(handler.read_text().replace(old, new))
    result = demo(tmp_path, project=tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith(f"Error: {error}")
    assert "Traceback" not in result.stdout + result.stderr


def test_a_folder_without_the_example_is_reported(tmp_path: Path) -> None:
    result = demo(tmp_path, project=tmp_path)
    assert result.returncode == 1
    assert result.stderr.endswith("the demo runs in a clone of this project.\n")
