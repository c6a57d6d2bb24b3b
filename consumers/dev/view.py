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

    def page(self, address: str) -> None:
        """Show the address of the web page."""
        ...


class PassingView:
    """A view that passes everything on to another one; what extends it does more at some events."""

    def __init__(self, view: View) -> None:
        self._view = view

    def started(self, title: str, aws: LocalAws, consumers: Sequence[str]) -> None:
        self._view.started(title, aws, consumers)

    def updating(self, files: Sequence[str]) -> None:
        self._view.updating(files)

    def updated(self, steps: Sequence[str], seconds: float) -> None:
        self._view.updated(steps, seconds)

    def failed(self, text: str) -> None:
        self._view.failed(text)

    def message(self, text: str) -> None:
        self._view.message(text)

    def log(self, consumer: str, line: str) -> None:
        self._view.log(consumer, line)

    def page(self, address: str) -> None:
        self._view.page(address)
