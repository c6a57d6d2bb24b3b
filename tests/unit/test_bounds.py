"""The values that an argument accepts, compared with the shape of AWS's API that it becomes, from botocore's models.

Each argument gets values at both sides of every bound, the shape's and its own, and each printable character in a text.
A value that AWS rejects must be an error; `api_shapes` has a reason for each error on a value that AWS accepts.
"""

import json
import re
import string
from collections import ChainMap
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any

import botocore.loaders  # pyright: ignore[reportMissingTypeStubs]
import pytest

from api_shapes import NO_SHAPE_OR, REQUIRED, Shape, filled
from components import validation
from components.packaging.package import PackagedSettings
from components.settings.findings import Level
from components.settings.kinds import Boolean, Group, Integer, Kind, OneOf
from components.settings.reading import kinds
from components.settings.rules.runtimes import CURRENT_RUNTIMES, DEPRECATED_RUNTIMES
from rule_cases import IMAGE, RULE, TOPIC
from validate import component_findings, findings_of, settings_of

CODE: dict[str, Any] = {"code": object()}
ARGUMENTS = [
    (model, rules.component, path, kind)
    for model, rules in validation.COMPONENTS.items()
    for path, kind in kinds(model)
    if not isinstance(kind, Boolean | Group)  # a Boolean has no bounds; the arguments in a group are listed themselves
]
SHAPES = [(*one, shape) for one in ARGUMENTS if isinstance(shape := NO_SHAPE_OR[one[1]].get(one[2]), Shape)]


@cache
def shapes_of(service: str) -> dict[str, Any]:
    loader: Any = botocore.loaders.Loader()
    return loader.load_service_model(service, "service-2")["shapes"]


def shape_of(name: str) -> dict[str, Any]:
    service, _, shape = name.partition(".")
    found: dict[str, Any] = {**shapes_of(service)[shape]}
    if length := re.fullmatch(r".*WithLengthBetween(\d+)And(\d+)", shape):  # API Gateway has them in names only
        found["min"], found["max"] = map(int, length.groups())
    return found


def aws_accepts(name: str, value: Any) -> bool:
    """Whether this value fits the shape."""
    shape, service = shape_of(name), name.partition(".")[0]
    size = value if shape["type"] == "integer" else len(value)
    if not shape.get("min", size) <= size <= shape.get("max", size):
        return False
    if shape["type"] == "list":
        return all(aws_accepts(f"{service}.{shape['member']['shape']}", item) for item in value)
    if shape["type"] == "map":
        keys, items = (f"{service}.{shape[part]['shape']}" for part in ("key", "value"))
        return all(aws_accepts(keys, key) and aws_accepts(items, item) for key, item in value.items())
    if "enum" in shape:
        return value in shape["enum"]
    return "pattern" not in shape or matches(shape["pattern"], value)


