"""Consumers on the local AWS: bad bodies, FIFO with a poison message, loads, permissions, filters, shared queues."""

import json
import random
from collections.abc import Callable
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]

from consumers.evaluate.program import Deployment
from consumers.local.emulator import LocalAws
from consumers.operations import discovery, logs, queues
from deployed_program import DeployedProgram
from on_local_aws import lines_with, policy, short, wait_until

HANDLER = """
import json, logging
from sqs_batch import Reject, batch_handler

logging.getLogger().setLevel(logging.INFO)

@batch_handler
def handle(record):
    hand = record.json
    if hand["kind"] == "poison":
        raise ValueError("poison")
    if hand["kind"] == "reject":
        raise Reject("no such player")
    logging.info("did %s", hand["id"])
"""
ANYONE = policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
FAST: dict[str, Any] = {"retry": {"base_delay_seconds": 1, "maximum_delay_seconds": 1}, "max_receive_count": 3}
Deploy = Callable[..., Deployment]


def message(number: int, kind: str = "good") -> str:
    return json.dumps({"id": number, "kind": kind})


def test_of_200_messages_none_is_lost_and_only_poison_and_bad_bodies_are_dead(program: DeployedProgram) -> None:
    bad = ["not json", "{", "[]", "null", "7", '"text"', "{}", "\u00e9\U0001f0a1", '{"kind": null', " "]
    bad += [message(number, "poison") for number in range(200, 210)]
    good = [message(number) for number in range(180)]
    hands = program.consume(HANDLER, **FAST)
    hands.send(*random.Random(7).sample(bad + good, 200))
    wait_until(lambda: hands.depth("dlq") == len(bad))
    hands.wait_until_empty()
    assert sorted(letter["Body"] for letter in hands.take("dlq")) == sorted(bad)
    assert {int(line) for line in lines_with(hands.aws, hands.exports["logs"], "did ")} == set(range(180))


def test_in_a_fifo_group_one_poison_message_is_dead_and_nine_are_handled_in_order(program: DeployedProgram) -> None:
    hands = program.consume(HANDLER, fifo=True, **FAST)
    bodies = [message(0, "poison"), *(message(number) for number in range(1, 10))]
    for number, body in enumerate(bodies):
        group = {"MessageGroupId": "table-1", "MessageDeduplicationId": str(number)}
        hands.sqs.send_message(QueueUrl=hands.exports["queue"], MessageBody=body, **group)
    wait_until(lambda: len(lines_with(hands.aws, hands.exports["logs"], "did ")) >= 9 and hands.depth("dlq") == 1)
    assert [int(line) for line in lines_with(hands.aws, hands.exports["logs"], "did ")] == list(range(1, 10))
    (letter,) = hands.take("dlq")
    assert letter["Body"] == bodies[0]
    assert json.loads(letter["MessageAttributes"]["Rejected"]["StringValue"])["reason"] == "poison"
    hands.wait_until_empty()


def test_records_are_counted_and_a_rejected_one_is_dead_at_once_with_the_reason(program: DeployedProgram) -> None:
    hands = program.consume(HANDLER, function={"record_metrics": True}, **FAST)
    hands.send(message(1), message(2, "poison"), message(3, "reject"), message(4))
    wait_until(lambda: hands.depth("dlq") == 2)
    lines = logs.lines(hands.aws.client("logs"), hands.exports["logs"])
    counted = [json.loads(line) for line in lines if line.startswith('{"_aws":')]
    totals = {name: sum(one[name] for one in counted) for name in ("Handled", "Failed", "Rejected", "NotStarted")}
    assert totals == {"Handled": 2, "Failed": 3, "Rejected": 1, "NotStarted": 0}
    (rejected,) = [letter for letter in hands.take("dlq") if letter["Body"] == message(3, "reject")]
    reason = json.loads(rejected["MessageAttributes"]["Rejected"]["StringValue"])
    assert (reason["reason"], reason["receiveCount"]) == ("no such player", 1)


CALLS = """
import logging, os
import boto3
from sqs_batch import batch_handler

logging.getLogger().setLevel(logging.INFO)
DEAD, GRANTED, OTHER = (os.environ[name] for name in ("SQS_BATCH_DEAD_LETTER_QUEUE_URL", "GRANTED", "OTHER"))

@batch_handler
def handle(record):
    sqs = boto3.client("sqs")
    for name, call in {
        "dead": lambda: sqs.send_message(QueueUrl=DEAD, MessageBody="x"),
        "granted": lambda: sqs.send_message(QueueUrl=GRANTED, MessageBody="x"),
        "other": lambda: sqs.send_message(QueueUrl=OTHER, MessageBody="x"),
        "purge": lambda: sqs.purge_queue(QueueUrl=DEAD),
        "list": sqs.list_queues,
    }.items():
        try:
            call()
            logging.info("did %s", name)
        except Exception as error:
            logging.info("denied %s %s", name, error)
    logging.info("end")
"""


def test_a_function_may_do_only_what_its_statements_allow(program: DeployedProgram, aws: LocalAws, name: str) -> None:
    granted, other = (aws.client("sqs").create_queue(QueueName=f"{name}-{end}")["QueueUrl"] for end in "ab")
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": shape(aws, granted)["QueueArn"]}
    environment = {"GRANTED": granted, "OTHER": other}
    hands = program.consume(CALLS, environment=environment, policy_statements=[statement])
    hands.send("{}")
    wait_until(lambda: hands.lines("end"))
    assert lines_with(hands.aws, hands.exports["logs"], "did ") == ["dead", "granted"]


