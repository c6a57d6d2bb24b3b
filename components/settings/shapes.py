"""The shapes that rules share: what each yields is a breach in the same words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any

from .findings import Breach, show


def at_least(value: int | None, least: int | None, fix: str, unit: str = "", limit: str = "") -> Iterator[Breach]:
    """Yield a breach for a value below `least`; `limit` says what that is."""
    if value is not None and least is not None and value < least:
        yield Breach(_amount(value, unit), f"{_amount(least, unit)}{limit and f', {limit},'} or more", fix)


def at_most(value: int | None, most: int | None, fix: str, unit: str = "", limit: str = "") -> Iterator[Breach]:
    """Yield a breach for a value above `most`; `limit` says what that is."""
    if value is not None and most is not None and value > most:
        yield Breach(_amount(value, unit), f"at most {_amount(most, unit)}{limit and f', {limit}'}", fix)


def _amount(number: int, unit: str) -> str:
    return f"{number:,} {unit}".rstrip()


def requires(value: Any, condition: bool, needed: str, fix: str = "") -> Iterator[Breach]:
    """Yield a breach for a value that is set where the condition does not hold; `needed` names the condition."""
    if _is_set(value) and not condition:
        yield Breach(f"{_show(value)} without {needed}", f"only with {needed}", fix or f"Set {needed}, or leave it out")


def excludes(value: Any, other: Any, name: str, fix: str = "Leave one of them out") -> Iterator[Breach]:
    """Yield a breach where both are set; `name` is the other's."""
    if _is_set(value) and _is_set(other):
        yield Breach(f"{_show(value)} together with {name}", "one of the two", fix)


def _is_set(value: Any) -> bool:
    return value not in (None, False, ())


def _show(value: Any) -> str:
    return "the group" if is_dataclass(value) else show(value)


def complete(values: Mapping[str, object], fix: str) -> Iterator[Breach]:
    """Yield a breach where one of the arguments, by their names, is not set."""
    missing = [name for name, value in values.items() if not _is_set(value)]
    if missing:
        yield Breach(f"no {' and no '.join(missing)}", " and ".join(values), fix)


SHORTEN = "Shorten or correct it, or leave it out"


def matches(value: Any, form: str, allowed: str, fix: str = SHORTEN) -> Iterator[Breach]:
    """Yield a breach for text that does not match the regular expression; an Output is not checked yet."""
    if isinstance(value, str) and not re.fullmatch(form, value):
        yield Breach(show(value), allowed, fix)
