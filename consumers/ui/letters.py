"""The dead letters of one consumer as they were read last, on the disk: a page shows fifty of them at a time."""

import pickle
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from consumers.local import dead_letters
from consumers.operations.dead_letters import dead_letter_queue
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.scanning import explained
from consumers.operations.discovery import Consumer
from consumers.ui.aws_site import Site

EXCERPT = 200  # characters of a body
PAGE = 50
MOST_GROUPS = 100
"""Reasons that a page lists: where each message has one of its own, there are as many as messages."""


@dataclass(frozen=True)
class Shown:
    """What a list shows of one letter."""

    id: str
    text: str
    """The whole reason."""
    sent: float
    receives: int
    group: str | None
    excerpt: str


@dataclass(frozen=True)
class Group:
    """The letters of one reason."""

    reason: str
    """Without what differs between messages of one fault."""
    count: int
    first: float
    last: float


@dataclass(frozen=True)
class Trial:
    """What the newest `try` says about one letter."""

    passed: bool
    reason: str
    tried: float


@dataclass(frozen=True)
class Choice:
    """Which letters are meant: of a reason, with a text in the body, or these ids. Without any, all."""

    reason: str | None = None
    text: str = ""
    ids: Sequence[str] = ()
    passed: bool | None = None
    """Those that the newest `try` says pass, or fail."""


