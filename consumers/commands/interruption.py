"""Ctrl-C, where a command has to finish what is under way."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def stopped_by_ctrl_c() -> Generator[threading.Event]:
    """Yield an event that Ctrl-C sets, so that the outcome is still printed. A second Ctrl-C ends at once."""
    stop = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def interrupted(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
