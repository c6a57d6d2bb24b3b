"""The configuration of a program, read as the Pulumi CLI reads it."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from consumers.evaluate.stack_config import ConfigError, StackConfig, read_stack_config
from error_texts import ErrorTexts

Read = Callable[..., StackConfig]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads the configuration of stack `dev` from these texts of `Pulumi.yaml` and `Pulumi.dev.yaml`."""

    def reader(project: str, stack: str | None = None, head: str = "name: hands\nruntime: python\n") -> StackConfig:
        (tmp_path / "__main__.py").touch()
        (tmp_path / "Pulumi.yaml").write_text(head + textwrap.dedent(project))
        if stack is not None:
            (tmp_path / "Pulumi.dev.yaml").write_text(textwrap.dedent(stack))
        return read_stack_config(tmp_path, "dev")

    return reader


def test_a_project_without_configuration_has_none(read: Read, tmp_path: Path) -> None:
    assert read("") == StackConfig("hands", "dev", tmp_path / "__main__.py", {})


def test_defaults_apply_where_the_stack_sets_no_value(read: Read) -> None:
    project = """
        config:
          timeout: {type: integer, default: 10}
          hands:name: {type: string, default: PokerHands, description: of the queue}
          protect: {type: boolean, default: false}
          short: t3.micro
          aws:region: us-east-1
          aws:profile: {value: cards}
    """
    stack = """
        config:
          hands:timeout: 20
    """
    assert read(project, stack).values == {
        "hands:timeout": "20",
        "hands:name": "PokerHands",
        "hands:protect": "false",
        "hands:short": "t3.micro",
        "aws:region": "us-east-1",
        "aws:profile": "cards",
    }


def test_a_scalar_is_the_text_that_is_written_there(read: Read) -> None:
    written = {"int": "010", "float": "1.0", "bool": "true", "yes": "yes", "date": "2026-11-21"}
    lines = [f"  hands:{name}: {text}" for name, text in written.items()]
    stack = ["encryptionsalt: v1:abc", "config:", *lines, '  hands:text: "5"', "  short: without its namespace"]
    expected = written | {"text": "5", "short": "without its namespace"}
    assert read("", "\n".join(stack)).values == {f"hands:{name}": text for name, text in expected.items()}


def test_lists_and_objects_become_json_with_their_types(read: Read) -> None:
    stack = """
        config:
          hands:filter: {b: [1, 2.5, true, "1"], a: {on: yes, at: 2026-11-21}}
          hands:list: [ä]
    """
    assert read("config: {defaults: {default: [1, 2]}}", stack).values == {
        "hands:defaults": "[1,2]",
        "hands:filter": '{"a":{"at":"2026-11-21","on":"yes"},"b":[1,2.5,true,"1"]}',
        "hands:list": '["ä"]',
    }


def test_values_of_the_declared_type_are_accepted(read: Read) -> None:
    project = """
        config:
          a: {type: integer}
          b: {type: boolean}
          c: {type: string}
          d: {type: array, items: {type: array, items: {type: integer}}}
          e: {type: object}
    """
    stack = """
        config: {"hands:a": -5, "hands:b": "true", "hands:c": 5, "hands:d": [[1, 2.0], []], "hands:e": {x: 1}}
    """
    assert read(project, stack).values["hands:d"] == "[[1,2.0],[]]"


WRONG_TYPES = [
    ("integer", "soon"),
    ("integer", "2.5"),
    ("boolean", "yes"),
    ("string", "[a]"),
    ("array, items: {type: integer}", "[1, x]"),
    ("array, items: {type: string}", "a"),
    ("object", "a"),
]
ONE = "config:\n  b: {type: string}\n"
ERRORS: dict[str, tuple[str, ...]] = {
    **{
        f"{value} is no {declared}": (f"config:\n  size: {{type: {declared}}}", f"config:\n  hands:size: {value}")
        for declared, value in WRONG_TYPES
    },
    "a default of the wrong type": ("config:\n  size: {type: integer, default: big}",),
    "a type that Pulumi does not have": ("config:\n  size: {type: number}",),
    "an array without items": ("config:\n  size: {type: array}",),
    "a missing value": (ONE,),
    "missing values": (ONE + "  c: {type: integer}\n  a: {type: string}\n",),
    "an encrypted value": ("", "config:\n  hands:token: {secure: v1:x}"),
    "an encrypted value inside": ("", "config:\n  hands:token: {a: [{secure: v1:x}]}"),
    "an environment of Pulumi ESC": ("", "environment: [cards/dev]"),
    "a list that does not end": ("", "config:\n  a: [\n"),
    "a wrong indent": ("", "config:\n  a: 1\n b: 2\n"),
    "text": ("", "just text"),
    "no name": ("", "config: {}", "runtime: python\n"),
    "a number for a name": ("", "config: {}", "name: 5\nruntime: python\n"),
    "another runtime": ("", "config: {}", "name: a\nruntime: nodejs\n"),
    "no runtime": ("", "config: {}", "name: a\n"),
    "no program": ("main: gone",),
}


@pytest.mark.parametrize("wrong", ERRORS)
def test_a_wrong_configuration_is_an_error(read: Read, error_text: ErrorTexts, wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(*ERRORS[wrong])
    error_text(str(caught.value))


def test_a_folder_without_a_project_is_an_error(tmp_path: Path, error_text: ErrorTexts) -> None:
    with pytest.raises(ConfigError) as caught:
        read_stack_config(tmp_path, "dev")
    error_text(str(caught.value))


def test_the_program_may_be_a_file_or_a_folder(read: Read, tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__main__.py").touch()
    (tmp_path / "other.py").touch()
    options = "name: a\nruntime: {name: python, options: {virtualenv: .venv}}\n"
    assert read("", head=options).program == tmp_path / "__main__.py"
    assert read("main: infra", head=options).program == tmp_path / "infra" / "__main__.py"
    assert read("main: other.py", head=options).program == tmp_path / "other.py"


def test_a_stacks_files_may_be_in_a_folder_of_their_own(read: Read, tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config: {hands:a: 1}")
    assert read("stackConfigDir: stacks").values == {"hands:a": "1"}