class LetterStore:
    """Letters in a temporary database that no name leads to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.execute(
            "CREATE TABLE letters (id TEXT PRIMARY KEY, reason TEXT, text TEXT, sent REAL, receives INT, grp TEXT, "
            "body TEXT, pickled BLOB)"
        )
        self._database.execute("CREATE INDEX by_reason ON letters (reason, sent)")
        self._database.execute("CREATE INDEX by_time ON letters (sent DESC, id DESC)")
        self._database.execute("CREATE TABLE trials (id TEXT PRIMARY KEY, passed INT, reason TEXT, tried REAL)")

    def add(self, letters: Sequence[Explained]) -> None:
        with self._lock, self._database:
            self._database.executemany("INSERT OR REPLACE INTO letters VALUES (?,?,?,?,?,?,?,?)", map(_row, letters))

    def keep_trials(self, other: "LetterStore") -> None:
        """Remember what became of these letters in the trials that another store knows."""
        rows = other.all_trials()
        with self._lock, self._database:
            self._database.executemany("INSERT OR REPLACE INTO trials VALUES (?,?,?,?)", rows)
            self._database.execute("DELETE FROM trials WHERE id NOT IN (SELECT id FROM letters)")

    def all_trials(self) -> list[tuple[str, int, str, float]]:
        return self._read("SELECT id, passed, reason, tried FROM trials")

    def note_trial(self, passed: Iterable[str], failed: Mapping[str, str]) -> None:
        """Remember what became of letters in a trial."""
        now = time.time()
        rows = [*((each, 1, "", now) for each in passed), *((each, 0, why, now) for each, why in failed.items())]
        with self._lock, self._database:
            self._database.executemany("INSERT OR REPLACE INTO trials VALUES (?,?,?,?)", rows)

    def groups(self, most: int = MOST_GROUPS) -> list[Group]:
        """Return the reasons, the most frequent first."""
        query = (
            "SELECT reason, COUNT(*), MIN(sent), MAX(sent) FROM letters GROUP BY reason "
            "ORDER BY COUNT(*) DESC, reason LIMIT ?"
        )
        return [Group(*row) for row in self._read(query, [most])]

    def count_reasons(self) -> int:
        return self._read("SELECT COUNT(DISTINCT reason) FROM letters")[0][0]

    def trials_by_reason(self) -> dict[str, tuple[int, int]]:
        """Return how many letters of each reason passed and failed in their newest trial; others are left out."""
        query = (
            "SELECT letters.reason, SUM(passed), SUM(NOT passed) FROM letters JOIN trials USING (id) "
            "GROUP BY letters.reason"
        )
        return {reason: (passed, failed) for reason, passed, failed in self._read(query)}

    def count(self, choice: Choice) -> int:
        where, values = _where(choice)
        return self._read(f"SELECT COUNT(*) FROM letters {where}", values)[0][0]

    def page(self, choice: Choice, number: int) -> list[Shown]:
        """Return the letters of one page, from 1, the newest first."""
        where, values = _where(choice)
        query = (
            f"SELECT id, text, sent, receives, grp, substr(body, 1, {EXCERPT}) FROM letters {where} "
            f"ORDER BY sent DESC, id DESC LIMIT {PAGE} OFFSET ?"
        )
        return [Shown(*row) for row in self._read(query, [*values, PAGE * (number - 1)])]

    def ids(self, choice: Choice) -> list[str]:
        where, values = _where(choice)
        return [row[0] for row in self._read(f"SELECT id FROM letters {where} ORDER BY sent, id", values)]

    def find(self, letter_id: str) -> Explained | None:
        rows = self._read("SELECT pickled FROM letters WHERE id = ?", [letter_id])
        return pickle.loads(rows[0][0]) if rows else None

    def some(self, choice: Choice, count: int) -> list[Explained]:
        """Return a few letters, of different reasons first."""
        where, values = _where(choice)
        query = f"SELECT pickled, ROW_NUMBER() OVER (PARTITION BY reason) AS n FROM letters {where} ORDER BY n LIMIT ?"
        return [pickle.loads(row[0]) for row in self._read(query, [*values, count])]

    def trials(self, ids: Sequence[str]) -> dict[str, Trial]:
        marks = ",".join("?" * len(ids))
        rows = self._read(f"SELECT id, passed, reason, tried FROM trials WHERE id IN ({marks})", ids)
        return {each: Trial(bool(passed), reason, tried) for each, passed, reason, tried in rows}

    def tried(self, choice: Choice) -> tuple[int, int]:
        """Return how many of them passed and failed in their newest trial."""
        where, values = _where(choice)
        query = f"SELECT passed, COUNT(*) FROM letters JOIN trials USING (id) {where} GROUP BY passed"
        found = dict(self._read(query, values))
        return found.get(1, 0), found.get(0, 0)

    def _read(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock:
            return self._database.execute(query, values).fetchall()


def _row(one: Explained) -> tuple[object, ...]:
    letter, reason = one.letter, one.reason
    # SQLite stores no lone surrogates, which a body of the local AWS may have.
    body = letter.body.encode("utf-8", "replace").decode()
    text = reason.text.encode("utf-8", "replace").decode()
    group = reason.group.encode("utf-8", "replace").decode()
    return letter.id, group, text, letter.sent, one.receives, letter.group, body, pickle.dumps(one)


def _where(choice: Choice) -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []
    if choice.reason is not None:
        parts.append("letters.reason = ?")
        values.append(choice.reason)
    if choice.text:
        parts.append("instr(lower(body), lower(?)) > 0")
        values.append(choice.text)
    if choice.ids:
        parts.append(f"letters.id IN ({','.join('?' * len(choice.ids))})")
        values += choice.ids
    if choice.passed is not None:
        parts.append("letters.id IN (SELECT id FROM trials WHERE passed = ?)")
        values.append(int(choice.passed))
    return f"WHERE {' AND '.join(parts)}" if parts else "", values


class Letterbox:
    """The letters of one consumer that were read last, and the reading that is under way."""

    def __init__(self, site: Site) -> None:
        self._site, self._lock = site, threading.Lock()
        self.store = LetterStore()
        self.read_at: float | None = None
        """When they were read, in seconds since 1970; None: not yet."""
        self.problem = ""
        """Why the newest reading failed."""
        self.is_reading = self._is_asked_again = False

    def read(self, consumer: Consumer, on_end: Callable[[], None] = lambda: None) -> None:
        """Read them again, in a thread of its own. If that is going on, it is done once more afterwards."""
        with self._lock:
            self._is_asked_again = self.is_reading
            if self.is_reading:
                return
            self.is_reading = True
        threading.Thread(target=self._read, args=(consumer, on_end), daemon=True, name="letters").start()

    def _read(self, consumer: Consumer, on_end: Callable[[], None]) -> None:
        while True:
            self._read_once(consumer)
            with self._lock:
                again = self.is_reading = self._is_asked_again
                self._is_asked_again = False
            on_end()
            if not again:
                return

    def _read_once(self, consumer: Consumer) -> None:
        new = LetterStore()
        try:
            for letters in read(self._site, consumer):
                new.add(letters)
            new.keep_trials(self.store)
            self.store, self.read_at, self.problem = new, time.time(), ""
        except Exception as error:  # a permission, a lost connection: the page says so, and those from before stay
            self.problem = str(error) or type(error).__name__


def read(site: Site, consumer: Consumer) -> Iterator[Sequence[Explained]]:
    """Yield a consumer's own dead letters with their reasons.

    The local AWS shows them without a receive. AWS hides them from others until the end, as `dlq list` does.
    """
    if site.local:
        yield dead_letters.read(site.local, consumer)
        return
    queue = dead_letter_queue.of(site.client, consumer)
    with queue.hold(site.client) as hold:
        read_logs = partial(dead_letter_queue.read_logs, site.client, queue)
        for letters in explained(hold, read_logs, fifo=queue.fifo):
            yield [one for one in letters if queue.is_own(one.letter)]
