"""The properties of a resource type: their validation, and their conversion to AWS's API and back."""

import json
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

from consumers.did_you_mean import did_you_mean
from consumers.resource_table.aws_type import AwsType

Values = dict[str, Any]
"""Inputs or outputs of a resource, by Pulumi's own (camelCase) names."""


def is_object(value: Any) -> TypeGuard[Values]:
    """Whether a value is a JSON object: one with properties, or a free map."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """`isinstance` for lists, with the type of the items."""
    return isinstance(value, list)


def _unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Property:
    """An input property of a Pulumi resource, and its parameter in AWS's API.

    Attributes:
        parameter: AWS's name. Empty where the type's own code converts the property.
        required: the AWS provider refuses a resource without it.
        force_new: a new value makes a new resource ("Forces new resource" in the provider's documentation).
        default: the AWS provider sends this when the program omits the property.
        reset_value: AWS gets this when the program removes the property; with None AWS keeps its value.
        nested: the properties of an object, or of each object of a list. None for plain values and free maps.
        same: whether the AWS provider treats two values as equal.
        write_only: AWS never returns it, so the program's value is the only one.
        encode: converts Pulumi's value to AWS's.
        decode: converts AWS's value to Pulumi's.
    """

    parameter: str = ""
    required: bool = False
    force_new: bool = False
    default: Any = None
    reset_value: Any = None
    nested: "Properties | None" = None
    same: Callable[[Any, Any], bool] = operator.eq
    write_only: bool = False
    encode: Callable[[Any], Any] = _unchanged
    decode: Callable[[Any], Any] = _unchanged


Properties = Mapping[str, Property]


def to_api(properties: Properties, values: Values) -> Values:
    """Convert `values` to AWS's parameters. Properties without a parameter are left out."""
    pairs = ((properties[key], value) for key, value in values.items() if key in properties and value is not None)
    return {p.parameter: p.encode(_each(to_api, p, value)) for p, value in pairs if p.parameter}


def from_api(properties: Properties, answer: Mapping[str, Any]) -> Values:
    """Convert AWS's `answer` to Pulumi's properties: the inverse of `to_api`."""
    found = ((key, p, answer.get(p.parameter)) for key, p in properties.items() if p.parameter)
    return {key: _each(from_api, p, p.decode(value)) for key, p, value in found if value is not None}


def to_attributes(properties: Properties, values: Values) -> dict[str, str]:
    """Convert `values` to the attributes of SQS and SNS, which are all text."""
    return {name: as_text(value) for name, value in to_api(properties, values).items()}


def without_empty(values: Values) -> Values:
    """Drop ministack's empty defaults."""
    return {key: value for key, value in values.items() if value not in ("", [], {})}


def as_text(value: Any) -> str:
    """Return a boolean, number or document as text; as compact JSON, which is how AWS returns documents."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def to_pairs(values: Mapping[str, str], name: str = "Key") -> list[dict[str, str]]:
    """Convert a map to the list of `{"Key": …, "Value": …}` that most of AWS's APIs take."""
    return [{name: key, "Value": value} for key, value in values.items()]


def from_pairs(pairs: Iterable[Mapping[str, str]], name: str = "Key") -> dict[str, str]:
    """Convert such a list to a map: the inverse of `to_pairs`."""
    return {pair[name]: pair["Value"] for pair in pairs}


TAG_PAIRS = Property("Tags", encode=to_pairs, decode=from_pairs)
TAG_MAP = Property("Tags")
PREFIX = Property(force_new=True, write_only=True)
"""Of an automatic name: `namePrefix`."""


def problems(
    properties: Properties, values: Values, aws_type: Callable[[], AwsType], path: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield unknown, misshapen and missing properties: pairs of a property's path and a sentence."""
    for key, value in values.items():
        if key not in properties:
            yield path + key, _unknown(key, aws_type(), path)
        elif (nested := properties[key].nested) is not None and value is not None:
            for item in value if is_list(value) else [value]:
                if is_object(item):
                    yield from problems(nested, item, lambda key=key: aws_type().nested_type(key), f"{path}{key}.")
                else:
                    shape = f"an object with {', '.join(sorted(nested))}, not {item!r}"
                    yield path + key, f"the property '{path}{key}' must be {shape}."
    for key, p in properties.items():
        if p.required and values.get(key) is None:
            yield path + key, f"the property '{path}{key}' is required."


def _unknown(key: str, aws_type: AwsType, path: str) -> str:
    if key in aws_type.inputs:
        return f"the local AWS does not support the property '{path}{key}', which AWS has: leave it out here."
    return f"AWS has no property '{path}{key}' here.{did_you_mean(key, aws_type.inputs, 'It has')}"


def with_integers(value: Any) -> Any:
    """Convert integral floats to integers, at any depth: Pulumi passes every number as a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if is_object(value):
        return {key: with_integers(item) for key, item in value.items()}
    if is_list(value):
        return [with_integers(item) for item in value]
    return value


def rfc3339(moment: datetime) -> str:
    """Format a time as the AWS provider does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _each(convert: Callable[[Properties, Any], Values], p: Property, value: Any) -> Any:
    if p.nested is None:
        return value
    return [convert(p.nested, item) for item in value] if is_list(value) else convert(p.nested, value)
