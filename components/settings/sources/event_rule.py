"""The settings and rules of an EventRule and of its targets."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ... import policies
from .. import pages, patterns
from ..arns import EVENT_BUS
from ..fields import argument
from ..findings import Breach, nearest, show
from ..kinds import Boolean, Document, Group, InputText, Text
from ..operators import OF_EVENTBRIDGE
from ..rule import Rules
from ..shapes import at_most, excludes
from .source import (
    EVENTBRIDGE_GROUP,
    QUEUE_POLICY,
    TEMPLATE,
    RetriedSettings,
    SourceSettings,
    dead_letters_rule,
    deduplication_rule,
    group_rule,
    name_rule,
    required_rule,
    sender_not_allowed,
)

MAX_TARGETS = 5
MAX_PATTERN_LENGTH = 4_096
MAX_PATHS, MAX_PATH_LENGTH = 100, 256
NAME = re.compile(r"[\w-]{1,256}", re.ASCII)
PLACEHOLDER = re.compile(r"<([\w.-]+)>")
_PATH = "EventBridge selects a part of the event by its path"


@dataclass(frozen=True)
class EventRuleSettings(SourceSettings):
    """All the settings of an EventRule."""

    event_pattern: Mapping[str, Any] | None = argument(
        None, Document("a pattern is JSON", pages.EVENTS_PATTERNS, "a dict from fields to lists of values")
    )
    event_bus_name: Any = argument(
        None,
        InputText(
            "EventBridge rejects other names",
            pages.EVENTS_BUS,
            "the name of an event bus, 1 to 256 of letters, digits and '/._-', or its ARN",
            rf"{EVENT_BUS.form}|[/._A-Za-z0-9-]{{1,256}}",
        ),
    )
    enabled: bool = argument(True, Boolean())


rules = Rules[EventRuleSettings]("EventRule")
rules.include(name_rule("event-rule-name"), required_rule("event-rule-pattern", "event_pattern", pages.EVENTS_PATTERNS))


@dataclass(frozen=True)
class InputTransformerSettings:
    """The group `input_transformer` of a target."""

    input_paths: Mapping[str, Any] | None = argument(
        None, Document(_PATH, pages.EVENTS_TRANSFORM, "a dict from names to paths, like {'chips': '$.detail.chips'}")
    )
    input_template: Any = argument(None, TEMPLATE)


@dataclass(frozen=True)
class EventTargetSettings(RetriedSettings):
    """All the settings of one target of an EventRule."""

    message_group_id: Any = argument(None, EVENTBRIDGE_GROUP)
    input_path: str | None = argument(
        None, Text(_PATH, pages.EVENTS_TRANSFORM, "a path like '$.detail', at most 256 characters", "(?s:.{1,256})")
    )
    input_transformer: InputTransformerSettings | None = argument(None, Group(model=InputTransformerSettings))
    rule: Any = None
    """ARN of the rule."""
    others: tuple[str, ...] = ()
    """The consumers that already are targets of the rule."""


target_rules = Rules[EventTargetSettings]("EventTarget")
target_rules.include(
    group_rule("event-target-group", pages.EVENTS_FIFO),
    deduplication_rule("event-target-deduplication", pages.EVENTS_FIFO),
    dead_letters_rule("event-target-dead-letters", "EventBridge", pages.EVENTS_DEAD_LETTERS),
)


@target_rules.error(
    "rule", "target.queue.allowed_senders.event_rules", "target.queue.arn", why=QUEUE_POLICY, page=pages.EVENTS_TO_SQS
)
def event_rule_not_allowed(settings: EventTargetSettings) -> Iterator[Breach]:
    return sender_not_allowed(settings.target, "event_rules", settings.rule)


FIELDS = ("source", "detail-type", "detail", "account", "region", "resources", "time", "id", "version", "replay-name")


@rules.error("event_pattern", page=pages.EVENTS_PATTERNS)
def event_pattern(settings: EventRuleSettings) -> Iterator[Breach]:
    """EventBridge rejects other patterns, and a pattern on a field that no event has never matches."""
    for name in (name for name in settings.event_pattern or () if name not in (*FIELDS, "$or")):
        fix = f"Correct it{nearest(name, FIELDS)}; the sender's own fields are in 'detail'"
        yield Breach(f"the field {show(name)}", f"those of an event: {', '.join(FIELDS)}", fix)
    if settings.event_pattern:
        yield from patterns.breaches("event_pattern", settings.event_pattern, OF_EVENTBRIDGE)


@rules.error(
    "event_pattern", why=f"EventBridge accepts at most {MAX_PATTERN_LENGTH:,} characters", page=pages.EVENTS_PUT_RULE
)
def event_pattern_size(settings: EventRuleSettings) -> Iterator[Breach]:
    if not settings.event_pattern or any(event_pattern.check(settings)):
        return  # an invalid pattern may not be JSON
    size = len(policies.canonical_json(settings.event_pattern, default=show))  # an Output counts as its type
    fix = "Create several rules, or match by fewer values and let the consumer filter"
    yield from at_most(size, MAX_PATTERN_LENGTH, fix, "characters as JSON")


def _input_paths(settings: EventTargetSettings) -> Mapping[str, Any]:
    return (settings.input_transformer.input_paths if settings.input_transformer else None) or {}


@target_rules.error("input_path", "input_transformer.input_paths", "input_transformer", page=pages.EVENTS_TRANSFORM)
def event_target_path(settings: EventTargetSettings) -> Iterator[Breach]:
    """A path starts at the root of the event, '$'."""
    of_names = [(f" as {show(name)} of input_paths", path) for name, path in _input_paths(settings).items()]
    for where, path in (("", settings.input_path), *of_names):
        if isinstance(path, str) and not path.startswith("$"):
            yield Breach(f"{show(path)}{where}", "a path like '$.detail.chips'", f"Write {show(f'$.{path}')}")


@target_rules.error(
    "input_transformer.input_paths",
    "input_transformer",
    why=f"EventBridge accepts {MAX_PATHS} names not starting with 'AWS', and paths of {MAX_PATH_LENGTH} characters",
    page=pages.EVENTS_TRANSFORMER,
)
def event_target_paths(settings: EventTargetSettings) -> Iterator[Breach]:
    paths = _input_paths(settings)
    yield from at_most(len(paths), MAX_PATHS, "Select larger parts of the event", "names")
    for name, path in paths.items():
        if not NAME.fullmatch(str(name)) or str(name).upper().startswith("AWS"):
            yield Breach(f"the name {show(name)}", "1 to 256 of letters, digits, '_' and '-'", "Rename it")
        if isinstance(path, str) and not 1 <= len(path) <= MAX_PATH_LENGTH:
            got = f"a path of {len(path)} characters as {show(name)}"
            yield Breach(got, f"1 to {MAX_PATH_LENGTH} characters", "Select a larger part of the event")


@target_rules.error(
    "input_transformer.input_template",
    "input_transformer.input_paths",
    "input_transformer",
    page=pages.EVENTS_TRANSFORM,
)
def event_target_placeholder(settings: EventTargetSettings) -> Iterator[Breach]:
    """EventBridge rejects names that are neither in input_paths nor predefined, like aws.events.event.json."""
    if settings.input_transformer is None or not isinstance(settings.input_transformer.input_template, str):
        return
    names: list[str] = [*(settings.input_transformer.input_paths or ())]
    for name in dict.fromkeys(PLACEHOLDER.findall(settings.input_transformer.input_template)):
        if name not in names and not name.startswith("aws.events."):
            allowed = f"names of input_paths: {', '.join(names) or 'there are none'}"
            yield Breach(f"<{name}>", allowed, f"Add it to input_paths, or correct it{nearest(name, names)}")


@target_rules.error("input_path", "input_transformer", page=pages.EVENTS_TRANSFORM)
def event_target_input(settings: EventTargetSettings) -> Iterator[Breach]:
    """EventBridge creates the message from one of the two."""
    return excludes(settings.input_path, settings.input_transformer, "input_transformer")


@target_rules.error("input_transformer.input_template", "input_transformer", page=pages.EVENTS_TRANSFORM)
def event_target_template(settings: EventTargetSettings) -> Iterator[Breach]:
    """EventBridge creates the message from the template."""
    if settings.input_transformer is not None and settings.input_transformer.input_template is None:
        yield Breach("nothing", "a template, like '{\"chips\": <chips>}'", "Set it, or leave input_transformer out")


@target_rules.error("name", why=f"a rule has at most {MAX_TARGETS} targets", page=pages.EVENTS_QUOTAS)
def event_targets_too_many(settings: EventTargetSettings) -> Iterator[Breach]:
    if len(settings.others) >= MAX_TARGETS:
        got = f"{len(settings.others) + 1} targets"
        yield Breach(got, f"at most {MAX_TARGETS} targets", "Create another rule with the same pattern")


@target_rules.error("consumer", page=pages.EVENTS_TRANSFORM)
def event_target_twice(settings: EventTargetSettings) -> Iterator[Breach]:
    """A rule sends to a consumer once."""
    if settings.target.consumer in settings.others:
        fix = "Create another rule with the same pattern for another message"
        yield Breach(f"{settings.target.consumer!r} again", "each consumer once", fix)
