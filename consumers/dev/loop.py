"""The loop: each change of a file is brought to the local AWS, and what cannot be leaves the old code in place."""

import threading
import time
from collections.abc import Collection
from pathlib import Path

from consumers.dev import syntax
from consumers.dev.following import Follower
from consumers.dev.view import View
from consumers.dev.warm_evaluator import SLOW, Result, WarmEvaluator
from consumers.dev.watching import Watcher
from consumers.local import background
from consumers.local.emulator import LocalAws, LocalAwsError

LOOK = 0.1
"""Seconds between two looks whether to stop."""
RECENT = 2.0
"""Seconds between a save and its report at the most. A file that was copied may have an older time."""


class Loop:
    """Watches and updates, until `stop`."""

    def __init__(self, project: Path, stack: str, port: int | None, view: View) -> None:
        self._project, self._stack, self._view = project.resolve(), stack, view
        self._evaluator = WarmEvaluator(project, stack, port, view.message)
        self._watcher = Watcher(project, view.message)
        self._follower = Follower(stack, view.log)
        self._stop = threading.Event()
        self._sources: list[Path] = []
        self._broken: dict[Path, str] = {}
        self._up: tuple[LocalAws, list[str]] | None = None

    def run(self) -> None:
        """Update once, and then after each change."""
        self._watcher.start()
        try:
            self._update(frozenset(), time.time())
            while not self._stop.is_set():
                if changed := self._watcher.next(LOOK):
                    self._react(changed)
        finally:
            self._watcher.stop()
            self._follower.stop()
            self._evaluator.end()

    def stop(self) -> None:
        """End the loop; an update that is under way is interrupted, and the next one continues from there."""
        self._stop.set()
        self._evaluator.end()

    def _react(self, changed: Collection[Path]) -> None:
        start = _saved(changed)
        of_functions = {path for path in {*changed, *self._broken} if self._is_source(path)}
        self._broken = syntax.errors(of_functions)
        if self._broken:
            self._view.failed("\n".join(f"{self._shown(path)}: {error}" for path, error in self._broken.items()))
        else:
            self._update(changed, start)

    def _update(self, changed: Collection[Path], start: float) -> None:
        self._view.updating(sorted(map(self._shown, changed)))
        result = self._result(list_sources=not changed or not all(map(self._is_source, changed)))
        if self._stop.is_set():
            return
        self._evaluator.start()  # where it has ended
        self._watcher.note_written(result.written)
        if result.sources is not None:
            self._sources = result.sources
            self._watcher.add(result.sources)
        if result.has_aws:
            self._find_aws(is_new=bool(result.steps) or self._up is None)
        if result.error:
            self._view.failed(result.error)
        else:
            self._view.updated(result.steps, time.time() - start)

    def _result(self, *, list_sources: bool) -> Result:
        """Run the program; end it where it takes long and a file changes meanwhile."""
        results: list[Result] = []
        thread = threading.Thread(
            target=lambda: results.append(self._evaluator.run(list_sources=list_sources)), daemon=True
        )
        thread.start()
        thread.join(SLOW)
        while thread.is_alive() and not self._stop.is_set():
            if not self._watcher.changes.empty():
                self._view.message(
                    f"The program ran for more than {SLOW:.0f} s, and a file has changed: it begins again."
                )
                self._evaluator.end()
            thread.join(LOOK)
        return results[0] if results else Result(error="interrupted")

    def _find_aws(self, *, is_new: bool) -> None:
        """Follow the functions that there are now, and show the stack where it has other consumers than before."""
        try:
            aws = background.find(self._project) if is_new else None
        except LocalAwsError as error:
            self._view.message(str(error))
            return
        if aws:
            up = aws, self._follower.follow(aws)
            if up != self._up:
                self._view.started(self._stack, aws, up[1])
            self._up = up

    def _is_source(self, path: Path) -> bool:
        return any(path.is_relative_to(source) for source in self._sources)

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self._project)) if path.is_relative_to(self._project) else str(path)


def _saved(changed: Collection[Path]) -> float:
    """Return when the newest of these files was saved, in seconds since 1970; now, where a file's time says nothing."""
    now, times = time.time(), [path.stat().st_mtime for path in changed if path.exists()]
    recent = [saved for saved in times if now - RECENT < saved <= now]
    return max(recent, default=now)
