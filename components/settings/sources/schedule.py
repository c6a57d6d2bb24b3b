"""The settings and rules of a Schedule."""

import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from .. import pages
from ..findings import Breach, nearest, show
from ..kinds import Boolean, InputText, Text
from ..model import argument
from ..rule import error
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


@error(
    "schedule-expression",
    "schedule_expression",
    why="Scheduler knows these three forms, with minutes, hours or days, and six fields of a cron expression",
    page=pages.SCHEDULE_TYPES,
)
def schedule_expression(s: Any) -> Iterator[Breach]:
    if s.schedule_expression is not None and not EXPRESSION.fullmatch(s.schedule_expression):
        allowed = "like 'rate(5 minutes)', 'cron(0 3 * * ? *)' or 'at(2030-01-31T03:00:00)'"
        yield Breach(show(s.schedule_expression), allowed, "Correct it")


def _inside(s: Any, kind: str) -> str:
    """What is in the brackets of an expression of this kind; nothing of others, and of what is none."""
    given = s.schedule_expression or ""
    is_of_kind = given.startswith(f"{kind}(") and EXPRESSION.fullmatch(given)
    return given[len(kind) + 1 : -1] if is_of_kind else ""


@error(
    "schedule-cron-days",
    "schedule_expression",
    why="of day of month and day of week, Scheduler takes one, and a '?' for the other",
    page=pages.SCHEDULE_TYPES,
)
def schedule_cron_days(s: Any) -> Iterator[Breach]:
    fields = _inside(s, "cron").split()
    if fields and [fields[2], fields[4]].count("?") != 1:
        fields[2], fields[4] = (fields[2], "?") if fields[4] in ("*", "?") else ("?", fields[4])
        fields[2] = "*" if fields[2] == fields[4] == "?" else fields[2]
        fix = f"Write 'cron({' '.join(fields)})'"
        yield Breach(show(s.schedule_expression), "one '?' in the third or the fifth field", fix)


@error(
    "schedule-cron-field",
    "schedule_expression",
    why="Scheduler takes nothing else in that field, and refuses the expression when queue and role are made already",
    page=pages.SCHEDULE_TYPES,
)
def schedule_cron_field(s: Any) -> Iterator[Breach]:
    if fields := _inside(s, "cron").split():
        for field, text in cron.wrong(fields):
            given = f"{show(text)} as the {field.name} of {show(s.schedule_expression)}"
            yield Breach(given, field.allowed, "Correct it")


@error(
    "schedule-date",
    "schedule_expression",
    why="there is no such moment",
    page=pages.SCHEDULE_TYPES,
)
def schedule_date(s: Any) -> Iterator[Breach]:
    if moment := _inside(s, "at"):
        try:
            datetime.fromisoformat(moment)
        except ValueError:
            yield Breach(show(s.schedule_expression), "a date and a time of the calendar", "Correct it")


@error(
    "schedule-message-size",
    *("message", "target.queue.max_message_size"),
    why="Scheduler takes a payload of 256 KB, and the queue refuses what is larger than its own limit",
    page=pages.SCHEDULE_PAYLOAD,
)
def schedule_message_size(s: Any) -> Iterator[Breach]:
    size = len(s.message.encode()) if isinstance(s.message, str) else 0
    if size > (most := min(LARGEST_PAYLOAD, s.target.queue.max_message_size)):
        fix = "Send a key, and put the rest into S3"
        whose = f", those of {s.target.consumer!r}" if most < LARGEST_PAYLOAD else ""
        yield Breach(f"a message of {size:,} bytes", f"at most {most:,} bytes{whose}", fix)


@error(
    "schedule-timezone",
    "schedule_expression_timezone",
    why="Scheduler takes the names of the time zone database",
    page=pages.SCHEDULE_TYPES,
)
def schedule_timezone(s: Any) -> Iterator[Breach]:
    known = _time_zones()  # empty on a machine without the database
    if known and s.schedule_expression_timezone not in known:
        fix = f"Correct it{nearest(s.schedule_expression_timezone, known)}"
        yield Breach(show(s.schedule_expression_timezone), "a name like 'Europe/Berlin'", fix)


RULES = (
    name_rule("schedule-name"),
    required_rule("schedule-expression-missing", "schedule_expression", pages.SCHEDULE_TYPES),
    *(schedule_expression, schedule_cron_days, schedule_cron_field, schedule_date, schedule_message_size),
    schedule_timezone,
    group_rule("schedule-group", pages.SCHEDULE_TARGET),
    deduplication_rule("schedule-deduplication", pages.SCHEDULE_TARGET),
    dead_letter_queue_rule("schedule-dead-letter-queue", pages.SCHEDULE_DEAD_LETTERS),
    dead_letters_rule(
        "schedule-dead-letters",
        "Scheduler sends what it cannot deliver to standard queues only",
        pages.SCHEDULE_DEAD_LETTERS,
    ),
)
