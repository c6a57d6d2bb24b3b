"""How a consumer says no, and how it gives advice."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import QueueConsumer, QueueConsumerArgs
from pulumi_run import run
from validate import rules_of


def consumer(**args: Any) -> None:
    QueueConsumer("hands", args)  # pyright: ignore[reportArgumentType]


def program(**args: Any) -> Any:
    return lambda: consumer(**args)


def test_a_refusal_registers_nothing_and_is_one_text_that_names_every_error(folder: Path) -> None:
    result = run(program(source=str(folder), timeout=1000, queue={"delay_seconds": 2.5}, bath_size=3))
    assert result.resources == {}
    assert isinstance(result.error, pulumi.RunError)
    lines = str(result.error).splitlines()
    assert lines[0] == "QueueConsumer 'hands' is refused, 3 errors:"
    assert lines[1].startswith(
        "- bath_size: got an argument named 'bath_size'; allowed: source, include, code, image_uri, handler, "
    )
    assert "(did you mean 'batch_size'?)" in lines[1]
    assert lines[2:] == [
        "- timeout: got 1000; allowed: a whole number of 1 to 900 seconds. Lambda ends an invocation after 15 minutes"
        ". Pass a whole number of 1 to 900 seconds, or leave the argument out. [timeout-value] "
        "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
        "- queue.delay_seconds: got 2.5; allowed: a whole number of 0 to 900 seconds. SQS rejects other values. Pass a "
        "whole number of 0 to 900 seconds as a plain value, not text and not an Output. [queue-delay-seconds-value] "
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
    ]


def test_a_refusal_leaves_earlier_consumers_alone(folder: Path) -> None:
    def two() -> None:
        QueueConsumer("first", QueueConsumerArgs(source=str(folder)))
        QueueConsumer("second", QueueConsumerArgs(source=str(folder), timeout=0))

    result = run(two)
    assert {name.split("-")[0] for name in result.resources} == {"first"}
    assert str(result.error).startswith("QueueConsumer 'second' is refused, 1 error:\n- timeout: got 0;")


def test_advice_is_a_warning_that_says_how_to_turn_it_off(folder: Path) -> None:
    result = run(program(source=str(folder), max_receive_count=1))
    assert result.error is None
    assert result.warnings == [
        "max_receive_count: got 1; allowed: 3 or more. A throttled or interrupted invocation counts as a "
        "receive, so good messages would be dead-lettered too. Raise it, ideally to 5. [few-receives] "
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html "
        "To keep it: ignore_advice={'few-receives': 'your reason'}."
    ]


def test_advice_that_is_turned_off_with_a_reason_is_silent(folder: Path) -> None:
    args = {"source": str(folder), "max_receive_count": 1, "ignore_advice": {"few-receives": "a second try is useless"}}
    result = run(program(**args))
    assert result.error is None
    assert result.warnings == []
    assert len(result.resources) == 8


@pytest.mark.parametrize(
    ("ignore", "says"),
    [
        ({"few-receives": " "}, "got 'few-receives' without a reason"),
        ({"few-recieves": "typo"}, "(did you mean 'few-receives'?)"),
        ({"timeout-value": "no"}, "got 'timeout-value'; allowed: the id of a warning"),
    ],
)
def test_only_advice_can_be_turned_off_and_only_with_a_reason(folder: Path, ignore: Any, says: str) -> None:
    error = run(program(source=str(folder), ignore_advice=ignore)).error
    assert error is not None
    assert says in str(error)


@pytest.mark.parametrize(
    ("args", "unreadable"),
    [
        ({"mapping": {"enabled": "no"}, "function": {"reserved_concurrent_executions": 0}}, "mapping-enabled-value"),
        ({"mapping": 5, "function": {"reserved_concurrent_executions": 0}}, "mapping-value"),
        (
            {"function": {"vpc": {"subnet_ids": "subnet-1", "security_group_ids": ["sg-1"]}}},
            "function-vpc-subnet-ids-value",
        ),
    ],
    ids=["an argument", "the group of an argument", "an argument in a group"],
)
def test_no_rule_is_checked_on_what_is_unreadable(folder: Path, args: Any, unreadable: str) -> None:
    assert rules_of(folder, **args) == [unreadable]


def test_a_name_that_is_known_later_is_checked_when_it_is(folder: Path) -> None:
    result = run(lambda: consumer(source=str(folder), queue={"name": pulumi.Output.from_input("no spaces allowed")}))
    assert isinstance(result.error, pulumi.RunError)
    assert "- queue.name: got 'no spaces allowed'; allowed: 1 to 80 of letters" in str(result.error)
    assert "hands-queue" not in result.resources


def test_a_function_name_that_is_known_later_does_not_reach_the_log_group_unchecked(folder: Path) -> None:
    result = run(lambda: consumer(source=str(folder), function={"name": pulumi.Output.from_input("no spaces")}))
    assert isinstance(result.error, pulumi.RunError)
    assert "- function.name: got 'no spaces'; allowed: 1 to 64 of letters" in str(result.error)
    assert not {"hands-logs", "hands-function"} & result.resources.keys()


def test_a_name_that_is_known_later_is_used(folder: Path) -> None:
    def named() -> None:
        late = pulumi.Output.from_input("late")
        consumer(source=str(folder), fifo=True, queue={"name": late}, function={"name": late})

    result = run(named)
    assert result.error is None
    assert result.resources["hands-queue"].inputs["name"] == "late.fifo"
    assert result.resources["hands-function"].inputs["name"] == "late"
    assert result.resources["hands-logs"].inputs["name"] == "/aws/lambda/late"


def test_environment_values_that_are_known_later_count_towards_the_four_kilobytes(folder: Path) -> None:
    result = run(lambda: consumer(source=str(folder), environment={"BIG": pulumi.Output.from_input("x" * 5000)}))
    assert "environment: got 5,010 bytes as JSON; allowed: at most 4,096 bytes" in str(result.error)
    assert "hands-function" not in result.resources


def test_a_secret_in_the_environment_stays_secret(folder: Path) -> None:
    result = run(lambda: consumer(source=str(folder), environment={"PASSWORD": pulumi.Output.secret("hunter2")}))
    assert result.error is None
    sent = result.resources["hands-function"].request.object.fields["environment"]
    assert "1b47061264138c4ac30d75fd1eb44270" in str(sent)  # Pulumi's mark of a secret value


def test_no_error_prints_a_value_of_the_environment(folder: Path) -> None:
    secret: Any = b"hunter2"
    error = run(program(source=str(folder), environment={"PASSWORD": secret}, timeout=0)).error
    assert error is not None
    assert "environment: got {'PASSWORD': 'bytes'}" in str(error)
    assert "hunter2" not in str(error)


def test_a_name_that_is_not_known_in_preview_does_not_hold_it_up(folder: Path) -> None:
    def two() -> None:
        first = QueueConsumer("first", QueueConsumerArgs(source=str(folder)))
        args = QueueConsumerArgs(
            source=str(folder),
            environment={"NEXT_QUEUE": first.queue_url},
            policy_statements=[{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": first.queue_arn}],
        )
        QueueConsumer("second", args)

    assert len(run(two, preview=True).resources) == 16
    result = run(two)
    assert result.error is None
    variables = result.resources["second-function"].inputs["environment"]["variables"]
    assert variables["NEXT_QUEUE"].endswith("/first-queue-1a2b3c4")
    assert ":first-queue-1a2b3c4" in result.resources["second-policy"].inputs["policy"]


def test_a_cache_that_cannot_be_written_is_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    error = run(program(source=str(folder))).error
    assert isinstance(error, pulumi.RunError)
    assert str(error).startswith("QueueConsumer 'hands': source cannot be packaged: ")
