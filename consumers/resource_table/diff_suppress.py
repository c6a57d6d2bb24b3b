"""Values that the AWS provider treats as equal: it suppresses their differences."""

import json
from typing import Any

from consumers.resource_table.properties import Property, as_text, is_list, is_object


def same_policy(one: Any, other: Any) -> bool:
    """Compare IAM policies by meaning: white space, order, and a list or its only item make no difference."""
    try:
        return _canonical(_parsed(one)) == _canonical(_parsed(other))
    except ValueError:  # an unresolved Output, or invalid JSON
        return one == other


def policy_property(parameter: str, *, required: bool = False) -> Property:
    """Declare a property with a policy document: text, or the object itself."""
    return Property(parameter, required=required, same=same_policy, encode=as_text, decode=as_text)


def same_set(one: Any, other: Any) -> bool:
    """Compare lists whose order AWS does not keep."""
    if is_list(one) and is_list(other):
        return sorted(map(_text, one)) == sorted(map(_text, other))
    return one == other


def same_function(one: str, other: str) -> bool:
    """Compare functions, each by its name or its ARN."""
    return one.rpartition(":function:")[2] == other.rpartition(":function:")[2]


def same_json(one: Any, other: Any) -> bool:
    """Compare JSON text by its content."""
    try:
        return json.loads(one) == json.loads(other)
    except (TypeError, ValueError):  # an unresolved Output, or invalid JSON
        return one == other


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
