"""The alarms of a consumer: which there are, what each watches, and what it says to whoever is called."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import QueueConsumer, QueueConsumerArgs, validation
from components.settings.model import ALARMS
from pulumi_run import Run, run

TOPIC = "arn:aws:sns:eu-central-1:123456789012:on-call"


def attempt(folder: Path, preview: bool = False, **args: Any) -> Run:
    given: Any = {"source": str(folder), **args}
    return run(lambda: QueueConsumer("hands", given) and None, preview=preview)


def alarms(folder: Path, /, **args: Any) -> dict[str, dict[str, Any]]:
    """The inputs of every alarm, by the end of its name."""
    result = attempt(folder, **args)
    assert result.error is None, result.error
    made = result.of_type("metricAlarm:MetricAlarm")
    return {alarm.name.removeprefix("hands-alarm-"): alarm.inputs for alarm in made}


def test_without_the_group_there_is_no_alarm(folder: Path) -> None:
    assert alarms(folder) == {}


def test_each_alarm_watches_one_metric_of_its_own_resource(folder: Path) -> None:
    made = alarms(folder, alarms={"actions": [TOPIC]})
    watched = {name: (a["namespace"], a["metricName"], a["dimensions"]) for name, a in made.items()}
    function = {"FunctionName": "hands-function-1a2b3c4"}
    assert watched == {
        "dead-letters": ("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "hands-dlq-1a2b3c4"}),
        "message-age": ("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": "hands-queue-1a2b3c4"}),
        "errors": ("AWS/Lambda", "Errors", function),
        "throttles": ("AWS/Lambda", "Throttles", function),
        "duration": ("AWS/Lambda", "Duration", function),
    }


def test_each_is_heard_above_its_threshold_by_the_minute(folder: Path) -> None:
    made = alarms(folder, timeout=20, alarms={"actions": [TOPIC]})
    keys = ("statistic", "extendedStatistic", "threshold", "datapointsToAlarm", "evaluationPeriods")
    heard = {name: tuple(alarm.get(key) for key in keys) for name, alarm in made.items()}
    assert heard == {
        "dead-letters": ("Maximum", None, 0, 1, 1),
        "message-age": ("Maximum", None, 600, 1, 1),
        "errors": ("Sum", None, 0, 1, 5),
        "throttles": ("Sum", None, 0, 3, 5),
        "duration": (None, "p99", 16_000, 3, 5),
    }
    assert {(a["period"], a["comparisonOperator"]) for a in made.values()} == {(60, "GreaterThanThreshold")}


def test_missing_data_is_no_news_of_a_queue_and_good_news_of_a_function(folder: Path) -> None:
    made = alarms(folder, alarms={"actions": [TOPIC]})
    assert {name: a["treatMissingData"] for name, a in made.items()} == {
        "dead-letters": "ignore",
        "message-age": "ignore",
        "errors": "notBreaching",
        "throttles": "notBreaching",
        "duration": "notBreaching",
    }


def test_every_threshold_can_be_set(folder: Path) -> None:
    group = {
        "actions": [TOPIC],
        "maximum_dead_letters": 10,
        "maximum_message_age_seconds": 60,
        "maximum_errors": 2,
        "maximum_throttles": 3,
        "maximum_duration_percent": 50,
    }
    made = alarms(folder, timeout=20, alarms=group)
    assert {name: a["threshold"] for name, a in made.items()} == {
        "dead-letters": 10,
        "message-age": 60,
        "errors": 2,
        "throttles": 3,
        "duration": 10_000,
    }


def test_actions_and_ok_actions_are_those_of_every_alarm(folder: Path) -> None:
    made = alarms(folder, alarms={"actions": [TOPIC, f"{TOPIC}-2"], "ok_actions": [f"{TOPIC}-ok"]})
    assert all(a["alarmActions"] == [TOPIC, f"{TOPIC}-2"] for a in made.values())
    assert all(a["okActions"] == [f"{TOPIC}-ok"] for a in made.values())
    assert not any("okActions" in a for a in alarms(folder, alarms={"actions": [TOPIC]}).values())


@pytest.mark.parametrize("id", ALARMS)
def test_each_alarm_can_be_left_out(folder: Path, id: str) -> None:
    made = alarms(folder, alarms={"actions": [TOPIC], "leave_out": [id]})
    assert set(made) == {other.replace("_", "-") for other in ALARMS if other != id}


def test_an_unknown_alarm_to_leave_out_is_refused_with_the_nearest(folder: Path) -> None:
    error = attempt(folder, alarms={"actions": [TOPIC], "leave_out": ["throttle"]}).error
    assert str(error).splitlines()[1] == (
        "- alarms.leave_out: got 'throttle'; allowed: a list of any of dead_letters, message_age, errors, throttles, "
        "duration. A consumer has these alarms. Correct or remove it (did you mean 'throttles'?). "
        "[alarms-leave-out-value] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
    )


def test_a_description_names_the_consumer_and_the_command_to_begin_with(folder: Path) -> None:
    texts = {name: a["alarmDescription"] for name, a in alarms(folder, alarms={"actions": [TOPIC]}).items()}
    assert all(text.startswith("hands: ") and "First: " in text for text in texts.values())
    assert "`consumers logs hands --since 1d --stack shop/test`" in texts["dead-letters"]
    assert "`consumers status hands --stack shop/test`" in texts["message-age"]
    assert max(map(len, texts.values())) <= 1024  # CloudWatch takes no more


def test_the_commands_of_the_descriptions_exist(folder: Path) -> None:
    import re

    from click.testing import CliRunner

    from consumers.cli import main

    texts = " ".join(a["alarmDescription"] for a in alarms(folder, alarms={"actions": [TOPIC]}).values())
    commands = re.findall(r"`consumers ([^`]+)`", texts)
    assert len(commands) == 4
    for command in commands:
        assert CliRunner().invoke(main, [*command.split(), "--help"]).exit_code == 0, command


@pytest.mark.parametrize(
    ("args", "age"),
    [
        ({"timeout": 30}, 180 * 5),
        ({"timeout": 900, "max_receive_count": 3}, 5_400 * 3),
        ({"timeout": 1}, 300),
        ({"timeout": 10, "retry": {"base_delay_seconds": 100}}, 900 * 5),
        ({"timeout": 10, "retry": {"base_delay_seconds": 10}}, 160 * 5),
        ({"timeout": 30, "queue": {"delay_seconds": 900}}, 900 + 180 * 5),
        ({"timeout": 10, "queue": {"message_retention_seconds": 400}}, 200),
    ],
)
def test_the_age_that_is_unusual_is_the_longest_that_tries_can_take(
    folder: Path, args: dict[str, Any], age: int
) -> None:
    accepted, _ = validation.examine("hands", {"source": str(folder), "alarms": {"actions": [TOPIC]}, **args})
    assert accepted.alarms is not None
    assert accepted.alarms.maximum_message_age_seconds == age


def test_an_action_may_be_an_output_and_is_checked_when_it_is_known(folder: Path) -> None:
    def program(arn: str) -> Any:
        def consumer() -> None:
            actions: Any = [pulumi.Output.from_input(arn)]
            QueueConsumer("hands", QueueConsumerArgs(source=str(folder), alarms={"actions": actions}))

        return consumer

    assert run(program(TOPIC)).error is None
    assert run(program(TOPIC)).resources["hands-alarm-errors"].inputs["alarmActions"] == [TOPIC]
    assert "alarms.actions: got 'on-call'; allowed: at most 5 ARNs" in str(run(program("on-call")).error)


def test_a_preview_shows_alarms_though_no_name_is_known(folder: Path) -> None:
    result = attempt(folder, preview=True, alarms={"actions": [TOPIC]})
    assert result.error is None
    assert len(result.of_type("metricAlarm:MetricAlarm")) == 5


def test_alarms_are_tagged_as_parts_and_are_attributes_by_their_ids(folder: Path) -> None:
    def program() -> list[str]:
        hands = QueueConsumer("hands", QueueConsumerArgs(source=str(folder), alarms={"actions": [TOPIC]}))
        return list(hands.alarms)

    result = run(program)
    assert result.value == list(ALARMS)
    tags = [alarm.inputs["tags"] for alarm in result.of_type("metricAlarm:MetricAlarm")]
    assert {tag["queue-consumer:consumer"] for tag in tags} == {"hands"}
    assert len({tag["queue-consumer:part"] for tag in tags}) == 5
