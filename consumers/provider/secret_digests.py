"""Replaces secrets on disk with keyed digests, which show only whether a secret has changed."""

import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from consumers.provider.provider_values import Secret, items_in, map_items, revealed
from consumers.resource_table.properties import is_list, is_object

_PREFIX = "secret:hmac-sha256:"


@dataclass(frozen=True)
class SecretDigests:
    """Hides secrets behind digests with one key, and restores those whose value is available elsewhere."""

    key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    def hide(self, value: Any) -> Any:
        """Return `value` with a digest for each text, number and boolean inside a `Secret`.

        Keys and lists stay, so that a change inside a secret is found and named.
        """
        return self._digest(revealed(value)) if isinstance(value, Secret) else map_items(self.hide, value)

    def restore(self, value: Any, current: Any) -> Any:
        """Return `value`, with each digest replaced by the value from the same place of `current` if that matches."""
        if is_object(value):
            return {
                key: self.restore(item, current.get(key) if is_object(current) else None) for key, item in value.items()
            }
        if is_list(value):
            items: list[Any] = current if is_list(current) else []
            return [self.restore(item, items[i] if i < len(items) else None) for i, item in enumerate(value)]
        return current if has_digests(value) and value == self._digest(current) else value

    def _digest(self, value: Any) -> Any:
        if value is None or is_object(value) or is_list(value):
            return map_items(self._digest, value)
        return _PREFIX + hmac.digest(self.key.encode(), json.dumps(value).encode(), "sha256").hex()


def has_digests(value: Any) -> bool:
    """Whether a value is a digest or contains one."""
    return any(map(has_digests, items_in(value))) or (isinstance(value, str) and value.startswith(_PREFIX))
