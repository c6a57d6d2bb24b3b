"""What is said about an argument: one line that names it, what was given, what is allowed, why, and what to do."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Level(Enum):
    """How much a rule weighs."""

    ERROR = "error"
    """AWS would refuse it, or it would lose messages: nothing of this consumer is registered."""
    WARNING = "warning"
    """It works and is seldom wanted: a warning, which `ignore_advice` turns off by the rule's id."""


@dataclass(frozen=True)
class Breach:
    """How one argument breaks one rule."""

    given: str
    allowed: str
    fix: str


@dataclass(frozen=True)
class Finding:
    """A breach together with the rule that it breaks, as the user reads it."""

    rule: str
    level: Level
    argument: str
    breach: Breach
    why: str
    page: str

    def __str__(self) -> str:
        breach = self.breach
        argument = self.argument if self.argument.isprintable() else repr(self.argument)  # so that it is one line
        return (
            f"{argument}: got {breach.given}; allowed: {breach.allowed}. {self.why[0].upper()}{self.why[1:]}. "
            f"{breach.fix}. [{self.rule}] {self.page}"
        )


class Refused(Exception):
    """The arguments of one component are refused; the text lists every error, a line each.

    `to` is the consumer that it sends to, where its own name does not tell which of several.
    """

    def __init__(self, name: str, findings: Iterable[Finding], component: str = "QueueConsumer", to: str = "") -> None:
        lines = [f"- {finding}" for finding in findings]
        errors = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
        whole = f"{name!r} to {to!r}" if to else repr(name)
        super().__init__("\n".join([f"{component} {whole} is refused, {errors}:", *lines]))


def show(value: Any) -> str:
    """Return `value` as an error may print it: short, on one line, and no `Output` by its address; a type, as one."""
    if isinstance(value, type):
        return f"a value of type {value.__name__}"
    if not isinstance(value, str | int | float | bool | list | dict | tuple | bytes | type(None)):
        return f"a value of type {type(value).__name__}"
    shown: dict[type, Any] = {dict: _dict, list: _list, tuple: _list}
    text = shown.get(type(value), repr)(value)  # pyright: ignore[reportUnknownArgumentType]
    return text if len(text) <= 80 else f"{text[:77]}..."


def _list(values: Iterable[Any]) -> str:
    return f"[{', '.join(map(show, values))}]"


def _dict(values: dict[Any, Any]) -> str:
    return f"{{{', '.join(f'{name!r}: {show(value)}' for name, value in values.items())}}}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return " (did you mean X?)" for the known name most like `name`, or nothing where none is like it."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
