"""Reads the lines that a function's process writes."""

import os
import select
import threading
from collections.abc import Callable
from typing import Any


class Pipe:
    """The lines in a pipe. One thread reads them as they arrive; any other can read those that are there already."""

    def __init__(self, stream: Any, put: Callable[[str], object]) -> None:
        self._stream, self._put, self._lock, self._rest = stream, put, threading.Lock(), bytearray()

    def read(self) -> None:
        """Put each line, until all writers have closed the pipe."""
        while self.take():
            self._wait()

    def take(self) -> bool:
        """Put each available line; return whether more may come."""
        with self._lock:
            while self._wait(milliseconds=0):
                if not (data := os.read(self._stream.fileno(), 65536)):
                    self._put_lines(b"\n" if self._rest else b"")
                    return False
                self._put_lines(data)
        return True

    def _wait(self, milliseconds: int | None = None) -> bool:
        poll = select.poll()  # one per thread; select.select() fails for high file descriptors
        poll.register(self._stream, select.POLLIN)
        return bool(poll.poll(milliseconds))

    def _put_lines(self, data: bytes) -> None:
        self._rest += data
        if b"\n" not in data:  # splitting a long line again for each part of it takes minutes
            return
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            self._put(line.decode(errors="replace"))
