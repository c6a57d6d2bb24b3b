"""What each key of the screen does."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from consumers.dev import actions, samples
from consumers.dev.board import Board, Reading
from consumers.dev.snapshots import Poller, Row
from consumers.local.background import FOLDER
from consumers.local.emulator import LocalAws
from consumers.operations.dead_letters import dead_letter_queue, description
from consumers.operations.dead_letters.reasons import Explained

PAGE = 10
MOVES = {"up": -1, "k": -1, "down": 1, "j": 1, "page up": -PAGE, "page down": PAGE}


class Controls:
    """Keys change the board at once, and start actions in a thread of their own: one at a time."""

    def __init__(self, board: Board, lock: threading.RLock, project: Path, on_change: Callable[[], None]) -> None:
        """`lock` guards the board; `on_change` is called when an action has changed it."""
        self._board, self._lock, self._project, self._on_change = board, lock, project, on_change
        self.aws: LocalAws | None = None
        self.poller: Poller | None = None
        self._running: threading.Thread | None = None
        self._stop = threading.Event()
        self._on_yes: Callable[[], None] = lambda: None
        self._title = ""
        self._sent = 0

    def press(self, key: str) -> bool:
        """Do what a key means; return whether to go on. The caller holds the lock."""
        board = self._board
        if board.question:
            self._answer(key)
        elif board.has_help:
            self._press_in_help(key)
        elif key == "q":
            return False
        elif key == "?":
            board.has_help, board.first_line = True, 0
        elif board.reading:
            self._press_in_reading(key, board.reading)
        else:
            self._press_in_list(key)
        return True

    def end(self, seconds: float) -> None:
        """Stop an action after the batch that is under way; wait for that."""
        self._stop.set()
        if self._running:
            self._running.join(seconds)

    def _press_in_list(self, key: str) -> None:
        board, row = self._board, self._board.chosen()
        if key in MOVES:
            board.move(MOVES[key])
        elif key == "escape":
            board.notice = ""
        elif row is None:
            return
        elif key == "l":
            board.log_of = "" if board.log_of == row.name else row.name
        elif key == "s":
            self._send(row)
        elif key == "p":
            self._pause(row)
        elif key in ("d", "enter"):
            self._open(row)
        elif key == "r":
            self._ask_to_redrive(row, board.chosen_letters())

    def _press_in_help(self, key: str) -> None:
        if key in MOVES:
            self._board.first_line += MOVES[key]
        else:
            self._board.has_help = False

    def _press_in_reading(self, key: str, reading: Reading) -> None:
        if key in MOVES:
            reading.first_line += MOVES[key]
        elif key in ("n", "p"):
            reading.move(1 if key == "n" else -1)
            self._read_log(reading)
        elif key == "escape":
            self._board.reading = None
        elif key == "r" and (row := self._row(reading.name)):
            reason = reading.letter.reason.group
            self._ask_to_redrive(row, [one for one in row.letters if one.reason.group == reason])

    def _row(self, name: str) -> Row | None:
        return next((row for row in self._board.snapshot.rows if row.name == name), None)

    def _answer(self, key: str) -> None:
        if key not in ("y", "n", "q", "escape"):
            return
        self._board.question = ""
        if key == "y":
            self._on_yes()
        else:
            self._tell("Nothing is changed.")

    def _send(self, row: Row) -> None:
        number, self._sent = self._sent, self._sent + 1

        def send(aws: LocalAws) -> str:
            assert row.consumer
            return samples.send(aws, row.consumer, samples.find(self._project, row.name, row.letters, number))

        self._start(f"sending a sample to {row.name}", send)

    def _pause(self, row: Row) -> None:
        def switch(aws: LocalAws) -> str:
            assert row.consumer
            action = actions.resume if row.state == "paused" else actions.pause
            return action(aws, row.consumer, lambda text: self._tell(f"{row.name}: {text}"))

        self._start(f"{'resuming' if row.state == 'paused' else 'pausing'} {row.name}", switch)

    def _open(self, row: Row) -> None:
        letters = self._board.chosen_letters()
        if not letters:
            self._tell(f"{row.name} has no dead letters.")
            return
        self._board.reading, self._board.notice = Reading(row.name, letters), ""
        self._read_log(self._board.reading)

    def _ask_to_redrive(self, row: Row, letters: list[Explained]) -> None:
        if not letters:
            self._tell(f"{row.name} has no dead letters.")
            return
        reasons = {one.reason.group for one in letters}
        why = f" ({next(iter(reasons))})" if len(reasons) == 1 else ""
        self._board.question = f"Send {len(letters):,} dead letter{'s' * (len(letters) > 1)} back{why}?"
        self._on_yes = partial(self._redrive, row, {one.letter.id for one in letters})

    def _redrive(self, row: Row, ids: set[str]) -> None:
        def redrive(aws: LocalAws) -> str:
            assert row.consumer
            tell = partial(self._tell_more, row.name)
            return actions.redrive(aws, row.consumer, ids, self._project / FOLDER, self._stop, tell)

        self._board.reading = None
        self._start(f"redriving {len(ids):,} of {row.name}", redrive)

    def _tell_more(self, name: str, text: str) -> None:
        self._tell(f"{name}: {text} …")

    def _start(self, title: str, action: Callable[[LocalAws], str]) -> None:
        aws = self.aws
        if aws is None or (self._running and self._running.is_alive()):
            self._tell(
                f"Not done, because it is still {self._title}." if aws else "Nothing is deployed yet.", is_bad=True
            )
            return
        self._title = title
        self._tell(f"{title} …")
        self._running = threading.Thread(target=self._run, args=(aws, title, action), daemon=True, name="action")
        self._running.start()

    def _run(self, aws: LocalAws, title: str, action: Callable[[LocalAws], str]) -> None:
        try:
            self._tell(action(aws))
        except Exception as error:  # whatever it is, the screen goes on
            self._tell(f"{title}: {error or type(error).__name__}", is_bad=True)
        if self.poller:
            self.poller.hurry()

    def _tell(self, text: str, *, is_bad: bool = False) -> None:
        with self._lock:
            self._board.notice, self._board.is_bad_notice = text, is_bad
        self._on_change()

    def _read_log(self, reading: Reading) -> None:
        """Read the log lines of the open letter, if they are not there yet."""
        row, one = self._row(reading.name), reading.letter
        if one.letter.id not in reading.logs and self.aws and row and row.consumer:
            arguments = (self.aws, row, reading, one)
            threading.Thread(target=self._add_log, args=arguments, daemon=True, name="log of a letter").start()

    def _add_log(self, aws: LocalAws, row: Row, reading: Reading, one: Explained) -> None:
        assert row.consumer
        try:
            queue = dead_letter_queue.of(aws.client, row.consumer)
            lines = description.log(aws.client, queue, one.letter)
        except Exception as error:
            lines = [f"cannot be read: {error}"]
        with self._lock:
            reading.logs[one.letter.id] = lines
        self._on_change()
