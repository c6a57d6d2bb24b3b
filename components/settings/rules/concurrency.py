"""Rules on concurrent invocations, and on the alias, its provisioned concurrency and SnapStart."""

import re
from collections.abc import Iterator

from .. import pages
from ..findings import Breach
from ..model import Settings
from ..shapes import at_least, at_most, excludes, matches
from . import rules

SNAP_START_STORAGE = 512  # MB


@rules.error("function.reserved_concurrent_executions", "mapping.maximum_concurrency", page=pages.LAMBDA_SQS_SCALING)
def reserved_below_maximum(settings: Settings) -> Iterator[Breach]:
    """The pollers would be throttled, and throttled messages use up receives and are dead-lettered unprocessed."""
    reserved, maximum = settings.function.reserved_concurrent_executions, settings.mapping.maximum_concurrency
    fix = "Raise it, or lower mapping.maximum_concurrency"
    return at_least(reserved, maximum, fix, limit="mapping.maximum_concurrency")


@rules.warning(
    "function.reserved_concurrent_executions",
    "mapping.maximum_concurrency",
    "mapping.enabled",
    page=pages.LAMBDA_SQS_SCALING,
)
def reserved_without_maximum(settings: Settings) -> Iterator[Breach]:
    """Pollers ignore reserved concurrency, and throttled messages use up receives and are dead-lettered unprocessed."""
    reserved, mapping = settings.function.reserved_concurrent_executions, settings.mapping
    if reserved is None or mapping.maximum_concurrency is not None or not mapping.enabled:
        return
    fix = f"Set mapping.maximum_concurrency to {reserved:,} or less"
    if reserved == 0:
        fix = "To pause the consumer, set mapping.enabled=False instead"
    elif reserved == 1:
        fix = "Raise it to 2, and set mapping.maximum_concurrency to 2, its minimum"
    yield Breach(f"{reserved:,} without mapping.maximum_concurrency", "both, or neither", fix)


@rules.error(
    "function.alias.provisioned_concurrent_executions",
    "function.reserved_concurrent_executions",
    page=pages.LAMBDA_PROVISIONED,
)
def provisioned_above_reserved(settings: Settings) -> Iterator[Breach]:
    """Provisioned concurrency counts against the function's reserved concurrency."""
    alias, reserved = settings.function.alias, settings.function.reserved_concurrent_executions
    provisioned = alias.provisioned_concurrent_executions if alias else None
    fix = "Lower it, or raise function.reserved_concurrent_executions"
    return at_most(provisioned, reserved, fix, limit="function.reserved_concurrent_executions")


@rules.error(
    "function.alias.provisioned_concurrent_executions", "function.alias.snap_start", page=pages.LAMBDA_SNAP_START
)
def provisioned_with_snap_start(settings: Settings) -> Iterator[Breach]:
    """Lambda either keeps environments initialized or restores them from a snapshot."""
    if alias := settings.function.alias:
        yield from excludes(alias.provisioned_concurrent_executions, alias.snap_start, "snap_start")


@rules.error("function.alias.snap_start", "runtime", page=pages.LAMBDA_SNAP_START)
def snap_start_runtime(settings: Settings) -> Iterator[Breach]:
    """SnapStart supports only some runtimes."""
    alias, runtime = settings.function.alias, settings.runtime
    if alias and alias.snap_start and runtime and not _has_snap_start(runtime):
        fix = "Leave snap_start out, or use provisioned_concurrent_executions"
        yield Breach(f"True with {runtime}", "python3.12, java11, dotnet8, or newer ones of these", fix)


def _has_snap_start(runtime: str) -> bool:
    version = re.fullmatch(r"(python3\.|java|dotnet)(\d+)(\.al\d+)?", runtime)
    return version is not None and int(version[2]) >= {"python3.": 12, "java": 11, "dotnet": 8}[version[1]]


@rules.error("function.ephemeral_storage", "function.alias.snap_start", page=pages.LAMBDA_SNAP_START)
def snap_start_storage(settings: Settings) -> Iterator[Breach]:
    """SnapStart does not support more ephemeral storage."""
    alias = settings.function.alias
    if alias and alias.snap_start:
        fix = "Lower it, or leave snap_start out"
        yield from at_most(settings.function.ephemeral_storage, SNAP_START_STORAGE, fix, "MB", "with snap_start")


@rules.error("function.alias.name", page=pages.LAMBDA_ALIASES)
def alias_name(settings: Settings) -> Iterator[Breach]:
    """Lambda rejects other names, and reads numbers as versions."""
    name = settings.function.alias.name if settings.function.alias else None
    allowed = "1 to 128 of letters, digits, '-' and '_', not digits alone"
    return matches(name, r"(?!\d+$)[a-zA-Z0-9_-]{1,128}", allowed)
