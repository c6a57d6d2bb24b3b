"""Secrets on disk: each is a keyed digest, which shows that a secret has changed, and nothing else of it."""

import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from consumers.resource_table.properties import is_list, is_object

_MARK = "secret:hmac-sha256:"


@dataclass(frozen=True)
class Seal:
    """Replaces secrets by digests with its key, and puts them back where the same value is at hand."""

    key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    def closed(self, value: Any) -> Any:
        """`value`, with a digest for each text, number and boolean inside a `Secret`.

        Names and lists stay, so that a change is found and named as in a value that is not secret.
        """
        from consumers.provider.provider_values import Secret, revealed  # imports pulumi

        if isinstance(value, Secret):
            return _each(self._digest, revealed(value))
        return _each(self.closed, value) if is_object(value) or is_list(value) else value

    def opened(self, value: Any, now: Any) -> Any:
        """`value`, with what `now` has in the same place for each digest that is of it; the others stay."""
        if is_object(value):
            return {key: self.opened(item, now.get(key) if is_object(now) else None) for key, item in value.items()}
        if is_list(value):
            there = now if is_list(now) else []
            return [self.opened(item, there[i] if i < len(there) else None) for i, item in enumerate(value)]
        return now if is_closed(value) and value == self._digest(now) else value

    def _digest(self, value: Any) -> Any:
        if is_object(value) or is_list(value):
            return _each(self._digest, value)
        if value is None:
            return None
        return _MARK + hmac.digest(self.key.encode(), json.dumps(value).encode(), "sha256").hex()


def _each(change: Any, value: Any) -> Any:
    if is_object(value):
        return {key: change(item) for key, item in value.items()}
    return [change(item) for item in value] if is_list(value) else change(value)


def is_closed(value: Any) -> bool:
    """Whether a value is a digest, or has one in it."""
    if is_object(value):
        return any(map(is_closed, value.values()))
    if is_list(value):
        return any(map(is_closed, value))
    return isinstance(value, str) and value.startswith(_MARK)
