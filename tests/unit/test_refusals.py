"""How a consumer raises errors, and how it warns."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import QueueConsumer, QueueConsumerArgs
from consumer_run import Later, attempt, registered
from error_texts import ErrorTexts
from pulumi_run import run
from validate import rules_of


def test_an_error_registers_nothing_and_is_one_text_that_names_every_error(
    folder: Path, error_text: ErrorTexts
) -> None:
    result = attempt(folder, timeout=1000, queue={"delay_seconds": 2.5})
    assert result.resources == {}
    assert isinstance(result.error, pulumi.RunError)
    error_text(str(result.error))


def test_an_error_leaves_earlier_consumers_alone(folder: Path) -> None:
    def two() -> None:
        QueueConsumer("first", QueueConsumerArgs(source=str(folder)))
        QueueConsumer("second", QueueConsumerArgs(source=str(folder), timeout=0))

    result = run(two)
    assert {name.split("-")[0] for name in result.resources} == {"first"}
    assert str(result.error).startswith("QueueConsumer 'second' is refused, 1 error:\n- timeout: got 0;")


def test_a_warning_says_how_to_turn_it_off_and_is_then_silent(folder: Path, error_text: ErrorTexts) -> None:
    (warning,) = registered(folder, max_receive_count=1).warnings
    error_text(warning)
    ignored = registered(folder, max_receive_count=1, ignore_advice={"few-receives": "a second try is useless"})
    assert (ignored.warnings, len(ignored.resources)) == ([], 8)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ({"bath_size": 3}, "(did you mean 'batch_size'?)"),
        ({"ignore_advice": {"few-receives": " "}}, "got 'few-receives' without a reason"),
        ({"ignore_advice": {"few-recieves": "typo"}}, "(did you mean 'few-receives'?)"),
        ({"ignore_advice": {"timeout-value": "no"}}, "got 'timeout-value'; allowed: the id of a warning"),
    ],
)
def test_unknown_arguments_and_warnings_ignored_without_a_reason_are_errors(folder: Path, args: Any, text: str) -> None:
    assert text in str(attempt(folder, **args).error)


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
def test_no_rule_is_checked_on_an_argument_that_is_unreadable(folder: Path, args: Any, unreadable: str) -> None:
    assert rules_of(folder, **args) == [unreadable]


@pytest.mark.parametrize(
    ("args", "waiting"),
    [
        ({"queue": {"name": Later("no spaces allowed")}}, {"hands-queue"}),
        ({"function": {"name": Later("no spaces")}}, {"hands-logs", "hands-function"}),
        ({"environment": {"BIG": Later("x" * 5_000)}}, {"hands-function"}),
    ],
    ids=["the queue's name", "the function's name", "the environment"],
)
def test_an_output_is_checked_before_it_reaches_a_resource(
    folder: Path, args: Any, waiting: set[str], error_text: ErrorTexts
) -> None:
    result = attempt(folder, **args)
    assert isinstance(result.error, pulumi.RunError)
    error_text(str(result.error))
    assert not waiting & result.resources.keys()


def test_a_name_may_be_an_output(folder: Path) -> None:
    resources = registered(folder, fifo=True, queue={"name": Later("late")}, function={"name": Later("late")}).resources
    names = [resources[f"hands-{part}"].inputs["name"] for part in ("queue", "function", "logs")]
    assert names == ["late.fifo", "late", "/aws/lambda/late"]


def test_no_error_prints_a_value_of_the_environment(folder: Path) -> None:
    error = str(attempt(folder, environment={"PASSWORD": b"hunter2"}, timeout=0).error)
    assert "environment: got {'PASSWORD': 'bytes'}" in error
    assert "hunter2" not in error


def test_a_cache_that_cannot_be_written_is_one_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    error = attempt(folder).error
    assert isinstance(error, pulumi.RunError)
    assert str(error).startswith("QueueConsumer 'hands': source cannot be packaged: ")
