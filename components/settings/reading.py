"""Reads the arguments that a user passes into settings: unknown names, types, bounds, and derived defaults."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from . import pages, unsupported
from .findings import Breach, Finding, Level, nearest, show
from .kinds import Group, Kind, Unreadable
from .model import DAY, Settings
from .rule import Rule

UNKNOWN_ARGUMENT = Rule(
    "unknown-argument",
    Level.ERROR,
    ("args",),
    "QueueConsumerArgs and its groups have no other arguments",
    pages.COMPONENT,
)

DEFAULT_HANDLER = "handler.handle"
DEFAULT_RUNTIME = "python3.13"

DERIVED = (
    "queue.visibility_timeout_seconds",
    "alarms.maximum_message_age_seconds",
    "idempotency.expires_after_seconds",
)
"""The arguments of groups whose defaults depend on other arguments that may be changed."""

AnySettings = TypeVar("AnySettings")


def kinds(model: type = Settings, prefix: str = "") -> Iterator[tuple[str, Kind]]:
    """Yield the path of every argument (`queue.delay_seconds`) and its kind, groups before their members."""
    for name, kind in _own_kinds(model).items():
        yield f"{prefix}{name}", kind
        if isinstance(kind, Group):
            yield from kinds(kind.model, f"{prefix}{name}.")


def _own_kinds(model: Any) -> dict[str, Kind]:
    return {field.name: field.metadata["kind"] for field in dataclasses.fields(model) if "kind" in field.metadata}


def read(model: type[AnySettings], component: str, name: str, args: Any) -> tuple[AnySettings, list[Finding]]:
    """Return settings of the class `model`, and the errors; an argument with an error has its default."""
    make: Any = model
    args_class = f"{component}Args"
    if not isinstance(args, Mapping):
        breach = Breach(show(args), f"{args_class} or a dict", f"Pass {args_class}(...)")
        return make(name), [kind_rule("args", Group()).finding(breach)]
    passed: dict[Any, Any] = dict(args)  # pyright: ignore[reportUnknownArgumentType]
    reader = _Reader(model, args_class)
    values = reader.read_group(model, "", passed)
    return make(name, passed=frozenset(_paths("", passed)), **values), reader.findings


def _paths(prefix: str, args: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the path of every argument that was passed, also inside groups."""
    for name, value in args.items():
        yield f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _paths(f"{prefix}{name}.", value)  # pyright: ignore[reportUnknownArgumentType]


class _Reader:
    def __init__(self, model: type, args_class: str) -> None:
        self.findings: list[Finding] = []
        self._model, self._args_class = model, args_class

    def read_group(self, model: type, prefix: str, passed: dict[Any, Any]) -> dict[str, Any]:
        kinds = _own_kinds(model)
        self.findings += [self._unknown(prefix, name, kinds) for name in passed if name not in kinds]
        values: dict[str, Any] = {}
        for name, kind in kinds.items():
            if name not in passed:
                continue
            try:
                value = kind.read(passed[name])
            except Unreadable as error:
                self.findings.append(kind_rule(f"{prefix}{name}", kind).finding(error.breach))
                continue
            if isinstance(kind, Group):
                value = kind.model(**self.read_group(kind.model, f"{prefix}{name}.", value))
            values[name] = value
        return values

    def _unknown(self, prefix: str, name: Any, allowed: Iterable[str]) -> Finding:
        if kind := unsupported.find(name):
            finding = UNKNOWN_ARGUMENT.finding(Breach(f"an argument named {name!r}", kind.allowed, kind.fix))
            return replace(finding, argument=f"{prefix}{name}", why=kind.why, page=kind.page)
        where = f"the group {prefix[:-1]!r}" if prefix else self._args_class
        fix = f"Remove it or correct its name{nearest(str(name), allowed)}"
        if elsewhere := [path for path, _ in kinds(self._model) if path.rpartition(".")[2] == name]:
            fix = f"Move it into its group: {' or '.join(elsewhere)}"
        breach = Breach(f"an argument named {name!r}", ", ".join(allowed), fix)
        finding = UNKNOWN_ARGUMENT.finding(breach)
        return replace(finding, argument=f"{prefix}{name}", why=f"{where} has no argument of that name")


def kind_rule(argument: str, kind: Kind) -> Rule[object]:
    """Return the rule that an argument has the type and the bounds of its kind."""
    return Rule.of_kind(argument.replace(".", "-").replace("_", "-") + "-value", argument, kind)


def derive(settings: Settings) -> Settings:
    """Return the settings with the defaults that depend on other arguments."""
    is_image = settings.image_uri is not None
    settings = _with_defaults(
        settings, handler="" if is_image else DEFAULT_HANDLER, runtime="" if is_image else DEFAULT_RUNTIME
    )
    queue = _with_defaults(settings.queue, visibility_timeout_seconds=default_visibility_timeout(settings))
    if queue.arn is not None:  # The retention of an existing queue is unknown: assume the longest.
        queue = replace(queue, message_retention_seconds=14 * DAY)
    settings = replace(settings, queue=queue)
    alarms, idempotency = settings.alarms, settings.idempotency
    if alarms:
        alarms = _with_defaults(alarms, maximum_message_age_seconds=default_maximum_message_age(settings))
    if idempotency:
        idempotency = _with_defaults(idempotency, expires_after_seconds=total_retention_seconds(settings))
    return replace(settings, alarms=alarms, idempotency=idempotency)


def derive_again(settings: AnySettings) -> AnySettings:
    """Return the settings with these defaults for the values that they have now."""
    changed: Any = settings
    for path in DERIVED:
        name, _, argument = path.partition(".")
        if path not in changed.passed and (group := getattr(changed, name)) is not None:
            changed = replace(changed, **{name: replace(group, **{argument: None})})
    return derive(changed)  # pyright: ignore[reportReturnType]


def _with_defaults(group: AnySettings, **defaults: Any) -> AnySettings:
    missing = {name: value for name, value in defaults.items() if getattr(group, name) is None}
    return replace(group, **missing)  # pyright: ignore[reportArgumentType, reportUnknownVariableType, reportCallIssue]


def default_visibility_timeout(settings: Settings) -> int:
    """Return AWS's advice in seconds: six times the function's timeout, to retry when throttled, plus the window."""
    return 6 * settings.timeout + settings.mapping.maximum_batching_window_in_seconds


def default_maximum_message_age(settings: Settings) -> int:
    """Return in how many seconds a message is retried `max_receive_count` times; an older one is not being read.

    At least 5 minutes, because a burst may take that long; at most half of the retention, to leave time to act.
    """
    queue, retry = settings.queue, settings.retry
    doubled = 2 ** min(settings.max_receive_count - 1, 16)  # as sqs_batch does
    delay = min(retry.base_delay_seconds * doubled, retry.maximum_delay_seconds) if retry else 0
    retried = queue.delay_seconds + max(queue.visibility_timeout_seconds, delay) * settings.max_receive_count
    return min(max(300, retried), queue.message_retention_seconds // 2)


def total_retention_seconds(settings: Settings) -> int:
    """Return how long a message can exist: one that is redriven just before it expires waits once more."""
    return settings.dead_letter_queue.message_retention_seconds + settings.queue.message_retention_seconds
