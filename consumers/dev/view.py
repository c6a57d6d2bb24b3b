"""What shows the loop to a person."""

from collections.abc import Sequence
from typing import Protocol

from consumers.local.emulator import LocalAws


class View(Protocol):
    """The screen, or plain lines. All methods are thread-safe and return at once."""

    def started(self, title: str, aws: LocalAws, consumers: Sequence[str]) -> None:
        """Show that the stack is up on this local AWS, with these consumers."""
        ...

    def updating(self, files: Sequence[str]) -> None:
        """Show which files have changed, by their paths in the project; none at the start."""
        ...

    def updated(self, steps: Sequence[str], seconds: float) -> None:
        """Show what was changed, and how many seconds after the save it is live."""
        ...

    def failed(self, text: str) -> None:
        """Show an error. What was live before stays."""
        ...

    def message(self, text: str) -> None:
        """Show what the program prints or logs."""
        ...

    def log(self, consumer: str, line: str) -> None:
        """Show a new line of a function's log."""
        ...
