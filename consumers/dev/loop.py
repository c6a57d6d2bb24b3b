"""The loop: each changed file is brought to the local AWS, or else the old code stays in place."""

import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.dev.echoes import Echoes
from consumers.dev.following import Follower
from consumers.dev.view import View
from consumers.dev.warm_evaluator import SLOW, Result, WarmEvaluator
from consumers.dev.watching import Watcher
from consumers.local import background
from consumers.local.emulator import LocalAws, LocalAwsError
from consumers.operations.discovery import DiscoveryError

LOOK = 0.1
"""Seconds between two checks whether to stop."""
RECENT = 2.0
"""At most this many seconds pass between a save and its report. A file that was copied may have an older time."""
GRACE = 3.0
"""Seconds that an update has to finish when the loop is stopped."""


class Loop:
    """Watches and updates, until `stop` is set."""

    def __init__(
        self, project: Path, stack: str, port: int | None, view: View, stop: threading.Event | None = None
    ) -> None:
        self._project, self._stack, self._view = project.resolve(), stack, view
        self._evaluator = WarmEvaluator(project, stack, port, view.message)
        self._watcher = Watcher(project, view.message)
        self._echoes = Echoes(self._watcher.next)
        self._follower = Follower(stack, view.log)
        self._stop = stop or threading.Event()
        self._not_live: frozenset[Path] = frozenset()
        self._up: tuple[LocalAws, list[str]] | None = None

    def run(self) -> None:
        """Update once, and then after each change."""
        self._evaluator.start()
        self._watcher.start()
        try:
            self._update(frozenset(), time.time())
            while not self._stop.is_set():
                self._react(self._watcher.next(LOOK))
        finally:
            self._watcher.stop()
            self._follower.stop()
            self._evaluator.end()

    def stop(self) -> None:
        """End the loop. An update that takes longer is interrupted, and the next one continues from there."""
        self._stop.set()

    def _react(self, found: frozenset[Path]) -> None:
        if not found:
            if self._up and background.has_died(self._project):
                self._update(frozenset(), time.time())
            return
        saved = _saved(found)
        changed, is_echo = self._echoes.strip(found)
        if is_echo:
            names = ", ".join(sorted(map(self._shown, found)))
            self._view.message(f"Each update changes {names}: no longer updating for what an update changes there.")
        if changed:
            self._update(changed, saved)

    def _update(self, changed: frozenset[Path], saved: float) -> None:
        self._view.updating(sorted(map(self._shown, changed)))
        start = time.time()
        self._not_live |= changed
        result = self._result()
        end = time.time()
        if self._stop.is_set():
            return
        self._echoes.updated(changed, start, end)
        self._watcher.note_written(result.written)
        self._watcher.add(result.sources)
        if result.has_aws:
            self._find_aws(is_new=bool(result.steps) or self._up is None)
        if result.error:
            self._view.failed(result.error)
            self._evaluator.start()  # where it has ended
        else:
            self._not_live = frozenset()
            self._view.updated(result.steps, end - saved)

    def _result(self) -> Result:
        """Run the program; end it where it takes long and a file changes meanwhile."""
        results: list[Result] = []
        thread = threading.Thread(target=lambda: results.append(self._evaluator.run(self._not_live)), daemon=True)
        thread.start()
        end = time.monotonic() + SLOW
        while thread.is_alive() and not self._stop.is_set():
            if time.monotonic() > end and not self._watcher.changes.empty():
                self._evaluator.end()
                return Result(error=f"The program has run for {SLOW:.0f} s, and a file has changed: it starts again.")
            thread.join(LOOK)
        thread.join(GRACE)
        return results[0] if results else Result(error="interrupted")

    def _find_aws(self, *, is_new: bool) -> None:
        """Follow the current functions, and show the stack if its consumers have changed."""
        if not is_new:
            return
        try:
            aws = background.find(self._project)
            if self._up and self._up[0] == aws:
                aws = self._up[0]  # which has its clients already
            up = (aws, self._follower.follow(aws)) if aws else None
        except (LocalAwsError, DiscoveryError, BotoCoreError, ClientError) as error:  # it has just died
            self._view.message(str(error))
            return
        if up and up != self._up:
            self._view.started(self._stack, *up)
        self._up = up

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self._project)) if path.is_relative_to(self._project) else str(path)


def _saved(changed: Collection[Path]) -> float:
    """Return when the newest of these files was saved, in seconds since 1970; now, where a file's time says nothing."""
    now, newest = time.time(), 0.0
    for path in changed:
        with suppress(OSError):  # deleted
            newest = max(newest, path.stat().st_mtime)
    return newest if now - RECENT < newest <= now else now
