"""Whether a value of a message fits an entry of a filter pattern's list: a plain value, or an operator.

Operators mean what they mean to Event Ruler, AWS's own matcher. A verdict is None where the answer is unknown.
"""

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, cast

COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
LARGEST, MOST_DECIMALS = 5_000_000_000, 6
"""The numbers that EventBridge's guide promises to compare. Versions of Event Ruler differ in the other ones."""


class Number(str):
    """A number as JSON writes it, because AWS compares some numbers as text."""

    __slots__ = ()


def read(text: str) -> Any:
    """Return the value of a JSON text, in which numbers are `Number`s. Raises ValueError or RecursionError."""
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def any_of(verdicts: Iterable[bool | None]) -> bool | None:
    unknown = False
    for verdict in verdicts:
        if verdict:
            return True
        unknown |= verdict is None
    return None if unknown else False


def opposite(verdict: bool | None) -> bool | None:
    return None if verdict is None else not verdict


def fits_absence(entry: Any) -> bool | None:
    """Return whether an entry fits a field that a message does not have."""
    match entry:
        case {"exists": False}:
            return True
        case {"anything-but": _} | {"numeric": _} | {"exists": _}:
            return False
        case {**operators}:
            return None if any(_pattern(name, operand) is None for name, operand in operators.items()) else False
        case _:
            return False


def fits(entry: Any, value: Any) -> bool | None:
    """Return whether an entry fits a text, number, boolean or null of a message."""
    match entry:
        case {"exists": wanted}:
            return bool(wanted)
        case {"anything-but": {**inner}}:
            operands = ((name, one) for name, operand in inner.items() for one in _as_list(operand))
            return opposite(any_of(_fits_text(name, one, value) for name, one in operands))
        case {"anything-but": operand}:
            return opposite(any_of(_same(one, value) for one in _as_list(operand)))
        case {"numeric": [*operands]}:
            return _is_in_range(operands, value)
        case {**operators}:
            return any_of(_fits_text(name, operand, value) for name, operand in operators.items())
        case _:
            return any_of([_same(entry, value), _is_same_address(entry, value)])


def _as_list(operand: Any) -> list[Any]:
    return cast("list[Any]", operand) if isinstance(operand, list) else [operand]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def _same(one: Any, other: Any) -> bool | None:
    if isinstance(one, Number) and isinstance(other, Number) and str(one) != str(other):
        # 1 and 1.0 are equal to Event Ruler. Lambda's page compares them as text.
        return None if _decimal(one) == _decimal(other) else False
    return type(one) is type(other) and one == other


def _decimal(number: Number) -> Decimal | None:
    try:
        return Decimal(number)
    except InvalidOperation:  # an exponent of more than 18 digits
        return None


def _is_same_address(one: Any, other: Any) -> bool:
    """Compare as Event Ruler does: for it, the plain texts ::1 and 0:0::1 are equal."""
    return _is_text(one) and _is_text(other) and (address := _address(one)) is not None and address == _address(other)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if not re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]+", text):
        return None
    try:
        found = ipaddress.ip_address(re.sub(r"\b0+(?=[0-9a-fA-F])", "", text))  # Java ignores zeros in front
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_in_range(operands: list[Any], value: Any) -> bool | None:
    if not isinstance(value, Number):
        return False
    number = _decimal(value)
    if number is None or not -LARGEST <= number <= LARGEST or number != round(number, MOST_DECIMALS):
        return None
    pairs = zip(operands[::2], map(Decimal, operands[1::2]), strict=True)
    return all(COMPARISONS[comparison](number, bound) for comparison, bound in pairs)


def _fits_text(name: str, operand: Any, value: Any) -> bool | None:
    pattern = _pattern(name, operand)
    return None if pattern is None else _is_text(value) and re.fullmatch(pattern, value, re.DOTALL) is not None


def _pattern(name: str, operand: Any) -> str | None:
    """Return an operator on text as a regular expression; None for an operator that is not supported here."""
    match name, operand:
        case "prefix", {"equals-ignore-case": str(text)}:
            return _in_any_case(text) + ".*"
        case "suffix", {"equals-ignore-case": str(text)}:
            return ".*" + _in_any_case(text)
        case "prefix", str(text):
            return re.escape(text) + ".*"
        case "suffix", str(text):
            return ".*" + re.escape(text)
        case "equals-ignore-case", str(text):
            return _in_any_case(text)
        case "wildcard", str(text):
            tokens = re.findall(r"(?s:\\?.)", text)
            return "".join(".*" if token == "*" else re.escape(token[-1]) for token in tokens)
        case _:
            return None


def _in_any_case(text: str) -> str:
    """Compare letter by letter, as Event Ruler does: ß is the same as SS, but not as Ss."""
    return "".join(f"(?:{re.escape(letter.lower())}|{re.escape(letter.upper())})" for letter in text)
