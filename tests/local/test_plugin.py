"""The plugin as a process, asked over gRPC as the engine asks. tests/engine has the engine itself."""

# pyright: reportMissingTypeStubs=false

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import proto

from consumers.provider.provider_values import UNKNOWN, Secret
from error_texts import ErrorTexts
from plugin_process import PROVIDER, ROOT, PluginProcess, archive, output, plugin_process

SOURCE = {"source": "functions/poker_hands"}
PARTS = ("role", "policy", "logs", "dlq", "queue", "function", "mapping")
SCHEMA = json.loads((ROOT / "docs" / "schema.json").read_text())


@pytest.fixture(scope="module")
def plugin() -> Iterator[PluginProcess]:
    with plugin_process() as running:
        yield running


def read_schema(plugin: PluginProcess) -> Any:
    return json.loads(plugin.stub.GetSchema(proto.GetSchemaRequest()).schema)


def test_the_plugin_returns_its_schema_and_accepts_secrets_and_outputs(plugin: PluginProcess) -> None:
    assert read_schema(plugin) == SCHEMA
    accepts = plugin.stub.Configure(proto.ConfigureRequest())
    assert (accepts.acceptSecrets, accepts.acceptOutputs) == (True, True)
    assert plugin.stub.GetPluginInfo(Empty()).version == "0.0.0"


def test_the_wheels_package_starts_by_its_name_and_by_its_path(tmp_path: Path) -> None:
    installed = tmp_path / "queue_consumer"
    shutil.copytree(ROOT / "components", installed, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    for command, cwd in (
        ((sys.executable, "-m", "queue_consumer"), tmp_path),
        ((sys.executable, str(installed)), Path("/")),
    ):
        with plugin_process(command, cwd) as running:
            assert read_schema(running) == SCHEMA


def test_a_consumer_is_constructed_with_all_kinds_of_arguments(plugin: PluginProcess) -> None:
    arguments = {
        "code": archive("dist/function.zip"),
        "runtime": "nodejs22.x",
        "timeout": 10.0,
        "filters": [{"body": {"number": [1.0, 2.5]}}],
        "environment": {"TOKEN": output("hunter2", secret=True)},
    }
    made = plugin.construct("hands", arguments, provider=PROVIDER)
    assert (made.refusal, made.monitor.logged) == ("", [])
    registered = made.monitor.registered
    assert registered.keys() == {"hands", *(f"hands-{part}" for part in PARTS)}
    function, filters = registered["hands-function"], registered["hands-mapping"]["filterCriteria"]["filters"]
    assert (function["code"].sent["path"], function["runtime"]) == ("dist/function.zip", "nodejs22.x")
    assert registered["hands-queue"]["visibilityTimeoutSeconds"] == 60
    assert filters == [{"pattern": '{"body":{"number":[1,2.5]}}'}]
    assert isinstance(function["environment"]["variables"], Secret)
    assert function["environment"]["variables"].value["TOKEN"] == "hunter2"
    assert {made.monitor.providers[f"hands-{part}"] for part in PARTS} == {PROVIDER}
    assert made.state.keys() == SCHEMA["resources"]["queue-consumer:index:QueueConsumer"]["properties"].keys()
    assert made.state["queueUrl"] == "https://sqs/hands-queue"
    assert made.monitor.outputs == made.state


def test_other_languages_have_a_topic_for_their_alarms(plugin: PluginProcess) -> None:
    token = "queue-consumer:index:AlarmTopic"
    url = "https://events.example.com/key"
    arguments = {
        "emails": ["jane@example.com", output("joe@example.com")],
        "httpsEndpoints": [output(url, secret=True)],
    }
    made = plugin.construct("pager", arguments, token=token)
    assert made.refusal == ""
    assert made.state == {"arn": "arn:pager-topic", "name": "pager-topic"}
    subscriptions = {name: each["endpoint"] for name, each in made.monitor.registered.items() if "protocol" in each}
    assert subscriptions == {
        "pager-email-jane@example.com": "jane@example.com",
        "pager-email-1": "joe@example.com",
        "pager-https-0": Secret(url),
    }
    refused = plugin.construct("pager", {"emails": ["jane"], "email": "x"}, token=token).refusal
    assert "AlarmTopic 'pager' is refused, 2 errors:" in refused


@pytest.mark.parametrize("unknown", [output(), UNKNOWN], ids=["an Output", "a bare unknown"])
def test_a_preview_continues_with_unknown_values(plugin: PluginProcess, unknown: Any) -> None:
    arguments = {
        **SOURCE,
        "function": {"name": unknown},
        "environment": {"UPSTREAM": unknown},
        "tags": {"owner": unknown},
        "policyStatements": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": unknown}],
    }
    made = plugin.construct("hands", arguments, preview=True)
    assert made.refusal == ""
    assert made.monitor.registered.keys() == {"hands", *(f"hands-{part}" for part in PARTS)}
    assert made.monitor.registered["hands-function"]["name"] == UNKNOWN
    assert made.monitor.registered["hands-role"]["tags"]["owner"] == UNKNOWN
    assert made.state["queueUrl"] == UNKNOWN


REFUSED: dict[str, dict[str, Any]] = {
    "not an integer": {"timeout": 10.5},
    "an Output for a number": {"timeout": output(10)},
    "an Output for a group": {"queue": output({"delaySeconds": 3})},
    "several at once": {
        "timeOut": 3,
        "batchSize": 0,
        "queue": {"delaySecond": 3},
        "deadLetterQueue": {"messageRetentionSeconds": 1},
    },
    "a wrong variable": {"environment": {"TOKEN": "hunter2", "COUNT": 3}},
    "a secret for the environment": {"environment": output({"TOKEN": "hunter2"}, secret=True)},
    "an Output that is wrong when it resolves": {"queue": {"name": output("no name!")}},
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_wrong_arguments_are_the_errors_of_the_library(
    plugin: PluginProcess, error_text: ErrorTexts, wrong: str
) -> None:
    made = plugin.construct("hands", {**SOURCE, **REFUSED[wrong]})
    assert made.refusal.startswith("INVALID_ARGUMENT: QueueConsumer 'hands' is refused")
    assert "hunter2" not in made.refusal
    assert "hands-queue" not in made.monitor.registered
    error_text(made.refusal)


def test_the_example_in_yaml_is_accepted_as_it_is_documented(plugin: PluginProcess) -> None:
    text = (ROOT / "docs" / "plugin.md").read_text().split("```yaml\n")[1].split("```")[0]
    topic, hands = (yaml.safe_load(text)["resources"][name] for name in ("onCall", "hands"))
    assert (topic["type"], hands["type"]) == ("queue-consumer:AlarmTopic", "queue-consumer:QueueConsumer")
    made = plugin.construct("pager", topic["properties"], token="queue-consumer:index:AlarmTopic")
    assert made.refusal == ""
    arguments = hands["properties"]
    arguments["alarms"]["actions"] = [output("arn:aws:sns:eu-west-1:123456789012:on-call")]
    arguments["code"] = archive(arguments["code"]["fn::fileArchive"])
    arguments["environment"]["TOKEN"] = output("hunter2", secret=True)
    made = plugin.construct("hands", arguments)
    assert made.refusal == ""
    assert made.monitor.logged == []
