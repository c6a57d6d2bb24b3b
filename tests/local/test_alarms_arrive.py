"""AlarmTopic on the local AWS: its alarms arrive where something is subscribed that the local AWS has."""

import json
from functools import partial
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from consumers.operations import alarm_endpoints
from consumers.operations.discovery import Consumer
from consumers.resource_table import ResourceError
from error_texts import ErrorTexts
from on_local_aws import take, wait_until
from resource_examples import SUBSCRIPTION, TOPIC, Create, document
from up_project import UpProject, done

PROGRAM = """
    from components import AlarmTopic

    topic = AlarmTopic("on-call", {{"emails": {emails}, "https_endpoints": ["https://events.example.com/key"]}})
    alarms = {{"actions": [topic.arn], "ok_actions": [topic.arn]}}
    QueueConsumer("hands", QueueConsumerArgs(source="hands", runtime="python3.12", alarms=alarms))
    page = aws.sqs.Queue("page", policy={policy!r})
    aws.sns.TopicSubscription("paged", topic=topic.arn, protocol="sqs", endpoint=page.arn)
"""


def program(*emails: str) -> str:
    """A consumer with an AlarmTopic, to which the queue `page` is subscribed too."""
    policy = document(Principal={"Service": "sns.amazonaws.com"}, Action="sqs:SendMessage", Resource="*")
    return PROGRAM.format(emails=[*emails], policy=policy)


def notified(aws: LocalAws, url: str, subject: str) -> str | None:
    """Return the text of the notification with this subject, if one has arrived.

    Others may come too: the local AWS evaluates alarms without their dimensions, so other tests' metrics set them off.
    """
    sent: list[dict[str, Any]] = [json.loads(message["Body"]) for message in take(aws.client("sqs"), url)]
    return next((one["Message"] for one in sent if one["Subject"].startswith(subject)), None)


def test_the_alarms_of_a_consumer_arrive_and_say_what_to_check_first(aws: LocalAws, stack: UpProject) -> None:
    stack.up(program("jane@example.com"))
    url, name = stack.ids()["page"], stack.ids()["hands-alarm-dead-letters"]
    for state in ("ALARM", "OK"):
        aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")
        text = wait_until(partial(notified, aws, url, f'{state}: "{name}"')) or ""
        assert "First: `consumers dlq list hands --stack hands/dev`" in text


def test_a_second_update_changes_nothing_and_a_removed_address_leaves_the_others(stack: UpProject) -> None:
    stack.up(program("joe@example.com", "jane@example.com"))
    again = stack.up(program("joe@example.com", "jane@example.com"))
    assert again.steps == []
    assert done(stack.up(program("jane@example.com"))) == {"on-call-email-joe@example.com": "deleted"}


def test_status_finds_the_topic_its_subscriptions_and_its_alarms(aws: LocalAws, stack: UpProject) -> None:
    stack.up(program("jane@example.com"))
    arn = stack.ids()["on-call-topic"]
    hands = Consumer("hands", "dev", "hands", function={"FunctionName": stack.ids()["hands-function"]})
    assert list(alarm_endpoints.advice(hands, alarm_endpoints.silent_topics(aws.client))) == []
    sns = aws.client("sns")
    for one in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    (line,) = alarm_endpoints.advice(hands, alarm_endpoints.silent_topics(aws.client))
    assert line == f"has alarms that reach nobody: their topic {arn.rpartition(':')[2]} has no subscription"


def test_an_https_endpoint_is_subscribed_and_waits_for_a_confirmation(aws: LocalAws, create: Create) -> None:
    _, topic = create(TOPIC, {})
    endpoint = "https://events.example.com/key"
    arn, _ = create(SUBSCRIPTION, {"topic": topic["arn"], "protocol": "https", "endpoint": endpoint})
    attributes = aws.client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert (attributes["Endpoint"], attributes["PendingConfirmation"]) == (endpoint, "true")


def test_a_protocol_that_the_local_aws_does_not_support_is_an_error(create: Create, error_text: ErrorTexts) -> None:
    with pytest.raises(ResourceError) as caught:
        create(SUBSCRIPTION, {"topic": "t", "protocol": "sms", "endpoint": "+491234567"}, "text")
    error_text(str(caught.value))
