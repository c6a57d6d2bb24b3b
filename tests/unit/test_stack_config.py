"""The configuration that a program gets, as the Pulumi CLI would put it together."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from consumers.evaluate.stack_config import ConfigError, StackConfig, read_stack_config

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


def refusal(read: Read, *texts: str, **more: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(*texts, **more)
    return str(caught.value)


def test_a_project_without_configuration_has_none(read: Read, tmp_path: Path) -> None:
    assert read("") == StackConfig("hands", "dev", tmp_path / "__main__.py", {})


def test_defaults_hold_where_the_stack_says_nothing(read: Read) -> None:
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
    stack = """
        encryptionsalt: v1:abc
        config:
          hands:int: 010
          hands:float: 1.0
          hands:bool: true
          hands:yes: yes
          hands:date: 2026-11-21
          hands:text: "5"
          short: without its namespace
    """
    assert read("", stack).values == {
        "hands:int": "010",
        "hands:float": "1.0",
        "hands:bool": "true",
        "hands:yes": "yes",
        "hands:date": "2026-11-21",
        "hands:text": "5",
        "hands:short": "without its namespace",
    }


def test_what_is_no_scalar_becomes_json_with_its_types(read: Read) -> None:
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


@pytest.mark.parametrize(
    ("declared", "given", "type_name", "shown"),
    [
        ("integer", "soon", "integer", "'soon'"),
        ("integer", "2.5", "integer", "'2.5'"),
        ("boolean", "yes", "boolean", "'yes'"),
        ("string", "[a]", "string", "['a']"),
        ("array, items: {type: integer}", "[1, x]", "array<integer>", "[1, 'x']"),
        ("array, items: {type: string}", "a", "array<string>", "'a'"),
        ("object", "a", "object", "'a'"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(
    read: Read, declared: str, given: str, type_name: str, shown: str
) -> None:
    text = refusal(read, f"config:\n  size: {{type: {declared}}}", f"config:\n  hands:size: {given}")
    assert text == (
        f"Stack 'dev' with configuration key 'hands:size' must be of type '{type_name}': {shown} is in Pulumi.dev.yaml."
    )


def test_a_default_of_the_wrong_type_is_refused(read: Read) -> None:
    assert refusal(read, "config:\n  size: {type: integer, default: big}") == (
        "Pulumi.yaml: the default of 'hands:size' must be of type 'integer', not 'big'."
    )


def test_a_type_that_pulumi_does_not_have_is_refused(read: Read) -> None:
    assert refusal(read, "config:\n  size: {type: number}") == (
        "Pulumi.yaml: 'hands:size' is of type 'number'; types are string, integer, boolean, array, object."
    )
    assert refusal(read, "config:\n  size: {type: array}") == (
        "Pulumi.yaml: 'hands:size' is an array, and needs 'items' with their type."
    )


def test_all_missing_values_are_named_at_once(read: Read) -> None:
    one = "config:\n  b: {type: string}\n"
    assert refusal(read, one) == "Stack 'dev' is missing configuration value 'hands:b' in Pulumi.dev.yaml."
    assert refusal(read, one + "  c: {type: integer}\n  a: {type: string}\n") == (
        "Stack 'dev' is missing configuration values 'hands:a', 'hands:b' and 'hands:c' in Pulumi.dev.yaml."
    )


@pytest.mark.parametrize("value", ["{secure: v1:x}", "{a: [{secure: v1:x}]}"])
def test_an_encrypted_value_is_refused_by_name_and_never_shown(read: Read, value: str) -> None:
    assert refusal(read, "", f"config:\n  hands:token: {value}") == (
        "Pulumi.dev.yaml: 'hands:token' is encrypted, and a local run has no key to it: "
        "put a plain value into another stack's file, and run that stack."
    )


def test_a_stack_that_takes_its_values_from_elsewhere_is_refused(read: Read) -> None:
    assert refusal(read, "", "environment: [cards/dev]") == (
        "Pulumi.dev.yaml takes values from Pulumi ESC ('environment'), which no local run can open."
    )


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_stack_config(tmp_path, "dev")
    assert str(caught.value) == f"There is no Pulumi.yaml in {tmp_path}: that is no Pulumi project."


def test_a_file_that_is_no_yaml_is_refused_with_the_place(read: Read) -> None:
    assert refusal(read, "", "config:\n  a: [\n") == (
        "Pulumi.dev.yaml:3: this is not YAML: expected the node content, but found '<stream end>'"
    )
    assert refusal(read, "", "config:\n  a: 1\n b: 2\n") == (
        "Pulumi.dev.yaml:3: this is not YAML: expected <block end>, but found '<block mapping start>'"
    )
    assert refusal(read, "", "just text") == "Pulumi.dev.yaml must hold keys and values, but holds a str."


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("runtime: python\n", "Pulumi.yaml: the project needs a 'name'."),
        ("name: 5\nruntime: python\n", "Pulumi.yaml: the project needs a 'name'."),
        ("name: a\nruntime: nodejs\n", "Pulumi.yaml: the runtime is 'nodejs'; only 'python' programs run locally."),
        ("name: a\n", "Pulumi.yaml: the runtime is None; only 'python' programs run locally."),
    ],
)
def test_a_project_that_cannot_be_run_here_is_refused(read: Read, head: str, text: str) -> None:
    assert refusal(read, "", head=head) == text


def test_the_program_may_be_a_file_or_a_folder(read: Read, tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__main__.py").touch()
    (tmp_path / "other.py").touch()
    options = "name: a\nruntime: {name: python, options: {virtualenv: .venv}}\n"
    assert read("", head=options).program == tmp_path / "__main__.py"
    assert read("main: infra", head=options).program == tmp_path / "infra" / "__main__.py"
    assert read("main: other.py", head=options).program == tmp_path / "other.py"
    assert refusal(read, "main: gone", head=options) == f"There is no program at {tmp_path / 'gone'}."


def test_a_stacks_files_may_be_in_a_folder_of_their_own(read: Read, tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config: {hands:a: 1}")
    assert read("stackConfigDir: stacks").values == {"hands:a": "1"}