def matches(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern in Java's dialect."""
    letters = pattern.replace(r"\p{L}\p{Z}\p{N}_", r"\w ")
    return re.fullmatch(letters, text, re.ASCII if letters == pattern else 0) is not None


def we_accept(model: type, component: str, path: str, value: Any, beside: Any) -> bool:
    """Whether no rule has an error on the argument with this value."""
    is_consumer = component == "QueueConsumer"
    base = ({"image_uri": IMAGE} if "image_config" in path else CODE) if is_consumer else REQUIRED.get(component, {})
    args = merged(merged(base, beside), nested(path, value))
    if is_consumer:
        return all(finding.level is Level.WARNING for finding in findings_of(args))
    more: dict[str, Any] = {} if component in ("AlarmTopic", "DeadLetterQueue") else {"target": target()}
    more |= {"rule": RULE} if component == "EventTarget" else {}
    return component_findings(model, args, **more) == []


@cache
def target() -> PackagedSettings:
    senders = {"event_rules": [RULE], "topics": [TOPIC]}
    return settings_of({**CODE, "queue": {"allowed_senders": senders}})


def nested(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


def merged(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two dicts of arguments and their groups; the second one's values win."""
    both = {**one, **other}
    for name in {*one} & {*other}:
        if isinstance(one[name], dict) and isinstance(other[name], dict):
            both[name] = merged(one[name], other[name])
    return both


def values(shape: Shape, kind: Kind) -> Iterator[Any]:
    """Yield arguments on both sides of each bound."""
    found = shape_of(shape.name)
    if found["type"] == "integer":
        assert isinstance(kind, Integer)
        bounds = (found.get("min"), found.get("max"), kind.low, kind.high)
        yield from (bound + step for bound in bounds if bound is not None for step in (-1, 0, 1))
    elif "enum" in found:
        yield from {*found["enum"], "none-of-them", *(kind.values if isinstance(kind, OneOf) else ())}
    else:
        yield from (filled(shape.value, text) for text in texts(shape, found))
        yield from counts(shape, found)


def texts(shape: Shape, found: dict[str, Any]) -> Iterator[str]:
    """Yield the texts that stand for `~`: of each length, and with each character."""
    service = shape.name.partition(".")[0]
    text_shape = found.get("member") or found.get("key")
    bounds = shape_of(f"{service}.{text_shape['shape']}") if text_shape else found
    empty = shape.sent(filled(shape.value, ""))
    (around, *_) = [empty] if isinstance(empty, str) else re.findall('[^"]*~[^"]*', json.dumps(shape.value))
    rest = len(around.replace("~", ""))
    for length in [bounds[name] for name in ("min", "max") if name in bounds]:
        for one in (length - 1, length, length + 1):
            yield shape.filler * max(0, one - rest)
    for character in (string.printable + "äя中") * shape.characters:
        yield f"a{character}{'a' * (shape.width - 2)}"


def counts(shape: Shape, found: dict[str, Any]) -> Iterator[Any]:
    """Yield lists and dicts of as many items as there may be, and of one more."""
    most = found.get("max", 0) if found["type"] in ("list", "map") else 0
    # What is sent may have more in it.
    own = len(shape.sent({})) if found["type"] == "map" else 0
    for count in (most - own, most - own + 1) if most else ():
        items = [filled(shape.value, f"n{number}") for number in range(count)]
        yield [*chain(*items)] if found["type"] == "list" else dict(ChainMap(*reversed(items)))


@pytest.mark.parametrize(
    ("model", "component", "path", "kind", "shape"), SHAPES, ids=[f"{s[1]}-{s[2]}" for s in SHAPES]
)
def test_an_argument_accepts_the_values_that_the_api_accepts(
    model: type, component: str, path: str, kind: Kind, shape: Shape
) -> None:
    wrong: list[str] = []
    reasons = {True: shape.stricter, False: shape.laxer}
    differ: set[bool] = set()
    for value in values(shape, kind):
        theirs = aws_accepts(shape.name, shape.sent(value))
        if theirs != we_accept(model, component, path, value, shape.beside):
            differ.add(theirs)
            wrong += [] if reasons[theirs] else [f"{'AWS accepts' if theirs else 'AWS rejects'} {value!r:.200}"]
    assert wrong == []
    assert differ == {theirs for theirs, reason in reasons.items() if reason}, "a reason for what does not differ"


def test_every_argument_has_a_shape_or_a_reason_for_none() -> None:
    listed = {(component, path) for component, rows in NO_SHAPE_OR.items() for path in rows}
    assert listed == {(component, path) for _, component, path, _ in ARGUMENTS}


def test_the_runtimes_are_those_of_the_api_and_newer_versions() -> None:
    assert {*CURRENT_RUNTIMES, *DEPRECATED_RUNTIMES} == {*shape_of("lambda.Runtime")["enum"]}
    assert not {*CURRENT_RUNTIMES} & {*DEPRECATED_RUNTIMES}

    def taken(runtime: str) -> bool:
        return we_accept(PackagedSettings, "QueueConsumer", "runtime", runtime, {"handler": "Hands.handle"})

    newer = ("python3.16", "nodejs28.x", "java29", "java29.al2027", "dotnet12", "ruby4.1", "provided.al2027")
    assert [runtime for runtime in newer if not taken(runtime)] == []
    wrong = ("python3.5", "python4", "nodejs21.x", "java12", "dotnet5", "ruby3.1", "provided.al2022", "go2.x", "rust1")
    assert [runtime for runtime in wrong if taken(runtime)] == []
