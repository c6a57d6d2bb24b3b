"""Queues that exist already or are shared, grants that IAM enforces, and filters, with real messages."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]
import pytest

from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations import discovery, logs, queues

HANDLER = """
import logging
from sqs_batch import Reject, batch_handler

logging.getLogger().setLevel(logging.INFO)

@batch_handler
def handle(record):
    if record.body == "poison":
        raise ValueError("poison")
    if record.body == "reject":
        raise Reject("no such player")
    logging.info("did %s", record.body)
"""
HEADER = """
import pulumi
import pulumi_aws as aws
from components import DeadLetterQueue, QueueConsumer
FAST = {"base_delay_seconds": 1, "maximum_delay_seconds": 1}

def consumer(name, **args):
    made = QueueConsumer(name, {"source": "function", "timeout": 10, "retry": FAST, **args})
    pulumi.export(f"mapping-{name}", made.mapping_id)
    pulumi.export(f"logs-{name}", made.log_group_name)
    return made

"""
ANYONE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)
Deploy = Callable[..., dict[str, Any]]


@pytest.fixture
def deployed(aws: LocalAws, tmp_path: Path) -> Iterator[Deploy]:
    """Deploys a program of these lines, and returns its exports."""
    mappings: list[str] = []

    def run(*lines: str) -> dict[str, Any]:
        (tmp_path / "function").mkdir()
        (tmp_path / "function" / "handler.py").write_text(HANDLER)
        (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        (tmp_path / "__main__.py").write_text(HEADER + "\n".join(lines) + "\n")
        exports = deploy(tmp_path, aws, stack="test").exports
        mappings.extend(value for name, value in exports.items() if name.startswith("mapping-"))
        return exports

    yield run
    for mapping in mappings:  # a poller that goes on would slow down the tests after this one
        with suppress(Exception):
            aws.client("lambda").delete_event_source_mapping(UUID=mapping)


def wait_until(done: Callable[[], Any], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def short(name: str) -> str:
    """A name of at most 29 characters, with the end that makes it this test's own."""
    return name[:20].rstrip("-") + name[-9:]


def shape(aws: LocalAws, url: str) -> dict[str, str]:
    """The attributes of a queue that say how it is, not how full, and its tags."""
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    tags = aws.client("sqs").list_queue_tags(QueueUrl=url).get("Tags", {})
    return {key: value for key, value in attributes.items() if not key.startswith("Approximate")} | tags


def handled(aws: LocalAws, group: str) -> list[str]:
    lines = logs.lines(aws.client("logs"), group)
    return sorted(line.partition("did ")[2] for line in lines if "did " in line)


