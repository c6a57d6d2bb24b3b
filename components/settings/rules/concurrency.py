"""Rules on how many invocations run at once, and on the alias: what it keeps ready, or restores from a snapshot."""

import re
from collections.abc import Iterator

from .. import pages
from ..findings import Breach, show
from ..model import Settings
from . import rules

SNAP_START_STORAGE = 512  # MB


@rules.error("function.reserved_concurrent_executions", "mapping.maximum_concurrency", page=pages.LAMBDA_SQS_SCALING)
def reserved_below_maximum(settings: Settings) -> Iterator[Breach]:
    """The pollers would be throttled, and throttled messages use up receives and are dead-lettered unprocessed."""
    reserved, most = settings.function.reserved_concurrent_executions, settings.mapping.maximum_concurrency
    if reserved is not None and most is not None and reserved < most:
        fix = "Raise it, or lower mapping.maximum_concurrency"
        yield Breach(f"{reserved:,}", f"{most:,}, mapping.maximum_concurrency, or more", fix)


@rules.warning(
    "function.reserved_concurrent_executions",
    "mapping.maximum_concurrency",
    "mapping.enabled",
    page=pages.LAMBDA_SQS_SCALING,
)
def reserved_without_maximum(settings: Settings) -> Iterator[Breach]:
    """Pollers do not look at the reserve, and throttled messages use up receives and are dead-lettered unprocessed."""
    reserved = settings.function.reserved_concurrent_executions
    if reserved is None or settings.mapping.maximum_concurrency is not None or not settings.mapping.enabled:
        return
    fix = f"Set mapping.maximum_concurrency to {reserved:,} or less"
    if reserved == 0:
        fix = "To pause the consumer, set mapping.enabled=False instead"
    elif reserved == 1:
        fix = "Raise it to 2, and set mapping.maximum_concurrency to 2, the least there is"
    yield Breach(f"{reserved:,} without mapping.maximum_concurrency", "both, or neither", fix)


@rules.error(
    "function.alias.provisioned_concurrent_executions",
    "function.reserved_concurrent_executions",
    page=pages.LAMBDA_PROVISIONED,
)
def provisioned_above_reserved(settings: Settings) -> Iterator[Breach]:
    """What is kept ready counts against the function's reserve."""
    alias, reserved = settings.function.alias, settings.function.reserved_concurrent_executions
    provisioned = alias.provisioned_concurrent_executions if alias else None
    if provisioned is not None and reserved is not None and provisioned > reserved:
        allowed = f"at most {reserved:,}, function.reserved_concurrent_executions"
        fix = "Lower it, or raise the reserve"
        yield Breach(f"{provisioned:,}", allowed, fix)


@rules.error(
    "function.alias.provisioned_concurrent_executions", "function.alias.snap_start", page=pages.LAMBDA_SNAP_START
)
def provisioned_with_snap_start(settings: Settings) -> Iterator[Breach]:
    """Lambda keeps environments ready or restores them from a snapshot, not both."""
    alias = settings.function.alias
    if alias and alias.snap_start and alias.provisioned_concurrent_executions is not None:
        given = f"{alias.provisioned_concurrent_executions:,} with snap_start"
        yield Breach(given, "one of the two", "Leave one of them out")


@rules.error("function.alias.snap_start", "runtime", page=pages.LAMBDA_SNAP_START)
def snap_start_runtime(settings: Settings) -> Iterator[Breach]:
    """Lambda takes snapshots of these only."""
    alias = settings.function.alias
    if alias and alias.snap_start and settings.runtime and not _has_snap_start(settings.runtime):
        fix = "Leave snap_start out, or use provisioned_concurrent_executions"
        yield Breach(f"True with {settings.runtime}", "python3.12, java11, dotnet8, or newer ones of these", fix)


def _has_snap_start(runtime: str) -> bool:
    version = re.fullmatch(r"(python3\.|java|dotnet)(\d+)(\.al\d+)?", runtime)
    return version is not None and int(version[2]) >= {"python3.": 12, "java": 11, "dotnet": 8}[version[1]]


@rules.error("function.ephemeral_storage", "function.alias.snap_start", page=pages.LAMBDA_SNAP_START)
def snap_start_storage(settings: Settings) -> Iterator[Breach]:
    """Lambda takes no snapshot of a larger one."""
    alias, size = settings.function.alias, settings.function.ephemeral_storage
    if alias and alias.snap_start and size > SNAP_START_STORAGE:
        yield Breach(f"{size:,} MB with snap_start", f"{SNAP_START_STORAGE} MB", "Lower it, or leave snap_start out")


@rules.error("function.alias.name", page=pages.LAMBDA_ALIASES)
def alias_name(settings: Settings) -> Iterator[Breach]:
    """Lambda takes no other names, and numbers are versions."""
    name = settings.function.alias.name if settings.function.alias else None
    if isinstance(name, str) and not re.fullmatch(r"(?!\d+$)[a-zA-Z0-9_-]{1,128}", name):
        allowed = "1 to 128 of letters, digits, '-' and '_', not digits alone"
        yield Breach(show(name), allowed, "Shorten or correct it, or leave it out")
