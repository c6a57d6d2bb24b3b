"""Grants: the permissions of other roles on a consumer's queues."""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import QueueConsumer, policies
from consumer_run import DEAD_ARN, DLQ_ARN, KEY_ARN, QUEUE_ARN, TOPIC_ARN, statements
from consumers.operations import pausing
from error_texts import ErrorTexts
from pulumi_run import ACCOUNT, REGION, Run, run

OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/3c4d"
EXISTING = {"arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands"}

SEND = {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": QUEUE_ARN}
REDRIVE = [
    *("sqs:StartMessageMoveTask", "sqs:CancelMessageMoveTask", "sqs:ListMessageMoveTasks"),
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ListDeadLetterSourceQueues"),
]


def with_consumer(folder: Path, use: Callable[[QueueConsumer], Any], **args: Any) -> Run:
    return run(lambda: use(QueueConsumer("hands", {"source": str(folder), **args})))  # pyright: ignore[reportArgumentType]


def test_grant_send_allows_a_role_to_send_only(folder: Path) -> None:
    def use(hands: QueueConsumer) -> Any:
        return hands.grant_send(aws.iam.Role("producer", assume_role_policy="{}")).role

    result = with_consumer(folder, use)
    assert statements(result, "hands-send-producer") == [SEND]
    granted = result.resources["hands-send-producer"]
    assert (granted.type, granted.parent) == ("aws:iam/rolePolicy:RolePolicy", "hands")
    assert granted.inputs["role"] == result.value == "producer-1a2b3c4"


def test_grants_include_the_kms_key_of_each_queue(folder: Path) -> None:
    def use(hands: QueueConsumer) -> None:
        hands.grant_send("producer")
        hands.grant_redrive("operators")

    dead = {"arn": DEAD_ARN, "kms_master_key_id": OTHER_KEY}
    result = with_consumer(folder, use, queue={"kms_master_key_id": KEY_ARN}, dead_letter_queue=dead)
    encrypt = {"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": KEY_ARN}
    assert statements(result, "hands-send-producer") == [SEND, encrypt]
    assert statements(result, "hands-redrive-operators") == [
        {"Effect": "Allow", "Action": REDRIVE, "Resource": DEAD_ARN},
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": OTHER_KEY},
        *(SEND, encrypt),
    ]


def test_without_keys_of_ones_own_grants_are_on_the_queues_only(folder: Path) -> None:
    result = with_consumer(folder, lambda hands: hands.grant_redrive("operators") and None)
    redrive = {"Effect": "Allow", "Action": REDRIVE, "Resource": DLQ_ARN}
    assert statements(result, "hands-redrive-operators") == [redrive, SEND]
    assert result.resources["hands-redrive-operators"].inputs["role"] == "operators"
    existing = with_consumer(folder, lambda hands: hands.grant_send("shop") and None, queue=EXISTING)
    assert statements(existing, "hands-send-shop") == [{**SEND, "Resource": EXISTING["arn"]}]


def test_the_statements_fit_into_the_policies_of_others(folder: Path) -> None:
    def use(hands: QueueConsumer) -> pulumi.Output[str]:
        both = hands.send_statements() + hands.redrive_statements()
        QueueConsumer("pots", {"source": str(folder), "policy_statements": both})
        return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": both})

    result = with_consumer(folder, use)
    own = json.loads(result.value)["Statement"]
    assert own == [SEND, {"Effect": "Allow", "Action": REDRIVE, "Resource": DLQ_ARN}, SEND]
    assert statements(result, "pots-policy")[-3:] == own


def test_a_role_whose_name_is_an_output_requires_a_name_for_the_grant(folder: Path, error_text: ErrorTexts) -> None:
    def use(hands: QueueConsumer, **name: str) -> None:
        hands.grant_send(pulumi.Output.from_input("producer"), **name)

    error_text(str(with_consumer(folder, use).error))
    result = with_consumer(folder, partial(use, name="shop"))
    assert statements(result, "hands-send-shop") == [SEND]
    assert result.resources["hands-send-shop"].inputs["role"] == "producer"


def test_redrive_requires_a_named_dead_letter_queue(folder: Path, error_text: ErrorTexts) -> None:
    error_text(str(with_consumer(folder, QueueConsumer.redrive_statements, queue=EXISTING).error))
    error_text(str(with_consumer(folder, lambda hands: hands.grant_redrive("operators"), queue=EXISTING).error))


ROLES: dict[str, Callable[[QueueConsumer], Any]] = {
    "None": lambda hands: None,
    "an ARN": lambda hands: "arn:aws:iam::123456789012:role/producer",
    "a dict": lambda hands: {"name": "producer"},
    "a consumer": lambda hands: hands,
}


@pytest.mark.parametrize("wrong", ROLES)
def test_something_other_than_a_role_is_an_error(folder: Path, wrong: str, error_text: ErrorTexts) -> None:
    result = with_consumer(folder, lambda hands: hands.grant_send(ROLES[wrong](hands)) and None)
    assert isinstance(result.error, pulumi.RunError)
    error_text(str(result.error))
    assert with_consumer(folder, lambda hands: hands.grant_send(hands.role) and None).error is None


FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hands-function-1a2b3c4"
LOG_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:hands-logs-1a2b3c4"
FIND = ["tag:GetResources", "lambda:ListEventSourceMappings", "cloudwatch:GetMetricData"]


def allowed(actions: list[str], resource: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def test_grant_operate_allows_a_role_what_the_commands_call_and_no_more(folder: Path) -> None:
    def use(hands: QueueConsumer) -> Any:
        hands.grant_operate("operators")
        return hands.mapping.arn

    result = with_consumer(folder, use)
    only_the_pause = {"ForAllValues:StringEquals": {"aws:TagKeys": ["queue-consumer:paused"]}}
    same_function = {"StringEqualsIfExists": {"lambda:FunctionArn": [FUNCTION_ARN]}}
    assert statements(result, "hands-operate-operators") == [
        allowed(["sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"], QUEUE_ARN),
        allowed([*REDRIVE, "sqs:GetQueueUrl", "sqs:ChangeMessageVisibility"], DLQ_ARN),
        allowed(["lambda:GetFunctionConfiguration", "lambda:ListTags"], [FUNCTION_ARN]),
        allowed(["lambda:TagResource", "lambda:UntagResource"], FUNCTION_ARN, Condition=only_the_pause),
        allowed(
            ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"], result.value, Condition=same_function
        ),
        allowed(["logs:FilterLogEvents"], [LOG_ARN, f"{LOG_ARN}:*"]),
        allowed(FIND, "*"),
    ]
    granted = result.resources["hands-operate-operators"]
    assert (granted.inputs["role"], granted.parent) == ("operators", "hands")
    assert re.fullmatch(rf"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:\S+", result.value)


def test_grant_operate_includes_the_keys_of_both_queues_and_the_alias_of_the_function(folder: Path) -> None:
    dead = {"arn": DEAD_ARN, "kms_master_key_id": OTHER_KEY}
    result = with_consumer(
        folder,
        lambda hands: hands.grant_operate("operators") and hands.alias and hands.alias.arn,
        queue={"kms_master_key_id": KEY_ARN},
        dead_letter_queue=dead,
        function={"alias": {}},
    )
    granted = statements(result, "hands-operate-operators")
    assert allowed(["kms:GenerateDataKey", "kms:Decrypt"], KEY_ARN) in granted
    assert allowed(["kms:Decrypt"], OTHER_KEY) in granted
    both = [FUNCTION_ARN, result.value]
    assert allowed(["lambda:GetFunctionConfiguration", "lambda:ListTags"], both) in granted
    same_function = {"StringEqualsIfExists": {"lambda:FunctionArn": both}}
    assert same_function in [one.get("Condition") for one in granted]


def test_grant_operate_includes_the_key_of_the_filters(folder: Path) -> None:
    args: dict[str, Any] = {"filters": [{"body": {"won": [True]}}], "mapping": {"kms_key_arn": KEY_ARN}}
    result = with_consumer(folder, lambda hands: hands.grant_operate("operators") and None, **args)
    assert policies.use_filter_key(KEY_ARN) in statements(result, "hands-operate-operators")


def test_without_a_named_dead_letter_queue_grant_operate_covers_the_rest(folder: Path) -> None:
    result = with_consumer(folder, lambda hands: hands.grant_operate("operators") and None, queue=EXISTING)
    granted = statements(result, "hands-operate-operators")
    assert [one["Action"][0] for one in granted] == [
        "sqs:GetQueueUrl",
        "lambda:GetFunctionConfiguration",
        "lambda:TagResource",
        "lambda:GetEventSourceMapping",
        "logs:FilterLogEvents",
        "tag:GetResources",
    ]
    assert granted[0]["Resource"] == EXISTING["arn"]


def test_with_alarms_grant_operate_allows_to_see_who_has_not_confirmed_them(folder: Path) -> None:
    alarms = {"actions": [TOPIC_ARN, f"{TOPIC_ARN}-2"]}
    result = with_consumer(folder, lambda hands: hands.grant_operate("operators") and None, alarms=alarms)
    granted = statements(result, "hands-operate-operators")
    assert granted[-2:] == [
        allowed(["sns:ListSubscriptionsByTopic"], alarms["actions"]),
        allowed([*FIND, "cloudwatch:DescribeAlarms"], "*"),
    ]


def test_the_tag_that_operators_may_write_is_the_one_of_a_pause() -> None:
    assert policies.PAUSE_TAG == pausing.TAG


def test_one_role_can_operate_on_four_consumers_with_the_longest_names_and_keys(folder: Path) -> None:
    """An inline policy of a role, and all of them together, have at most 10,240 characters."""
    key = f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/mrk-{'1' * 32}"
    result = with_consumer(
        folder,
        lambda hands: hands.grant_operate("operators") and None,
        function={"name": "f" * 64, "alias": {}},
        queue={"name": "q" * 80, "kms_master_key_id": key},
        dead_letter_queue={"name": "d" * 80},
        alarms={"actions": [TOPIC_ARN]},
    )
    assert len(result.resources["hands-operate-operators"].inputs["policy"]) * 4 < 10_240
