"""`consumers dev` itself in a pseudo-terminal: the loop, and the screen before it."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import dev_cast
from benchmarks.dev_cast import FAULT, HANDLER, REPAIRED
from benchmarks.pseudo_terminal import PseudoTerminal
from consumers.local import background
from on_local_aws import processes_in, wait_until

ROOT = Path(__file__).parents[2]
STAYS = "The local AWS stays up"


@pytest.fixture
def project() -> Iterator[Path]:
    with dev_cast.project() as folder:
        yield folder


def start(folder: Path, *options: str, columns: int = 80) -> PseudoTerminal:
    variables = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "functions")]), "PATH": os.defpath}
    command = [sys.executable, "-m", "consumers", "dev", *options]
    return PseudoTerminal(command, columns=columns, folder=folder, environment={**variables, "PYTHONUTF8": "1"})


def is_live(lines: list[str]) -> bool:
    return lines[1:2] != [] and lines[1].startswith("live in")


@pytest.mark.parametrize("columns", [80, 40])
def test_a_fault_is_seen_repaired_and_its_letter_handled_in_one_terminal(project: Path, columns: int) -> None:
    handler = project / "hands" / "handler.py"
    with start(project, columns=columns) as terminal:
        terminal.wait_for(lambda lines: is_live(lines) and "› big-pots" in "\n".join(lines), 60)
        terminal.press("js")
        terminal.wait_for("1 × no such card: 10h")
        handler.write_text(HANDLER.replace(FAULT, REPAIRED[:-1]))
        terminal.wait_for("hands/handler.py:12")
        terminal.wait_for("not live")
        handler.write_text(HANDLER.replace(FAULT, REPAIRED))
        terminal.wait_for(is_live)
        terminal.press("ry")
        terminal.wait_for("Bob holds As 10h")
        terminal.wait_for(lambda lines: "no such card: 10h" not in "\n".join(lines[:6]))
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        assert terminal.attributes == terminal.attributes_before
        wait_until(lambda: STAYS in terminal.output.partition("\x1b[?1049l")[2])
    assert background.find(project)


@pytest.mark.parametrize("end", ["\x03", signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_it_ends_at_once_also_while_it_starts_and_leaves_no_process(project: Path, end: str | signal.Signals) -> None:
    with start(project, "--down") as terminal:
        terminal.wait_for("starting")
        terminal.press(end) if isinstance(end, str) else terminal.process.send_signal(end)
        assert terminal.wait_for_end(30) == 0
        assert terminal.attributes == terminal.attributes_before
    assert not (project / ".consumers").exists()
    wait_until(lambda: processes_in(project) == [])
