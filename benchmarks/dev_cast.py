"""Records the cast of `consumers dev` for the README from a run on a local AWS: `make picture`.

A sample message fails, its dead letter is opened, the handler is repaired and saved, and the letter is redriven. Every
line of the cast was seen in that run, at that time.
"""

import os
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cast_svg import STEP, Frame, drawn
from benchmarks.pseudo_terminal import PseudoTerminal
from consumers.local import background

COLUMNS, LINES = 84, 18
ROOT = Path(__file__).parents[1]
PROGRAM = """from components import QueueConsumer

QueueConsumer("poker-hands", {"source": "hands", "runtime": "python3.12", "timeout": 10})
QueueConsumer("big-pots", {"source": "pots", "runtime": "python3.12", "timeout": 10})
"""
HANDLER = """import logging

from sqs_batch import Reject, batch_handler

log = logging.getLogger()


@batch_handler
def handle(record):
    hand = record.json
    for card in hand["cards"]:
        rank, suit = card[0], card[1]
        if suit not in "cdhs":
            raise Reject(f"no such card: {card}")
    log.warning("%s holds %s", hand["player"], " ".join(hand["cards"]))
"""
FAULT, REPAIRED = "card[0], card[1]", "card[:-1], card[-1]"
POTS = "from sqs_batch import batch_handler\n\n\n@batch_handler\ndef handle(record): ...\n"
SAMPLE = '{"player": "Bob", "cards": ["As", "10h"]}\n'


@dataclass
class Captions:
    """What was done, and when, by the monotonic clock."""

    found: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])

    def add(self, text: str) -> None:
        self.found.append((time.monotonic(), text))


@contextmanager
def project() -> Generator[Path]:
    """A project with the fault; its local AWS ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "poker"
        for path, text in {
            "Pulumi.yaml": "name: poker\nruntime: python\n",
            "__main__.py": PROGRAM,
            "hands/handler.py": HANDLER,
            "pots/handler.py": POTS,
            "samples/poker-hands.json": SAMPLE,
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        try:
            yield root
        finally:
            background.stop(root)


def record(root: Path) -> list[Frame]:
    """Play the story, and return what was seen from the moment when everything is up."""
    captions = Captions()
    command = [sys.executable, "-m", "consumers", "dev"]
    variables = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    variables |= {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "functions")]), "COLORTERM": ""}
    with PseudoTerminal(command, columns=COLUMNS, lines=LINES, folder=root, environment=variables) as terminal:
        terminal.wait_for(lambda lines: "live in" in "\n".join(lines) and "› " in "\n".join(lines), 60)
        terminal.press("j")
        begin = time.monotonic() + 0.5
        captions.add("consumers dev")
        time.sleep(2)
        _play(terminal, root, captions)
        terminal.press("q")
        terminal.wait_for_end()
    return _frames(terminal.frames, captions.found, begin)


def _play(terminal: PseudoTerminal, root: Path, captions: Captions) -> None:
    captions.add("s: send a sample message")
    terminal.press("s")
    terminal.wait_for("1 × no such card")
    time.sleep(2)
    captions.add("d: open the dead letter")
    terminal.press("d")
    terminal.wait_for("rejected")
    time.sleep(3)
    terminal.press("\x1b")
    captions.add("save hands/handler.py, with a typo")
    handler = root / "hands" / "handler.py"
    handler.write_text(HANDLER.replace(FAULT, REPAIRED[:-1]))
    terminal.wait_for("not live")
    time.sleep(2.5)
    captions.add("save hands/handler.py again")
    handler.write_text(HANDLER.replace(FAULT, REPAIRED))
    terminal.wait_for(lambda lines: "live in" in lines[1])
    time.sleep(2.5)
    captions.add("r: redrive, y: yes")
    terminal.press("r")
    terminal.wait_for("Send 1 dead letter back")
    time.sleep(1.2)
    terminal.press("y")
    terminal.wait_for("Bob holds As 10h")
    time.sleep(3)


def _frames(seen: list[tuple[float, dict[int, str]]], captions: list[tuple[float, str]], begin: float) -> list[Frame]:
    """Return the frames from `begin` on, at most one in each `STEP`, with what was done."""
    end = seen[-1][0] if seen else begin
    frames: list[Frame] = []
    at = begin
    while at < end:
        rows = next((rows for when, rows in reversed(seen) if when <= at), dict[int, str]())
        caption = next((text for when, text in reversed(captions) if when <= at), "")
        if not frames or (rows, caption) != (frames[-1].rows, frames[-1].caption):
            frames.append(Frame(round(at - begin, 2), rows, caption))
        at += STEP
    return frames


def main(path: Path) -> None:
    """Record, and write the SVG."""
    with project() as root:
        frames = record(root)
    seconds = round(frames[-1].at + 3, 1)
    poster = next(frame.at for frame in frames if "Bob holds" in "\n".join(frame.rows.values()))
    title = "consumers dev"
    path.write_text(drawn(frames, columns=COLUMNS, lines=LINES, seconds=seconds, poster=poster, title=title))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
