"""Rules on the alarms and their actions."""

from collections.abc import Iterator, Sequence
from typing import Any

from .. import arns, pages
from ..findings import Breach, show
from ..model import ALARMS, Settings
from . import rules

MAX_ACTIONS = 5


@rules.error("alarms.actions", page=pages.ALARMS)
def alarm_without_action(settings: Settings) -> Iterator[Breach]:
    """An alarm without an action notifies nobody."""
    if settings.alarms and not settings.alarms.actions:
        fix = "Add the ARN of an SNS topic that notifies somebody, or leave alarms out"
        yield Breach("none", f"1 to {MAX_ACTIONS} ARNs", fix)


@rules.error("alarms.leave_out", page=pages.ALARMS)
def no_alarm_left(settings: Settings) -> Iterator[Breach]:
    """Without any alarm, the consumer is not monitored, although the program suggests it."""
    if settings.alarms and set(ALARMS) <= {*settings.alarms.leave_out}:
        fix = "Keep one of them, or leave alarms out"
        yield Breach(f"all {len(ALARMS)} alarms", f"at most {len(ALARMS) - 1} of them", fix)


_ACTIONS = f"CloudWatch accepts actions by ARN, {MAX_ACTIONS} for each state"


@rules.error("alarms.actions", why=_ACTIONS, page=pages.ALARMS)
def alarm_actions(settings: Settings) -> Iterator[Breach]:
    return _invalid_actions(settings.alarms.actions if settings.alarms else ())


@rules.error("alarms.ok_actions", why=_ACTIONS, page=pages.ALARMS)
def alarm_ok_actions(settings: Settings) -> Iterator[Breach]:
    return _invalid_actions(settings.alarms.ok_actions if settings.alarms else ())


def _invalid_actions(actions: Sequence[Any]) -> Iterator[Breach]:
    allowed = f"at most {MAX_ACTIONS} ARNs such as {arns.ANY.example}"
    if len(actions) > MAX_ACTIONS:
        yield Breach(f"{len(actions)} actions", allowed, "Subscribe the others to one SNS topic")
    for action in actions:
        if arns.ANY.excludes(action):
            yield Breach(show(action), allowed, "Pass the ARN, not the name")


@rules.error("alarms.maximum_message_age_seconds", "queue.message_retention_seconds", page=pages.SQS_METRICS)
def age_alarm_too_late(settings: Settings) -> Iterator[Breach]:
    """SQS deletes a message at the end of its retention, so the alarm would come after the loss, or never."""
    alarms, retention = settings.alarms, settings.queue.message_retention_seconds
    if alarms and alarms.maximum_message_age_seconds >= retention:
        allowed = f"less than {retention:,} seconds, the queue's retention"
        fix = "Lower it, leave it out, or raise queue.message_retention_seconds"
        yield Breach(f"{alarms.maximum_message_age_seconds:,} seconds", allowed, fix)
