"""Validates the patterns by which Lambda, EventBridge and SNS filter messages."""

import json
import math
from collections.abc import Iterator
from typing import Any

from .findings import Breach, nearest, show
from .kinds import is_later
from .operators import RESERVED, Operator, Operators, is_list, is_object


def breaches(path: str, pattern: Any, operators: Operators) -> Iterator[Breach]:
    """Yield a breach for each error in a pattern, with its place."""
    invalid = list(_value(path, pattern, operators))
    yield from invalid or _repeated(path, "", pattern, set())


def _value(path: str, value: Any, operators: Operators, reserved: frozenset[str] = frozenset()) -> Iterator[Breach]:
    """Check the value of a field: a dict of fields, or a list of values and operators."""
    if is_later(value):
        return
    if is_object(value) and value and not _is_bare_operator(value, operators):
        for name, inner in value.items():
            yield from _field(f"{path}.{name}", name, inner, operators, reserved)
    elif is_list(value) and value:
        for number, item in enumerate(value):
            yield from _item(f"{path}[{number}]", item, operators)
    else:
        fix = "Name a field or a value" if value in ({}, []) else "Put it into a list"
        yield Breach(f"{show(value)} at {path}", "a list of values or operators, or a dict of fields", fix)


def _field(path: str, name: Any, value: Any, operators: Operators, reserved: frozenset[str]) -> Iterator[Breach]:
    if name == "$or":
        yield from _either(path, value, operators)
    elif not isinstance(name, str):
        yield Breach(f"the field {show(name)} at {path}", "names that are text", "Write it as text")
    elif name in reserved:
        fix = "Rename the field, or write patterns without '$or', one for each alternative"
        yield Breach(f"the field {show(name)} at {path}", "inside '$or', names that no operator has", fix)
    else:
        yield from _value(path, value, operators, reserved)


def _either(path: str, patterns: Any, operators: Operators) -> Iterator[Breach]:
    if not is_list(patterns) or len(patterns) < 2 or not all(map(is_object, patterns)):
        allowed = "a list of two or more dicts of fields"
        yield Breach(f"{show(patterns)} at {path}", allowed, "Write [{field: [values]}, {field: [values]}]")
        return
    for number, pattern in enumerate(patterns):
        yield from _value(f"{path}[{number}]", pattern, operators, RESERVED)


def _item(path: str, item: Any, operators: Operators) -> Iterator[Breach]:
    """Check an entry of a field's list: a value, or {operator: value}."""
    if _is_scalar(item) or is_later(item):
        return
    if not is_object(item) or len(item) != 1:
        yield Breach(f"{show(item)} at {path}", "a value, or a dict of one operator", "Write each as a separate entry")
        return
    ((operator, value),) = item.items()
    if operator not in operators.by_name:
        fix = f"Use one of them{nearest(str(operator), operators.by_name)}"
        allowed = f"those of {operators.service}: {', '.join(operators.by_name)}"
        yield Breach(f"the operator {show(operator)} at {path}", allowed, fix)
    else:
        place, operand, innermost = _innermost(f"{path}.{operator}", value, operators.by_name[operator])
        if not _is_any_later(operand) and not innermost.accepts(operand):
            within = f", or a dict of one of {', '.join(innermost.inner)}" if innermost.inner else ""
            yield Breach(f"{show(operand)} at {place}", f"{innermost.allowed}{within}", "Correct it")


def _innermost(path: str, value: Any, operator: Operator) -> tuple[str, Any, Operator]:
    """Return the place, operand and operator that are checked: an operator inside this one, or this one."""
    while is_object(value) and len(value) == 1 and (name := next(iter(value))) in operator.inner:
        path, value, operator = f"{path}.{name}", value[name], operator.inner[name]
    return path, value, operator


def _repeated(path: str, name: str, value: Any, above: set[str]) -> Iterator[Breach]:
    """Yield each field that appears a second time, and add the fields of `value` to `above`, those before it.

    A field is repeated by a dot in a name, by `$or` beside the field, or by `$or` inside `$or`.
    """
    if not is_object(value):
        if name in above:
            fix = "Write all values into one list, or write the field in '$or' only"
            yield Breach(f"the field {show(name)} once more at {path}", "each field once", fix)
        above.add(name)
        return
    for key, inner in value.items():
        if key != "$or":
            yield from _repeated(f"{path}.{key}", f"{name}.{key}" if name else key, inner, above)
            continue
        branches = [set(above) for _ in inner]
        for number, branch in enumerate(branches):
            yield from _repeated(f"{path}.$or[{number}]", name, inner[number], branch)
        above.update(*branches)


def _is_scalar(item: Any) -> bool:
    return item is None or isinstance(item, str | int) or (isinstance(item, float) and math.isfinite(item))


def _is_any_later(value: Any) -> bool:
    return any(map(is_later, value)) if is_list(value) else is_later(value)


def _is_bare_operator(value: dict[Any, Any], operators: Operators) -> bool:
    """Whether this is {operator: value} outside a list, which AWS would read as a field of that name."""
    ((name, inner), *more) = value.items()
    if more or name not in operators.by_name:
        return False
    _, operand, operator = _innermost(name, inner, operators.by_name[name])
    return operator.accepts(operand)


def filter_json(pattern: object) -> str:
    """Return a filter pattern as JSON."""
    return json.dumps(pattern, separators=(",", ":"), allow_nan=False)


def not_json(path: str, value: Any) -> Iterator[Breach]:
    """Yield a breach for each value in a pattern that is not JSON."""
    if is_object(value):
        for name, inner in value.items():
            yield from not_json(f"{path}.{name}", inner)
            if not isinstance(name, str):
                yield Breach(f"the field {show(name)} at {path}", "names that are text", "Write it as text")
    elif is_list(value):
        for number, item in enumerate(value):
            yield from not_json(f"{path}[{number}]", item)
    elif not _is_scalar(value):
        yield Breach(f"{show(value)} at {path}", "plain JSON values", "Use text, numbers, booleans, lists, dicts")


def is_json(pattern: object) -> bool:
    """Whether a filter pattern can be written as JSON."""
    return not any(not_json("", pattern))
