"""Taking over what exists: the very code of docs/adopting.md, against resources that were there before."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from engine_stack import ROOT, Stack
from on_local_aws import lines_with, wait_until

NewStack = Callable[..., Stack]
URL_IN_PAGE = "https://sqs.eu-central-1.amazonaws.com/123456789012"
MAPPING_IN_PAGE = "91eaeb7e-c976-4939-9451-8709db01f137"
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
OLD_HANDLER = "def handle(event, context):\n    raise ValueError('not yet')\n"


@pytest.fixture
def page(aws: LocalAws) -> dict[str, str]:
    """The files in the page, with the URLs of this AWS and the library's name in this repository."""
    text = (ROOT / "docs" / "adopting.md").read_text("utf-8")
    text = text.replace(URL_IN_PAGE, f"{aws.endpoint_url}/{aws.account_id}")
    return dict(BLOCK.findall(text.replace("from queue_consumer ", "from components ")))


def stack_of(new_stack: NewStack, page: dict[str, str], program: str) -> Stack:
    stack = new_stack(page[program])
    (stack.project / "hands").mkdir()
    (stack.project / "hands" / "handler.py").write_text(page["hands/handler.py"])
    return stack


def make_queues(aws: LocalAws) -> None:
    """Two queues as the page has them, with one message in each."""
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName="DeadHands")["QueueUrl"]
    redrive = {"deadLetterTargetArn": arn(aws, "DeadHands"), "maxReceiveCount": 3}
    attributes = {"MessageRetentionPeriod": "86400", "RedrivePolicy": json.dumps(redrive, separators=(",", ":"))}
    live = sqs.create_queue(QueueName="Hands", Attributes=attributes, tags={"team": "poker"})["QueueUrl"]
    sqs.send_message(QueueUrl=live, MessageBody="AsKs")
    sqs.send_message(QueueUrl=dead, MessageBody="7h2d")


def make_function(aws: LocalAws) -> str:
    """The function of the page with its role, log group and mapping, which is off: the id of the mapping."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = aws.client("iam").create_role(RoleName="PlayHandsRole", AssumeRolePolicyDocument=trust)["Role"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", OLD_HANDLER)
    where = {"Role": role["Arn"], "Handler": "handler.handle", "Code": {"ZipFile": code.getvalue()}, "Timeout": 20}
    aws.client("lambda").create_function(FunctionName="PlayHands", Runtime="python3.12", **where)
    aws.client("logs").create_log_group(logGroupName="/aws/lambda/PlayHands")
    mapping = aws.client("lambda").create_event_source_mapping(
        FunctionName="PlayHands", EventSourceArn=arn(aws, "Hands"), Enabled=False
    )
    return mapping["UUID"]


def arn(aws: LocalAws, queue: str) -> str:
    return f"arn:aws:sqs:{aws.region}:{aws.account_id}:{queue}"


def attributes(aws: LocalAws, queue: str) -> dict[str, str]:
    url = f"{aws.endpoint_url}/{aws.account_id}/{queue}"
    return aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def wait_until_played(aws: LocalAws, group: str, body: str) -> None:
    wait_until(lambda: lines_with(aws, group, f"played {body}"))


def test_existing_resources_are_imported_and_updated(new_stack: NewStack, aws: LocalAws, page: dict[str, str]) -> None:
    make_queues(aws)
    mapping = make_function(aws)
    stack = stack_of(new_stack, page, "__main__.py")
    before = {queue: attributes(aws, queue) for queue in ("Hands", "DeadHands")}
    (stack.project / "import.json").write_text(page["import.json"].replace(MAPPING_IN_PAGE, mapping))
    listed: list[Any] = json.loads((stack.project / "import.json").read_text())["resources"]
    taken = {one["name"] for one in listed if "id" in one}
    stack.run("import", "--file", "import.json", "--generate-code=false", "--yes", "--skip-preview")
    assert {queue: attributes(aws, queue) for queue in ("Hands", "DeadHands")} == before
    imported = stack.ids()

    update = {*(("update", name) for name in taken), ("create", "hands-policy")}
    assert set(stack.deploy("preview").steps) == update
    assert set(stack.deploy().steps) == update
    assert {name: stack.ids()[name] for name in taken} == imported
    wait_until_played(aws, "/aws/lambda/PlayHands", "AsKs")
    assert attributes(aws, "DeadHands")["ApproximateNumberOfMessages"] == "1"
    kept = ("CreatedTimestamp", "MessageRetentionPeriod", "RedrivePolicy")
    assert {key: attributes(aws, "Hands")[key] for key in kept} == {key: before["Hands"][key] for key in kept}
    assert stack.deploy("up", "--expect-no-changes").steps == []


def test_queues_that_a_transform_imports_are_updated(new_stack: NewStack, aws: LocalAws, page: dict[str, str]) -> None:
    make_queues(aws)
    stack = stack_of(new_stack, page, "import_in_program/__main__.py")
    before, queues = attributes(aws, "Hands"), {"hands-queue", "hands-dlq"}
    planned = {(step, name) for step, name in stack.deploy("preview").steps if name in queues}
    assert planned == {(step, name) for step in ("import", "update") for name in queues}
    assert {(step, name) for step, name in stack.deploy().steps if name in queues} == planned
    assert attributes(aws, "Hands")["CreatedTimestamp"] == before["CreatedTimestamp"]
    assert attributes(aws, "Hands")["VisibilityTimeout"] == "180"
    assert attributes(aws, "DeadHands")["ApproximateNumberOfMessages"] == "1"
    wait_until_played(aws, stack.ids()["hands-logs"], "AsKs")

    stack.edit("__main__.py", "transforms=[import_existing]", "")
    assert stack.deploy("up", "--expect-no-changes").steps == []


def test_resources_become_a_consumers_by_aliases(new_stack: NewStack, aws: LocalAws, page: dict[str, str]) -> None:
    stack = stack_of(new_stack, page, "before/__main__.py")
    stack.deploy()
    before = stack.ids()
    (stack.project / "__main__.py").write_text(page["after/__main__.py"])
    names: dict[str, str] = {
        "hands-dlq": "dead-hands",
        "hands-queue": "hands",
        "hands-role": "player",
        "hands-policy": "player-may",
        "hands-function": "play",
        "hands-mapping": "feeds",
    }
    expected = {*(("update", name) for name in names), ("create", "hands-logs")}
    assert set(stack.deploy("preview").steps) == expected
    assert set(stack.deploy().steps) == expected
    after = stack.ids()
    assert {name: after[name] for name in names} == {name: before[old] for name, old in names.items()}
    aws.client("sqs").send_message(QueueUrl=after["hands-queue"], MessageBody="QdQh")
    wait_until_played(aws, after["hands-logs"], "QdQh")

    stack.edit("__main__.py", "transforms=[with_old_name]", "")
    assert stack.deploy("up", "--expect-no-changes").steps == []
