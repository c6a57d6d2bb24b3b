"""What the screen of `consumers dev` shows, apart from how it is drawn."""

import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from consumers.dev.snapshots import Row, Snapshot
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.log_lines import FAILED, INVOKED, REPORT, SENT, is_error, is_lambdas_own, readable

MOST_LINES = 1_000
"""Log lines that are kept."""
RATE_WINDOW = 10.0
"""Seconds over which the rate is an average."""
ID = 8
"""Characters of a message's id in a log line; an open dead letter shows all."""
_PREFIX = re.compile(r"\[\w+\]\t\d{4}-\d\d-\d\dT(?P<time>[\d:]{8})\S*\t\S*\t(?P<text>.*)", re.DOTALL)

Choice = tuple[str, str]
"""A consumer, and a reason of its dead letters; without a reason, all of it."""


@dataclass(frozen=True)
class LogLine:
    """One line of a log; without a consumer, of the program or of the loop."""

    consumer: str
    text: str
    style: str = ""


@dataclass
class Reading:
    """The dead letters that are open."""

    name: str
    letters: Sequence[Explained]
    index: int = 0
    first_line: int = 0
    logs: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """The log lines of each letter, by its id, as soon as they are read."""

    @property
    def letter(self) -> Explained:
        return self.letters[self.index]

    def move(self, by: int) -> None:
        self.index, self.first_line = max(0, min(len(self.letters) - 1, self.index + by)), 0


@dataclass
class Board:
    """Everything on the screen."""

    title: str = ""
    address: str = ""
    page: str = ""
    """The address of the web page."""
    doing: str = "starting …"
    is_live: bool = False
    error: str = ""
    snapshot: Snapshot = field(default_factory=Snapshot)
    lines: deque[LogLine] = field(default_factory=lambda: deque[LogLine](maxlen=MOST_LINES))
    log_of: str = ""
    """The consumer whose log is shown; empty: all."""
    choice: Choice = ("", "")
    notice: str = ""
    is_bad_notice: bool = False
    question: str = ""
    reading: Reading | None = None
    has_help: bool = False
    first_line: int = 0
    """Of the help."""
    handled: dict[str, deque[tuple[float, int]]] = field(default_factory=dict[str, deque[tuple[float, int]]])
    """Messages that a consumer has handled, less those that failed, and when: of those whose runtime logs it."""

    def choices(self) -> list[Choice]:
        """Return what the cursor can be on, from top to bottom."""
        found: list[Choice] = []
        for row in self.snapshot.rows:
            found += [(row.name, ""), *((row.name, reason) for reason, _ in row.reasons)]
        return found

    def show(self, snapshot: Snapshot) -> None:
        """Take a new snapshot; the cursor stays on what it was on, or on its consumer."""
        self.snapshot = snapshot
        choices = self.choices()
        if self.choice not in choices:
            of_consumer = (self.choice[0], "")
            self.choice = of_consumer if of_consumer in choices else choices[0] if choices else ("", "")

    def move(self, by: int) -> None:
        """Move the cursor by so many lines."""
        if choices := self.choices():
            at = choices.index(self.choice) if self.choice in choices else 0
            self.choice = choices[max(0, min(len(choices) - 1, at + by))]

    def chosen(self) -> Row | None:
        """Return the consumer that the cursor is on."""
        return next((row for row in self.snapshot.rows if row.name == self.choice[0]), None)

    def chosen_letters(self) -> list[Explained]:
        """Return the dead letters that the cursor is on: of a consumer, or of one reason."""
        row, reason = self.chosen(), self.choice[1]
        return [one for one in row.letters if not reason or one.reason.group == reason] if row else []

    def add_line(self, consumer: str, line: str, now: float) -> None:
        """Add a line of a function's log: shortened, and without the lines that say nothing in a loop."""
        line = readable(line)
        self._count(consumer, line, now)
        if line.startswith(("START ", "END ", "INIT_START ")):
            return
        is_failure = is_error(line) or FAILED.search(line)
        style = "red" if is_failure else "dim" if is_lambdas_own(line) else ""
        for text in short(line).splitlines():
            self.lines.append(LogLine(consumer, text, style))

    def rate(self, consumer: str, now: float) -> float | None:
        """Return how many messages a second were handled lately; None where the log does not show it."""
        counts = self.handled.get(consumer)
        if counts is None:
            return None
        while counts and counts[0][0] < now - RATE_WINDOW:
            counts.popleft()
        return max(0, sum(count for _, count in counts)) / RATE_WINDOW

    def _count(self, consumer: str, line: str, now: float) -> None:
        if match := INVOKED.search(line):
            self.handled.setdefault(consumer, deque()).append((now, int(match[2])))
        elif FAILED.search(line) and consumer in self.handled:
            self.handled[consumer].append((now, -1))


def short(line: str) -> str:
    """Return a log line without what fills a narrow screen: its date, its level, the ids of the invocation, and all but
    the start of a message's id."""
    if match := REPORT.match(line):
        return f"took {match[1]} ms"
    match = _PREFIX.fullmatch(line)
    text = match["text"] if match else line
    text = INVOKED.sub(r"invoke records=\2", text)
    text = FAILED.sub(lambda found: f"{found[1]} {found[2][:ID]} receive {found[3]}: {found[4]}", text)
    text = SENT.sub(lambda found: f"sent to the dead-letter queue: {found[1][:ID]}", text)
    return f"{match['time']} {text}" if match else text


def clock() -> float:
    """Return the seconds of the clock that the board uses for all times."""
    return time.monotonic()
