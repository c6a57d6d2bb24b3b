"""Functions in other languages, and behind an alias, on the local AWS: real messages through real handlers."""

import json
import shutil
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from consumers.operations import logs, queues
from consumers.operations.log_lines import readable
from consumers.provider.update import update

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
# As small as a custom runtime can be. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
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
QUICK = {"visibility-below-advice": "failures come back at once"}


class Project:
    """A program with one consumer, which can be brought up again and again."""

    def __init__(self, folder: Path, aws: LocalAws, name: str) -> None:
        self.folder, self.aws, self.name = folder, aws, name
        self.exports: dict[str, Any] = {}

    def up(self, file: str, text: str, **args: Any) -> list[tuple[str, str]]:
        """Deploy the consumer of this file: what was done, and to which resource."""
        (self.folder / "function").mkdir(exist_ok=True)
        (self.folder / "function" / file).write_text(textwrap.dedent(text))
        (self.folder / ".consumers").mkdir(exist_ok=True)
        (self.folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        given = {"source": "function", "timeout": 1, "queue": {"visibility_timeout_seconds": 1}, "ignore_advice": QUICK}
        (self.folder / "__main__.py").write_text(
            "import pulumi\nfrom components import QueueConsumer\n"
            f"c = QueueConsumer({self.name!r}, { {**given, **args}!r})\n"
            "pulumi.export('queue', c.queue_url)\npulumi.export('dlq', c.dead_letter_queue_url)\n"
            "pulumi.export('logs', c.log_group_name)\npulumi.export('mapping', c.mapping_id)\n"
        )
        outcome = update(self.folder, "test", self.aws)
        self.exports = outcome.exports
        return [(step.action, step.name.removeprefix(f"{self.name}-")) for step in outcome.steps]

    def send(self, *kinds: str) -> None:
        bodies = [json.dumps({"id": number, "kind": kind}) for number, kind in enumerate(kinds)]
        queues.send(self.aws.client("sqs"), self.exports["queue"], bodies)

    def lines(self, containing: str) -> list[str]:
        lines = logs.lines(self.aws.client("logs"), self.exports["logs"])
        return sorted(line for line in lines if containing in line)

    def depth(self, which: str) -> int:
        return queues.depth(self.aws.client("sqs"), self.exports[which]).total


@pytest.fixture
def project(aws: LocalAws, tmp_path: Path, name: str) -> Iterator[Project]:
    project = Project(tmp_path, aws, f"c-{name[-8:]}")
    yield project
    with suppress(Exception):  # a poller that goes on would slow down the tests after this one
        aws.client("lambda").delete_event_source_mapping(UUID=project.exports["mapping"])


def wait_until(done: Callable[[], Any], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@NEEDS_NODE
def test_a_node_consumer_handles_good_messages_and_only_the_poison_one_is_dead(project: Project) -> None:
    environment = {"TABLE": "hands"}
    node = {"runtime": "nodejs22.x", "handler": "index.handle", "environment": environment, "max_receive_count": 3}
    project.up("index.mjs", NODE, **node)
    project.send("good", "poison", "good")
    wait_until(lambda: project.depth("dlq") == 1)
    wait_until(lambda: project.depth("queue") == 0)
    assert sorted(line.split("\t")[2:] for line in project.lines("did ")) == [
        ["INFO", "did 0 hands"],
        ["INFO", "did 2 hands"],
    ]
    assert {line.split("\t", 2)[2] for line in project.lines("FAIL ")} == {"ERROR\tFAIL poison"}
    starts = {line.split()[2] for line in project.lines("START RequestId: ")}
    assert {line.split("\t")[1] for line in project.lines("FAIL ")} <= starts


@NEEDS_NODE
def test_a_node_function_logs_json_from_its_level_on(project: Project) -> None:
    function = {"log_format": "JSON", "application_log_level": "ERROR"}
    project.up("index.mjs", NODE, runtime="nodejs22.x", handler="index.handle", function=function)
    project.send("good", "poison")
    wait_until(lambda: project.lines("FAIL ") and project.depth("queue") == 1)
    failure = json.loads(project.lines("FAIL ")[0])
    assert (failure["level"], failure["message"]) == ("ERROR", "FAIL poison")
    assert project.lines("did ") == project.lines("starts") == []


def test_a_custom_runtime_handles_messages(project: Project) -> None:
    project.up("bootstrap", BOOTSTRAP, runtime="provided.al2023")
    project.send("good", "good")
    wait_until(lambda: project.lines("did ") == ["did 0", "did 1"])
    wait_until(lambda: project.depth("queue") == 0)


def test_a_python_function_logs_json_that_reads_as_text(project: Project) -> None:
    project.up("handler.py", PYTHON.format(did="did"), function={"log_format": "JSON"})
    project.send("good", "poison")
    wait_until(lambda: project.lines("did ") and project.lines("FAIL "))
    told = [readable(line).split("\t") for line in (*project.lines("did "), *project.lines("FAIL ")[:1])]
    assert [line[0] for line in told] == ["[WARNING]", "[ERROR]"]
    assert told[0][3] == "did 0"
    assert told[1][3].endswith("receive_count=1 reason=poison")
    assert {json.loads(line)["logger"] for line in project.lines("invoke request_id=")} == {"sqs_batch"}


def test_behind_an_alias_new_code_handles_messages_after_the_next_deployment(project: Project) -> None:
    alias = {"alias": {"provisioned_concurrent_executions": 1}}
    made = project.up("handler.py", PYTHON.format(did="old"), function=alias)
    assert {("created", "alias"), ("created", "provisioned-concurrency")} <= set(made)
    project.send("good")
    wait_until(lambda: project.lines("old 0"))
    assert project.up("handler.py", PYTHON.format(did="old"), function=alias) == []
    changed = project.up("handler.py", PYTHON.format(did="new"), function=alias)
    assert changed == [("updated", "function"), ("updated", "alias")]
    project.send("good")
    wait_until(lambda: project.lines("new 0"))
    assert len(project.lines("old 0")) == 1


def test_an_alias_comes_and_goes_while_the_mapping_stays(project: Project) -> None:
    project.up("handler.py", PYTHON.format(did="did"))
    mapping = project.exports["mapping"]
    project.up("handler.py", PYTHON.format(did="did"), function={"alias": {"name": "now"}})
    said = project.aws.client("lambda").get_event_source_mapping(UUID=mapping)
    assert (project.exports["mapping"], said["FunctionArn"].rpartition(":")[2]) == (mapping, "now")
    assert ("deleted", "alias") in project.up("handler.py", PYTHON.format(did="did"))
    project.send("good")
    wait_until(lambda: project.lines("did 0"))
