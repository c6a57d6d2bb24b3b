"""The settings and rules of a Schedule."""

import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from .. import pages
from ..fields import argument
from ..findings import Breach, nearest, show
from ..kinds import Boolean, InputText, Text
from ..rule import Rules
from ..shapes import at_most
from . import cron
from .source import (
    GROUP_OF_SQS,
    RetriedSettings,
    dead_letter_queue,
    dead_letter_queue_rule,
    dead_letters_rule,
    deduplication_rule,
    group_rule,
    name_rule,
    required_rule,
    whole,
)

LARGEST_PAYLOAD = 256 * 1_024  # bytes
_time_zones = cache(zoneinfo.available_timezones)  # it reads a folder of files
EXPRESSION = re.compile(
    r"rate\([1-9]\d* (minute|hour|day)s?\)"
    r"|cron\(\S+(\s+\S+){5}\)"
    r"|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)"
)


@dataclass(frozen=True)
class ScheduleSettings(RetriedSettings):
    """All the settings of a Schedule."""

    schedule_expression: str | None = argument(
        None, Text("Scheduler takes 256 characters", pages.SCHEDULE_TYPES, "an expression", "(?s:.{1,256})")
    )
    schedule_expression_timezone: str = argument(
        "UTC", Text("it is checked before anything is deployed", pages.SCHEDULE_TYPES, "the name of a time zone")
    )
    message: Any = argument("{}", InputText("SQS takes no empty message", pages.SCHEDULE_TARGET, "text that is sent"))
    message_group_id: Any = argument(None, GROUP_OF_SQS)
    flexible_time_window_in_minutes: int = whole(
        0, 1_440, "minutes", "Scheduler spreads a start over a day at the most", pages.SCHEDULE_WINDOW, default=0
    )
    group_name: Any = argument(
        None,
        InputText(
            "Scheduler names groups so",
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
    """Scheduler accepts these three forms, with minutes, hours or days, and six fields in a cron expression."""
    if settings.schedule_expression is not None and not EXPRESSION.fullmatch(settings.schedule_expression):
        allowed = "like 'rate(5 minutes)', 'cron(0 3 * * ? *)' or 'at(2030-01-31T03:00:00)'"
        yield Breach(show(settings.schedule_expression), allowed, "Correct it")


def _inside(settings: ScheduleSettings, kind: str) -> str:
    """What is in the brackets of an expression of this kind; nothing of others, and of what is none."""
    given = settings.schedule_expression or ""
    is_of_kind = given.startswith(f"{kind}(") and EXPRESSION.fullmatch(given)
    return given[len(kind) + 1 : -1] if is_of_kind else ""


@rules.error("schedule_expression", page=pages.SCHEDULE_TYPES)
def schedule_cron_days(settings: ScheduleSettings) -> Iterator[Breach]:
    """Of day of month and day of week, Scheduler takes one, and a '?' for the other."""
    fields = _inside(settings, "cron").split()
    if fields and [fields[2], fields[4]].count("?") != 1:
        fields[2], fields[4] = (fields[2], "?") if fields[4] in ("*", "?") else ("?", fields[4])
        fields[2] = "*" if fields[2] == fields[4] == "?" else fields[2]
        fix = f"Write 'cron({' '.join(fields)})'"
        yield Breach(show(settings.schedule_expression), "one '?' in the third or the fifth field", fix)


@rules.error("schedule_expression", page=pages.SCHEDULE_TYPES)
def schedule_cron_field(settings: ScheduleSettings) -> Iterator[Breach]:
    """Scheduler takes nothing else in that field, and refuses the expression when queue and role are made already."""
    if fields := _inside(settings, "cron").split():
        for field, text in cron.wrong(fields):
            given = f"{show(text)} as the {field.name} of {show(settings.schedule_expression)}"
            yield Breach(given, field.allowed, "Correct it")


@rules.error("schedule_expression", page=pages.SCHEDULE_TYPES)
def schedule_date(settings: ScheduleSettings) -> Iterator[Breach]:
    """No such date or time exists."""
    if moment := _inside(settings, "at"):
        try:
            datetime.fromisoformat(moment)
        except ValueError:
            yield Breach(show(settings.schedule_expression), "a date and a time of the calendar", "Correct it")


@rules.error("message", "target.queue.max_message_size", page=pages.SCHEDULE_PAYLOAD)
def schedule_message_size(settings: ScheduleSettings) -> Iterator[Breach]:
    """Scheduler accepts a payload of 256 KB, and the queue has its own limit."""
    size = len(settings.message.encode()) if isinstance(settings.message, str) else 0
    most = min(LARGEST_PAYLOAD, settings.target.queue.max_message_size)
    limit = f"max_message_size of {settings.target.consumer!r}" if most < LARGEST_PAYLOAD else ""
    return at_most(size, most, "Send a key, and put the rest into S3", "bytes", limit)


@rules.error("schedule_expression_timezone", page=pages.SCHEDULE_TYPES)
def schedule_timezone(settings: ScheduleSettings) -> Iterator[Breach]:
    """Scheduler takes the names of the time zone database."""
    known = _time_zones()  # empty on a machine without the database
    if known and settings.schedule_expression_timezone not in known:
        fix = f"Correct it{nearest(settings.schedule_expression_timezone, known)}"
        yield Breach(show(settings.schedule_expression_timezone), "a name like 'Europe/Berlin'", fix)
