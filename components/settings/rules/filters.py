"""Rules on filter patterns: what Lambda takes, checked field by field, because what matches no pattern is deleted."""

from collections.abc import Iterator

from .. import pages, patterns
from ..findings import Breach, show
from ..model import Settings
from ..operators import OF_LAMBDA
from ..patterns import filter_json, is_json
from ..rule import error, warning

LONGEST_PATTERN = 4_096


@error("too-many-filters", "filters", why="a mapping has at most 10 patterns, quota raised", page=pages.LAMBDA_FILTERS)
def too_many_filters(s: Settings) -> Iterator[Breach]:
    if len(s.filters) > 10:
        yield Breach(f"{len(s.filters)} patterns", "at most 10", "Join patterns: a list of values matches any of them")


@warning("many-filters", "filters", why="more than 5 patterns need a raised quota", page=pages.LAMBDA_FILTERS)
def many_filters(s: Settings) -> Iterator[Breach]:
    if 5 < len(s.filters) <= 10:
        yield Breach(
            f"{len(s.filters)} patterns", "at most 5 without a raised quota", "Join patterns, or raise the quota"
        )


@error(
    "filter-not-on-body",
    "filters",
    why="SQS messages are filtered on their body only, and one that matches no pattern is deleted unseen",
    page=pages.LAMBDA_SQS_FILTERS,
)
def filter_not_on_body(s: Settings) -> Iterator[Breach]:
    for pattern in s.filters:
        for key in [key for key in pattern if key != "body"] or ([] if pattern else ["an empty pattern"]):
            fix = "Write {'body': {…}}"
            yield Breach(f"{show(key)} in {show(pattern)}", "only the key 'body'", fix)


@error(
    "filter-not-json",
    "filters",
    why=f"Lambda takes a pattern as a JSON object of at most {LONGEST_PATTERN:,} characters",
    page=pages.LAMBDA_FILTERS,
)
def filter_not_json(s: Settings) -> Iterator[Breach]:
    for number, pattern in enumerate(s.filters):
        wrong = list(patterns.not_json(f"filters[{number}]", pattern))
        yield from wrong
        if not wrong and (length := len(filter_json(pattern))) > LONGEST_PATTERN:
            given = f"a pattern of {length:,} characters"
            yield Breach(given, f"at most {LONGEST_PATTERN:,}", "Split it into several patterns: any of them may match")


@error(
    "filter-pattern",
    "filters",
    why="Lambda refuses every other pattern, when the queue is made already",
    page=pages.LAMBDA_FILTERS,
)
def filter_pattern(s: Settings) -> Iterator[Breach]:
    for number, pattern in enumerate(s.filters):
        if "body" in pattern and is_json(pattern):
            yield from patterns.breaches(f"filters[{number}].body", pattern["body"], OF_LAMBDA)


RULES = (too_many_filters, many_filters, filter_not_on_body, filter_not_json, filter_pattern)
