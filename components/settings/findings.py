"""Errors and warnings about arguments, each on a line with the value, the allowed values, the reason and a fix."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Level(Enum):
    """The severity of a rule."""

    ERROR = "error"
    """AWS would reject it, or it would lose messages. The component is not registered."""
    WARNING = "warning"
    """It works but is rarely intended; `ignore_advice` turns it off by the rule's id."""


@dataclass(frozen=True)
class Breach:
    """How one argument breaks one rule."""

    got: str
    allowed: str
    fix: str


@dataclass(frozen=True)
class Finding:
    """A breach of a rule, as the user reads it."""

    rule: str
    level: Level
    argument: str
    breach: Breach
    why: str
    page: str

    def __str__(self) -> str:
        breach = self.breach
        argument = self.argument if self.argument.isprintable() else repr(self.argument)  # keep it on one line
        return (
            f"{argument}: got {breach.got}; allowed: {breach.allowed}. {self.why[0].upper()}{self.why[1:]}. "
            f"{breach.fix}. [{self.rule}] {self.page}"
        )


def error_list(component: str, name: str, errors: Iterable[Finding], to: str = "") -> str:
    """Return the errors of one component as text, a line each; `to` is the consumer that it sends to, if any."""
    lines = [f"- {error}" for error in errors]
    count = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
    subject = f"{name!r} to {to!r}" if to else repr(name)
    return "\n".join([f"{component} {subject} is refused, {count}:", *lines])


def show(value: Any) -> str:
    """Return `value` for an error: short, on one line, and an `Output` or another object by its type only."""
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


def nearest(name: str, names: Iterable[str]) -> str:
    """Return " (did you mean X?)" with the most similar of the names, or nothing if none is similar."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
