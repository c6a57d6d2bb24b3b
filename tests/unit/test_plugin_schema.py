"""The plugin without its process: its schema, and the translation of argument names."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.provider.server import ComponentInitError

from components.args import QueueConsumerArgs
from components.plugin import PACKAGE, Plugin, schema
from components.queue_consumer import QueueConsumer

GOLDEN = Path("docs/schema.json")
COMPONENT = f"{PACKAGE}:index:QueueConsumer"


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    return Plugin()


def interface() -> Any:
    return json.loads(GOLDEN.read_text("utf-8"))


def test_the_recorded_schema_is_current() -> None:
    assert schema() == GOLDEN.read_text("utf-8"), "The interface has changed. If that is meant: make docs"
    assert len(interface()["resources"][COMPONENT]["properties"]) == len(QueueConsumer.__annotations__)


def test_other_languages_have_the_topic_of_alarms_too() -> None:
    topic = interface()["resources"][f"{PACKAGE}:index:AlarmTopic"]
    assert [*topic["inputProperties"]] == ["emails", "httpsEndpoints", "kmsMasterKeyId", "tags", "ignoreAdvice"]
    assert topic["inputProperties"]["emails"]["items"]["type"] == "string"
    assert [*topic["properties"]] == ["arn", "name"]


def test_the_requirements_of_the_plugin_are_the_librarys() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    assert Path("components/requirements.txt").read_text("utf-8").split() == project["dependencies"]


def described(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each part of the schema that can have a description, with its path."""
    for kind in ("resources", "types", "inputProperties", "properties"):
        for name, thing in node.get(kind, {}).items():
            yield f"{path}/{name}", thing
            yield from described(thing, f"{path}/{name}")


def test_every_component_group_argument_and_output_is_described_without_our_indentation() -> None:
    things = dict(described(interface()))
    assert f"/{PACKAGE}:index:QueueOptions/delaySeconds" in things
    for path, thing in things.items():
        assert thing.get("description", "").strip(), path
        assert "\n  " not in thing["description"], path


def test_no_group_is_named_args_which_libraries_append_and_none_is_in_a_list_where_no_name_is_translated() -> None:
    assert [name for name in interface()["types"] if name.endswith("Args")] == []
    for path, thing in described(interface()):
        for inner in ("items", "additionalProperties"):
            assert not thing.get(inner, {}).get("$ref", "").startswith("#"), path


def every_argument(plugin: Plugin, properties: Any) -> dict[str, Any]:
    """Arguments as other languages name them: a value for each, which is its path."""
    types = interface()["types"]
    return {
        name: every_argument(plugin, types[group]["properties"])
        if (group := argument.get("$ref", "").removeprefix("#/types/")) in types
        else name
        for name, argument in properties.items()
    }


def mapped(plugin: Plugin, inputs: dict[str, Any]) -> dict[str, Any]:
    return plugin.map_inputs(inputs, plugin._component_defs["QueueConsumer"])  # pyright: ignore[reportPrivateUsage]


def test_each_argument_gets_its_python_name(plugin: Plugin) -> None:
    given = every_argument(plugin, interface()["resources"][COMPONENT]["inputProperties"])
    arrived = mapped(plugin, given)
    assert list(arrived) == list(QueueConsumerArgs.__annotations__)
    assert arrived["queue"]["visibility_timeout_seconds"] == "visibilityTimeoutSeconds"
    groups = [name for name, value in arrived.items() if isinstance(value, dict)]
    assert {"function", "queue", "dead_letter_queue", "mapping", "retry"} <= set(groups)
    for name in groups:
        assert list(arrived[name]) == list(QueueConsumerArgs.__annotations__[name].__args__[0].__annotations__)


def test_the_users_own_names_are_not_translated(plugin: Plugin) -> None:
    own = {"environment": {"queueUrl": "x"}, "tags": {"costCenter": "y"}, "filters": [{"body": {"userId": [1.0]}}]}
    assert mapped(plugin, own) == own


def test_unknown_arguments_and_values_of_any_type_reach_the_rules_but_null_does_not(plugin: Plugin) -> None:
    later = object()  # like an Output: neither a number nor a dict
    passed = {"timeOut": 3, "handler": None, "queue": {"delaySecond": 1, "name": None}, "timeout": 2.5, "retry": later}
    arrived = {"timeOut": 3, "queue": {"delaySecond": 1}, "timeout": 2.5, "retry": later}
    assert mapped(plugin, passed) == arrived
    assert mapped(plugin, {"queue": later, "batchSize": "many"}) == {"queue": later, "batch_size": "many"}


@pytest.mark.parametrize("raised", [pulumi.RunError("refused"), ValueError("a fault of ours")])
def test_a_run_error_is_raised_unchanged_and_a_bug_with_its_frames(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    def constructor(*_: Any) -> None:
        raise raised

    monkeypatch.setitem(plugin._components, "QueueConsumer", constructor)  # pyright: ignore[reportPrivateUsage, reportArgumentType]
    with pytest.raises((pulumi.RunError, ComponentInitError)) as failure:
        plugin.construct("hands", COMPONENT, {})
    if isinstance(raised, pulumi.RunError):
        assert failure.value is raised
    else:
        assert isinstance(failure.value, ComponentInitError)
        assert failure.value.inner is raised
