"""Which component of a program owns what AWS has only one of, such as the notification of a bucket."""

from typing import Any
from weakref import WeakKeyDictionary

from pulumi.runtime.settings import get_monitor

from ..settings.kinds import is_later

# Text is claimed per program, by its connection to the engine; an Output belongs to one program anyway. Weak
# references let each program of a test run start without claims.
_claims: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


def claim(kind: str, what: Any, name: str) -> str | None:
    """Claim `what`, text or an Output, for `name`; return the name that claimed it before, or None."""
    if isinstance(what, str):
        kind, what = f"{kind} {what}", get_monitor()
    elif not is_later(what):
        return None  # an error by another rule
    first = _claims.setdefault(what, {}).setdefault(kind, name)
    return None if first == name else first
