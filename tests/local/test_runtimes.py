"""Functions in other runtimes, and behind an alias, on the local AWS."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from consumers.operations.log_lines import readable
from consumers.provider.update import update
from deployed_program import DeployedProgram
from on_local_aws import wait_until

NODE = """
    console.log("starts");
    export const handle = async ({ Records }) => {
      const batchItemFailures = [];
      for (const { body, messageId } of Records) {
        try {
          const hand = JSON.parse(body);
          if (hand.kind === "poison") throw new Error("poison");
          console.log("did", hand.id, process.env.TABLE);
        } catch (error) {
          console.error("FAIL", error.message);
          batchItemFailures.push({ itemIdentifier: messageId });
        }
      }
      return { batchItemFailures };
    };
"""
# A minimal custom runtime: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
BOOTSTRAP = """\
    #!/usr/bin/env python3
    import json, os, urllib.request

    api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
    while True:
        with urllib.request.urlopen(f"{api}/next") as event:
            request_id, records = event.headers["Lambda-Runtime-Aws-Request-Id"], json.load(event)["Records"]
        for record in records:
            print("did", json.loads(record["body"])["id"], flush=True)
        answer = urllib.request.Request(f"{api}/{request_id}/response", b'{"batchItemFailures": []}')
        urllib.request.urlopen(answer)
"""
PYTHON = """
    import logging
    from sqs_batch import batch_handler

    @batch_handler
    def handle(record):
        if record.json["kind"] == "poison":
            raise ValueError("poison")
        logging.warning("{did} %s", record.json["id"])
"""
NEEDS_NODE = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed on this machine")
QUICK = {"visibility-below-advice": "failed messages return at once"}


class Project(DeployedProgram):
    """A program with one consumer, which can be updated."""

    def up(self, file: str, text: str, **args: Any) -> list[tuple[str, str]]:
        """Deploy the consumer with this file; return the actions and the names of the resources."""
        self.write(f"function/{file}", text)
        (self.folder / ".consumers").mkdir(exist_ok=True)
        defaults = {"source": "function", "timeout": 10, "queue": {"visibility_timeout_seconds": 10}}
        self.write_consumer(repr({**defaults, "ignore_advice": QUICK, **args}))
        outcome = update(self.folder, "test", self.aws)
        self.exports = outcome.exports
        return [(step.action, step.name.removeprefix(f"{self.name}-")) for step in outcome.steps]

    def send_hands(self, *kinds: str) -> None:
        self.send(*(json.dumps({"id": number, "kind": kind}) for number, kind in enumerate(kinds)))


@pytest.fixture
def project(aws: LocalAws, tmp_path: Path, name: str) -> Iterator[Project]:
    project = Project(aws, tmp_path, name)
    yield project
    project.stop_polling()


@NEEDS_NODE
def test_a_node_consumer_dead_letters_only_the_poison_message(project: Project) -> None:
    environment = {"TABLE": "hands"}
    node = {"runtime": "nodejs22.x", "handler": "index.handle", "environment": environment, "max_receive_count": 3}
    project.up("index.mjs", NODE, timeout=3, queue={"visibility_timeout_seconds": 3}, **node)
    project.send_hands("good", "poison", "good")
    wait_until(lambda: project.depth("dlq") == 1)
    project.wait_until_empty()
    assert sorted(line.split("\t")[2:] for line in project.lines("did ")) == [
        ["INFO", "did 0 hands"],
        ["INFO", "did 2 hands"],
    ]
    assert {line.split("\t", 2)[2] for line in project.lines("FAIL ")} == {"ERROR\tFAIL poison"}
    starts = {line.split()[2] for line in project.lines("START RequestId: ")}
    assert {line.split("\t")[1] for line in project.lines("FAIL ")} <= starts


@NEEDS_NODE
def test_a_node_function_logs_json_at_its_level_and_above(project: Project) -> None:
    function = {"log_format": "JSON", "application_log_level": "ERROR"}
    project.up("index.mjs", NODE, runtime="nodejs22.x", handler="index.handle", function=function)
    project.send_hands("good", "poison")
    wait_until(lambda: project.lines("FAIL ") and project.depth("queue") == 1)
    failure = json.loads(project.lines("FAIL ")[0])
    assert (failure["level"], failure["message"]) == ("ERROR", "FAIL poison")
    assert project.lines("did ") == project.lines("starts") == []


def test_a_custom_runtime_handles_messages(project: Project) -> None:
    project.up("bootstrap", BOOTSTRAP, runtime="provided.al2023")
    project.send_hands("good", "good")
    wait_until(lambda: project.lines("did ") == ["did 0", "did 1"])
    project.wait_until_empty()


def test_a_python_function_logs_json_that_reads_as_text(project: Project) -> None:
    project.up("handler.py", PYTHON.format(did="did"), function={"log_format": "JSON"})
    project.send_hands("good", "poison")
    wait_until(lambda: project.lines("did ") and project.lines("FAIL "))
    lines = [readable(line).split("\t") for line in (*project.lines("did "), *project.lines("FAIL ")[:1])]
    assert [line[0] for line in lines] == ["[WARNING]", "[ERROR]"]
    assert lines[0][3] == "did 0"
    assert lines[1][3].endswith("receive_count=1 reason=poison")
    assert {json.loads(line)["logger"] for line in project.lines("invoke request_id=")} == {"sqs_batch"}


def test_behind_an_alias_new_code_handles_messages_and_the_mapping_stays(project: Project) -> None:
    alias = {"alias": {"name": "now", "provisioned_concurrent_executions": 1}}
    project.up("handler.py", PYTHON.format(did="old"))
    mapping = project.exports["mapping"]
    made = project.up("handler.py", PYTHON.format(did="old"), function=alias)
    assert {("created", "alias"), ("created", "provisioned-concurrency")} <= set(made)
    configuration = project.aws.client("lambda").get_event_source_mapping(UUID=mapping)
    assert (project.exports["mapping"], configuration["FunctionArn"].rpartition(":")[2]) == (mapping, "now")
    project.send_hands("good")
    wait_until(lambda: project.lines("old 0"))
    assert project.up("handler.py", PYTHON.format(did="old"), function=alias) == []
    changed = project.up("handler.py", PYTHON.format(did="new"), function=alias)
    assert changed == [("updated", "function"), ("updated", "alias")]
    project.send_hands("good")
    wait_until(lambda: project.lines("new 0"))
    assert len(project.lines("old 0")) == 1
    assert ("deleted", "alias") in project.up("handler.py", PYTHON.format(did="last"))
    project.send_hands("good")
    wait_until(lambda: project.lines("last 0"))
