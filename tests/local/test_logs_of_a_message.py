"""`consumers logs --message` on messages that a real function has received."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consumers.evaluate.results import Deployment
from consumers.local.emulator import LocalAws
from deployed_consumers import failed, run
from error_texts import ErrorTexts
from on_local_aws import wait_until

HANDLER = """
from sqs_batch import Record, Reject, batch_handler

@batch_handler
def handle(record: Record) -> None:
    print("looking at", record.message_id)
    if record.receive_count > 1:
        raise Reject("no such player")
    raise ValueError("the table is locked")
"""
PROGRAM = """
import pulumi
from components import QueueConsumer

made = QueueConsumer("{name}", {{"source": "function", "timeout": 10, "retry": {{"base_delay_seconds": 1}}}})
pulumi.export("queue", made.queue_url)
"""


pytestmark = pytest.mark.usefixtures("account")


def events(name: str, message: str, *more: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("logs", name, "--message", message, "--json", *more).stdout.splitlines()]


def test_a_message_is_followed_from_its_first_receive_to_its_redrive(
    aws: LocalAws, deployed: Callable[..., Deployment], name: str, tmp_path: Path
) -> None:
    queue = deployed(PROGRAM.format(name=name), HANDLER).exports["queue"]
    message = aws.client("sqs").send_message(QueueUrl=queue, MessageBody="{}")["MessageId"]
    wait_until(lambda: [event for event in events(name, message) if event["kind"].startswith("sent")])
    life = events(name, message)
    assert [(event["kind"], event["receive"]) for event in life if event["kind"] != "logged"] == [
        ("failed", 1),
        ("rejected", 2),
        ("sent to the dead-letter queue", None),
    ]
    assert [event["detail"] for event in life[:2]] == [f"looking at {message}", "the table is locked"]

    letter = life[-1]["detail"].removeprefix("as ")
    assert letter != message
    assert events(name, letter) == life
    receipt = {"old_id": letter, "new_id": "cccc-3", "when": life[-1]["time"][:19] + "Z", "outcome": "sent"}
    (tmp_path / "receipts.jsonl").write_text(json.dumps(receipt))
    followed = events(name, "cccc-3", "--receipt", str(tmp_path / "receipts.jsonl"))
    assert {event["id"] for event in followed} == {message, letter}
    assert next(event for event in followed if event["kind"] == "redriven")["detail"] == "as cccc-3"

    shown = run("logs", name, "--message", message).stdout.splitlines()
    assert shown[0] == f"Message {message}"
    assert [line.split("  ", 2)[2] for line in shown if "receive " in line] == [
        "receive 1 failed: the table is locked",
        "receive 2 rejected: no such player",
    ]


def test_a_message_without_a_line_is_said_to_be_unknown(
    deployed: Callable[..., Deployment], name: str, tmp_path: Path, error_text: ErrorTexts
) -> None:
    deployed(PROGRAM.format(name=name), HANDLER)
    result = run("logs", name, "--message", "0000-1", "--since", "1h")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[-1].startswith("No line names 0000-1 since ")
    (tmp_path / "receipts").write_text("nothing\n")
    error_text(failed(run("logs", name, "--message", "0000-1", "--receipt", str(tmp_path / "receipts"))))


WRONG = {
    "follow": ["--message", "a", "--follow"],
    "no id": ["--message", 'a"b'],
    "no message": ["--receipt", __file__],
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_options_of_message_are_errors(error_text: ErrorTexts, wrong: str) -> None:
    error_text(failed(run("logs", "hands", *WRONG[wrong]), 2))
