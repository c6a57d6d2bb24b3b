"""Rules on the alarms and their actions."""

from collections.abc import Iterator, Sequence
from typing import Any

from .. import arns, pages
from ..findings import Breach, show
from ..model import ALARMS, Settings
from . import rules

MAX_ACTIONS = 5
COMPARED_FROM = 30  # messages of a group in flight
PER_POLLER = 10  # concurrent invocations of one provisioned poller


@rules.error("alarms.actions", page=pages.ALARMS)
def alarm_without_action(settings: Settings) -> Iterator[Breach]:
    """An alarm without an action notifies nobody."""
    if settings.alarms and not settings.alarms.actions:
        fix = "Add the ARN of an SNS topic that notifies somebody, or leave alarms out"
        yield Breach("none", f"1 to {MAX_ACTIONS} ARNs", fix)


@rules.error("alarms.leave_out", "alarms.maximum_noisy_groups", "alarms.maximum_quiet_backlog", page=pages.ALARMS)
def no_alarm_left(settings: Settings) -> Iterator[Breach]:
    """Without any alarm, the consumer is not monitored, although the program suggests it."""
    alarms = settings.alarms
    if alarms and set(ALARMS) <= {*alarms.leave_out} and not alarms.on_fair_queue:
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


_FAIR = "only standard queues are fair queues, and of a FIFO queue SQS publishes no such metric: the alarm never fires"


@rules.warning("alarms.maximum_noisy_groups", "fifo", why=_FAIR, page=pages.SQS_METRICS)
def noisy_groups_on_fifo(settings: Settings) -> Iterator[Breach]:
    return _on_fifo(settings, settings.alarms and settings.alarms.maximum_noisy_groups)


@rules.warning("alarms.maximum_quiet_backlog", "fifo", why=_FAIR, page=pages.SQS_METRICS)
def quiet_backlog_on_fifo(settings: Settings) -> Iterator[Breach]:
    return _on_fifo(settings, settings.alarms and settings.alarms.maximum_quiet_backlog)


def _on_fifo(settings: Settings, threshold: int | None) -> Iterator[Breach]:
    if settings.fifo and threshold is not None:
        yield Breach(f"{threshold:,} with fifo=True", "only with fifo=False", "Leave it out")


@rules.warning(
    "mapping.maximum_concurrency",
    "batch_size",
    "function.reserved_concurrent_executions",
    "mapping.provisioned_pollers.maximum",
    "alarms.maximum_noisy_groups",
    "alarms.maximum_quiet_backlog",
    "fifo",
    page=pages.SQS_FAIR,
)
def few_in_flight_for_fairness(settings: Settings) -> Iterator[Breach]:
    """SQS compares the message groups of a fair queue by their messages in flight, from 30 of a group on. With fewer,
    only the processing time shows which group is noisy."""
    alarms, limit, batch = settings.alarms, _concurrency(settings), settings.batch_size
    is_fair = alarms and alarms.on_fair_queue and not settings.fifo
    if is_fair and limit is not None and limit * batch < COMPARED_FROM:
        got = f"at most {limit} invocations at once, so {limit * batch} messages in flight with batch_size={batch}"
        fix = "Raise the concurrency or batch_size, or keep it if the processing time is enough"
        yield Breach(got, f"{COMPARED_FROM} messages in flight or more", fix)


def _concurrency(settings: Settings) -> int | None:
    """Return the limit of concurrent invocations; None without one."""
    pollers = settings.mapping.provisioned_pollers
    limits = (
        settings.mapping.maximum_concurrency,
        settings.function.reserved_concurrent_executions,
        pollers and pollers.maximum * PER_POLLER,
    )
    return min((limit for limit in limits if limit is not None), default=None)
