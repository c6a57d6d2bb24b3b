"""Alarm topics with unconfirmed subscriptions, and the consumers whose alarms publish to them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations import alarm_endpoints
from consumers.operations.discovery import Consumer
from error_texts import ErrorTexts

TOPIC = "arn:aws:sns:eu-west-1:123456789012:on-call-topic-1a2b3c4"
OTHER = f"{TOPIC}-of-others"
HANDS = Consumer(
    "hands", "dev", "poker", queue_arn="arn:aws:sqs:eu-west-1:1:hands-queue", function={"FunctionName": "f"}
)


def subscription(endpoint: str, arn: str = "PendingConfirmation", protocol: str = "email") -> dict[str, str]:
    return {"SubscriptionArn": arn, "Protocol": protocol, "Endpoint": endpoint, "TopicArn": TOPIC}


def alarm(name: str = "hands-alarm-errors-1a2b3c4", of: str = "f", **more: Any) -> dict[str, Any]:
    return {"AlarmName": name, "Dimensions": [{"Name": "FunctionName", "Value": of}], "AlarmActions": [TOPIC], **more}


class Aws:
    """The three APIs, with topics by ARN. A topic that is an error code is refused."""

    class exceptions:  # noqa: N801
        class NotFoundException(Exception): ...

    def __init__(self, topics: dict[str, Any], alarms: list[dict[str, Any]]) -> None:
        self.topics, self.alarms, self.call = topics, alarms, ""

    def __call__(self, service: str) -> "Aws":
        return self

    def get_paginator(self, call: str) -> "Aws":
        self.call = call
        return self

    def paginate(self, **parameters: Any) -> list[dict[str, Any]]:
        if self.call == "get_resources":
            assert parameters["TagFilters"] == [{"Key": "queue-consumer:part", "Values": ["alarm-topic"]}]
            return [{"ResourceTagMappingList": [{"ResourceARN": arn}]} for arn in self.topics]
        if self.call == "describe_alarms":
            assert parameters["ActionPrefix"] in self.topics
            return [{"MetricAlarms": [one]} for one in self.alarms]
        found = self.topics[parameters["TopicArn"]]
        if found is None:
            raise self.exceptions.NotFoundException
        if isinstance(found, str):
            raise ClientError({"Error": {"Code": found, "Message": ""}}, self.call)
        return [{"Subscriptions": [one]} for one in found]


def lines(topics: dict[str, Any], *alarms: dict[str, Any], consumer: Consumer = HANDS) -> list[str]:
    return [*alarm_endpoints.advice(consumer, alarm_endpoints.silent_topics(Aws(topics, [*alarms])))]


def test_an_address_that_has_not_confirmed_is_named(error_text: ErrorTexts) -> None:
    found = lines({TOPIC: [subscription("jane@example.com"), subscription("joe@example.com", f"{TOPIC}:1")]}, alarm())
    assert len(found) == 1
    error_text(found[0])


def test_of_an_endpoint_only_the_host_is_named_because_its_path_may_contain_a_key() -> None:
    (line,) = lines({TOPIC: [subscription("https://events.example.com/key", protocol="https")]}, alarm())
    assert line.startswith("has alarms that do not reach events.example.com: ")
    assert "/key" not in line


def test_a_topic_without_subscriptions_reaches_nobody(error_text: ErrorTexts) -> None:
    assert lines({TOPIC: []}, alarm()) == lines({TOPIC: [subscription("jane@example.com", "Deleted")]}, alarm())
    error_text(lines({TOPIC: []}, alarm())[0])


@pytest.mark.parametrize(
    "topics",
    [{}, {TOPIC: None}, {TOPIC: "AuthorizationError"}, {TOPIC: [subscription("jane@example.com", f"{TOPIC}:1")]}],
    ids=["no topic", "deleted", "no permission", "confirmed"],
)
def test_without_a_problem_that_the_caller_may_see_there_is_no_line(topics: dict[str, Any]) -> None:
    assert lines(topics, alarm()) == []


def test_a_topic_that_the_caller_may_not_see_does_not_hide_another() -> None:
    assert len(lines({OTHER: "AuthorizationError", TOPIC: []}, alarm())) == 1


def test_an_error_that_is_not_a_missing_permission_is_raised() -> None:
    with pytest.raises(ClientError):
        lines({TOPIC: "InternalError"}, alarm())


@pytest.mark.parametrize(
    ("other", "count"),
    [
        (alarm(of="hands-queue"), 1),
        (alarm(AlarmActions=[], OKActions=[TOPIC]), 1),
        (alarm(of="another"), 0),
        (alarm("pots-alarm-errors-1a2b3c4"), 0),
        (alarm(AlarmActions=[OTHER]), 0),
    ],
    ids=["on the queue", "resolved", "of another stack", "of another consumer", "to a topic whose ARN is longer"],
)
def test_only_consumers_whose_alarms_publish_to_it_get_the_line(other: dict[str, Any], count: int) -> None:
    assert len(lines({TOPIC: []}, other)) == count


def test_a_shared_dead_letter_queue_counts_for_the_consumer_of_the_alarm_only() -> None:
    dead = "arn:aws:sqs:eu-west-1:1:dead"
    shared = alarm("pots-alarm-dead-letters-1a2b3c4", "dead")
    assert lines({TOPIC: []}, shared, consumer=Consumer("hands", "d", "p", dead_letter_queue_arn=dead)) == []
    assert len(lines({TOPIC: []}, shared, consumer=Consumer("pots", "d", "p", dead_letter_queue_arn=dead))) == 1
