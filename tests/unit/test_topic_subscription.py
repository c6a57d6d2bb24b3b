"""TopicSubscription: an SNS topic that sends to a consumer."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import QueueConsumer, TopicSubscription
from pulumi_run import ACCOUNT, REGION, Run, run

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:hands"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"


def attempt(folder: Path, allowed: list[Any], **args: Any) -> Run:
    def program() -> None:
        consumer: Any = {"source": str(folder), "queue": {"allowed_senders": {"topics": allowed}}}
        everything: Any = {"topic": TOPIC, **args}
        TopicSubscription("news", QueueConsumer("hands", consumer), everything)

    return run(program)


def subscription(folder: Path, **args: Any) -> dict[str, Any]:
    result = attempt(folder, [TOPIC], **args)
    assert result.error is None, result.error
    return result.resources["news-subscription"].inputs


def test_by_default_everything_is_delivered_as_it_was_published(folder: Path) -> None:
    assert subscription(folder) == {
        "topic": TOPIC,
        "protocol": "sqs",
        "endpoint": f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands-queue-1a2b3c4",
        "rawMessageDelivery": True,
    }


def test_filter_and_dead_letters_are_written_as_aws_gives_them_back(folder: Path) -> None:
    body = {"filter_policy": {"won": [{"numeric": [">", 100.0]}]}, "filter_policy_scope": "MessageBody"}
    inputs = subscription(folder, **body, dead_letter_queue_arn=DEAD, raw_message_delivery=False)
    assert inputs["filterPolicy"] == '{"won":[{"numeric":[">",100]}]}'
    assert (inputs["filterPolicyScope"], inputs["rawMessageDelivery"]) == ("MessageBody", False)
    assert inputs["redrivePolicy"] == json.dumps({"deadLetterTargetArn": DEAD}, separators=(",", ":"))


def test_it_is_one_resource_under_a_component_which_comes_after_the_queue(folder: Path) -> None:
    result = attempt(folder, [TOPIC])
    assert result.resources["news"].type == "queue-consumer:index:TopicSubscription"
    assert result.resources["news-subscription"].parent == "news"
    assert "hands-queue" in result.resources["news-subscription"].depends_on
    assert list(result.component_outputs["news"]) == ["subscriptionArn"]


def test_a_topic_that_the_queue_does_not_allow_is_refused_before_anything_of_it_is_registered(folder: Path) -> None:
    result = attempt(folder, [f"{TOPIC}-of-others"])
    assert isinstance(result.error, pulumi.RunError)
    assert str(result.error).startswith("TopicSubscription 'news' is refused, 1 error:\n- topic: got ")
    assert "news" not in result.resources


@pytest.mark.parametrize("allowed", [[TOPIC], [f"{TOPIC}*"]])
def test_a_topic_that_is_an_output_is_judged_when_it_is_known_with_whom_the_queue_allows(
    folder: Path, allowed: list[str]
) -> None:
    outputs: list[Callable[[str], Any]] = [pulumi.Output.from_input, lambda arn: arn]
    for of_topic, of_allowed in ((0, 1), (0, 0), (1, 0)):

        def attempted(topic: str, first: int = of_topic, second: int = of_allowed) -> Run:
            def program() -> None:
                senders: Any = {"topics": [outputs[second](arn) for arn in allowed]}
                consumer: Any = {"source": str(folder), "queue": {"allowed_senders": senders}}
                args: Any = {"topic": outputs[first](topic)}
                TopicSubscription("news", QueueConsumer("hands", consumer), args)

            return run(program)

        assert attempted(TOPIC).error is None
        refused = attempted(TOPIC.replace("hands", "pots"))
        assert "TopicSubscription 'news' is refused, 1 error:\n- topic: got " in str(refused.error)
        assert "news-subscription" not in refused.resources


def test_topic_and_subscription_of_one_program_need_no_known_arn_in_a_preview(folder: Path) -> None:
    def program() -> None:
        topic: Any = aws.sns.Topic("hands", fifo_topic=True)
        senders = {"topics": [topic.arn]}
        consumer: Any = {"source": str(folder), "fifo": True, "queue": {"allowed_senders": senders}}
        TopicSubscription("news", QueueConsumer("hands-consumer", consumer), {"topic": topic.arn})

    preview = run(program, preview=True)
    assert preview.error is None
    assert "news-subscription" in preview.resources


def _the_arn(topic: aws.sns.Topic) -> Any:
    return topic.arn


def _another_output(topic: aws.sns.Topic) -> Any:
    return pulumi.Output.concat(topic.arn)


def _text(topic: aws.sns.Topic) -> Any:
    return f"{TOPIC}-1a2b3c4"


@pytest.mark.parametrize("first", [_the_arn, _another_output, _text])
@pytest.mark.parametrize("second", [_the_arn, _another_output, _text])
def test_a_second_subscription_of_a_consumer_to_a_topic_is_refused_however_the_two_say_which_topic(
    folder: Path, first: Callable[[aws.sns.Topic], Any], second: Callable[[aws.sns.Topic], Any]
) -> None:
    def program() -> None:
        topic = aws.sns.Topic("hands")
        consumer: Any = {"source": str(folder), "queue": {"allowed_senders": {"topics": [f"{TOPIC}-*"]}}}
        hands = QueueConsumer("hands-consumer", consumer)
        TopicSubscription("news", hands, {"topic": first(topic)})
        TopicSubscription("more", hands, {"topic": second(topic)})

    result = run(program)
    assert isinstance(result.error, pulumi.RunError)
    assert re.search("to which '(news|more)' subscribes 'hands-consumer'; allowed: ", str(result.error))
    assert len(result.of_type("topicSubscription:TopicSubscription")) <= 1


@pytest.mark.parametrize("given", [_the_arn, _text])
def test_a_second_subscription_is_refused_in_a_preview_before_anything_of_it_is_registered(
    folder: Path, given: Callable[[aws.sns.Topic], Any]
) -> None:
    def program() -> None:
        topic = aws.sns.Topic("hands")
        consumer: Any = {"source": str(folder), "queue": {"allowed_senders": {"topics": [given(topic)]}}}
        hands = QueueConsumer("hands-consumer", consumer)
        for name in ("news", "more"):
            TopicSubscription(name, hands, {"topic": given(topic)})

    result = run(program, preview=True)
    assert str(result.error).startswith("TopicSubscription 'more' is refused, 1 error:\n- topic: got ")
    assert "to which 'news' subscribes 'hands-consumer'; allowed: " in str(result.error)
    assert "more" not in result.resources


def test_two_consumers_of_a_topic_and_two_topics_of_a_consumer_are_subscriptions_of_their_own(folder: Path) -> None:
    def program() -> None:
        args: Any = {"source": str(folder), "queue": {"allowed_senders": {"topics": [f"{TOPIC}*"]}}}
        hands, pots = QueueConsumer("hands", args), QueueConsumer("pots", args)
        TopicSubscription("hands-news", hands, {"topic": TOPIC})
        TopicSubscription("pots-news", pots, {"topic": TOPIC})
        TopicSubscription("more-news", pots, {"topic": f"{TOPIC}-more"})

    result = run(program)
    assert result.error is None
    assert len(result.of_type("topicSubscription:TopicSubscription")) == 3


def test_dead_letters_that_are_an_output_are_judged_when_they_are_known(folder: Path) -> None:
    def program() -> None:
        consumer: Any = {"source": str(folder), "queue": {"allowed_senders": {"topics": [TOPIC]}}}
        args: Any = {"topic": TOPIC, "dead_letter_queue_arn": pulumi.Output.from_input("dead")}
        TopicSubscription("news", QueueConsumer("hands", consumer), args)

    assert "[subscription-dead-letters]" in str(run(program).error)


def test_a_topic_of_the_wrong_type_is_refused_when_it_is_known(folder: Path) -> None:
    def program() -> None:
        topic: Any = pulumi.Output.from_input(TOPIC)
        consumer: Any = {"source": str(folder), "fifo": True, "queue": {"allowed_senders": {"topics": [f"{TOPIC}*"]}}}
        TopicSubscription("news", QueueConsumer("hands", consumer), {"topic": topic})

    assert "[subscription-type]" in str(run(program).error)
