"""The debuggers of a Python handler."""

from typing import Any


def start(setting: str) -> Any:
    """Start the debugger `KIND:PORT`, and return what calls the handler under it."""
    raise NotImplementedError(setting)
