"""Checks that many rules share, so that their errors have the same words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any

from .findings import Breach, show


def at_least(value: int | None, minimum: int | None, fix: str, unit: str = "", limit: str = "") -> Iterator[Breach]:
    """Yield a breach for a value below `minimum`; `limit` describes the minimum."""
    if value is not None and minimum is not None and value < minimum:
        yield Breach(_amount(value, unit), f"{_amount(minimum, unit)}{limit and f', {limit},'} or more", fix)


def at_most(value: int | None, maximum: int | None, fix: str, unit: str = "", limit: str = "") -> Iterator[Breach]:
    """Yield a breach for a value above `maximum`; `limit` describes the maximum."""
    if value is not None and maximum is not None and value > maximum:
        yield Breach(_amount(value, unit), f"at most {_amount(maximum, unit)}{limit and f', {limit}'}", fix)


def _amount(number: int, unit: str) -> str:
    return f"{number:,} {unit}".rstrip()


def requires(value: Any, condition: bool, needed: str, fix: str = "") -> Iterator[Breach]:
    """Yield a breach for a value that is set although the condition is false; `needed` names the condition."""
    if _is_set(value) and not condition:
        yield Breach(f"{_show(value)} without {needed}", f"only with {needed}", fix or f"Set {needed}, or leave it out")


def excludes(value: Any, other: Any, name: str, fix: str = "Leave one of them out") -> Iterator[Breach]:
    """Yield a breach if both are set; `name` is the name of the other."""
    if _is_set(value) and _is_set(other):
        yield Breach(f"{_show(value)} together with {name}", "one of the two", fix)


def _is_set(value: Any) -> bool:
    return value not in (None, False, ())


def _show(value: Any) -> str:
    return "the group" if is_dataclass(value) else show(value)


def complete(values: Mapping[str, object], fix: str) -> Iterator[Breach]:
    """Yield a breach if one of these arguments is not set."""
    missing = [name for name, value in values.items() if not _is_set(value)]
    if missing:
        yield Breach(f"no {' and no '.join(missing)}", " and ".join(values), fix)


SHORTEN = "Shorten or correct it, or leave it out"


def matches(value: Any, form: str, allowed: str, fix: str = SHORTEN) -> Iterator[Breach]:
    """Yield a breach for text that does not match the regular expression; an Output is not checked yet."""
    if isinstance(value, str) and not re.fullmatch(form, value):
        yield Breach(show(value), allowed, fix)
