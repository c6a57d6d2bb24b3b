"""Counts how often the Pulumi CLI writes a stack's state, and how much. Linux only: it watches the folder by inotify.

https://man7.org/linux/man-pages/man7/inotify.7.html
"""

import ctypes
import os
import select
import struct
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MOVED_TO = 0x80  # the CLI writes a new file and renames it
EVENT = struct.Struct("iIII")


@dataclass
class Writes:
    """The writes of one file."""

    count: int = 0
    size: int = 0
    """Bytes of all writes."""


@contextmanager
def counted(file: Path) -> Generator[Writes]:
    """Count the writes of a file during the `with` block."""
    libc, writes, ended = ctypes.CDLL(None, use_errno=True), Writes(), threading.Event()
    descriptor = libc.inotify_init()
    if descriptor < 0 or libc.inotify_add_watch(descriptor, os.fsencode(file.parent), MOVED_TO) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    thread = threading.Thread(target=_count, args=(descriptor, file, writes, ended))
    thread.start()
    try:
        yield writes
    finally:
        ended.set()
        thread.join()
        os.close(descriptor)


def _count(descriptor: int, file: Path, writes: Writes, ended: threading.Event) -> None:
    while select.select([descriptor], [], [], 0.1)[0] or not ended.is_set():
        if not select.select([descriptor], [], [], 0)[0]:
            continue
        events = os.read(descriptor, 1 << 16)
        while events:
            *_, length = EVENT.unpack_from(events)
            name, events = events[EVENT.size : EVENT.size + length], events[EVENT.size + length :]
            if os.fsdecode(name.rstrip(b"\0")) == file.name:
                writes.count += 1
                with suppress(FileNotFoundError):  # it is being replaced again
                    writes.size += file.stat().st_size
