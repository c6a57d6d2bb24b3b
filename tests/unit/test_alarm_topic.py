"""AlarmTopic: the topic that sends a stack's alarms to people."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc

from components import AlarmTopic, QueueConsumer, policies
from consumer_run import KEY_ARN, Later, outputs
from error_texts import ErrorTexts
from pulumi_run import ACCOUNT, REGION, Run, run

EMAIL, PAGER = "jane@example.com", "https://events.example.com/integration/secret-key/enqueue"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call-topic-1a2b3c4"


def attempt(preview: bool = False, **args: Any) -> Run:
    return run(lambda: AlarmTopic("on-call", outputs(args)) and None, preview=preview)


def registered(**args: Any) -> Run:
    result = attempt(**args)
    assert result.error is None, result.error
    return result


def endpoints(result: Run) -> dict[str, tuple[str, str]]:
    """Return protocol and endpoint of each subscription, by its logical name."""
    found = result.of_type("topicSubscription:TopicSubscription")
    assert {one.inputs["topic"] for one in found} == {TOPIC}
    return {one.name: (one.inputs["protocol"], one.inputs["endpoint"]) for one in found}


def test_it_is_a_topic_with_a_policy_and_a_subscription_for_each_endpoint() -> None:
    result = registered(emails=[EMAIL, "joe@example.com"], https_endpoints=[PAGER], tags={"team": "cards"})
    assert result.resources["on-call"].type == "queue-consumer:index:AlarmTopic"
    assert {one.parent for one in result.resources.values() if one.custom} == {"on-call"}
    assert endpoints(result) == {
        f"on-call-email-{EMAIL}": ("email", EMAIL),
        "on-call-email-joe@example.com": ("email", "joe@example.com"),
        "on-call-https-events.example.com-45b3119b": ("https", PAGER),
    }
    topic = result.resources["on-call-topic"].inputs
    assert (topic["tags"]["team"], topic["tags"]["queue-consumer:part"]) == ("cards", "alarm-topic")
    assert not {"kmsMasterKeyId", "name"} & set(topic)
    assert result.component_outputs["on-call"] == {"arn": TOPIC, "name": "on-call-topic-1a2b3c4"}


def test_only_alarms_of_its_account_may_publish_and_only_with_tls() -> None:
    policy = registered(emails=[EMAIL]).resources["on-call-policy"].inputs
    denied, allowed = json.loads(policy["policy"])["Statement"]
    assert policy["arn"] == TOPIC
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "sns:Publish")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {denied["Resource"], allowed["Resource"]} == {TOPIC}
    assert (allowed["Effect"], allowed["Action"]) == ("Allow", ["sns:Publish"])
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {
        "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:*"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }


def test_the_policy_names_alarms_of_the_topics_partition() -> None:
    statement = policies.publish_alarms("arn:aws-cn:sns:cn-north-1:123456789012:on-call")["Statement"][1]
    source = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    assert source == "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:*"


def test_several_consumers_send_their_alarms_to_it(folder: Path) -> None:
    def program() -> None:
        topic = AlarmTopic("on-call", {"emails": [EMAIL]})
        for name in ("hands", "pots"):
            args: Any = {"source": str(folder), "alarms": {"actions": [topic.arn], "ok_actions": [topic.arn]}}
            QueueConsumer(name, args)

    alarms = run(program).of_type("metricAlarm:MetricAlarm")
    assert {alarm.name.partition("-")[0] for alarm in alarms} == {"hands", "pots"}
    assert all(alarm.inputs["alarmActions"] == alarm.inputs["okActions"] == [TOPIC] for alarm in alarms)


def test_removing_an_endpoint_keeps_the_subscriptions_of_the_others() -> None:
    both = endpoints(registered(emails=["joe@example.com", EMAIL], https_endpoints=[f"{PAGER}/2", PAGER]))
    fewer = endpoints(registered(emails=[EMAIL], https_endpoints=[PAGER]))
    assert fewer.items() <= both.items()


def test_endpoints_that_are_outputs_are_named_by_position_and_stay_secret() -> None:
    result = registered(emails=[Later(EMAIL)], https_endpoints=[Later(PAGER, is_secret=True)])
    email, pager = (result.resources[f"on-call-{name}-0"].inputs["endpoint"] for name in ("email", "https"))
    assert email == EMAIL
    assert rpc.is_rpc_secret(pager)
    assert rpc.unwrap_rpc_secret(pager) == PAGER


def test_a_key_encrypts_it() -> None:
    topic = registered(emails=[EMAIL], kms_master_key_id=Later(KEY_ARN)).resources["on-call-topic"]
    assert topic.inputs["kmsMasterKeyId"] == KEY_ARN


@pytest.mark.parametrize(
    ("args", "rule"),
    [
        ({"emails": [Later("jane")]}, "[emails-value]"),
        ({"emails": [EMAIL, Later(EMAIL)]}, "[emails-value]"),
        ({"https_endpoints": [Later("http://events.example.com/secret-key")]}, "[https-endpoints-value]"),
        ({"emails": [EMAIL], "kms_master_key_id": Later("alias/aws/sns")}, "[alarm-topic-key]"),
    ],
    ids=["an address", "an address twice", "an endpoint", "a key"],
)
def test_an_output_is_validated_when_it_resolves(args: dict[str, Any], rule: str) -> None:
    error = attempt(**args).error
    assert isinstance(error, pulumi.RunError)
    assert rule in str(error)
    assert "secret-key" not in str(error)


def test_nothing_is_registered_when_a_rule_is_broken(error_text: ErrorTexts) -> None:
    result = attempt(emails=["jane"], kms_master_key_id="alias/aws/sns")
    assert isinstance(result.error, pulumi.RunError)
    error_text(str(result.error))
    assert result.resources == {}


def test_without_subscriptions_it_warns_unless_the_program_says_why() -> None:
    (warning,) = registered().warnings
    assert "[alarm-topic-without-subscription]" in warning
    assert "To keep it: ignore_advice={'alarm-topic-without-subscription': 'your reason'}." in warning
    assert registered(ignore_advice={"alarm-topic-without-subscription": "sms"}).warnings == []
