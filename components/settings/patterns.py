"""What a pattern of fields and operators may be, as Lambda, EventBridge and SNS filter by them."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeGuard

from .findings import Breach, nearest, show
from .kinds import is_later

LARGEST_NUMBER = 5e9


class Operator(NamedTuple):
    """What may stand beside an operator."""

    allowed: str
    takes: Callable[[Any], bool]


class Operators(NamedTuple):
    """What a service knows beside plain values."""

    service: str
    by_name: Mapping[str, Operator]


def breaches(path: str, value: Any, known: Operators) -> Iterator[Breach]:
    """Yield what is wrong with what a field may be: fields inside it, or a list of values and operators."""
    if is_later(value):
        return
    if _is_object(value) and value and not _is_bare_operator(value, known):
        for name, inner in value.items():
            yield from (_either if name == "$or" else breaches)(f"{path}.{name}", inner, known)
    elif _is_list(value) and value:
        for number, item in enumerate(value):
            yield from _item(f"{path}[{number}]", item, known)
    else:
        todo = "Name a field or a value" if value in ({}, []) else "Put it into a list"
        yield Breach(f"{show(value)} at {path}", "a list of values or operators, or a dict of fields", todo)


def _either(path: str, patterns: Any, known: Operators) -> Iterator[Breach]:
    if not _is_list(patterns) or len(patterns) < 2 or not all(map(_is_object, patterns)):
        allowed = "a list of two or more dicts of fields"
        yield Breach(f"{show(patterns)} at {path}", allowed, "Write [{field: [values]}, {field: [values]}]")
        return
    for number, pattern in enumerate(patterns):
        yield from breaches(f"{path}[{number}]", pattern, known)


def _item(path: str, item: Any, known: Operators) -> Iterator[Breach]:
    """What is wrong with one entry of a field's list: a value, or {operator: value}."""
    if item is None or isinstance(item, str | int | float) or is_later(item):
        return
    if not _is_object(item) or len(item) != 1:
        yield Breach(f"{show(item)} at {path}", "a value, or a dict of one operator", "Give each an entry of its own")
        return
    ((operator, value),) = item.items()
    if operator not in known.by_name:
        todo = f"Use one of them{nearest(str(operator), known.by_name)}"
        allowed = f"{known.service}'s own: {', '.join(known.by_name)}"
        yield Breach(f"the operator {show(operator)} at {path}", allowed, todo)
    elif not _is_any_later(value) and not known.by_name[operator].takes(value):
        yield Breach(f"{show(value)} at {path}.{operator}", known.by_name[operator].allowed, "Correct it")


def _is_any_later(value: Any) -> bool:
    return any(map(is_later, value)) if _is_list(value) else is_later(value)


def _is_bare_operator(value: dict[Any, Any], known: Operators) -> bool:
    """Whether this is {operator: value} outside a list, which AWS would take for a field of that name."""
    ((name, inner), *more) = value.items()
    return not more and name in known.by_name and known.by_name[name].takes(inner)


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


_TEXT = Operator("text", _is_text)
_OPERATORS = {
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
_IN_OPERATORS = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def _is_text_in_any_case(value: Any) -> bool:
    return _is_text(value) or (_is_object(value) and list(value) == ["equals-ignore-case"])


def _is_unwanted_or_operator(value: Any) -> bool:
    return _is_unwanted(value) or (_is_object(value) and len(value) == 1 and set(value) <= set(_IN_OPERATORS))


_ANY_CASE = Operator("text, or {'equals-ignore-case': text}", _is_text_in_any_case)
_UNWANTED = Operator(
    f"text or a number, a list of them, or a dict of {', '.join(_IN_OPERATORS)}", _is_unwanted_or_operator
)
_MORE = {"prefix": _ANY_CASE, "suffix": _ANY_CASE, "anything-but": _UNWANTED, "wildcard": _TEXT, "cidr": _TEXT}
_OF_EVENTS = {**_OPERATORS, **_MORE}
OF_LAMBDA = Operators("Lambda", _OPERATORS)
"""What Lambda's page on filters lists. EventBridge has more."""
OF_EVENTBRIDGE = Operators("EventBridge", _OF_EVENTS)
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html"""
OF_SNS = Operators("SNS", _OF_EVENTS)
"""https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html"""


def filter_json(pattern: object) -> str:
    """Return a filter pattern as AWS takes it; raise TypeError or ValueError where it is no JSON."""
    return json.dumps(pattern, separators=(",", ":"), allow_nan=False)


def is_json(pattern: object) -> bool:
    """Whether a filter pattern can be written as JSON."""
    try:
        return bool(filter_json(pattern))
    except (TypeError, ValueError):
        return False
