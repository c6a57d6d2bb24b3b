"""The settings and rules of an EventRule and of its targets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import pages
from ..findings import Breach
from ..kinds import Document, Flag, Group, InputText, Text
from ..model import argument
from ..rule import refuse
from .source import (
    RetriedSettings,
    SourceSettings,
    allowed_rule,
    dead_letters_rule,
    deduplication_rule,
    group_rule,
    name_rule,
    required_rule,
)

MOST_TARGETS = 5
_JSON = "EventBridge finds it in the event by such a path"


@dataclass(frozen=True)
class EventRuleSettings(SourceSettings):
    """All the settings of an EventRule."""

    event_pattern: Mapping[str, Any] | None = argument(
        None, Document("a pattern is JSON", pages.EVENTS_PATTERNS, "a dict from fields to lists of what they may be")
    )
    event_bus_name: Any = argument(None, InputText())
    enabled: bool = argument(True, Flag())


@dataclass(frozen=True)
class InputTransformerSettings:
    """The group `input_transformer` of a target."""

    input_paths: Mapping[str, Any] | None = argument(
        None, Document(_JSON, pages.EVENTS_TRANSFORM, "a dict from names to paths, like {'chips': '$.detail.chips'}")
    )
    input_template: Any = argument(None, InputText())


@dataclass(frozen=True)
class EventTargetSettings(RetriedSettings):
    """All the settings of one target of an EventRule."""

    input_path: str | None = argument(None, Text(_JSON, pages.EVENTS_TRANSFORM, "a path like '$.detail'"))
    input_transformer: InputTransformerSettings | None = argument(None, Group(model=InputTransformerSettings))
    rule: Any = None
    """ARN of the rule."""
    number: int = 1
    """Which of the rule's targets it is."""


@refuse(
    "event-target-input",
    *("input_path", "input_transformer"),
    why="EventBridge makes the message in one of the two ways",
    page=pages.EVENTS_TRANSFORM,
)
def event_target_input(s: Any) -> Iterator[Breach]:
    if s.input_path is not None and s.input_transformer is not None:
        yield Breach("input_path beside input_transformer", "one of the two", "Leave one out")


@refuse(
    "event-target-template",
    *("input_transformer.input_template", "input_transformer"),
    why="the message is made of it",
    page=pages.EVENTS_TRANSFORM,
)
def event_target_template(s: Any) -> Iterator[Breach]:
    if s.input_transformer is not None and s.input_transformer.input_template is None:
        yield Breach("nothing", "a template, like '{\"chips\": <chips>}'", "Give it, or leave input_transformer out")


@refuse(
    "event-targets-too-many",
    "name",
    why=f"EventBridge takes {MOST_TARGETS} targets of one rule",
    page=pages.EVENTS_QUOTAS,
)
def event_targets_too_many(s: Any) -> Iterator[Breach]:
    if s.number > MOST_TARGETS:
        yield Breach(f"a target number {s.number}", f"{MOST_TARGETS} targets", "Make another rule of the same pattern")


RULES = (
    name_rule("event-rule-name"),
    required_rule("event-rule-pattern", "event_pattern", pages.EVENTS_PATTERNS),
)
OF_TARGET = (
    allowed_rule("event-rule-not-allowed", "rule", "event_rules", pages.EVENTS_TO_SQS),
    *(event_target_input, event_target_template, event_targets_too_many),
    group_rule("event-target-group", pages.EVENTS_FIFO),
    deduplication_rule("event-target-deduplication", pages.EVENTS_FIFO),
    dead_letters_rule(
        "event-target-dead-letters",
        "dead_letter_queue_arn",
        lambda s: False,
        "EventBridge sends what it cannot deliver to standard queues only",
        pages.EVENTS_DEAD_LETTERS,
    ),
)
