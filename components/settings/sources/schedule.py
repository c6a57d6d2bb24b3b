"""The settings and rules of a Schedule."""

import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from .. import pages
from ..fields import argument, integer
from ..findings import Breach, nearest, show
from ..kinds import Boolean, InputText, Text
from ..rule import Rules
from ..shapes import at_most
from . import cron
from .source import (
    SQS_GROUP,
    RetriedSettings,
    dead_letter_queue,
    dead_letter_queue_rule,
    dead_letters_rule,
    deduplication_rule,
    group_rule,
    name_rule,
    required_rule,
)

MAX_PAYLOAD_BYTES = 256 * 1_024
_time_zones = cache(zoneinfo.available_timezones)  # reads a folder of files
EXPRESSION = re.compile(
    r"rate\([1-9]\d* (minute|hour|day)s?\)"
    r"|cron\(\S+(\s+\S+){5}\)"
    r"|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)"
)


@dataclass(frozen=True)
class ScheduleSettings(RetriedSettings):
    """All the settings of a Schedule."""

    schedule_expression: str | None = argument(
        None, Text("Scheduler accepts at most 256 characters", pages.SCHEDULE_TYPES, "an expression", "(?s:.{1,256})")
    )
    schedule_expression_timezone: str = argument(
        "UTC",
        Text("Scheduler accepts the names of the time zone database", pages.SCHEDULE_TYPES, "the name of a time zone"),
    )
    message: Any = argument("{}", InputText("SQS rejects an empty message", pages.SCHEDULE_TARGET, "the text to send"))
    message_group_id: Any = argument(None, SQS_GROUP)
    flexible_time_window_in_minutes: int = integer(
        0, 0, 1_440, "minutes", "a window is at most a day", pages.SCHEDULE_WINDOW
    )
    group_name: Any = argument(
        None,
        InputText(
            "Scheduler rejects other names",
            pages.SCHEDULE_GROUP,
            "1 to 64 ASCII letters, digits and '-_.'",
            "[0-9A-Za-z_.-]{1,64}",
        ),
    )
    dead_letter_queue: Any = dead_letter_queue()
    enabled: bool = argument(True, Boolean())


rules = Rules[ScheduleSettings]("Schedule")
rules.include(
    name_rule("schedule-name"),
    required_rule("schedule-expression-missing", "schedule_expression", pages.SCHEDULE_TYPES),
    group_rule("schedule-group", pages.SCHEDULE_TARGET),
    deduplication_rule("schedule-deduplication", pages.SCHEDULE_TARGET),
    dead_letter_queue_rule("schedule-dead-letter-queue", pages.SCHEDULE_DEAD_LETTERS),
    dead_letters_rule("schedule-dead-letters", "Scheduler", pages.SCHEDULE_DEAD_LETTERS),
)


@rules.error("schedule_expression", page=pages.SCHEDULE_TYPES)
def schedule_expression(settings: ScheduleSettings) -> Iterator[Breach]:
    """Scheduler accepts rates in minutes, hours or days, cron expressions with six fields, and points in time."""
    if settings.schedule_expression is not None and not EXPRESSION.fullmatch(settings.schedule_expression):
        allowed = "like 'rate(5 minutes)', 'cron(0 3 * * ? *)' or 'at(2030-01-31T03:00:00)'"
        yield Breach(show(settings.schedule_expression), allowed, "Correct it")


def _operand(settings: ScheduleSettings, kind: str) -> str:
    """Return the text inside the parentheses of a valid expression of this kind; empty for any other."""
    got = settings.schedule_expression or ""
    is_of_kind = got.startswith(f"{kind}(") and EXPRESSION.fullmatch(got)
    return got[len(kind) + 1 : -1] if is_of_kind else ""


@rules.error("schedule_expression", page=pages.SCHEDULE_TYPES)
def schedule_cron_days(settings: ScheduleSettings) -> Iterator[Breach]:
    """Scheduler requires a '?' as either the day of month or the day of week."""
    fields = _operand(settings, "cron").split()
    if fields and [fields[2], fields[4]].count("?") != 1:
        fields[2], fields[4] = (fields[2], "?") if fields[4] in ("*", "?") else ("?", fields[4])
        fields[2] = "*" if fields[2] == fields[4] == "?" else fields[2]
        fix = f"Write 'cron({' '.join(fields)})'"
        yield Breach(show(settings.schedule_expression), "one '?' in the third or the fifth field", fix)


@rules.error("schedule_expression", page=pages.SCHEDULE_TYPES)
def schedule_cron_field(settings: ScheduleSettings) -> Iterator[Breach]:
    """Scheduler rejects other values in that field, after the queue and the role are created."""
    if fields := _operand(settings, "cron").split():
        for field, text in cron.invalid_fields(fields):
            got = f"{show(text)} as the {field.name} of {show(settings.schedule_expression)}"
            yield Breach(got, field.allowed, "Correct it")


@rules.error("schedule_expression", page=pages.SCHEDULE_TYPES)
def schedule_date(settings: ScheduleSettings) -> Iterator[Breach]:
    """No such date or time exists."""
    if moment := _operand(settings, "at"):
        try:
            datetime.fromisoformat(moment)
        except ValueError:
            yield Breach(show(settings.schedule_expression), "a date and time that exist", "Correct it")


@rules.error("message", "target.queue.max_message_size", page=pages.SCHEDULE_PAYLOAD)
def schedule_message_size(settings: ScheduleSettings) -> Iterator[Breach]:
    """Scheduler accepts a payload of 256 KB, and the queue has its own limit."""
    size = len(settings.message.encode()) if isinstance(settings.message, str) else 0
    most = min(MAX_PAYLOAD_BYTES, settings.target.queue.max_message_size)
    limit = f"max_message_size of {settings.target.consumer!r}" if most < MAX_PAYLOAD_BYTES else ""
    return at_most(size, most, "Store the content in S3, and send its key", "bytes", limit)


@rules.error("schedule_expression_timezone", page=pages.SCHEDULE_TYPES)
def schedule_timezone(settings: ScheduleSettings) -> Iterator[Breach]:
    """Scheduler accepts the names of the time zone database."""
    names = _time_zones()  # empty on a machine without the database
    if names and settings.schedule_expression_timezone not in names:
        fix = f"Correct it{nearest(settings.schedule_expression_timezone, names)}"
        yield Breach(show(settings.schedule_expression_timezone), "a name like 'Europe/Berlin'", fix)
