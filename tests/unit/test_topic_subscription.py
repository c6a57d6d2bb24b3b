"""TopicSubscription: an SNS topic that sends to a consumer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import QueueConsumer, TopicSubscription
from consumer_run import DEAD_ARN, TOPIC_ARN, Later, outputs
from error_texts import ErrorTexts
from pulumi_run import Run, inputs_of, run


def consumer(folder: Path, *topics: Any, name: str = "hands", **more: Any) -> QueueConsumer:
    args: Any = {"source": str(folder), "queue": {"allowed_senders": {"topics": [*topics]}}, **more}
    return QueueConsumer(name, args)


def subscribed(folder: Path, *allowed: Any, preview: bool = False, fifo: bool = False, **args: Any) -> Run:
    """Run a program that subscribes a consumer to a topic; by default its queue allows that topic."""

    def program() -> None:
        everything = outputs({"topic": TOPIC_ARN, **args})
        TopicSubscription("news", consumer(folder, *outputs([*(allowed or [TOPIC_ARN])]), fifo=fifo), everything)

    return run(program, preview=preview)


def test_the_arguments_of_a_subscription_reach_it(folder: Path, error_text: ErrorTexts) -> None:
    result = subscribed(folder)
    error_text(inputs_of(result, "news-subscription"))
    subscription = result.resources["news-subscription"]
    assert (subscription.parent, "hands-queue" in subscription.depends_on) == ("news", True)
    assert result.resources["news"].type == "queue-consumer:index:TopicSubscription"
    assert list(result.component_outputs["news"]) == ["subscriptionArn"]
    body: Any = {"filter_policy": {"won": [{"numeric": [">", 100.0]}]}, "filter_policy_scope": "MessageBody"}
    changed = subscribed(folder, **body, dead_letter_queue_arn=DEAD_ARN, raw_message_delivery=False)
    error_text(inputs_of(changed, "news-subscription"))


def test_nothing_is_registered_when_a_rule_is_broken(folder: Path, error_text: ErrorTexts) -> None:
    result = subscribed(folder, f"{TOPIC_ARN}-of-others")
    assert isinstance(result.error, pulumi.RunError)
    error_text(str(result.error))
    assert "news" not in result.resources


@pytest.mark.parametrize("allowed", [TOPIC_ARN, f"{TOPIC_ARN}*"])
@pytest.mark.parametrize("is_output", [(True, False), (True, True), (False, True)], ids=str)
def test_topic_and_allowed_senders_are_compared_when_both_are_known(
    folder: Path, allowed: str, is_output: tuple[bool, bool]
) -> None:
    def attempted(topic: str) -> Run:
        senders = Later(allowed) if is_output[1] else allowed
        return subscribed(folder, senders, topic=Later(topic) if is_output[0] else topic)

    assert attempted(TOPIC_ARN).error is None
    refused = attempted(TOPIC_ARN.replace("hands", "pots"))
    assert "[topic-not-allowed]" in str(refused.error)
    assert "news-subscription" not in refused.resources


@pytest.mark.parametrize(
    ("args", "rule"),
    [
        ({"dead_letter_queue_arn": Later("dead")}, "subscription-dead-letters"),
        ({"topic": Later(TOPIC_ARN), "fifo": True}, "subscription-type"),
    ],
)
def test_an_output_is_checked_when_it_resolves(folder: Path, args: Any, rule: str) -> None:
    assert f"[{rule}]" in str(subscribed(folder, f"{TOPIC_ARN}*", **args).error)


def test_a_preview_needs_no_known_topic(folder: Path) -> None:
    def program() -> None:
        topic: Any = aws.sns.Topic("hands", fifo_topic=True)
        hands = consumer(folder, topic.arn, name="hands-consumer", fifo=True)
        TopicSubscription("news", hands, {"topic": topic.arn})

    preview = run(program, preview=True)
    assert preview.error is None
    assert "news-subscription" in preview.resources


WAYS: dict[str, Callable[[aws.sns.Topic], Any]] = {
    "attribute": lambda topic: topic.arn,
    "another Output": lambda topic: pulumi.Output.concat(topic.arn),
    "text": lambda topic: f"{TOPIC_ARN}-1a2b3c4",
}


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_a_second_subscription_is_an_error_however_the_topic_is_passed(folder: Path, first: str, second: str) -> None:
    def program() -> None:
        topic = aws.sns.Topic("hands")
        hands = consumer(folder, f"{TOPIC_ARN}-*", name="hands-consumer")
        TopicSubscription("news", hands, {"topic": WAYS[first](topic)})
        TopicSubscription("more", hands, {"topic": WAYS[second](topic)})

    result = run(program)
    assert isinstance(result.error, pulumi.RunError)
    assert "[subscription-twice]" in str(result.error)
    assert len(result.of_type("topicSubscription:TopicSubscription")) <= 1
    if first == second != "another Output":
        preview = run(program, preview=True)
        assert "[subscription-twice]" in str(preview.error)
        assert "more" not in preview.resources


def test_a_topic_may_have_several_consumers_and_a_consumer_several_topics(folder: Path) -> None:
    def program() -> None:
        hands, pots = (consumer(folder, f"{TOPIC_ARN}*", name=name) for name in ("hands", "pots"))
        TopicSubscription("hands-news", hands, {"topic": TOPIC_ARN})
        TopicSubscription("pots-news", pots, {"topic": TOPIC_ARN})
        TopicSubscription("more-news", pots, {"topic": f"{TOPIC_ARN}-more"})

    result = run(program)
    assert result.error is None
    assert len(result.of_type("topicSubscription:TopicSubscription")) == 3
