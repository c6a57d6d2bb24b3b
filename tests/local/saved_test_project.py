"""A project with handlers of all kinds that have the same fault, and the dead letters of it."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

from consumers.operations.dead_letters.letters import DeadLetter
from consumers.working_copy.access import NO_ACCESS
from consumers.working_copy.copies import WorkingCopy, load
from consumers.working_copy.events import event, record_of_letter
from consumers.working_copy.handler_process import HandlerProcess
from consumers.working_copy.invocation import failures
from consumers.working_copy.saved_tests import FailedLetter, SavedTests, save

ARN = "arn:aws:sqs:us-east-1:999988887777:hands"
SENT = 1_764_356_400_000
HANDLERS = {
    "each": """
        from sqs_batch import Record, batch_handler

        @batch_handler
        def handle(record: Record) -> None:
            if "split" in record.body:
                raise ValueError("no such result: 'split'")
    """,
    "whole": """
        def handle(event, context):
            for record in event["Records"]:
                if "split" in record["body"]:
                    raise ValueError("no such result: 'split'")
    """,
    "silent": """
        def handle(event, context):
            failed = [one["messageId"] for one in event["Records"] if "split" in one["body"]]
            return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
    """,
    "crash": """
        import os

        def handle(event, context):
            if any("split" in record["body"] for record in event["Records"]):
                os._exit(3)
    """,
    "turns": """
        from sqs_batch import Record, batch_handler

        @batch_handler
        def handle(record: Record) -> None:
            assert record.group_id == "table-7"
            if "split" in record.body:
                raise ValueError("no such result: 'split'")
    """,
    "node": """
        exports.handle = async (event) => {
          for (const record of event.Records) {
            if (record.body.includes("split")) throw new Error("no such result: 'split'");
          }
        };
    """,
}
"""By the consumer's name."""
NAMES = {
    "each": "no_such_result",
    "whole": "valueerror_no_such_result",
    "silent": "fails_without_a_reason",
    "crash": "runtime_exiterror_runtime_exited_with_error_exit_status",
    "turns": "no_such_result",
    "node": "error_no_such_result",
}
"""Of the tests."""


@dataclass
class SavedTestProject:
    """A copy of it in a folder of its own."""

    folder: Path
    copies: dict[str, WorkingCopy] = field(default_factory=dict[str, WorkingCopy])

    def write(self, handlers: Mapping[str, str]) -> "SavedTestProject":
        """Write the program with a consumer for each handler."""
        (self.folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        lines = ["from components import QueueConsumer", *map(_consumer, handlers)]
        (self.folder / "__main__.py").write_text("\n".join(lines))
        for name, text in handlers.items():
            self.write_handler(name, text)
        return self

    def write_handler(self, name: str, text: str) -> None:
        path = self.folder / name / ("index.js" if name == "node" else "handler.py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))

    def failed(self, name: str, letters: Sequence[DeadLetter]) -> list[FailedLetter]:
        """Run the handler on letters as one batch, and return those that fail."""
        arn = f"{ARN}.fifo" if name == "turns" else ARN
        batch = event(record_of_letter(letter, arn) for letter in letters)
        with HandlerProcess(self.copy(name).without_queues(), NO_ACCESS.variables) as process:
            reasons = failures(batch, process.invoke(batch))
        return [FailedLetter(one, reasons[one["messageId"]]) for one in batch["Records"] if one["messageId"] in reasons]

    def save(self, name: str, letters: Sequence[DeadLetter], *redact: str) -> SavedTests:
        return save(self.folder / "tests", self.copy(name), self.folder, "dev", self.failed(name, letters), redact)

    def copy(self, name: str) -> WorkingCopy:
        if name not in self.copies:
            self.copies[name] = load(self.folder, "dev", name)
        return self.copies[name]

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the saved tests, as somebody without this project's settings does."""
        options = ["-p", "no:cacheprovider", "-p", "consumers.testing.plugin", *arguments]
        command, environment = [sys.executable, "-m", "pytest", *options, "tests"], without_plugins()
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def files(self) -> dict[str, str]:
        """Return the texts of all files that were saved, by their paths."""
        tests = self.folder / "tests"
        files = (path for path in tests.rglob("*") if path.is_file() and path.suffix != ".pyc")
        return {str(path.relative_to(tests)): path.read_text("utf-8") for path in sorted(files)}


def without_plugins() -> dict[str, str]:
    """Return an environment in which pytest loads no plugin by itself: it starts in half the time."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    return {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def letter(body: str, id: str = "00000000-0000-4000-8000-000000000001", **attributes: dict[str, Any]) -> DeadLetter:
    """Return a dead letter that SQS moved."""
    system = {
        "SentTimestamp": str(SENT),
        "SenderId": "AROAEXAMPLE:anna",
        "ApproximateReceiveCount": "4",
        "MessageGroupId": "table-7",
        "SequenceNumber": "1",
        "MessageDeduplicationId": "d",
        "DeadLetterQueueSourceArn": ARN,
    }
    return DeadLetter(id, body, attributes, system, "a receipt handle")


def _consumer(name: str) -> str:
    args: dict[str, Any] = {"source": name, "timeout": 10}
    if name == "turns":
        args["fifo"] = True
    if name == "node":
        args |= {"runtime": "nodejs22.x", "handler": "index.handle"}
    return f"QueueConsumer({name!r}, {args!r})"
