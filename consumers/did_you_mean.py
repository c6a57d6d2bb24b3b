"""The one "did you mean" of the tool. `components` has its own: neither package may import the other."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, names: Iterable[str], otherwise: str = "") -> str:
    """Return ` Did you mean 'queue'?` for the nearest of the valid names.

    Where none is near, return the whole list after `otherwise` (` It has a, b.`), or nothing without `otherwise`.
    """
    valid = sorted(set(names))
    if close := difflib.get_close_matches(name, valid, n=1):
        return f" Did you mean {close[0]!r}?"
    return f" {otherwise} {', '.join(valid)}." if otherwise else ""