def shape(aws: LocalAws, url: str) -> dict[str, str]:
    """The attributes of a queue but for its depth, and its tags."""
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    tags = aws.client("sqs").list_queue_tags(QueueUrl=url).get("Tags", {})
    return {key: value for key, value in attributes.items() if not key.startswith("Approximate")} | tags


def test_an_existing_queue_is_consumed_and_left_as_it_was(aws: LocalAws, program: DeployedProgram) -> None:
    sqs, hands = aws.client("sqs"), program.name
    dead_url = sqs.create_queue(QueueName=f"{hands}-dead")["QueueUrl"]
    dead = shape(aws, dead_url)["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    attributes = {"RedrivePolicy": redrive, "VisibilityTimeout": "60", "DelaySeconds": "1"}
    url = sqs.create_queue(QueueName=hands, Attributes=attributes, tags={"of": "others"})["QueueUrl"]
    before = shape(aws, url), shape(aws, dead_url)
    queue = {"arn": before[0]["QueueArn"], "visibility_timeout_seconds": 60}
    program.consume(HANDLER, retry=FAST["retry"], queue=queue, dead_letter_queue={"arn": dead})
    # By the URL that the component derives, as a producer would.
    program.send(message(1), message(2, "poison"), message(3), message(4, "reject"))
    wait_until(lambda: program.depth("dlq") == 2 and program.depth("queue") == 0)
    assert sorted(lines_with(aws, program.exports["logs"], "did ")) == ["1", "3"]
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


def test_a_shared_dead_letter_queue_and_the_grants_of_roles(aws: LocalAws, deployed: Deploy, name: str) -> None:
    sqs, one, other = aws.client("sqs"), f"a{short(name)[1:]}", f"b{short(name)[1:]}"
    key = f"arn:aws:kms:{aws.region}:{aws.account_id}:key/1a2b"
    exports = deployed(
        f"""
import pulumi
import pulumi_aws as aws
from components import DeadLetterQueue, QueueConsumer

def consumer(name, **args):
    made = QueueConsumer(name, {{'source': 'function', 'timeout': 10, **args}})
    pulumi.export(name, made.queue_url)
    return made

dead = DeadLetterQueue('d{short(name)[1:]}', {{}})
shared = {{'arn': dead.arn}}
one = consumer({one!r}, dead_letter_queue=shared, mapping={{'enabled': False}})
other = consumer({other!r}, dead_letter_queue=shared, queue={{'kms_master_key_id': {key!r}}})
dead.restrict_to([one, other])
pulumi.export('dead', dead.url)
one.grant_send(aws.iam.Role('producer', name='P{name}', assume_role_policy={ANYONE!r}))
one.grant_redrive(aws.iam.Role('operator', name='O{name}', assume_role_policy={ANYONE!r}))
""",
        HANDLER,
    ).exports
    queue, other_queue, dead = exports[one], exports[other], exports["dead"]
    arns = [shape(aws, url)["QueueArn"] for url in (queue, other_queue)]
    allowed = json.loads(shape(aws, dead)["RedriveAllowPolicy"])
    assert allowed == {"redrivePermission": "byQueue", "sourceQueueArns": arns}
    assert shape(aws, other_queue)["KmsMasterKeyId"] == key
    assert {discovery.find_one(aws.client, part).dead_letter_queue_url for part in (one, other)} == {dead}

    queues.send(sqs, other_queue, [message(1, "reject")])
    wait_until(lambda: queues.depth(sqs, dead).total == 1)

    producer = as_role(aws, f"P{name}")
    queues.send(producer, queue, ["a"])
    assert is_denied(producer.receive_message, QueueUrl=queue)
    assert is_denied(producer.send_message, QueueUrl=other_queue, MessageBody="a")
    assert is_denied(producer.send_message, QueueUrl=dead, MessageBody="a")

    operator = as_role(aws, f"O{name}")
    (letter,) = operator.receive_message(QueueUrl=dead, WaitTimeSeconds=5)["Messages"]
    operator.send_message(QueueUrl=queue, MessageBody=letter["Body"])
    operator.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
    assert (queues.depth(sqs, dead).total, queues.depth(sqs, queue).total) == (0, 2)
    assert is_denied(operator.receive_message, QueueUrl=queue)
    assert is_denied(operator.send_message, QueueUrl=dead, MessageBody="a")
    assert is_denied(operator.purge_queue, QueueUrl=dead)


def test_messages_that_match_no_filter_are_deleted_and_others_handled(program: DeployedProgram) -> None:
    pattern = {
        "kind": [{"anything-but": ["test", "ping"]}],
        "user": {"name": [{"prefix": "a"}, {"suffix": "z"}]},
        "chips": [{"numeric": [">", 0, "<=", 100]}],
        "late": [{"exists": False}],
    }
    right = {"kind": "hand", "user": {"name": "ann"}, "chips": 100}
    dropped = [{"kind": "test"}, {"user": {"name": "bob"}}, {"chips": 0}, {"late": 1}]
    differences = [{}, {"user": {"name": "buzz"}}, *dropped]
    hands = program.consume(HANDLER, filters=[{"body": pattern}])
    hands.send(*(json.dumps({"id": n} | right | differs) for n, differs in enumerate(differences)), "no json")
    wait_until(lambda: hands.depth("queue") == 0 and len(lines_with(hands.aws, hands.exports["logs"], "did ")) == 2)
    assert sorted(lines_with(hands.aws, hands.exports["logs"], "did ")) == ["0", "1"]
    assert hands.depth("dlq") == 0
