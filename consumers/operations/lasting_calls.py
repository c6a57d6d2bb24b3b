"""Calls that are made again and again while AWS does not answer."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
)

from consumers.operations.dead_letters.confirming import has_no_answer, has_not_arrived

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # seconds between two attempts; each pause is twice as long as the one before
LOOK = 0.1  # seconds between two checks whether to go on


class LastingCalls:
    """Makes calls until they are answered. Tells when the connection is lost, and when it is back, once each."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._is_lost = False
        self._losses = 0

    def call(self, call: Callable[[], T], goes_on: Callable[[], bool]) -> T | None:
        """Return the answer; None if there was none before `goes_on` ended. An error that will stay is raised."""
        pause = FIRST_PAUSE
        while True:
            try:
                answer = call()
            except (BotoCoreError, ClientError) as error:
                if not _is_temporary(error):
                    raise
                self._lose(error)
                if not _waited(pause, goes_on):
                    return None
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._find()
                return answer

    def delete(
        self,
        call: Callable[[dict[str, Any]], list[dict[str, Any]]],
        entries: dict[str, Any],
        goes_on: Callable[[], bool],
    ) -> dict[str, Any]:
        """Call with the entries of a deletion, by their ids, until none fails. Return those that fail for good.

        `call` returns SQS's entries of `Failed`. After a lost answer, what fails for good has been deleted before.
        """
        pause, lasting, losses = FIRST_PAUSE, dict[str, Any](), self._losses
        while entries:
            current = entries
            failed = self.call(lambda current=current: call(current), goes_on)
            if failed is None:
                return lasting | entries
            if losses == self._losses:
                lasting |= {entry["Id"]: entries[entry["Id"]] for entry in failed if entry.get("SenderFault")}
            entries = {entry["Id"]: entries[entry["Id"]] for entry in failed if not entry.get("SenderFault")}
            if entries and not _waited(pause, goes_on):
                return lasting | entries
            pause = min(2 * pause, LONGEST_PAUSE)
        return lasting

    def _lose(self, error: Exception) -> None:
        self._losses += 1
        if not self._is_lost:
            self._is_lost = True
            self._tell(f"AWS does not answer, which loses no message. Trying again: {error}")

    def _find(self) -> None:
        if self._is_lost:
            self._is_lost = False
            self._tell("AWS answers again.")


def _is_temporary(error: Exception) -> bool:
    """Return whether there was no connection or no answer, or SQS was too busy."""
    if isinstance(error, ClientError):
        return has_not_arrived(error) or has_no_answer(error)
    return isinstance(error, ConnectionError | HTTPClientError)


def _waited(seconds: float, goes_on: Callable[[], bool]) -> bool:
    """Wait; return whether `goes_on` held all the time."""
    end = time.monotonic() + seconds
    while goes_on():
        left = end - time.monotonic()
        if left <= 0:
            return True
        time.sleep(min(left, LOOK))
    return False
