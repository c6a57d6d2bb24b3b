"""When the AWS provider takes two values of a property for the same, though they are not equal."""

import json
from typing import Any

from consumers.resource_table.properties import is_list, is_object


def same_policy(one: Any, other: Any) -> bool:
    """IAM policies that mean the same: spaces, order, and a list of one or its only item make no difference."""
    try:
        return _canonical(_parsed(one)) == _canonical(_parsed(other))
    except ValueError:  # not known yet, or no JSON
        return one == other


def same_set(one: Any, other: Any) -> bool:
    """Lists whose order AWS does not keep."""
    if is_list(one) and is_list(other):
        return sorted(map(_text, one)) == sorted(map(_text, other))
    return one == other


def same_function(one: str, other: str) -> bool:
    """A function by its name or by its ARN."""
    return one.rpartition(":function:")[2] == other.rpartition(":function:")[2]


def _parsed(policy: Any) -> Any:
    return json.loads(policy) if isinstance(policy, str) else policy


def _canonical(value: Any) -> Any:
    if is_object(value):
        return {key: _canonical(item) for key, item in value.items()}
    if is_list(value):
        items = sorted((_canonical(item) for item in value), key=_text)
        return items[0] if len(items) == 1 else items
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
