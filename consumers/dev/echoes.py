"""Finds files that every update changes, so that the loop does not run forever."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

QUIET = 1.0
"""Seconds. Somebody who saves fast saves again within this time."""
CLOCK = 0.01
"""Seconds by which a file's time may be before the clock's."""


class Echoes:
    """Tells files that an update changes from files that are saved while it runs.

    The evaluator reports what the program writes itself. This is for what the program starts: a build tool, a handler.
    """

    def __init__(self, wait: Callable[[float], frozenset[Path]]) -> None:
        """`wait` returns what changes within so many seconds."""
        self._wait = wait
        self._trigger, self._start, self._end = frozenset[Path](), 0.0, 0.0
        self._count = 0
        self._known: set[Path] = set()

    def updated(self, trigger: frozenset[Path], start: float, end: float) -> None:
        """Note an update, which these files have triggered, with its times in seconds since 1970."""
        self._trigger, self._start, self._end = trigger, start, end

    def strip(self, changed: frozenset[Path]) -> tuple[frozenset[Path], bool]:
        """Return what to update for, and whether these files were just found to be written by each update."""
        written_then = frozenset(path for path in changed if self._is_written_then(path))
        changed -= written_then & self._known
        if not changed:
            return changed, False
        is_repeated = changed == self._trigger and changed <= written_then
        self._count = self._count + 1 if is_repeated else 0
        if self._count == 2 and (more := self._wait(QUIET)):
            self._count = 0  # somebody saves fast
            return changed | more, False
        if self._count > 2:
            self._known |= changed
            self._count = 0
            return frozenset(), True
        return changed, False

    def _is_written_then(self, path: Path) -> bool:
        with suppress(OSError):
            return self._start - CLOCK <= path.stat().st_mtime <= self._end
        return False
