"""TopicSubscription: an SNS topic that sends to a consumer."""

import json
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
