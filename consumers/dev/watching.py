"""Which files have changed: those of the project, and those outside it that its functions are made of."""

import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

from consumers.local.background import FOLDER

DEBOUNCE = 200
"""Milliseconds within which changes are one: an editor writes a new file and renames it."""
STEP = 20
"""Milliseconds without a change after which they are reported."""
LOOK = 1000
"""Milliseconds between two looks whether a watched folder was deleted or replaced, which its watch does not report."""


class _Filter(DefaultFilter):
    ignore_dirs = (*DefaultFilter.ignore_dirs, FOLDER, ".ruff_cache")


class Watcher:
    """Watches in a thread of its own. `changes` has a set of paths for each time that something changed."""

    def __init__(self, project: Path, on_message: Callable[[str], object]) -> None:
        self.changes = queue.Queue[frozenset[Path]]()
        self._project, self._on_message = project.resolve(), on_message
        self._others: tuple[Path, ...] = ()
        self._digests: dict[Path, bytes | None] = {}
        self._written: dict[Path, bytes | None] = {}
        self._restart, self._stopped = threading.Event(), False
        self._polls = False
        self._identities: dict[Path, tuple[int, int] | None] = {}

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name="watcher").start()

    def stop(self) -> None:
        self._stopped = True
        self._restart.set()

    def add(self, paths: Iterable[Path]) -> None:
        """Watch these files and folders too, where they are outside the project."""
        others = tuple(sorted(path for path in paths if not path.is_relative_to(self._project)))
        if others != self._others:
            self._others = others
            self._restart.set()

    def note_written(self, paths: Iterable[Path]) -> None:
        """The program has written these files: as they are now, they do not count as changed."""
        self._written = {path: _digest(path) for path in paths}

    def next(self, timeout: float | None = None) -> frozenset[Path]:
        """Wait for changes, and return all that are there; empty if the time (seconds) is up."""
        found = frozenset[Path]()
        with suppress(queue.Empty):
            found = self.changes.get(timeout=timeout)
            while True:
                found |= self.changes.get_nowait()
        return frozenset(path for path in found if path not in self._written or self._written[path] != _digest(path))

    def _run(self) -> None:
        while not self._stopped:
            try:
                self._watch([self._project, *self._others])
            except FileNotFoundError:  # deleted in between
                continue
            except (OSError, RuntimeError) as error:
                self._poll_instead(error)

    def _watch(self, roots: Sequence[Path]) -> None:
        self._note_new(roots)
        existing = [root for root in roots if root.exists()]
        if not existing:
            self._restart.wait(LOOK / 1000)
            return
        self._restart.clear()
        for changes in watch(
            *existing,
            watch_filter=_Filter(),
            debounce=DEBOUNCE,
            step=STEP,
            rust_timeout=LOOK,
            yield_on_timeout=True,
            stop_event=self._restart,
            force_polling=self._polls or None,
            raise_interrupt=False,
        ):
            self._put(changes)
            if _identities(roots) != self._identities:
                return

    def _note_new(self, roots: Sequence[Path]) -> None:
        """Report a folder that was deleted, replaced or created: nobody has reported what is in it."""
        before, self._identities = self._identities, _identities(roots)
        if new := frozenset(root for root in roots if root in before and before[root] != self._identities[root]):
            self.changes.put(new)

    def _put(self, changes: Iterable[tuple[Change, str]]) -> None:
        paths = {Path(path) for _, path in changes}
        digests = {path: _digest(path) for path in paths if not path.is_dir()}
        changed = frozenset(path for path, digest in digests.items() if self._digests.get(path, b"") != digest)
        self._digests |= digests
        if changed:
            self.changes.put(changed)

    def _poll_instead(self, error: Exception) -> None:
        if self._polls:
            self._on_message(f"The files cannot be watched: {error}. Trying again.")
            self._restart.wait(LOOK / 1000)
        else:
            self._on_message(f"The system cannot watch so many files ({error}), so they are polled.")
        self._polls = True


def _digest(path: Path) -> bytes | None:
    """Return a hash of the content; None for what is missing, cannot be read, or is no file: a FIFO would never end."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None


def _identities(paths: Iterable[Path]) -> dict[Path, tuple[int, int] | None]:
    """Return what differs for a folder that was deleted and created again."""
    return {path: _identity(path) for path in paths}


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    # A file gets a new inode with each save of many editors; its change is reported all the same.
    return (found.st_dev, found.st_ino) if path.is_dir() else (0, 0)
