"""The alarms of a consumer: what each watches, and what its description tells the person on call."""

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from components import QueueConsumer, QueueConsumerArgs
from components.settings.model import ALARMS
from consumer_run import Later, attempt, registered
from consumers.cli import main
from error_texts import ErrorTexts
from pulumi_run import inputs_of, run
from rule_cases import ON_CALL
from validate import rules_of, settings_of


def alarms(folder: Path, /, **args: Any) -> dict[str, dict[str, Any]]:
    """Return the inputs of every alarm, by the end of its name."""
    found = registered(folder, **args).of_type("metricAlarm:MetricAlarm")
    return {alarm.name.removeprefix("hands-alarm-"): alarm.inputs for alarm in found}


def test_without_the_group_there_is_no_alarm(folder: Path) -> None:
    assert alarms(folder) == {}


def test_each_alarm_watches_one_metric_of_its_own_resource(folder: Path, error_text: ErrorTexts) -> None:
    error_text(inputs_of(registered(folder, timeout=20, alarms={"actions": [ON_CALL]}), "hands-alarm"))


def test_thresholds_and_actions_can_be_set(folder: Path) -> None:
    group = {
        "actions": [Later(ON_CALL), f"{ON_CALL}-2"],
        "ok_actions": [f"{ON_CALL}-ok"],
        "maximum_dead_letters": 10,
        "maximum_message_age_seconds": 60,
        "maximum_errors": 2,
        "maximum_throttles": 3,
        "maximum_duration_percent": 50,
    }
    found = alarms(folder, timeout=20, alarms=group)
    thresholds = {"dead-letters": 10, "message-age": 60, "errors": 2, "throttles": 3, "duration": 10_000}
    assert {name: alarm["threshold"] for name, alarm in found.items()} == thresholds
    assert all(alarm["alarmActions"] == [ON_CALL, f"{ON_CALL}-2"] for alarm in found.values())
    assert all(alarm["okActions"] == [f"{ON_CALL}-ok"] for alarm in found.values())


FAIR = {"maximum_noisy_groups": 0, "maximum_quiet_backlog": 1_000}


def test_a_threshold_turns_an_alarm_on_the_message_groups_of_a_fair_queue_on(
    folder: Path, error_text: ErrorTexts
) -> None:
    group = {"actions": [ON_CALL], "leave_out": [*ALARMS], **FAIR}
    error_text(inputs_of(registered(folder, alarms=group), "hands-alarm"))
    for name in FAIR:
        both = alarms(folder, alarms={"actions": [ON_CALL], name: 5})
        added = set(both) - {id.replace("_", "-") for id in ALARMS}
        assert {(one, both[one]["threshold"]) for one in added} == {
            (name.removeprefix("maximum_").replace("_", "-"), 5)
        }


def test_an_action_that_is_an_output_is_checked_when_it_resolves(folder: Path) -> None:
    assert "[alarm-actions]" in str(attempt(folder, alarms={"actions": [Later("on-call")]}).error)


@pytest.mark.parametrize("id", ALARMS)
def test_each_alarm_can_be_left_out(folder: Path, id: str) -> None:
    found = alarms(folder, alarms={"actions": [ON_CALL], "leave_out": [id]})
    assert set(found) == {other.replace("_", "-") for other in ALARMS if other != id}


@pytest.mark.parametrize(
    ("args", "is_warned"),
    [
        ({"mapping": {"maximum_concurrency": 2}, "batch_size": 10}, True),
        ({"mapping": {"maximum_concurrency": 3}, "batch_size": 10}, False),
        ({"function": {"reserved_concurrent_executions": 2}, "mapping": {"maximum_concurrency": 9}}, True),
        ({"mapping": {"provisioned_pollers": {"maximum": 2}}, "batch_size": 1}, True),
        ({"mapping": {"provisioned_pollers": {"maximum": 3}}, "batch_size": 1}, False),
        ({"mapping": {"maximum_concurrency": 2}, "fifo": True}, False),
        ({"batch_size": 1}, False),
    ],
)
def test_a_fair_queue_needs_30_messages_in_flight_to_compare_its_groups(
    folder: Path, args: dict[str, Any], is_warned: bool
) -> None:
    fair, plain = ({"actions": [ON_CALL], **more} for more in (FAIR, {}))
    assert ("few-in-flight-for-fairness" in rules_of(folder, alarms=fair, **args)) is is_warned
    assert "few-in-flight-for-fairness" not in rules_of(folder, alarms=plain, **args)


def test_a_description_names_the_consumer_and_commands_that_exist(folder: Path) -> None:
    found = alarms(folder, alarms={"actions": [ON_CALL], **FAIR})
    texts = {name: alarm["alarmDescription"] for name, alarm in found.items()}
    assert all(text.startswith("hands: ") and "First: " in text for text in texts.values())
    assert "`consumers dlq list hands --stack shop/test`" in texts["dead-letters"]
    assert "`consumers status hands --stack shop/test`" in texts["message-age"]
    assert "received three times or more" in texts["message-age"]
    assert max(map(len, texts.values())) <= 1024  # CloudWatch's limit
    commands = re.findall(r"`consumers ([^`]+)`", " ".join(texts.values()))
    assert len(commands) == 6
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
def test_the_default_age_is_the_longest_time_that_all_receives_can_take(
    folder: Path, args: dict[str, Any], age: int
) -> None:
    settings = settings_of({"source": str(folder), "alarms": {"actions": [ON_CALL]}, **args})
    assert settings.alarms is not None
    assert settings.alarms.maximum_message_age_seconds == age


def test_a_preview_shows_the_alarms_before_any_name_is_known(folder: Path) -> None:
    assert len(alarms(folder, preview=True, alarms={"actions": [ON_CALL]})) == 5


def test_alarms_are_tagged_as_parts_and_are_attributes_by_their_ids(folder: Path) -> None:
    def program() -> list[str]:
        hands = QueueConsumer("hands", QueueConsumerArgs(source=str(folder), alarms={"actions": [ON_CALL]}))
        return list(hands.alarms)

    result = run(program)
    assert result.value == list(ALARMS)
    tags = [alarm.inputs["tags"] for alarm in result.of_type("metricAlarm:MetricAlarm")]
    assert {tag["queue-consumer:consumer"] for tag in tags} == {"hands"}
    assert len({tag["queue-consumer:part"] for tag in tags}) == 5
