"""EventRule and Schedule: EventBridge sends what matches a pattern, and by the clock."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import DeadLetterQueue, EventRule, QueueConsumer, Schedule
from pulumi_run import ACCOUNT, REGION, Run, run

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands-queue-1a2b3c4"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a2b"


def consumer(folder: Path, senders: Any = None, **more: Any) -> QueueConsumer:
    queue = {**more.pop("queue", {}), **({"allowed_senders": {"event_rules": senders}} if senders else {})}
    args: Any = {"source": str(folder), "queue": queue, **more}
    return QueueConsumer("hands", args)


def ruled(folder: Path, target: Any = None, preview: bool = False, **args: Any) -> Run:
    def program() -> None:
        everything: Any = {"event_pattern": {"source": ["poker"]}, **args}
        rule = EventRule("pots", everything)
        rule.add_target(consumer(folder, [rule.arn]), target)

    return run(program, preview=preview)


def scheduled(folder: Path, of_consumer: dict[str, Any] | None = None, **args: Any) -> Run:
    everything: Any = {"schedule_expression": "rate(1 day)", **args}
    return run(lambda: Schedule("nightly", consumer(folder, **(of_consumer or {})), everything) and None)


def test_the_rule_is_there_before_the_queue_that_allows_it_and_its_target_comes_after_both(folder: Path) -> None:
    result = ruled(folder)
    assert result.error is None
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/pots-rule-1a2b3c4"
    _, allowed = json.loads(result.resources["hands-queue"].inputs["policy"])["Statement"]
    assert allowed["Condition"] == {"ArnLike": {"aws:SourceArn": [rule]}}
    assert "pots-rule" in result.resources["hands-queue"].depends_on
    target = result.resources["pots-hands"]
    assert target.inputs == {"rule": "pots-rule-1a2b3c4", "arn": QUEUE}
    assert {"pots-rule", "hands-queue"} <= target.depends_on
    assert target.parent == "pots"
    assert result.resources["pots-rule"].inputs["eventPattern"] == '{"source":["poker"]}'


def test_a_preview_needs_no_known_arn(folder: Path) -> None:
    result = ruled(folder, preview=True)
    assert result.error is None
    assert "pots-hands" in result.resources


def test_what_the_target_says_reaches_it(folder: Path) -> None:
    transformer = {"input_paths": {"chips": "$.detail.chips"}, "input_template": "<chips>"}
    given = {"message_group_id": "pots", "dead_letter_queue_arn": DEAD, "maximum_retry_attempts": 3}
    result = ruled(folder, {**given, "input_transformer": transformer}, event_bus_name="poker", enabled=False)
    assert result.error is None
    target = result.resources["pots-hands"].inputs
    assert target["sqsTarget"] == {"messageGroupId": "pots"}
    assert target["deadLetterConfig"] == {"arn": DEAD}
    assert target["retryPolicy"] == {"maximumEventAgeInSeconds": 86_400, "maximumRetryAttempts": 3}
    assert target["inputTransformer"] == {"inputPaths": {"chips": "$.detail.chips"}, "inputTemplate": "<chips>"}
    assert ruled(folder, {"input_path": "$.detail"}).resources["pots-hands"].inputs["inputPath"] == "$.detail"
    assert (target["eventBusName"], result.resources["pots-rule"].inputs["state"]) == ("poker", "DISABLED")


def test_a_target_whose_queue_does_not_allow_the_rule_is_refused_at_once_or_when_that_is_known(folder: Path) -> None:
    for senders in (None, [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/others"]):

        def program(allowed: Any = senders) -> None:
            EventRule("pots", {"event_pattern": {"source": ["poker"]}}).add_target(consumer(folder, allowed))

        result = run(program)
        assert isinstance(result.error, pulumi.RunError)
        assert str(result.error).startswith("EventTarget 'pots' to 'hands' is refused, 1 error:\n- rule: got ")
        assert "pots-hands" not in result.resources


def test_a_schedule_sends_by_a_role_that_may_send_to_this_queue_with_its_key_and_to_its_dead_letters(
    folder: Path,
) -> None:
    result = scheduled(folder, {"queue": {"kms_master_key_id": KEY}}, dead_letter_queue_arn=DEAD)
    assert result.error is None
    (trust,) = json.loads(result.resources["nightly-role"].inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    statements = json.loads(result.resources["nightly-policy"].inputs["policy"])["Statement"]
    assert [(one["Action"], one["Resource"]) for one in statements] == [
        (["sqs:SendMessage"], QUEUE),
        (["kms:GenerateDataKey", "kms:Decrypt"], KEY),
        (["sqs:SendMessage"], DEAD),
    ]
    assert "nightly-policy" in result.resources["nightly-schedule"].depends_on


def test_a_schedule_may_use_the_key_of_its_dead_letter_queue(folder: Path) -> None:
    def program() -> None:
        dead = DeadLetterQueue("dead", {"kms_master_key_id": KEY})
        Schedule("nightly", consumer(folder), {"schedule_expression": "rate(1 day)", "dead_letter_queue": dead})

    result = run(program)
    assert result.error is None
    made = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead-dlq-1a2b3c4"
    statements = json.loads(result.resources["nightly-policy"].inputs["policy"])["Statement"]
    assert [(one["Action"], one["Resource"]) for one in statements[1:]] == [
        (["sqs:SendMessage"], made),
        (["kms:GenerateDataKey", "kms:Decrypt"], KEY),
    ]
    assert result.resources["nightly-schedule"].inputs["target"]["deadLetterConfig"] == {"arn": made}


def test_something_else_than_a_component_is_refused_as_the_dead_letter_queue_of_a_schedule(folder: Path) -> None:
    assert str(scheduled(folder, dead_letter_queue=DEAD).error) == (
        "Schedule 'nightly' is refused, 1 error:\n"
        f"- dead_letter_queue: got '{DEAD}'; allowed: a DeadLetterQueue of this program. The role that sends is allowed "
        "to use the key of this queue too. Pass the component itself; an ARN goes into dead_letter_queue_arn. "
        "[dead-letter-queue-value] https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
        "sqs-key-management.html"
    )


def test_a_schedule_is_written_as_it_was_asked_for(folder: Path) -> None:
    at: dict[str, Any] = {"schedule_expression": "cron(0 3 * * ? *)", "schedule_expression_timezone": "Europe/Berlin"}
    window: dict[str, Any] = {"flexible_time_window_in_minutes": 15, "maximum_event_age_in_seconds": 600}
    more: dict[str, Any] = {"message": "go", "message_group_id": "n", "dead_letter_queue_arn": DEAD, "enabled": False}
    inputs = scheduled(folder, **at, **window, **more).resources["nightly-schedule"].inputs
    target = inputs.pop("target")
    assert target.pop("roleArn").endswith(":role/nightly-role-1a2b3c4")
    assert target == {
        "arn": QUEUE,
        "input": "go",
        "sqsParameters": {"messageGroupId": "n"},
        "deadLetterConfig": {"arn": DEAD},
        "retryPolicy": {"maximumEventAgeInSeconds": 600, "maximumRetryAttempts": 185},
    }
    assert inputs == {
        "scheduleExpression": "cron(0 3 * * ? *)",
        "scheduleExpressionTimezone": "Europe/Berlin",
        "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15},
        "state": "DISABLED",
    }
    assert scheduled(folder).resources["nightly-schedule"].inputs["state"] == "ENABLED"


@pytest.mark.parametrize(
    "expression", ["rate(1 minute)", "rate(12 hours)", "cron(0/5 8-17 ? * MON-FRI *)", "at(2030-01-31T03:00:00)"]
)
def test_expressions_of_scheduler_are_taken(folder: Path, expression: str) -> None:
    assert scheduled(folder, schedule_expression=expression).error is None


@pytest.mark.parametrize("expression", ["every day", "cron(0 3 * * *)", "rate(0 days)", "at(2030-01-31)", "cron()"])
def test_what_is_no_expression_is_refused_before_anything_is_registered(folder: Path, expression: str) -> None:
    result = scheduled(folder, schedule_expression=expression)
    assert "[schedule-expression]" in str(result.error)
    assert "nightly" not in result.resources


def test_values_of_patterns_may_be_outputs(folder: Path) -> None:
    def program() -> None:
        later: Any = pulumi.Output.from_input("later")
        pattern: Any = {"source": [later], "detail": {"key": [{"prefix": later}, {"anything-but": [later, "x"]}]}}
        EventRule("pots", {"event_pattern": pattern})

    result = run(program)
    assert result.error is None
    assert json.loads(result.resources["pots-rule"].inputs["eventPattern"]) == {
        "source": ["later"],
        "detail": {"key": [{"prefix": "later"}, {"anything-but": ["later", "x"]}]},
    }


def test_a_consumer_is_a_target_of_a_rule_only_once(folder: Path) -> None:
    def program() -> None:
        rule = EventRule("pots", {"event_pattern": {"source": ["poker"]}})
        hands = consumer(folder, [rule.arn])
        rule.add_target(hands)
        rule.add_target(hands)

    assert "[event-target-twice]" in str(run(program).error)


@pytest.mark.parametrize("given", ["hands", None])
def test_a_source_is_told_when_it_is_given_no_consumer(given: Any) -> None:
    result = run(lambda: Schedule("nightly", given, {"schedule_expression": "rate(1 day)"}) and None)
    assert isinstance(result.error, pulumi.RunError)
    assert str(result.error).startswith(
        f"Schedule 'nightly' is refused, 1 error:\n- consumer: got {given!r}; allowed: a QueueConsumer"
    )


def test_a_resource_in_place_of_its_attribute_is_refused_in_one_line(folder: Path) -> None:
    def program() -> None:
        topic: Any = aws.sns.Topic("topic")
        consumer(folder, [topic])

    result = run(program)
    assert isinstance(result.error, pulumi.RunError)
    assert "queue.allowed_senders.event_rules: got a value of type Topic; allowed: a list" in str(result.error)
    assert "Give the attribute of it that is meant, such as its arn or its name. [" in str(result.error)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *(("message", "x" * 1_048_577), ("message_group_id", "two words"), ("group_name", "two words")),
        ("dead_letter_queue_arn", "dead"),
    ],
)
def test_what_a_schedule_is_given_as_an_output_is_judged_when_it_is_known(
    folder: Path, argument: str, value: str
) -> None:
    def program() -> None:
        args: Any = {"schedule_expression": "rate(1 day)", argument: pulumi.Output.from_input(value)}
        Schedule("nightly", consumer(folder), args)

    result = run(program)
    assert isinstance(result.error, pulumi.RunError)
    assert str(result.error).startswith(f"Schedule 'nightly' is refused, 1 error:\n- {argument}: got ")
    assert "nightly-schedule" not in result.resources


def test_a_template_that_is_an_output_is_judged_when_it_is_known(folder: Path) -> None:
    def program() -> None:
        rule = EventRule("pots", {"event_pattern": {"source": ["poker"]}})
        template = pulumi.Output.from_input('{"won": <chips>}')
        rule.add_target(consumer(folder, [rule.arn]), {"input_transformer": {"input_template": template}})

    error = str(run(program).error)
    assert error.startswith("EventTarget 'pots' to 'hands' is refused, 1 error:\n")
    assert "[event-target-placeholder]" in error
