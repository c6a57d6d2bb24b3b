"""Which component of a program has what AWS gives to one only, such as the one notification of a bucket."""

from typing import Any
from weakref import WeakKeyDictionary

from pulumi.runtime.settings import get_monitor

from .. import settings

# Text is claimed within one program, which has a connection to the engine of its own; an Output is of one program
# anyway. Weak, so that the tests of a program do not know what the ones before have claimed.
_claims: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


def claim(kind: str, what: Any, name: str) -> str | None:
    """Claim `what`, text or an Output, for `name`; return who has it already, or None. Each kind is apart."""
    if isinstance(what, str):
        kind, what = f"{kind} {what}", get_monitor()
    elif not settings.is_later(what):
        return None  # which the rules refuse
    first = _claims.setdefault(what, {}).setdefault(kind, name)
    return None if first == name else first
