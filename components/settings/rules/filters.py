"""Rules on filter patterns: what Lambda takes, checked field by field, because what matches no pattern is deleted."""

from collections.abc import Iterator

from .. import pages, patterns
from ..findings import Breach, show
from ..model import Settings
from ..operators import OF_LAMBDA
from ..patterns import filter_json, is_json
from . import rules

LONGEST_PATTERN = 4_096


@rules.error("filters", page=pages.LAMBDA_FILTERS)
def too_many_filters(settings: Settings) -> Iterator[Breach]:
    """A mapping has at most 10 patterns, quota raised."""
    if len(settings.filters) > 10:
        yield Breach(
            f"{len(settings.filters)} patterns", "at most 10", "Join patterns: a list of values matches any of them"
        )


@rules.warning("filters", page=pages.LAMBDA_FILTERS)
def many_filters(settings: Settings) -> Iterator[Breach]:
    """More than 5 patterns need a raised quota."""
    if 5 < len(settings.filters) <= 10:
        yield Breach(
            f"{len(settings.filters)} patterns", "at most 5 without a raised quota", "Join patterns, or raise the quota"
        )


@rules.error("filters", page=pages.LAMBDA_SQS_FILTERS)
def filter_not_on_body(settings: Settings) -> Iterator[Breach]:
    """SQS messages are filtered on their body only, and one that matches no pattern is deleted unseen."""
    for pattern in settings.filters:
        for key in [key for key in pattern if key != "body"] or ([] if pattern else ["an empty pattern"]):
            fix = "Write {'body': {…}}"
            yield Breach(f"{show(key)} in {show(pattern)}", "only the key 'body'", fix)


@rules.error(
    "filters",
    why=f"Lambda takes a pattern as a JSON object of at most {LONGEST_PATTERN:,} characters",
    page=pages.LAMBDA_FILTERS,
)
def filter_not_json(settings: Settings) -> Iterator[Breach]:
    for number, pattern in enumerate(settings.filters):
        wrong = list(patterns.not_json(f"filters[{number}]", pattern))
        yield from wrong
        if not wrong and (length := len(filter_json(pattern))) > LONGEST_PATTERN:
            given = f"a pattern of {length:,} characters"
            yield Breach(given, f"at most {LONGEST_PATTERN:,}", "Split it into several patterns: any of them may match")


@rules.error("filters", page=pages.LAMBDA_FILTERS)
def filter_pattern(settings: Settings) -> Iterator[Breach]:
    """Lambda refuses every other pattern, when the queue is made already."""
    for number, pattern in enumerate(settings.filters):
        if "body" in pattern and is_json(pattern):
            yield from patterns.breaches(f"filters[{number}].body", pattern["body"], OF_LAMBDA)
