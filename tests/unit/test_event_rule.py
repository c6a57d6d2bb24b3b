"""EventRule and Schedule: EventBridge sends events that match a pattern, and messages at set times."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import DeadLetterQueue, EventRule, QueueConsumer, Schedule
from consumer_run import DEAD_ARN, KEY_ARN, QUEUE_ARN, Later, outputs, statements
from error_texts import ErrorTexts
from pulumi_run import ACCOUNT, REGION, Run, inputs_of, run

POKER: Any = {"event_pattern": {"source": ["poker"]}}


def consumer(folder: Path, senders: Any = None, **more: Any) -> QueueConsumer:
    queue = {**more.pop("queue", {}), **({"allowed_senders": {"event_rules": senders}} if senders else {})}
    args: Any = {"source": str(folder), "queue": queue, **more}
    return QueueConsumer("hands", args)


def ruled(folder: Path, target: Any = None, preview: bool = False, **args: Any) -> Run:
    def program() -> None:
        everything: Any = {**POKER, **args}
        rule = EventRule("pots", everything)
        rule.add_target(consumer(folder, [rule.arn]), outputs(target))

    return run(program, preview=preview)


def scheduled(folder: Path, of_consumer: dict[str, Any] | None = None, **args: Any) -> Run:
    def program() -> None:
        everything: Any = outputs({"schedule_expression": "rate(1 day)", **args})
        Schedule("nightly", consumer(folder, **(of_consumer or {})), everything)

    return run(program)


def test_the_rule_precedes_the_queue_that_allows_it_and_its_target_follows_both(folder: Path) -> None:
    result = ruled(folder)
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/pots-rule-1a2b3c4"
    _, allowed = statements(result, "hands-queue")
    assert allowed["Condition"] == {"ArnLike": {"aws:SourceArn": [rule]}}
    assert "pots-rule" in result.resources["hands-queue"].depends_on
    target = result.resources["pots-hands"]
    assert target.inputs == {"rule": "pots-rule-1a2b3c4", "arn": QUEUE_ARN}
    assert {"pots-rule", "hands-queue"} <= target.depends_on
    assert target.parent == "pots"
    assert result.resources["pots-rule"].inputs["eventPattern"] == '{"source":["poker"]}'


def test_a_preview_needs_no_known_arn(folder: Path) -> None:
    result = ruled(folder, preview=True)
    assert result.error is None
    assert "pots-hands" in result.resources


def test_the_arguments_of_a_rule_and_its_target_reach_them(folder: Path, error_text: ErrorTexts) -> None:
    transformer = {"input_paths": {"chips": "$.detail.chips"}, "input_template": "<chips>"}
    delivery = {"message_group_id": "pots", "dead_letter_queue_arn": DEAD_ARN, "maximum_retry_attempts": 3}
    target = {**delivery, "input_transformer": transformer}
    error_text(inputs_of(ruled(folder, target, event_bus_name="poker", enabled=False), "pots"))
    assert ruled(folder, {"input_path": "$.detail"}).resources["pots-hands"].inputs["inputPath"] == "$.detail"


@pytest.mark.parametrize("senders", [None, [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/others"]])
def test_a_target_whose_queue_does_not_allow_the_rule_is_an_error(
    folder: Path, senders: Any, error_text: ErrorTexts
) -> None:
    result = run(lambda: EventRule("pots", POKER).add_target(consumer(folder, senders)))
    assert isinstance(result.error, pulumi.RunError)
    error_text(str(result.error))
    assert "pots-hands" not in result.resources


def test_a_consumer_may_be_a_target_of_a_rule_only_once(folder: Path) -> None:
    def program() -> None:
        rule = EventRule("pots", POKER)
        hands = consumer(folder, [rule.arn])
        rule.add_target(hands)
        rule.add_target(hands)

    assert "[event-target-twice]" in str(run(program).error)


def test_values_of_patterns_may_be_outputs() -> None:
    later = Later("later")
    pattern = {"source": [later], "detail": {"key": [{"prefix": later}, {"anything-but": [later, "x"]}]}}
    result = run(lambda: EventRule("pots", {"event_pattern": outputs(pattern)}) and None)
    assert result.error is None
    assert json.loads(result.resources["pots-rule"].inputs["eventPattern"]) == {
        "source": ["later"],
        "detail": {"key": [{"prefix": "later"}, {"anything-but": ["later", "x"]}]},
    }


def test_a_template_that_is_an_output_is_checked_when_it_resolves(folder: Path) -> None:
    target = {"input_transformer": {"input_template": Later('{"won": <chips>}')}}
    assert "[event-target-placeholder]" in str(ruled(folder, target).error)


def test_the_role_of_a_schedule_may_send_with_the_queues_key_and_send_dead_letters(folder: Path) -> None:
    result = scheduled(folder, {"queue": {"kms_master_key_id": KEY_ARN}}, dead_letter_queue_arn=DEAD_ARN)
    (trust,) = statements(result, "nightly-role", "assumeRolePolicy")
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert [(one["Action"], one["Resource"]) for one in statements(result, "nightly-policy")] == [
        (["sqs:SendMessage"], QUEUE_ARN),
        (["kms:GenerateDataKey", "kms:Decrypt"], KEY_ARN),
        (["sqs:SendMessage"], DEAD_ARN),
    ]
    assert "nightly-policy" in result.resources["nightly-schedule"].depends_on


def test_a_schedule_may_use_the_key_of_its_dead_letter_queue(folder: Path) -> None:
    def program() -> None:
        dead = DeadLetterQueue("dead", {"kms_master_key_id": KEY_ARN})
        Schedule("nightly", consumer(folder), {"schedule_expression": "rate(1 day)", "dead_letter_queue": dead})

    result = run(program)
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead-dlq-1a2b3c4"
    assert [(one["Action"], one["Resource"]) for one in statements(result, "nightly-policy")[1:]] == [
        (["sqs:SendMessage"], arn),
        (["kms:GenerateDataKey", "kms:Decrypt"], KEY_ARN),
    ]
    assert result.resources["nightly-schedule"].inputs["target"]["deadLetterConfig"] == {"arn": arn}


def test_the_arguments_of_a_schedule_reach_it(folder: Path, error_text: ErrorTexts) -> None:
    at: dict[str, Any] = {"schedule_expression": "cron(0 3 * * ? *)", "schedule_expression_timezone": "Europe/Berlin"}
    window: dict[str, Any] = {"flexible_time_window_in_minutes": 15, "maximum_event_age_in_seconds": 600}
    sent: dict[str, Any] = {"message": "go", "message_group_id": "n", "dead_letter_queue_arn": DEAD_ARN}
    error_text(inputs_of(scheduled(folder, **at, **window, **sent, enabled=False), "nightly-schedule"))
    error_text(inputs_of(scheduled(folder), "nightly-schedule"))


@pytest.mark.parametrize(
    ("args", "rule"),
    [
        ({"schedule_expression": "every day"}, "schedule-expression"),
        ({"message": Later("x" * 1_048_577)}, "schedule-message-size"),
        ({"message_group_id": Later("two words")}, "message-group-id-value"),
        ({"group_name": Later("two words")}, "group-name-value"),
        ({"dead_letter_queue_arn": Later("dead")}, "schedule-dead-letters"),
        ({"dead_letter_queue": DEAD_ARN}, "dead-letter-queue-value"),
    ],
)
def test_a_schedule_that_breaks_a_rule_is_not_registered(folder: Path, args: Any, rule: str) -> None:
    result = scheduled(folder, **args)
    assert isinstance(result.error, pulumi.RunError)
    assert f"[{rule}]" in str(result.error)
    assert "nightly-schedule" not in result.resources


@pytest.mark.parametrize("wrong", ["hands", None])
def test_something_other_than_a_consumer_is_an_error(wrong: Any) -> None:
    result = run(lambda: Schedule("nightly", wrong, {"schedule_expression": "rate(1 day)"}) and None)
    assert isinstance(result.error, pulumi.RunError)
    assert f"consumer: got {wrong!r}; " in str(result.error)


def test_a_resource_instead_of_its_attribute_is_an_error(folder: Path, error_text: ErrorTexts) -> None:
    def program() -> None:
        topic: Any = aws.sns.Topic("topic")
        consumer(folder, [topic])

    result = run(program)
    assert isinstance(result.error, pulumi.RunError)
    error_text(str(result.error))