def test_a_queue_that_exists_is_consumed_and_left_as_it_was(aws: LocalAws, deployed: Deploy, name: str) -> None:
    sqs, hands = aws.client("sqs"), short(name)
    dead_url = sqs.create_queue(QueueName=f"{hands}-dead")["QueueUrl"]
    dead = shape(aws, dead_url)["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    attributes = {"RedrivePolicy": redrive, "VisibilityTimeout": "60", "DelaySeconds": "1"}
    url = sqs.create_queue(QueueName=hands, Attributes=attributes, tags={"of": "others"})["QueueUrl"]
    before = shape(aws, url), shape(aws, dead_url)
    made = deployed(
        f"c = consumer({hands!r}, queue={{'arn': {before[0]['QueueArn']!r}, 'visibility_timeout_seconds': 60}},",
        f"    dead_letter_queue={{'arn': {dead!r}}})",
        "pulumi.export('url', c.queue_url)",
    )
    # By the URL that the component derives, as a producer would.
    queues.send(sqs, made["url"], ["a", "poison", "b", "reject"])
    wait_until(lambda: queues.depth(sqs, dead_url).total == 2)
    wait_until(lambda: queues.depth(sqs, url).total == 0)
    assert handled(aws, made[f"logs-{hands}"]) == ["a", "b"]
    assert (shape(aws, url), shape(aws, dead_url)) == before
    found = discovery.find_one(aws.client, hands)
    assert (found.queue_url, found.dead_letter_queue_url) == (url, dead_url)


def as_role(aws: LocalAws, role: str) -> Any:
    """An SQS client with the rights of this role and no other."""
    arn = f"arn:aws:iam::{aws.account_id}:role/{role}"
    key = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    sdk: Any = boto3
    return sdk.client(
        "sqs",
        region_name=aws.region,
        endpoint_url=aws.endpoint_url,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
    )


def is_denied(call: Callable[..., Any], **parameters: Any) -> bool:
    try:
        call(**parameters)
    except Exception as error:
        return "AccessDenied" in str(error)
    return False


def test_consumers_share_a_dead_letter_queue_and_roles_may_do_what_they_are_granted_and_no_more(
    aws: LocalAws, deployed: Deploy, name: str
) -> None:
    sqs, one, other = aws.client("sqs"), f"a{short(name)[1:]}", f"b{short(name)[1:]}"
    key = f"arn:aws:kms:{aws.region}:{aws.account_id}:key/1a2b"
    made = deployed(
        f"dead = DeadLetterQueue('d{short(name)[1:]}', {{}})",
        "shared = {'arn': dead.arn}",
        f"one = consumer({one!r}, dead_letter_queue=shared, mapping={{'enabled': False}})",
        f"other = consumer({other!r}, dead_letter_queue=shared, queue={{'kms_master_key_id': {key!r}}})",
        "dead.restrict_to([one, other])",
        f"one.grant_send(aws.iam.Role('producer', name='P{name}', assume_role_policy={ANYONE!r}))",
        f"one.grant_redrive(aws.iam.Role('operator', name='O{name}', assume_role_policy={ANYONE!r}))",
        "for key, value in (('dead', dead.url), ('one', one.queue_url), ('other', other.queue_url)):",
        "    pulumi.export(key, value)",
    )
    queue, dead = made["one"], made["dead"]
    allowed = json.loads(shape(aws, dead)["RedriveAllowPolicy"])
    arns = [shape(aws, made[part])["QueueArn"] for part in ("one", "other")]
    assert allowed == {"redrivePermission": "byQueue", "sourceQueueArns": arns}
    assert shape(aws, made["other"])["KmsMasterKeyId"] == key
    assert {discovery.find_one(aws.client, part).dead_letter_queue_url for part in (one, other)} == {dead}

    queues.send(sqs, made["other"], ["reject"])
    wait_until(lambda: queues.depth(sqs, dead).total == 1)

    producer = as_role(aws, f"P{name}")
    queues.send(producer, queue, ["a"])
    assert is_denied(producer.receive_message, QueueUrl=queue)
    assert is_denied(producer.send_message, QueueUrl=made["other"], MessageBody="a")
    assert is_denied(producer.send_message, QueueUrl=dead, MessageBody="a")

    operator = as_role(aws, f"O{name}")
    (letter,) = operator.receive_message(QueueUrl=dead, WaitTimeSeconds=5)["Messages"]
    operator.send_message(QueueUrl=queue, MessageBody=letter["Body"])
    operator.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
    assert (queues.depth(sqs, dead).total, queues.depth(sqs, queue).total) == (0, 2)
    assert is_denied(operator.receive_message, QueueUrl=queue)
    assert is_denied(operator.send_message, QueueUrl=dead, MessageBody="a")
    assert is_denied(operator.purge_queue, QueueUrl=dead)


def test_messages_that_match_no_filter_are_gone_and_the_others_are_handled(
    aws: LocalAws, deployed: Deploy, name: str
) -> None:
    pattern = {
        "kind": [{"anything-but": ["test", "ping"]}],
        "user": {"name": [{"prefix": "a"}, {"suffix": "z"}]},
        "chips": [{"numeric": [">", 0, "<=", 100]}],
        "late": [{"exists": False}],
    }
    right = {"kind": "hand", "user": {"name": "ann"}, "chips": 100}
    wrong = [{"kind": "test"}, {"user": {"name": "bob"}}, {"chips": 0}, {"late": True}]
    made = deployed(
        f"c = consumer({short(name)!r}, filters=[{{'body': {pattern!r}}}])",
        "pulumi.export('url', c.queue_url)",
        "pulumi.export('dead', c.dead_letter_queue_url)",
    )
    sqs = aws.client("sqs")
    bodies = [json.dumps({**right, **differs}) for differs in ({}, {"user": {"name": "buzz"}}, *wrong)]
    queues.send(sqs, made["url"], [*bodies, "no json"])
    wait_until(lambda: queues.depth(sqs, made["url"]).total == 0)
    wait_until(lambda: len(handled(aws, made[f"logs-{short(name)}"])) == 2)
    assert handled(aws, made[f"logs-{short(name)}"]) == sorted(bodies[:2])
    assert queues.depth(sqs, made["dead"]).total == 0
