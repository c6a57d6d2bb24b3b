"""The operators that the filters of each service support, and the operands of each operator.

All four services use Event Ruler, which is open source: an operator means the same in each of them, and they differ in
the operators that they support. A test compares OF_EVENTBRIDGE with Ruler's verdicts on thousands of patterns.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple, TypeGuard


class Operator(NamedTuple):
    """An operator with its operand: a plain value, or one of the operators `inner` with its own operand."""

    allowed: str
    accepts: Callable[[Any], bool]
    inner: "Mapping[str, Operator]" = MappingProxyType({})


class Operators(NamedTuple):
    """The operators that a service supports."""

    service: str
    by_name: Mapping[str, Operator]


RESERVED = frozenset({
    "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr",
    "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after",
    "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
})  # fmt: skip
"""Names that no field inside `$or` may have: Ruler reserves them for present and future operators."""

_WILD = re.compile(r"(?s:[^*\\]|\\[*\\]|\*(?!\*))*")
_NETWORK = re.compile(r"([0-9]+(?:\.[0-9]+){3}|[0-9a-fA-F:]+)/([0-9]{1,3})")


def is_object(value: Any) -> TypeGuard[dict[Any, Any]]:
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str)


def _is_some_text(value: Any) -> bool:
    return _is_text(value) and value != ""


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_wildcard(value: Any) -> bool:
    return _is_text(value) and _WILD.fullmatch(value) is not None


def _is_network(value: Any) -> bool:
    """Whether this is a network of several addresses. Java, and so Ruler, reads an IPv4-mapped address as IPv4."""
    if not _is_text(value) or not (found := _NETWORK.fullmatch(value)):
        return False
    try:
        address = ipaddress.ip_address(found[1])
    except ValueError:
        return False
    is_ipv4 = isinstance(address, ipaddress.IPv4Address) or address.ipv4_mapped is not None
    return int(found[2]) < (32 if is_ipv4 else 128)


def _is_number(value: Any, largest: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= largest


def _one_or_more(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return a check that accepts an operand, or a list of them."""
    return lambda value: all(map(accepts, value)) and value != [] if is_list(value) else accepts(value)


def _numeric(largest: float) -> Operator:
    """Return the operator `numeric`, for numbers up to `largest`."""

    def accepts(value: Any) -> bool:
        if not is_list(value) or len(value) % 2 or not all(_is_number(number, largest) for number in value[1::2]):
            return False
        operators, numbers = value[::2], value[1::2]
        if len(operators) == 1:
            return operators[0] in ("=", "<", "<=", ">", ">=")
        ranges = ([low, high] for low in (">", ">=") for high in ("<", "<="))
        return operators in ranges and numbers[0] < numbers[1]

    forms = "['=', n] or another of < <= > >=, or a range such as ['>', n, '<=', m] with n below m"
    return Operator(f"{forms}, to {largest:,.0f}", accepts)


def _anything_but(largest: float, inner: Mapping[str, Operator]) -> Operator:
    """Return the operator `anything-but`, for texts, numbers up to `largest`, and the operators `inner`."""
    are_texts, are_numbers = _one_or_more(_is_text), _one_or_more(partial(_is_number, largest=largest))

    def accepts(value: Any) -> bool:
        return are_texts(value) or are_numbers(value)

    return Operator(f"text or a number, or a list of texts only or numbers only, to {largest:,.0f}", accepts, inner)


def _or_list(one: Operator) -> Operator:
    """Return an operator that accepts an operand of `one`, or a list of them."""
    return Operator(f"{one.allowed}, or a list of such texts", _one_or_more(one.accepts))


_LARGEST, _LARGEST_OF_SNS = 5e9, 1e9
_TEXT = Operator("text", _is_text)
_SOME_TEXT = Operator("text that is not empty", _is_some_text)
_ANY_CASE = Operator("text", _is_text, {"equals-ignore-case": _TEXT})
_WILDCARD = Operator("text with '*' for any text, never '**', and with '\\' before '*' or '\\' only", _is_wildcard)
_CIDR = Operator("a network such as '10.0.0.0/24', to /31, or '2001:db8::/32', to /127", _is_network)
_COMMON = {
    "prefix": _TEXT,
    "suffix": _TEXT,
    "equals-ignore-case": _TEXT,
    "anything-but": _anything_but(_LARGEST, {}),
    "numeric": _numeric(_LARGEST),
    "exists": Operator("True or False", _is_bool),
}
_OF_PIPES = {**_COMMON, "prefix": _ANY_CASE, "suffix": _ANY_CASE, "cidr": _CIDR}
_IN_ANYTHING_BUT = {
    "prefix": _or_list(_SOME_TEXT),
    "suffix": _or_list(_SOME_TEXT),
    "equals-ignore-case": _or_list(_TEXT),
    "wildcard": _or_list(_WILDCARD),
}
_OF_SNS = {
    **_COMMON,
    "anything-but": _anything_but(_LARGEST_OF_SNS, {"prefix": _SOME_TEXT, "wildcard": _WILDCARD}),
    "numeric": _numeric(_LARGEST_OF_SNS),
    "cidr": _CIDR,
    "wildcard": _WILDCARD,
}

OF_LAMBDA = Operators("Lambda", _COMMON)
"""https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax"""
OF_PIPES = Operators("EventBridge Pipes", _OF_PIPES)
"""The column "Pipe support" of
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html"""
OF_EVENTBRIDGE = Operators(
    "EventBridge", {**_OF_PIPES, "anything-but": _anything_but(_LARGEST, _IN_ANYTHING_BUT), "wildcard": _WILDCARD}
)
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html"""
OF_SNS = Operators("SNS", _OF_SNS)
"""https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html and numeric-value-matching.html"""
