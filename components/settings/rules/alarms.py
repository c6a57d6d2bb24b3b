"""Rules on the alarms: somebody hears of them, and in time."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from .. import pages
from ..findings import Breach, show
from ..model import ALARMS, AlarmSettings, Settings
from ..rule import Rule, error

MOST_ACTIONS = 5
ARN = re.compile(r"(?s)(?=.{1,1024}$)arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:.+")


@error(
    "alarm-without-action",
    "alarms.actions",
    why="an alarm without an action is one that nobody hears of",
    page=pages.ALARMS,
)
def alarm_without_action(s: Settings) -> Iterator[Breach]:
    if s.alarms and not s.alarms.actions:
        fix = "Give the ARN of what tells people, such as an SNS topic, or leave the group alarms out"
        yield Breach("none", f"1 to {MOST_ACTIONS} ARNs", fix)


@error(
    "no-alarm-left",
    "alarms.leave_out",
    why="the group would make nothing, and whoever reads the program would take the consumer for watched",
    page=pages.ALARMS,
)
def no_alarm_left(s: Settings) -> Iterator[Breach]:
    if s.alarms and set(ALARMS) <= {*s.alarms.leave_out}:
        fix = "Keep one of them, or leave the group alarms out"
        yield Breach(f"all {len(ALARMS)} alarms", f"at most {len(ALARMS) - 1} of them", fix)


def _action_rule(id: str, argument: str, actions_of: Callable[[AlarmSettings], tuple[Any, ...]]) -> Rule:
    @error(id, argument, why=f"CloudWatch takes actions by ARN, {MOST_ACTIONS} for each state", page=pages.ALARMS)
    def check(s: Settings) -> Iterator[Breach]:
        actions = actions_of(s.alarms) if s.alarms else ()
        allowed = f"at most {MOST_ACTIONS} ARNs such as arn:aws:sns:eu-west-1:123456789012:on-call"
        if len(actions) > MOST_ACTIONS:
            yield Breach(f"{len(actions)} actions", allowed, "Let one SNS topic tell the others")
        for action in actions:
            if isinstance(action, str) and not ARN.fullmatch(action):
                yield Breach(show(action), allowed, "Give the ARN, not the name")

    return check


alarm_actions = _action_rule("alarm-actions", "alarms.actions", lambda alarms: alarms.actions)
alarm_ok_actions = _action_rule("alarm-ok-actions", "alarms.ok_actions", lambda alarms: alarms.ok_actions)


@error(
    "age-alarm-too-late",
    *("alarms.maximum_message_age_seconds", "queue.message_retention_seconds"),
    why="SQS deletes a message when its retention is over, so the alarm would never come, or after the loss",
    page=pages.SQS_METRICS,
)
def age_alarm_too_late(s: Settings) -> Iterator[Breach]:
    if s.alarms and s.alarms.maximum_message_age_seconds >= s.queue.message_retention_seconds:
        allowed = f"less than {s.queue.message_retention_seconds:,} seconds, the queue's retention"
        fix = "Lower it, leave it out, or raise queue.message_retention_seconds"
        yield Breach(f"{s.alarms.maximum_message_age_seconds:,} seconds", allowed, fix)


RULES = (alarm_without_action, no_alarm_left, alarm_actions, alarm_ok_actions, age_alarm_too_late)
