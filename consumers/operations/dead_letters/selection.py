"""Which dead letters are meant: one way to say it, the same for every command."""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jmespath  # pyright: ignore[reportMissingTypeStubs]
from jmespath.exceptions import JMESPathError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.reasons import Explained, Reason


class SelectionError(Exception):
    """An option cannot be used. The text says why, and what is allowed."""


@dataclass(frozen=True)
class Selection:
    """Conditions that a letter must all meet. Without any, it selects every letter."""

    reason: str | None = None
    """A reason's group as `dlq list` prints it, or a regular expression that matches somewhere in the reason."""
    where: str | None = None
    """A JMESPath expression on the body, which must be JSON: it selects where its result is truthy."""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Message attributes and their values as text."""
    group: str | None = None
    ids: frozenset[str] = frozenset()
    """Ids of messages: their present ones, or those that they had on the source queue."""
    older: float | None = None
    """Sent at least this many seconds ago."""
    newer: float | None = None
    """Sent at most this many seconds ago."""
    limit: int | None = None
    """How many at most."""

    def __post_init__(self) -> None:
        """Raise SelectionError for an expression that cannot be read."""
        try:
            jmespath.compile(self.where or "@")
        except JMESPathError as error:
            why = str(error).splitlines()[0].removeprefix("Invalid jmespath expression: ").rstrip(":")
            text = f"--where: {self.where!r} is not a JMESPath expression, such as amount > `100`: {why}"
            raise SelectionError(text) from None

    @property
    def is_everything(self) -> bool:
        """Whether no letter is left out."""
        return self == Selection()

    def matches(self, letter: DeadLetter, reason: Reason) -> bool:
        """Return whether the letter meets every condition but the limit."""
        age = time.time() - letter.sent
        return (
            (self.reason is None or self._is_reason(reason))
            and (self.where is None or self._is_where(letter.body))
            and all(_text(letter.attributes.get(name)) == value for name, value in self.attributes.items())
            and (self.group is None or letter.group == self.group)
            and (not self.ids or bool(self.ids & {letter.id, letter.original_id}))
            and (self.older is None or age >= self.older)
            and (self.newer is None or age <= self.newer)
        )

    def _is_reason(self, reason: Reason) -> bool:
        if reason.group == self.reason:
            return True
        try:
            return re.search(self.reason or "", reason.text) is not None
        except re.error:  # a group such as "no card: (…" need not be a regular expression
            return False

    def _is_where(self, body: str) -> bool:
        try:
            found: Any = jmespath.search(self.where or "@", json.loads(body))
        except (ValueError, RecursionError, JMESPathError):
            return False
        return found not in (None, False, "", [], {})


@dataclass(frozen=True)
class Exactly(Selection):
    """The letters with these `ids`, and none that had one of them on the source queue."""

    def matches(self, letter: DeadLetter, reason: Reason) -> bool:
        """Return whether it is one of them."""
        return letter.id in self.ids


def selected(found: Iterable[list[Explained]], selection: Selection) -> Iterator[list[Explained]]:
    """Yield the letters that a selection means, as many as its limit."""
    left = selection.limit or 0
    for letters in found:
        chosen = [one for one in letters if selection.matches(one.letter, one.reason)]
        chosen = chosen if selection.limit is None else chosen[:left]
        left -= len(chosen)
        yield chosen
        if selection.limit is not None and left <= 0:
            return


def _text(attribute: Mapping[str, Any] | None) -> str | None:
    return attribute.get("StringValue") if attribute else None
