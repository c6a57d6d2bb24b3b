"""What runs a handler of the working copy: from the program, and from the dead letter."""

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from consumers.evaluate.results import ProgramError
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.discovery import DiscoveryError
from consumers.resource_table.archives import zip_bytes
from consumers.working_copy import copies
from consumers.working_copy.access import NO_ACCESS, Access
from consumers.working_copy.events import event, record, record_of_letter
from error_texts import ErrorTexts
from handler_copies import ARN, working_copy

PROGRAM = """
import pulumi_aws as aws
from components import QueueConsumer

table = aws.dynamodb.Table("table", hash_key="id", attributes=[{"name": "id", "type": "S"}])
QueueConsumer("hands", {"source": "function", "environment": {"TABLE": table.name, "WORD": "fixed"}, "batch_size": 7})
QueueConsumer("ordered", {"source": "function", "fifo": True, "retry": {"base_delay_seconds": 2}})
QueueConsumer("image", {"image_uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/hands:1"})
QueueConsumer("ruby", {"source": "function", "runtime": "ruby3.4", "handler": "other.handle"})
QueueConsumer("wrong", {"source": "function", "batch_size": 0})
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\nconfig:\n  aws:region: eu-west-1\n")
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "function").mkdir()
    (folder / "function" / "other.rb").write_text("def handle(event:, context:)\nend\n")
    (folder / "function" / "handler.py").write_text(
        "from sqs_batch import batch_handler\n@batch_handler\ndef handle(record): ...\n"
    )
    return folder


def test_a_copy_has_the_settings_the_package_and_the_environment_of_the_program(project: Path, tmp_path: Path) -> None:
    copy = copies.load(project, "dev", "hands")
    assert (copy.settings.batch_size, copy.handler, copy.region) == (7, "handler.handle", "eu-west-1")
    assert copy.environment["WORD"] == "fixed"
    copy.unpack(tmp_path / "copied", linked=False)
    copy.unpack(tmp_path / "linked", linked=True)
    for folder in ("copied", "linked"):
        assert sorted(path.name for path in (tmp_path / folder).iterdir()) == ["handler.py", "other.rb", "sqs_batch.py"]
    assert (tmp_path / "linked" / "handler.py").resolve() == (project / "function" / "handler.py").resolve()
    assert not (tmp_path / "copied" / "handler.py").is_symlink()


def test_the_hash_of_the_code_is_that_of_lambda(project: Path) -> None:
    copy = copies.load(project, "dev", "hands")
    assert copy.code_sha256 == base64.b64encode(hashlib.sha256(zip_bytes(copy.code)).digest()).decode()


def test_only_fake_values_are_filled_in_from_the_deployed_function(project: Path) -> None:
    copy = copies.load(project, "dev", "hands")
    filled = copy.with_deployed({"TABLE": "table-real", "WORD": "of the deployed function", "OLD": "x"}).environment
    assert (filled["TABLE"], filled["WORD"]) == ("table-real", "fixed")
    assert "OLD" not in filled
    assert copy.environment["TABLE"] != "table-real"


def test_without_queues_the_batch_runtime_calls_none(project: Path) -> None:
    copy = copies.load(project, "dev", "ordered")
    assert set(copies.QUEUE_VARIABLES) & set(copy.environment)
    assert not set(copies.QUEUE_VARIABLES) & set(copy.without_queues().environment)
    assert "SQS_BATCH_MAX_RECEIVE_COUNT" in copy.without_queues().environment
    assert copy.queue_arn == "arn:aws:sqs:eu-west-1:123456789012:ordered-queue.fifo"


@pytest.mark.parametrize("name", ["image", "ruby", "wrong", "hand"])
def test_what_cannot_run_here_says_why(project: Path, name: str, error_text: ErrorTexts) -> None:
    with pytest.raises((ProgramError, DiscoveryError)) as caught:
        copies.load(project, "dev", name)
    error_text(str(caught.value))


LETTER = DeadLetter(
    "new-id",
    "body é",
    {
        "Rejected": {"DataType": "String", "StringValue": '{"reason": "bad", "messageId": "old-id"}'},
        "photo": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
        "tenant": {"DataType": "String", "StringValue": "acme"},
    },
    {
        "SentTimestamp": "1764356400000",
        "ApproximateReceiveCount": "9",
        "MessageGroupId": "table-7",
        "MessageDeduplicationId": "first",
        "DeadLetterQueueSourceArn": ARN,
    },
    "receipt",
)


def test_a_record_of_a_letter_is_that_of_its_first_receive_after_a_redrive() -> None:
    made = record_of_letter(LETTER, ARN)
    assert made["attributes"] == {
        "SentTimestamp": "1764356400000",
        "ApproximateReceiveCount": "1",
        "MessageGroupId": "table-7",
        "MessageDeduplicationId": "first",
    }
    assert (made["messageId"], made["body"], made["eventSourceARN"]) == ("new-id", "body é", ARN)
    assert (made["eventSource"], made["awsRegion"]) == ("aws:sqs", "eu-west-1")
    assert made["md5OfBody"] == hashlib.md5("body é".encode(), usedforsecurity=False).hexdigest()


def test_attributes_have_the_form_of_lambda_without_the_reason() -> None:
    moved = replace(LETTER, attributes={name: LETTER.attributes[name] for name in ("photo", "tenant")})
    for letter in (LETTER, moved):
        attributes = record_of_letter(letter, ARN)["messageAttributes"]
        lists: dict[str, list[str]] = {"stringListValues": [], "binaryListValues": []}
        assert attributes["photo"] == {"binaryValue": "AP8=", "dataType": "Binary.png", **lists}
        assert attributes["tenant"] == {"stringValue": "acme", "dataType": "String", **lists}
        assert attributes["Redriven"] == {"stringValue": "1", "dataType": "Number", **lists}
        assert set(attributes) == {"photo", "tenant", "Redriven"}


def test_on_a_fifo_queue_the_deduplication_id_is_that_of_a_redrive() -> None:
    made = record_of_letter(LETTER, f"{ARN}.fifo")
    assert made["attributes"]["MessageDeduplicationId"] == "new-id"


def test_a_received_message_becomes_a_record_as_it_is() -> None:
    made = record({"MessageId": "id", "ReceiptHandle": "handle", "Body": "{}", "Attributes": {"a": "b"}}, ARN)
    assert (made["receiptHandle"], made["attributes"], made["messageAttributes"]) == ("handle", {"a": "b"}, {})
    assert event([made]) == {"Records": [made]}


@pytest.mark.parametrize(
    ("reason", "is_withheld"),
    [
        ("NoCredentialsError: Unable to locate credentials at handler.py:7", True),
        ("CredentialsProviderError: Could not load credentials from any providers", True),
        ("ValueError: no card", False),
    ],
)
def test_a_reason_that_means_withheld_credentials_is_known(reason: str, is_withheld: bool) -> None:
    assert NO_ACCESS.is_withheld(reason) is is_withheld
    account = Access("AWS account 123456789012, eu-west-1", {}, lambda service: None, is_account=True)
    assert not account.is_withheld(reason)


def test_without_an_aws_nothing_is_filled_in() -> None:
    copy = working_copy("", environment={"A": "1"})
    assert NO_ACCESS.fill_in(copy) is copy
