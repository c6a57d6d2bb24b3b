"""Follows the logs of all functions of a stack."""

import threading
import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.local.emulator import LocalAws
from consumers.operations.discovery import DiscoveryError, find
from consumers.operations.logs import Tail

INTERVAL = 0.4
"""Seconds between two polls."""


class Follower:
    """Reads new lines in a thread of its own, from `follow` to `stop`."""

    def __init__(self, stack: str, on_line: Callable[[str, str], object]) -> None:
        self._stack, self._on_line = stack, on_line
        self._tails: dict[tuple[str, str], Tail] = {}
        self._aws: LocalAws | None = None
        self._stopped = threading.Event()
        self._since = time.time()

    def follow(self, aws: LocalAws) -> list[str]:
        """Follow the functions that are there now, and return the names of their consumers."""
        consumers = find(aws.client, stack=self._stack)
        groups = {(one.name, group) for one in consumers if (group := one.log_group)}
        logs = aws.client("logs")
        is_new = aws != self._aws
        kept = {} if is_new else self._tails
        self._tails = {key: kept.get(key) or Tail(logs, key[1], self._since) for key in sorted(groups)}
        if self._aws is None:
            threading.Thread(target=self._run, daemon=True, name="follower").start()
        self._aws = aws
        return [one.name for one in consumers]

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL):
            for (name, _), tail in list(self._tails.items()):
                self._read(name, tail)

    def _read(self, name: str, tail: Tail) -> None:
        try:
            lines = tail.new()
        except (BotoCoreError, ClientError, DiscoveryError):  # not invoked yet, replaced, or the local AWS has ended
            return
        for line in lines:
            self._on_line(name, line.message)
