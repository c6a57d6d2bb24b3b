"""Rules on filter patterns: what Lambda takes, checked field by field, because what matches no pattern is deleted."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeGuard

from . import pages
from .findings import Breach, nearest, show
from .model import Settings
from .rule import advise, refuse

LONGEST_PATTERN = 4_096
LARGEST_NUMBER = 5e9


@refuse("too-many-filters", "filters", why="a mapping has at most 10 patterns, quota raised", page=pages.LAMBDA_FILTERS)
def too_many_filters(s: Settings) -> Iterator[Breach]:
    if len(s.filters) > 10:
        yield Breach(f"{len(s.filters)} patterns", "at most 10", "Join patterns: a list of values matches any of them")


@advise("many-filters", "filters", why="more than 5 patterns need a raised quota", page=pages.LAMBDA_FILTERS)
def many_filters(s: Settings) -> Iterator[Breach]:
    if 5 < len(s.filters) <= 10:
        yield Breach(
            f"{len(s.filters)} patterns", "at most 5 without a raised quota", "Join patterns, or raise the quota"
        )


@refuse(
    "filter-not-on-body",
    "filters",
    why="SQS messages are filtered on their body only, and one that matches no pattern is deleted unseen",
    page=pages.LAMBDA_SQS_FILTERS,
)
def filter_not_on_body(s: Settings) -> Iterator[Breach]:
    for pattern in s.filters:
        for key in [key for key in pattern if key != "body"] or ([] if pattern else ["an empty pattern"]):
            todo = "Write {'body': {…}}"
            yield Breach(f"{show(key)} in {show(pattern)}", "only the key 'body'", todo)


@refuse(
    "filter-not-json",
    "filters",
    why=f"Lambda takes a pattern as a JSON object of at most {LONGEST_PATTERN:,} characters",
    page=pages.LAMBDA_FILTERS,
)
def filter_not_json(s: Settings) -> Iterator[Breach]:
    for pattern in s.filters:
        try:
            length = len(filter_json(pattern))
        except (TypeError, ValueError) as error:
            yield Breach(f"{show(pattern)} ({error})", "plain JSON values", "Use text, numbers, booleans, lists, dicts")
            continue
        if length > LONGEST_PATTERN:
            given = f"a pattern of {length:,} characters"
            yield Breach(given, f"at most {LONGEST_PATTERN:,}", "Split it into several patterns: any of them may match")


@refuse(
    "filter-pattern",
    "filters",
    why="Lambda refuses every other pattern, when the queue is made already",
    page=pages.LAMBDA_FILTERS,
)
def filter_pattern(s: Settings) -> Iterator[Breach]:
    for number, pattern in enumerate(s.filters):
        if "body" in pattern and _is_json(pattern):
            yield from _field(f"filters[{number}].body", pattern["body"])


def _is_json(pattern: object) -> bool:
    try:
        return bool(filter_json(pattern))
    except (TypeError, ValueError):
        return False


def _field(path: str, value: Any) -> Iterator[Breach]:
    """What is wrong with what a field may be: fields inside it, or a list of values and operators."""
    if _is_object(value) and value and not _is_bare_operator(value):
        for name, inner in value.items():
            yield from (_either if name == "$or" else _field)(f"{path}.{name}", inner)
    elif _is_list(value) and value:
        for number, item in enumerate(value):
            yield from _item(f"{path}[{number}]", item)
    else:
        todo = "Name a field or a value" if value in ({}, []) else "Put it into a list"
        yield Breach(f"{show(value)} at {path}", "a list of values or operators, or a dict of fields", todo)


def _either(path: str, patterns: Any) -> Iterator[Breach]:
    if not _is_list(patterns) or len(patterns) < 2 or not all(map(_is_object, patterns)):
        allowed = "a list of two or more dicts of fields"
        yield Breach(f"{show(patterns)} at {path}", allowed, "Write [{field: [values]}, {field: [values]}]")
        return
    for number, pattern in enumerate(patterns):
        yield from _field(f"{path}[{number}]", pattern)


def _item(path: str, item: Any) -> Iterator[Breach]:
    """What is wrong with one entry of a field's list: a value, or {operator: value}."""
    if item is None or isinstance(item, str | int | float):
        return
    if not _is_object(item) or len(item) != 1:
        yield Breach(f"{show(item)} at {path}", "a value, or a dict of one operator", "Give each an entry of its own")
        return
    ((operator, value),) = item.items()
    if operator not in OPERATORS:
        todo = f"Use one of them{nearest(str(operator), OPERATORS)}"
        yield Breach(f"the operator {show(operator)} at {path}", f"Lambda's own: {', '.join(OPERATORS)}", todo)
    elif not OPERATORS[operator].takes(value):
        yield Breach(f"{show(value)} at {path}.{operator}", OPERATORS[operator].allowed, "Correct it")


def _is_bare_operator(value: dict[Any, Any]) -> bool:
    """Whether this is {operator: value} outside a list, which AWS would take for a field of that name."""
    return len(value) == 1 and any(name in OPERATORS and OPERATORS[name].takes(inner) for name, inner in value.items())


def _is_object(value: Any) -> TypeGuard[dict[Any, Any]]:
    return isinstance(value, dict)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_unwanted(value: Any) -> bool:
    values = value if _is_list(value) else [value]
    return bool(values) and (all(map(_is_text, values)) or all(map(_is_number, values)))


def _is_range(value: Any) -> bool:
    if not _is_list(value) or len(value) % 2 or not all(map(_is_number, value[1::2])):
        return False
    operators, numbers = value[::2], value[1::2]
    if len(operators) == 1:
        return operators[0] in ("=", "<", "<=", ">", ">=")
    return operators in ([low, high] for low in (">", ">=") for high in ("<", "<=")) and numbers[0] < numbers[1]


class Operator(NamedTuple):
    """What may stand beside an operator."""

    allowed: str
    takes: Callable[[Any], bool]


_TEXT = Operator("text", _is_text)
OPERATORS = {
    "prefix": _TEXT,
    "suffix": _TEXT,
    "equals-ignore-case": _TEXT,
    "anything-but": Operator("text or a number, or a list of texts only or numbers only", _is_unwanted),
    "numeric": Operator(
        "['=', n] or another of < <= > >=, or a range such as ['>', n, '<=', m] with n below m, to 5,000,000,000",
        _is_range,
    ),
    "exists": Operator("True or False", _is_bool),
}
"""What Lambda's page on filters lists. EventBridge has more, such as wildcard and cidr, which Lambda does not."""


def filter_json(pattern: object) -> str:
    """Return a filter pattern as Lambda takes it; raise TypeError or ValueError where it is no JSON."""
    return json.dumps(pattern, separators=(",", ":"), allow_nan=False)


RULES = (too_many_filters, many_filters, filter_not_on_body, filter_not_json, filter_pattern)
