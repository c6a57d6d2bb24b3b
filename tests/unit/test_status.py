"""The status of a consumer, and the advice for one that needs attention."""

from dataclasses import replace
from typing import Any

import pytest

from consumers.operations import (
    ages,
    alarm_endpoints,
    inactive_sources,
    invocation_errors,
    noisy_groups,
    status,
)
from consumers.operations.dead_letters.move_tasks import MoveTask
from consumers.operations.details import Details
from consumers.operations.discovery import Consumer
from consumers.operations.leases import Lease
from consumers.operations.queues import Depth
from error_texts import ErrorTexts

FUNCTION = {"FunctionName": "f", "State": "Active", "LastUpdateStatus": "Successful", "LastModified": "2025-01-31"}
MAPPING = {"UUID": "1", "State": "Enabled", "LastProcessingResult": "OK"}
EMPTY = Depth(0, 0, 0)


def consumer(function: dict[str, Any] | None = None, mapping: dict[str, Any] | None = None) -> Consumer:
    return Consumer("hands", "dev", "poker", function=FUNCTION | (function or {}), mappings=[MAPPING | (mapping or {})])


def test_a_healthy_consumer_has_no_advice() -> None:
    assert status.assess(consumer(), Depth(3, 2, 1), EMPTY, 60) == status.Status(
        *("hands", "dev", "poker", Depth(3, 2, 1), 60, 0, "Enabled", "OK", "Active", "2025-01-31", list[str]())
    )


