"""What a type says about its properties, and what follows from it: checks, and the way to AWS's API and back."""

import difflib
import json
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeGuard

from consumers.resource_table.aws_type import AwsType

Values = dict[str, Any]
"""Inputs or outputs of a resource, by Pulumi's own (camelCase) names."""


def is_object(value: Any) -> TypeGuard[Values]:
    """Whether a value has names inside it: an object, or a free map."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a list."""
    return isinstance(value, list)


@dataclass(frozen=True)
class Property:
    """An input property of a Pulumi resource, and what it is in AWS's API.

    Attributes:
        parameter: AWS's name of it. Empty where it is not one parameter: the type's own code realises it.
        required: the AWS provider refuses a resource without it.
        force_new: a new value makes a new resource ("Forces new resource" in the provider's documentation).
        default: what the AWS provider sends when the program does not say.
        reset_value: what AWS must get when the program no longer says; None leaves AWS's value as it is.
        inside: the properties of an object, or of each object of a list. None for plain values and free maps.
        same: whether the AWS provider takes two values for the same.
        unread: AWS does not tell it, so that what the program said is all that is known.
    """

    parameter: str = ""
    required: bool = False
    force_new: bool = False
    default: Any = None
    reset_value: Any = None
    inside: "Properties | None" = None
    same: Callable[[Any, Any], bool] = operator.eq
    unread: bool = False


Properties = Mapping[str, Property]


def to_api(properties: Properties, values: Values) -> Values:
    """`values` by AWS's names. Properties that are no parameter are left out."""
    known = ((properties[key], value) for key, value in values.items() if key in properties and value is not None)
    return {p.parameter: _each(to_api, p, value) for p, value in known if p.parameter}


def from_api(properties: Properties, answer: Mapping[str, Any]) -> Values:
    """AWS's `answer` by Pulumi's names: what `to_api` does, backwards."""
    known = ((key, p, answer.get(p.parameter)) for key, p in properties.items() if p.parameter)
    return {key: _each(from_api, p, value) for key, p, value in known if value is not None}


def said(values: Values) -> Values:
    """Without what nobody has said, which ministack gives back empty."""
    return {key: value for key, value in values.items() if value not in ("", [], {})}


def as_text(value: Any) -> str:
    """A flag, a number or a document as the text that AWS takes; compact, as AWS itself gives documents back."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def listed(values: Mapping[str, str], name: str = "Key") -> list[dict[str, str]]:
    """A map, of tags above all, as the list of pairs that most of AWS's APIs take."""
    return [{name: key, "Value": value} for key, value in values.items()]


def mapped(pairs: Iterable[Mapping[str, str]], name: str = "Key") -> dict[str, str]:
    """The map in such a list: what `listed` does, backwards."""
    return {pair[name]: pair["Value"] for pair in pairs}


def problems(
    properties: Properties, values: Values, aws_type: Callable[[], AwsType], path: str = ""
) -> Iterator[tuple[str, str]]:
    """What is wrong with `values` by name alone: pairs of a property's path and a sentence."""
    for key, value in values.items():
        if key not in properties:
            yield path + key, _unknown(key, aws_type(), path)
        elif (inside := properties[key].inside) is not None and value is not None:
            yield from _problems_inside(inside, value, partial(_inside, aws_type, key), path + key)
    for key, p in properties.items():
        if p.required and values.get(key) is None:
            yield path + key, f"the property '{path}{key}' is required, and was not given."


def _unknown(key: str, aws_type: AwsType, path: str) -> str:
    if key in aws_type.inputs:
        return f"the local AWS does not realise the property '{path}{key}', which AWS has: leave it out here."
    return f"AWS has no property '{path}{key}' here, {nearest(key, aws_type.inputs, 'it has')}"


def _inside(aws_type: Callable[[], AwsType], key: str) -> AwsType:
    return aws_type().inside(key)


def _problems_inside(
    inside: Properties, value: Any, aws_type: Callable[[], AwsType], path: str
) -> Iterator[tuple[str, str]]:
    for item in _items(value):
        if is_object(item):
            yield from problems(inside, item, aws_type, f"{path}.")
        else:
            yield path, f"the property '{path}' must be an object with {', '.join(sorted(inside))}, not {item!r}."


def whole(value: Any) -> Any:
    """`value` with whole numbers as integers: Pulumi hands every number on as a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if is_object(value):
        return {key: whole(item) for key, item in value.items()}
    if is_list(value):
        return [whole(item) for item in value]
    return value


def rfc3339(moment: datetime) -> str:
    """A moment as the AWS provider writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """The hint of an error about an unknown `name`: the nearest known one, or all of them after `otherwise`."""
    if close := difflib.get_close_matches(name, known, n=1):
        return f"did you mean '{close[0]}'?"
    return f"{otherwise} {', '.join(sorted(known))}."


def _each(convert: Callable[[Properties, Any], Values], p: Property, value: Any) -> Any:
    if p.inside is None:
        return value
    items = [convert(p.inside, item) for item in _items(value)]
    return items if isinstance(value, list) else items[0]


def _items(value: Any) -> list[Any]:
    return value if is_list(value) else [value]
