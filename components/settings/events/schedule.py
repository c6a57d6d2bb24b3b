"""The settings and rules of a Schedule."""

import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import pages
from ..findings import Breach, nearest, show
from ..kinds import Flag, InputText, Text
from ..model import argument
from ..rule import refuse
from .source import (
    RetriedSettings,
    dead_letters_rule,
    deduplication_rule,
    group_rule,
    name_rule,
    required_rule,
    whole,
)

EXPRESSION = re.compile(
    r"rate\([1-9]\d* (minute|hour|day)s?\)"
    r"|cron\(\S+( \S+){5}\)"
    r"|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)"
)


@dataclass(frozen=True)
class ScheduleSettings(RetriedSettings):
    """All the settings of a Schedule."""

    schedule_expression: str | None = argument(
        None, Text("it is checked before anything is deployed", pages.SCHEDULE_TYPES, "an expression")
    )
    schedule_expression_timezone: str = argument(
        "UTC", Text("it is checked before anything is deployed", pages.SCHEDULE_TYPES, "the name of a time zone")
    )
    message: Any = argument("{}", InputText("SQS takes no empty message", pages.SCHEDULE_TARGET, "text that is sent"))
    flexible_time_window_in_minutes: int = whole(
        0, 1_440, "minutes", "Scheduler spreads a start over a day at the most", pages.SCHEDULE_WINDOW, default=0
    )
    group_name: Any = argument(None, InputText())
    enabled: bool = argument(True, Flag())


@refuse(
    "schedule-expression",
    "schedule_expression",
    why="Scheduler knows these three forms, with minutes, hours or days, and six fields of a cron expression",
    page=pages.SCHEDULE_TYPES,
)
def schedule_expression(s: Any) -> Iterator[Breach]:
    if s.schedule_expression is not None and not EXPRESSION.fullmatch(s.schedule_expression):
        allowed = "like 'rate(5 minutes)', 'cron(0 3 * * ? *)' or 'at(2030-01-31T03:00:00)'"
        yield Breach(show(s.schedule_expression), allowed, "Correct it")


@refuse(
    "schedule-timezone",
    "schedule_expression_timezone",
    why="Scheduler takes the names of the time zone database",
    page=pages.SCHEDULE_TYPES,
)
def schedule_timezone(s: Any) -> Iterator[Breach]:
    known = zoneinfo.available_timezones()  # empty on a machine without the database
    if known and s.schedule_expression_timezone not in known:
        todo = f"Correct it{nearest(s.schedule_expression_timezone, known)}"
        yield Breach(show(s.schedule_expression_timezone), "a name like 'Europe/Berlin'", todo)


RULES = (
    name_rule("schedule-name"),
    required_rule("schedule-expression-missing", "schedule_expression", pages.SCHEDULE_TYPES),
    *(schedule_expression, schedule_timezone),
    group_rule("schedule-group", pages.SCHEDULE_TARGET),
    deduplication_rule("schedule-deduplication", pages.SCHEDULE_TARGET),
    dead_letters_rule(
        "schedule-dead-letters",
        "dead_letter_queue_arn",
        lambda s: False,
        "Scheduler sends what it cannot deliver to standard queues only",
        pages.SCHEDULE_DEAD_LETTERS,
    ),
)
