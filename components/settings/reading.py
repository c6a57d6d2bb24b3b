"""From the arguments that a user gives to Settings: unknown names, kinds, single values, and derived defaults."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..packaging.archive import UnreadableSource, function_files
from ..packaging.dependencies import install, target_of
from ..packaging.requirements import find_requirements
from ..packaging.wheels_only import NotInstalled
from . import pages
from .findings import Breach, Finding, Level, nearest, show
from .kinds import Group, Kind, Unreadable
from .model import DAY, Settings
from .rule import Rule

UNKNOWN_ARGUMENT = Rule(
    "unknown-argument",
    Level.ERROR,
    ("args",),
    "a group, and QueueConsumerArgs itself, take the arguments that they name and no others",
    pages.COMPONENT,
)

DEFAULT_HANDLER = "handler.handle"
DEFAULT_RUNTIME = "python3.13"

PYTHON = re.compile(r"python3\.\d+")


def kinds(model: type = Settings, prefix: str = "") -> Iterator[tuple[str, Kind]]:
    """Yield every argument by its path (`queue.delay_seconds`) with its kind, groups before what is in them."""
    for field in dataclasses.fields(model):
        kind = field.metadata.get("kind")
        if kind is None:
            continue
        yield f"{prefix}{field.name}", kind
        if isinstance(kind, Group):
            yield from kinds(kind.model, f"{prefix}{field.name}.")


def read(consumer: str, args: Any, model: Any = Settings, of: str = "QueueConsumerArgs") -> tuple[Any, list[Finding]]:
    """Return the settings, with the default in place of each argument that could not be read, and what was wrong."""
    findings: list[Finding] = []
    if not isinstance(args, Mapping):
        breach = Breach(show(args), f"{of} or a dict", f"Pass {of}(...)")
        return model(consumer), [_finding("args", Group(), breach)]
    given: dict[Any, Any] = dict(args)  # pyright: ignore[reportUnknownArgumentType]
    values = _read_group(model, "", of, given, findings)
    return model(consumer, given=frozenset(_given("", given)), **values), findings


def _given(prefix: str, args: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the paths of all arguments that are there, those of groups included."""
    for name, value in args.items():
        yield f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _given(f"{prefix}{name}.", value)  # pyright: ignore[reportUnknownArgumentType]


def _read_group(model: type, prefix: str, of: str, given: dict[Any, Any], findings: list[Finding]) -> dict[str, Any]:
    fields = {field.name: field.metadata["kind"] for field in dataclasses.fields(model) if "kind" in field.metadata}
    findings.extend(_unknown(prefix, of, name, list(fields), model) for name in given if name not in fields)
    values: dict[str, Any] = {}
    for name, kind in fields.items():
        if name not in given:
            continue
        try:
            value = kind.read(given[name])
        except Unreadable as error:
            findings.append(_finding(f"{prefix}{name}", kind, error.breach))
            continue
        if isinstance(kind, Group):
            value = kind.model(**_read_group(kind.model, f"{prefix}{name}.", of, value, findings))
        values[name] = value
    return values


def _finding(argument: str, kind: Kind, breach: Breach) -> Finding:
    return Rule.of_kind(kind_rule_id(argument), argument, kind).finding(breach)


def _unknown(prefix: str, of: str, name: Any, known: list[str], model: type) -> Finding:
    where = f"the group {prefix[:-1]!r}" if prefix else of
    elsewhere = [path for path, _ in kinds(model) if path.rpartition(".")[2] == name]
    fix = f"Remove it or correct its name{nearest(str(name), known)}"
    if elsewhere:
        fix = f"Give it inside its group: {' or '.join(elsewhere)}"
    breach = Breach(f"an argument named {name!r}", ", ".join(known), fix)
    why = f"{where} has no argument of that name"
    return Finding(UNKNOWN_ARGUMENT.id, Level.ERROR, f"{prefix}{name}", breach, why, pages.COMPONENT)