BAD: dict[str, tuple[Consumer, Depth | None]] = {
    "two dead letters": (consumer(), Depth(1, 1, 0)),
    "one dead letter": (consumer(), Depth(1, 0, 0)),
    "no dead-letter queue": (consumer(), None),
    "a foreign queue without a dead-letter queue": (replace(consumer(), has_own_queue=False), None),
    "a disabled mapping": (consumer(mapping={"State": "Disabled"}), EMPTY),
    "a failed batch": (consumer(mapping={"LastProcessingResult": "PROBLEM: Function call failed"}), EMPTY),
    "a failed batch on the local AWS": (consumer(mapping={"LastProcessingResult": "FAILED"}), EMPTY),
    "a failed function": (consumer({"State": "Failed"}), EMPTY),
    "a failed function with a reason": (consumer({"State": "Failed", "StateReason": "no such image"}), EMPTY),
    "a failed update": (consumer({"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "key is disabled"}), EMPTY),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_consumer_that_needs_attention_gets_a_line(error_text: ErrorTexts, bad: str) -> None:
    found, dead = BAD[bad]
    [line] = status.assess(found, EMPTY, dead).advice
    error_text(line)


def test_a_consumer_that_is_half_deleted_names_what_is_missing(error_text: ErrorTexts) -> None:
    judged = status.assess(Consumer("hands", "dev", "poker"), None, None)
    [line] = judged.advice
    assert judged == status.Status(*("hands", "dev", "poker", None, None, None, "gone", "", "gone", ""), [line])
    error_text(line)


TASK = MoveTask("RUNNING", 1200, 5000, "handle", "", "arn:aws:sqs:eu-west-1:1:hands-queue", 0.0)
LEASE = Lease(1738324800.0, 32503680000.0, "jane@laptop", "the fix is on its way")  # until the year 3000
DISABLED = consumer(mapping={"State": "Disabled"})
MORE: dict[str, tuple[Consumer, int, Details]] = {
    "a top reason": (consumer(), 7, Details(top_reason="no such player")),
    "a running move task": (consumer(), 7, Details(top_reason="no such player", move_task=TASK)),
    "a move task without a total": (consumer(), 7, Details(move_task=replace(TASK, total=None, destination=""))),
    "a pause": (DISABLED, 0, Details(pause=LEASE)),
    "a pause without a reason": (DISABLED, 0, Details(pause=replace(LEASE, why=""))),
    "a pause whose time is up": (DISABLED, 0, Details(pause=replace(LEASE, until=1738332000.0))),
    "a pause that was interrupted": (consumer(), 0, Details(pause=LEASE)),
    "one error": (consumer(), 0, Details(errors_last_hour=1)),
    "many errors": (consumer(), 0, Details(errors_last_hour=1234)),
    "a noisy group": (consumer(), 0, Details(noisy_groups=1)),
    "noisy groups": (consumer(), 0, Details(noisy_groups=12)),
    "changed code": (consumer(), 0, Details(is_code_deployed=False)),
}


@pytest.mark.parametrize("case", MORE)
def test_each_detail_that_needs_attention_is_a_line(error_text: ErrorTexts, case: str) -> None:
    found, dead_letters, more = MORE[case]
    [line] = status.assess(found, EMPTY, Depth(dead_letters, 0, 0), None, more).advice
    error_text(line)


def test_details_without_a_problem_are_no_line() -> None:
    fine = Details(errors_last_hour=0, noisy_groups=0, is_code_deployed=True)
    assert status.assess(consumer(), EMPTY, EMPTY, None, fine).advice == []


def test_metrics_belong_to_the_queue_and_the_function_of_each_consumer(monkeypatch: pytest.MonkeyPatch) -> None:
    def oldest(cloudwatch: Any, names: list[str]) -> dict[str, int]:
        assert (cloudwatch, names) == ("CloudWatch", ["hands", "hands.fifo"])
        return {"hands": 60}

    def noisy(cloudwatch: Any, names: list[str]) -> dict[str, int]:
        assert (cloudwatch, names) == ("CloudWatch", ["hands"])
        return {"hands": 2}

    def errors(cloudwatch: Any, names: list[str]) -> dict[str, int]:
        assert (cloudwatch, names) == ("CloudWatch", ["f", "f", "f"])
        return {"f": 3}

    def silent(client: Any) -> list[alarm_endpoints.SilentTopic]:
        alarm = {"AlarmName": "hands-alarm-errors-1a2b3c4", "Dimensions": [{"Name": "QueueName", "Value": "hands"}]}
        return [alarm_endpoints.SilentTopic(client("sns"), (), (alarm,))]

    monkeypatch.setattr(ages, "oldest", oldest)
    monkeypatch.setattr(noisy_groups, "count", noisy)
    monkeypatch.setattr(invocation_errors, "of_last_hour", errors)
    monkeypatch.setattr(alarm_endpoints, "silent_topics", silent)
    client = {"cloudwatch": "CloudWatch", "sns": "on-call"}.__getitem__
    fifo = replace(HERE, queue_arn="sqs:hands.fifo")
    more = Details(errors_last_hour=3)
    expected = [
        status.assess(HERE, Depth(3, 2, 1), EMPTY, 60, replace(more, noisy_groups=2)),
        status.assess(fifo, Depth(3, 2, 1), EMPTY, None, more),
        status.assess(GONE, None, None, None, more),
    ]
    expected[0].advice.append("hands has alarms that reach nobody: their topic on-call has no subscription")
    assert status.read(client, [HERE, fifo, GONE]) == expected


def test_the_local_aws_has_no_metrics_to_read_but_inactive_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    def sources(client: Any, arns: list[str]) -> dict[str, list[str]]:
        return {arn: [f"stream of {client('iam')}"] for arn in arns}

    def silent(client: Any) -> list[alarm_endpoints.SilentTopic]:
        return []

    monkeypatch.setattr(inactive_sources, "sources", sources)
    monkeypatch.setattr(alarm_endpoints, "silent_topics", silent)
    client = {"iam": "IAM"}.__getitem__
    here, gone = status.read(client, [HERE, GONE], is_local=True)
    assert gone == status.assess(GONE, None, None)
    [line] = here.advice
    assert "stream of IAM" in line


HERE = replace(consumer(), queue_arn="sqs:hands", depth=Depth(3, 2, 1), dead_letter_depth=EMPTY)
GONE = consumer()
