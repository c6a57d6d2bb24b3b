"""Detects two components of a program that configure the same thing, such as the notification of a bucket."""

from typing import Any
from weakref import WeakKeyDictionary

from pulumi.runtime.settings import get_monitor

from ..settings.kinds import is_later

# A text is claimed in one program, which its monitor identifies; an Output belongs to one program. References are weak,
# so each program of a test run starts without claims.
_claims: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


def claim(kind: str, what: Any, name: str) -> str | None:
    """Claim `what`, text or an Output, for `name`; return the name that claimed it before, or None."""
    if isinstance(what, str):
        kind, what = f"{kind} {what}", get_monitor()
    elif not is_later(what):
        return None  # another rule reports it
    first = _claims.setdefault(what, {}).setdefault(kind, name)
    return None if first == name else first