def kind_rule_id(argument: str) -> str:
    """Return the id of the rule that an argument is of its kind and within its bounds."""
    return argument.replace(".", "-").replace("_", "-") + "-value"


def derive(settings: Settings) -> Settings:
    """Return the settings with what follows from the arguments in place: files, and defaults."""
    settings = _with_files(_with_runtime(settings))
    queue, dead_letters = settings.queue, settings.dead_letter_queue
    if queue.arn is not None:  # how long it keeps its messages is not known: the longest there is
        queue = dataclasses.replace(queue, message_retention_seconds=14 * DAY)
    if queue.visibility_timeout_seconds is None:  # pyright: ignore[reportUnnecessaryComparison]
        queue = dataclasses.replace(queue, visibility_timeout_seconds=safe_visibility_timeout(settings))
    if dead_letters.allow_rejects is None:  # pyright: ignore[reportUnnecessaryComparison]
        dead_letters = dataclasses.replace(
            dead_letters, allow_rejects=settings.has_runtime and settings.has_dead_letter_queue
        )
    settings = dataclasses.replace(settings, queue=queue, dead_letter_queue=dead_letters)
    if settings.alarms and settings.alarms.maximum_message_age_seconds is None:  # pyright: ignore[reportUnnecessaryComparison]
        alarms = dataclasses.replace(settings.alarms, maximum_message_age_seconds=unusual_message_age(settings))
        settings = dataclasses.replace(settings, alarms=alarms)
    if settings.idempotency and settings.idempotency.expires_after_seconds is None:  # pyright: ignore[reportUnnecessaryComparison]
        idempotency = dataclasses.replace(settings.idempotency, expires_after_seconds=longest_way_back(settings))
        settings = dataclasses.replace(settings, idempotency=idempotency)
    return settings


def _with_runtime(settings: Settings) -> Settings:
    handler, runtime = ("", "") if settings.image_uri is not None else (DEFAULT_HANDLER, DEFAULT_RUNTIME)
    return dataclasses.replace(settings, handler=settings.handler or handler, runtime=settings.runtime or runtime)


def _with_files(settings: Settings) -> Settings:
    if settings.source is None or not Path(settings.source).is_dir():
        return settings
    try:
        files = function_files(Path(settings.source), map(Path, settings.include))
    except UnreadableSource as error:
        return dataclasses.replace(settings, unreadable=error)
    return _with_dependencies(dataclasses.replace(settings, files=files))


def _with_dependencies(settings: Settings) -> Settings:
    if not PYTHON.fullmatch(settings.runtime):
        return settings
    try:
        if (requirements := find_requirements(settings.files)) is None:
            return settings
        target = target_of(settings.runtime, settings.function.architecture)
        return dataclasses.replace(settings, requirements=requirements, dependencies=install(requirements, target))
    except NotInstalled as error:
        return dataclasses.replace(settings, not_installed=error)


def safe_visibility_timeout(settings: Settings) -> int:
    """Return AWS's advice in seconds: six times the function's timeout, for retries when throttled, plus the window."""
    return 6 * settings.timeout + settings.mapping.maximum_batching_window_in_seconds


def unusual_message_age(settings: Settings) -> int:
    """Return the age in seconds from which on a message waits, rather than being tried again.

    At the most it is tried `max_receive_count` times and is then dead-lettered. Not below 5 minutes, which a burst may
    take, and not above half of the retention, so that as much time is left to act as has passed.
    """
    queue, retry = settings.queue, settings.retry
    doubled = 2 ** min(settings.max_receive_count - 1, 16)  # as sqs_batch does
    delay = min(retry.base_delay_seconds * doubled, retry.maximum_delay_seconds) if retry else 0
    tried = queue.delay_seconds + max(queue.visibility_timeout_seconds, delay) * settings.max_receive_count
    return min(max(300, tried), queue.message_retention_seconds // 2)


def longest_way_back(settings: Settings) -> int:
    """Return after how many seconds a message can still come again: redriven at its last moment, and waiting again."""
    return settings.dead_letter_queue.message_retention_seconds + settings.queue.message_retention_seconds
