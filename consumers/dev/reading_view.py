"""Draws an open dead letter, and the help."""

import time
from collections.abc import Iterator

from rich.text import Text

from consumers.dev.board import Board, Reading
from consumers.dev.text import cut, first_that_fits, wrapped
from consumers.operations.dead_letters import description

KEYS = ("n next  p previous  ↑↓ scroll  r redrive  esc back", "n p ↑↓ r  esc back", "esc back")
HELP_KEYS = ("↑↓ scroll  any other key: back", "esc back")
HELP = """↑ ↓ j k      choose a consumer, or a reason below it
s            send a sample message
d, enter     open the dead letters of the consumer or the reason
r            redrive them, after a question
p            pause the consumer, or resume it
l            show the log of this consumer, or of all
q, Ctrl-C    quit
esc          back

A sample message is the content of samples/NAME.json, or the next line of samples/NAME.jsonl. Without such a file \
it is the body of the newest dead letter.

msg/s is an average of ten seconds, from the lines that sqs_batch logs: messages that were handled and did not \
fail. It is - where there are no such lines.

The reasons are of this consumer's own dead letters. Looking at them receives none."""


def help_lines(board: Board, width: int, height: int) -> list[Text]:
    """Return the help from its first visible line on."""
    page = f"The same as a web page: {board.page}\n\n" if board.page else ""
    content = wrapped(f"{page}{HELP}", width)
    board.first_line = max(0, min(board.first_line, len(content) - height + 1))
    shown = [Text(line) for line in content[board.first_line :][: height - 1]]
    return [*shown, Text(first_that_fits(HELP_KEYS, width), "dim")]


def lines(reading: Reading, width: int, height: int) -> list[Text]:
    """Return the open letter from its first visible line on."""
    number = f"dead letter {reading.index + 1} of {len(reading.letters)}"
    heading = Text(cut(f"{reading.name}: {number}", width), "bold")
    content = list(_content(reading, width))
    room = max(1, height - 1)
    reading.first_line = max(0, min(reading.first_line, len(content) - room))
    shown = content[reading.first_line : reading.first_line + room]
    gap = [Text("")] * (room - len(shown))
    return [heading, *shown, *gap]


def _content(reading: Reading, width: int) -> Iterator[Text]:
    one = reading.letter
    sent = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(one.letter.sent))
    yield from _styled(one.letter.id, width, "bold")
    yield from _styled(f"sent {sent} UTC, received {one.receives} times", width)
    for line in description.facts(one):
        yield from _styled(line, width, "red" if line.startswith("Reason") else "")
    yield Text("Body:", "bold")
    for line in description.pretty(one.letter.body):
        yield from _styled(f"  {line}", width)
    log = reading.logs.get(one.letter.id)
    yield Text("Log:" if log else "Log: …" if log is None else "Log: no line names it", "bold")
    for line in log or []:
        yield from _styled(f"  {line}", width)


def _styled(text: str, width: int, style: str = "") -> Iterator[Text]:
    for line in wrapped(text, width):
        yield Text(line, style)
