"""From the arguments that a user gives to Settings: unknown names, kinds, single values, and derived defaults."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..bundle import UnreadableSource, function_files
from ..dependencies import install, target_of
from ..requirements import NotInstalled, find_requirements
from . import pages
from .findings import Breach, Finding, Level, nearest, show
from .kinds import Group, Kind, Unreadable
from .model import Settings

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


def read(consumer: str, args: Any) -> tuple[Settings, list[Finding]]:
    """Return the settings, with the default in place of each argument that could not be read, and what was wrong."""
    findings: list[Finding] = []
    if not isinstance(args, Mapping):
        breach = Breach(show(args), "QueueConsumerArgs or a dict", "Pass QueueConsumerArgs(source=...)")
        return Settings(consumer), [_finding("args", Kind(), breach)]
    values = _read_group(Settings, "", dict(args), findings)  # pyright: ignore[reportUnknownArgumentType]
    return Settings(consumer, **values), findings


def _read_group(model: type, prefix: str, given: dict[Any, Any], findings: list[Finding]) -> dict[str, Any]:
    fields = {field.name: field.metadata["kind"] for field in dataclasses.fields(model) if "kind" in field.metadata}
    findings.extend(_unknown(prefix, name, list(fields)) for name in given if name not in fields)
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
            value = kind.model(**_read_group(kind.model, f"{prefix}{name}.", value, findings))
        values[name] = value
    return values


def _finding(argument: str, kind: Kind, breach: Breach) -> Finding:
    return Finding(kind_rule_id(argument), Level.REFUSE, argument, breach, kind.why, kind.page)


def _unknown(prefix: str, name: Any, known: list[str]) -> Finding:
    where = f"the group {prefix[:-1]!r}" if prefix else "QueueConsumerArgs"
    breach = Breach(
        f"an argument named {name!r}", ", ".join(known), f"Remove it or correct its name{nearest(str(name), known)}"
    )
    why = f"{where} has no argument of that name"
    return Finding("unknown-argument", Level.REFUSE, f"{prefix}{name}", breach, why, pages.COMPONENT)


def kind_rule_id(argument: str) -> str:
    """Return the id of the rule that an argument is of its kind and within its bounds."""
    return argument.replace(".", "-").replace("_", "-") + "-value"


def derive(settings: Settings) -> Settings:
    """Return the settings with what follows from the arguments in place: files, and defaults."""
    settings = _with_files(settings)
    queue, dead_letters = settings.queue, settings.dead_letter_queue
    if queue.visibility_timeout_seconds is None:  # pyright: ignore[reportUnnecessaryComparison]
        queue = dataclasses.replace(queue, visibility_timeout_seconds=safe_visibility_timeout(settings))
    if dead_letters.allow_rejects is None:  # pyright: ignore[reportUnnecessaryComparison]
        dead_letters = dataclasses.replace(dead_letters, allow_rejects=settings.has_runtime)
    return dataclasses.replace(settings, queue=queue, dead_letter_queue=dead_letters)


def _with_files(settings: Settings) -> Settings:
    if settings.source is None or not Path(settings.source).is_dir():
        return settings
    try:
        files = function_files(Path(settings.source), map(Path, settings.include))
    except UnreadableSource as error:
        return dataclasses.replace(settings, unreadable=str(error))
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
