"""Every argument of both components, given wrong: one line that says what is allowed, and what to do."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from components import validation
from components.settings.kinds import (
    Anything,
    Boolean,
    Dicts,
    Group,
    InputList,
    InputText,
    InputTexts,
    Integer,
    Kind,
    OneOf,
    Paths,
    Subset,
    Text,
)
from components.settings.model import DeadLetterQueueComponentSettings, Settings
from components.settings.reading import kinds

SECRET = "hunter2"
# What was given; what is allowed. Why. What to do. [rule] page
LINE = re.compile(r"- \S+: got .+?; allowed: (.+?)\. [A-Z'].+\. [A-Z][^\[]+\. \[([a-z0-9-]+)\] https://\S+")
OF_ANOTHER_TYPE: dict[type[Kind], Any] = {
    Integer: "five",
    Boolean: "true",
    OneOf: ["x86_64"],
    Text: 5,
    InputText: 5,
    InputList: "arn:aws:sns:eu-west-1:123456789012:on-call",
    InputTexts: SECRET,
    Subset: "errors",
    Dicts: {"body": []},
    Paths: "lib",
    Anything: "function.zip",
    Group: 5,
}


def out_of_range(kind: Kind) -> Iterator[Any]:
    """Values of the right type that are not allowed."""
    match kind:
        case Integer():
            yield kind.low - 1
            yield from () if kind.high is None else (kind.high + 1,)
        case InputList():
            yield [""]
            yield from () if kind.most is None else ([f"one-{number}" for number in range(kind.most + 1)],)
        case InputTexts():
            yield {"NAME": SECRET.encode()}
        case OneOf() | Subset():
            yield "nonsense" if isinstance(kind, OneOf) else ["nonsense"]
        case Text() | InputText():
            yield ""
        case Dicts() | Paths():
            yield [5]
        case Group():
            yield {"nonsense": SECRET}
        case _:
            yield 2


def cases(model: type, component: str) -> Iterator[Any]:
    for argument, kind in kinds(model):
        for value in (OF_ANOTHER_TYPE[type(kind)], *out_of_range(kind)):
            yield pytest.param(component, argument, kind, value, id=f"{component}-{argument}-{str(value)[:20]}")


CASES = [*cases(Settings, "QueueConsumer"), *cases(DeadLetterQueueComponentSettings, "DeadLetterQueue")]


def refused(component: str, folder: Path, args: dict[str, Any]) -> list[str]:
    """The lines that a user reads."""
    is_consumer = component == "QueueConsumer"
    of_component = partial(validation.examine_component, DeadLetterQueueComponentSettings)
    examine: Any = validation.examine if is_consumer else of_component
    settings_, findings = examine("hands", {"source": str(folder), **args} if is_consumer else args)
    first, *lines = validation.error_text(settings_, findings).splitlines()
    assert re.fullmatch(rf"{component} 'hands' is refused, \d+ errors?:", first)
    return lines


@pytest.mark.parametrize(("component", "argument", "kind", "value"), CASES)
def test_an_argument_that_is_given_wrong_is_one_readable_line(
    folder: Path, component: str, argument: str, kind: Kind, value: Any
) -> None:
    args = value
    for name in reversed(argument.split(".")):
        args = {name: args}
    is_unknown = isinstance(kind, Group) and value != OF_ANOTHER_TYPE[Group]
    named = f"{argument}.nonsense" if is_unknown else argument
    lines = refused(component, folder, args)
    (line,) = [line for line in lines if line.startswith(f"- {named}: ")]
    parts = LINE.fullmatch(line)
    assert parts is not None, line
    allowed, rule = parts.groups()
    assert is_unknown or allowed.startswith(kind.allowed)
    assert rule == ("unknown-argument" if is_unknown else argument.replace(".", "-").replace("_", "-") + "-value")
    assert SECRET not in line or argument in ("tags", "ignore_advice")
    assert "object at 0x" not in line


def test_every_kind_of_argument_is_tried() -> None:
    assert {type(case.values[2]) for case in CASES} == set(OF_ANOTHER_TYPE)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"visibility_timeout_seconds": 60}, "Give it inside its group: queue.visibility_timeout_seconds."),
        ({"name": "hands"}, "Give it inside its group: function.name or function.alias.name or queue.name or "),
        ({"include": "lib"}, "Put it into a list."),
        ({"alarms": {"actions": "arn:aws:sns:eu-west-1:123456789012:on-call"}}, "Put it into a list."),
        ({"policy_statements": {"Effect": "Allow"}}, "Put it into a list."),
        ({"function": {"log_retention_in_days": 31}}, "Give one of them, or leave the argument out."),
    ],
)
def test_what_people_get_wrong_most_is_told_how_to_be_mended(folder: Path, args: dict[str, Any], says: str) -> None:
    (line,) = (line for line in refused("QueueConsumer", folder, args) if says in line)
    assert line.partition(": ")[0].removeprefix("- ").split(".")[0] in args
