"""Rules on how many invocations run at once, and on the alias: what it keeps ready, or restores from a snapshot."""

import re
from collections.abc import Iterator

from .. import pages
from ..findings import Breach, show
from ..model import Settings
from ..rule import error, warning

SNAP_START_STORAGE = 512  # MB


@error(
    "reserved-below-maximum",
    *("function.reserved_concurrent_executions", "mapping.maximum_concurrency"),
    why="the pollers would be throttled, and throttled messages use up receives and are dead-lettered unprocessed",
    page=pages.LAMBDA_SQS_SCALING,
)
def reserved_below_maximum(s: Settings) -> Iterator[Breach]:
    reserved, most = s.function.reserved_concurrent_executions, s.mapping.maximum_concurrency
    if reserved is not None and most is not None and reserved < most:
        fix = "Raise it, or lower mapping.maximum_concurrency"
        yield Breach(f"{reserved:,}", f"{most:,}, mapping.maximum_concurrency, or more", fix)


@warning(
    "reserved-without-maximum",
    *("function.reserved_concurrent_executions", "mapping.maximum_concurrency"),
    why="pollers do not look at the reserve, and throttled messages use up receives and are dead-lettered unprocessed",
    page=pages.LAMBDA_SQS_SCALING,
)
def reserved_without_maximum(s: Settings) -> Iterator[Breach]:
    reserved = s.function.reserved_concurrent_executions
    if reserved is None or s.mapping.maximum_concurrency is not None or not s.mapping.enabled:
        return
    fix = f"Set mapping.maximum_concurrency to {reserved:,} or less"
    if reserved == 0:
        fix = "To pause the consumer, set mapping.enabled=False instead"
    elif reserved == 1:
        fix = "Raise it to 2, and set mapping.maximum_concurrency to 2, the least there is"
    yield Breach(f"{reserved:,} without mapping.maximum_concurrency", "both, or neither", fix)


@error(
    "provisioned-above-reserved",
    *("function.alias.provisioned_concurrent_executions", "function.reserved_concurrent_executions"),
    why="what is kept ready counts against the function's reserve",
    page=pages.LAMBDA_PROVISIONED,
)
def provisioned_above_reserved(s: Settings) -> Iterator[Breach]:
    alias, reserved = s.function.alias, s.function.reserved_concurrent_executions
    provisioned = alias.provisioned_concurrent_executions if alias else None
    if provisioned is not None and reserved is not None and provisioned > reserved:
        allowed = f"at most {reserved:,}, function.reserved_concurrent_executions"
        fix = "Lower it, or raise the reserve"
        yield Breach(f"{provisioned:,}", allowed, fix)


@error(
    "provisioned-with-snap-start",
    *("function.alias.provisioned_concurrent_executions", "function.alias.snap_start"),
    why="Lambda keeps environments ready or restores them from a snapshot, not both",
    page=pages.LAMBDA_SNAP_START,
)
def provisioned_with_snap_start(s: Settings) -> Iterator[Breach]:
    alias = s.function.alias
    if alias and alias.snap_start and alias.provisioned_concurrent_executions is not None:
        given = f"{alias.provisioned_concurrent_executions:,} with snap_start"
        yield Breach(given, "one of the two", "Leave one of them out")


@error(
    "snap-start-runtime",
    *("function.alias.snap_start", "runtime"),
    why="Lambda takes snapshots of these only",
    page=pages.LAMBDA_SNAP_START,
)
def snap_start_runtime(s: Settings) -> Iterator[Breach]:
    alias = s.function.alias
    if alias and alias.snap_start and s.runtime and not _has_snap_start(s.runtime):
        fix = "Leave snap_start out, or use provisioned_concurrent_executions"
        yield Breach(f"True with {s.runtime}", "python3.12, java11, dotnet8, or newer ones of these", fix)


def _has_snap_start(runtime: str) -> bool:
    version = re.fullmatch(r"(python3\.|java|dotnet)(\d+)(\.al\d+)?", runtime)
    return version is not None and int(version[2]) >= {"python3.": 12, "java": 11, "dotnet": 8}[version[1]]


@error(
    "snap-start-storage",
    *("function.ephemeral_storage", "function.alias.snap_start"),
    why="Lambda takes no snapshot of a larger one",
    page=pages.LAMBDA_SNAP_START,
)
def snap_start_storage(s: Settings) -> Iterator[Breach]:
    alias, size = s.function.alias, s.function.ephemeral_storage
    if alias and alias.snap_start and size > SNAP_START_STORAGE:
        yield Breach(f"{size:,} MB with snap_start", f"{SNAP_START_STORAGE} MB", "Lower it, or leave snap_start out")


@error(
    "alias-name",
    "function.alias.name",
    why="Lambda takes no other names, and numbers are versions",
    page=pages.LAMBDA_ALIASES,
)
def alias_name(s: Settings) -> Iterator[Breach]:
    name = s.function.alias.name if s.function.alias else None
    if isinstance(name, str) and not re.fullmatch(r"(?!\d+$)[a-zA-Z0-9_-]{1,128}", name):
        allowed = "1 to 128 of letters, digits, '-' and '_', not digits alone"
        yield Breach(show(name), allowed, "Shorten or correct it, or leave it out")


RULES = (
    *(reserved_below_maximum, reserved_without_maximum, provisioned_above_reserved, provisioned_with_snap_start),
    *(snap_start_runtime, snap_start_storage, alias_name),
)
