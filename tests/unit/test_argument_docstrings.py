"""Each argument's docstring states the default, the bounds and the unit of the settings model."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components import QueueConsumer, validation
from components.settings.kinds import Group, InputList, InputText, Integer, Kind, OneOf, Subset

FILES = (*Path("components").glob("*.py"), *Path("components/sources").glob("*.py"))


def classes() -> dict[str, dict[str, tuple[str, str]]]:
    """The annotation and the docstring of each argument, by the name of its class."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for node in (node for file in FILES for node in ast.parse(file.read_text("utf-8")).body):
        if isinstance(node, ast.ClassDef):
            fields = found.setdefault(node.name, {})
            for first, second in zip(node.body, node.body[1:], strict=False):
                if isinstance(first, ast.AnnAssign) and isinstance(second, ast.Expr):
                    text = ast.literal_eval(second.value)
                    fields[ast.unparse(first.target)] = (ast.unparse(first.annotation), " ".join(text.split()))
    return found


CLASSES = classes()


def arguments(model: Any, args: str, prefix: str) -> Iterator[tuple[str, Kind, Any, str]]:
    """Each argument by its path, with its kind, its default and its docstring, groups before what is in them."""
    fields = [field for field in dataclasses.fields(model) if "kind" in field.metadata]
    # A route's consumer is no setting: the settings of a source have the consumer's own.
    assert CLASSES[args].keys() - {"consumer"} == {field.name for field in fields}, args
    for field in fields:
        kind, (annotation, text) = field.metadata["kind"], CLASSES[args][field.name]
        assert annotation.startswith("NotRequired["), f"{args}.{field.name}"
        default: Any = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        yield f"{prefix}{field.name}", kind, default, text
        if isinstance(kind, Group):
            group = annotation.removeprefix("NotRequired[").removesuffix("]")
            yield from arguments(kind.model, group, f"{prefix}{field.name}.")


WITH_ARGS = [
    (model, rules.component) for model, rules in validation.COMPONENTS.items() if f"{rules.component}Args" in CLASSES
]
ARGUMENTS = [
    one
    for model, component in WITH_ARGS
    for one in arguments(model, f"{component}Args", "" if component == "QueueConsumer" else f"{component}: ")
]


def bounds(kind: Kind) -> list[str]:
    """The sentences that a docstring must contain on the values that this kind allows."""
    if isinstance(kind, Integer):
        return [kind.bounds]
    if isinstance(kind, OneOf | Subset):
        quoted = (f"`{value}`" if isinstance(value, str) else f"{value}" for value in kind.values)
        return [f"{'One' if isinstance(kind, OneOf) else 'Any'} of: {', '.join(quoted)}."]
    if isinstance(kind, InputList) and kind.maximum is not None:
        return [f"at most {kind.maximum:,}"]
    if isinstance(kind, InputText) and (sized := re.match(r"[\d,]+ to [\d,]+ characters", kind.what)):
        return [sized[0]]
    return []


def default_of(text: str) -> str:
    """The text after `Default: `."""
    return text.partition(" Default: ")[2]


def states(text: str, default: Any) -> bool:
    """Whether a docstring states this default, or for a default that another argument decides, none of its own."""
    stated = default_of(text)
    if isinstance(default, bool | str | int):
        shown = f"`{default}`" if isinstance(default, str) else f"{default:,}"
        shown = str(default) if isinstance(default, bool) else shown
        return re.match(rf"{re.escape(shown)}(?![\w,`]*\d)", stated) is not None
    return bool(stated) and re.match(r"[\d`]|True\b|False\b", stated) is None


DERIVED = {"handler": "`handler.handle`.", "runtime": "`python3.13`."}
"""Defaults that the model does not have, because an image has none."""


@pytest.mark.parametrize(("path", "kind", "default", "text"), ARGUMENTS, ids=[one[0] for one in ARGUMENTS])
def test_an_argument_states_its_default_bounds_and_unit(path: str, kind: Kind, default: Any, text: str) -> None:
    assert [sentence for sentence in bounds(kind) if sentence.lower() not in text.lower()] == []
    if path in DERIVED:
        assert default_of(text).startswith(DERIVED[path])
    elif not isinstance(kind, Group) and "Required" not in text:
        assert states(text, default), f"the default is {default!r}"


@pytest.mark.parametrize(
    ("text", "default", "is_right"),
    [
        ("Time: 1 to 900 seconds. Default: 30.", 30, True),
        ("Time: 1 to 900 seconds. Default: 30.", 31, False),
        ("Time: 1 to 900 seconds. Default: 30.", None, False),
        ("Time: 1 to 900 seconds.", 30, False),
        ("Time. Default: 1,048,576, AWS's own.", 1_048_576, True),
        ("Time. Default: 1,048,576, AWS's own.", 1, False),  # the number's beginning
        ("Whether. Default: True.", False, False),
        ("Time. Default: SQS's own 300.", None, True),
        ("Name. Default: `lives`.", "live", False),
    ],
)
def test_a_wrong_default_is_noticed(text: str, default: Any, is_right: bool) -> None:
    assert states(text, default) is is_right


def test_every_output_has_a_docstring() -> None:
    assert CLASSES["QueueConsumer"].keys() == QueueConsumer.__annotations__.keys()


def test_bounds_and_units_are_those_of_the_model() -> None:
    assert bounds(Integer(low=1, high=900, unit="seconds")) == ["1 to 900 seconds"]
    assert bounds(Integer(low=0, unit="messages")) == ["0 or more messages"]
    checked = {path for path, kind, *_ in ARGUMENTS if bounds(kind)}
    assert {"timeout", "queue.delay_seconds", "alarms.maximum_dead_letters", "Stream: batch_size"} < checked
    assert len(ARGUMENTS) > 120
