"""Which files have changed: those of the project, and those outside it that its functions are made of."""

import hashlib
import os
import queue
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

from consumers.local.background import FOLDER

DEBOUNCE = 200
"""Milliseconds within which changes are one: an editor writes a new file and renames it."""
STEP = 20
"""Milliseconds without a change after which they are reported."""
LOOK = 200
"""Milliseconds between two checks whether a watched folder was deleted or replaced, which its watch does not report."""
LARGE = 16_000_000
"""Bytes. The content of a larger file is not compared, only its size and time."""


class _Filter(DefaultFilter):
    ignore_dirs = (*DefaultFilter.ignore_dirs, FOLDER, ".ruff_cache")


_is_watched = _Filter()


class Watcher:
    """Watches in a thread of its own. `changes` has a set of paths for each time that something changed."""

    def __init__(self, project: Path, on_message: Callable[[str], object]) -> None:
        self.changes = queue.Queue[frozenset[Path]]()
        self._project, self._on_message = project.resolve(), on_message
        self._others: tuple[Path, ...] = ()
        self._digests: dict[Path, bytes] = {}
        self._written: dict[Path, bytes | None] = {}
        self._lock = threading.RLock()
        self._restart, self._stopped = threading.Event(), False
        self._polls = False
        self._identities: dict[Path, tuple[int, int] | None] = {}

    def start(self) -> None:
        """Read all files, to compare them later, and begin to watch them."""
        self._add_root(self._project)
        threading.Thread(target=self._run, daemon=True, name="watcher").start()

    def stop(self) -> None:
        self._stopped = True
        self._restart.set()

    def add(self, paths: Iterable[Path]) -> None:
        """Watch these files and folders too, where they are outside the project."""
        roots = [self._project]
        for path in sorted({*self._others, *paths}):  # a folder before what is in it
            if not any(path.is_relative_to(root) for root in roots):
                roots.append(path)
        if self._others != (others := tuple(roots[1:])):
            for root in others:
                self._add_root(root)
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
            self._restart.clear()
            try:
                self._watch([self._project, *self._others])
            except FileNotFoundError:  # deleted in between
                continue
            except (OSError, RuntimeError) as error:
                self._poll_instead(error)

    def _watch(self, roots: Sequence[Path]) -> None:
        self._find_replaced()
        if not (existing := [root for root in roots if root.exists()]):
            self._restart.wait(LOOK / 1000)
            return
        last: Collection[Path] = ()
        again: Collection[Path] = roots  # nothing reports what changed before the watch began
        for changes in watch(
            *existing,
            watch_filter=_is_watched,
            debounce=DEBOUNCE,
            step=STEP,
            rust_timeout=LOOK,
            yield_on_timeout=True,
            stop_event=self._restart,
            force_polling=self._polls or None,
            raise_interrupt=False,
        ):
            found = self._compare([*(Path(path) for _, path in changes), *again])
            # Polling compares times in seconds: a second save within one is found only by looking again.
            last = found or last
            again = last if self._polls else ()
            is_gone = any(change is Change.deleted and Path(path) in roots for change, path in changes)
            # With a root its watch is gone too, whatever has its name now.
            if self._find_replaced() or is_gone or self._stopped:
                return

    def _add_root(self, root: Path) -> None:
        """Remember what is there: it is part of the update that comes next, or of the one before."""
        with self._lock:
            if root not in self._identities:
                self._identities[root] = _identity(root)
                self._digests |= {path: digest for path in _files_in(root) if (digest := _digest(path)) is not None}

    def _find_replaced(self) -> bool:
        """Report what differs in a root that was deleted, replaced or created; return whether there is one."""
        with self._lock:
            identities = {root: _identity(root) for root in self._identities}
            replaced = [root for root, identity in identities.items() if identity != self._identities[root]]
            self._identities = identities
        self._compare(replaced)
        return bool(replaced)

    def _compare(self, paths: Iterable[Path]) -> frozenset[Path]:
        """Report and return the files among `paths`, and in the folders among them, whose content is new."""
        with self._lock:
            files = {file for path in paths for file in self._files(path)}
            changed = frozenset(file for file in files if self._differs(file))
        if changed:
            self.changes.put(changed)
        return changed

    def _files(self, path: Path) -> Iterator[Path]:
        """Yield a file, or those that are in a folder or were there: a renamed folder is reported without its files."""
        if path in self._digests or path.is_file():
            yield path
        else:
            yield from [file for file in self._digests if file.is_relative_to(path)]
            yield from _files_in(path)

    def _differs(self, path: Path) -> bool:
        before, now = self._digests.pop(path, None), _digest(path)
        if now is not None:
            self._digests[path] = now
        return before != now

    def _poll_instead(self, error: Exception) -> None:
        if self._polls:
            self._on_message(f"The files cannot be watched: {error}. Trying again.")
            self._restart.wait(LOOK / 1000)
        else:
            reason = str(error).partition(". about ")[0]  # without the folder where it gave up
            self._on_message(f"The system cannot watch these files ({reason}), so they are polled.")
        self._polls = True


def _files_in(root: Path) -> Iterator[Path]:
    """Yield the files that are watched in a folder; `root` itself, if it is a file."""
    if root.is_file():
        yield root
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _Filter.ignore_dirs]
        yield from (path for name in files if _is_watched(Change.added, str(path := Path(folder, name))))


def _digest(path: Path) -> bytes | None:
    """Return a hash of the content; None for what is missing, cannot be read, or is no file: a FIFO would never end."""
    try:
        if not path.is_file():
            return None
        found = path.stat()
        if found.st_size > LARGE:
            return f"{found.st_size} {found.st_mtime_ns}".encode()
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what differs for a folder that was deleted and created again, and for a file that was replaced."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
