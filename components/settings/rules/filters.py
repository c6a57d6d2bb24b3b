"""Rules on filter patterns."""

from collections.abc import Iterator

from .. import pages, patterns
from ..arns import KMS_KEY, QUEUE
from ..findings import Breach, show
from ..model import Settings
from ..operators import OF_LAMBDA
from ..patterns import filter_json, is_json
from ..shapes import at_most, requires
from . import rules

MAX_PATTERN_LENGTH = 4_096


@rules.error("filters", page=pages.LAMBDA_FILTERS)
def too_many_filters(settings: Settings) -> Iterator[Breach]:
    """A mapping has at most 10 patterns, even with a raised quota."""
    return at_most(len(settings.filters), 10, "Join patterns: a list of values matches any of them", "patterns")


@rules.warning("filters", page=pages.LAMBDA_FILTERS)
def many_filters(settings: Settings) -> Iterator[Breach]:
    """More than 5 patterns require a raised quota."""
    if len(settings.filters) <= 10:  # otherwise an error
        yield from at_most(len(settings.filters), 5, "Join patterns, or have the quota raised", "patterns")


@rules.error("filters", page=pages.LAMBDA_SQS_FILTERS)
def filter_not_on_body(settings: Settings) -> Iterator[Breach]:
    """Lambda filters SQS messages by their body only, and deletes messages that match no pattern."""
    for pattern in settings.filters:
        for key in [key for key in pattern if key != "body"] or ([] if pattern else ["an empty pattern"]):
            fix = "Write {'body': {…}}"
            yield Breach(f"{show(key)} in {show(pattern)}", "only the key 'body'", fix)


@rules.error("filters", page=pages.LAMBDA_FILTERS)
def filter_not_json(settings: Settings) -> Iterator[Breach]:
    """Lambda accepts a pattern as a JSON object of limited size."""
    for number, pattern in enumerate(settings.filters):
        wrong = list(patterns.not_json(f"filters[{number}]", pattern))
        yield from wrong
        if not wrong:
            fix = "Split it into several patterns: any of them may match"
            yield from at_most(len(filter_json(pattern)), MAX_PATTERN_LENGTH, fix, "characters")


@rules.error("filters", page=pages.LAMBDA_FILTERS)
def filter_pattern(settings: Settings) -> Iterator[Breach]:
    """Lambda rejects any other pattern, after the queue is created."""
    for number, pattern in enumerate(settings.filters):
        if "body" in pattern and is_json(pattern):
            yield from patterns.breaches(f"filters[{number}].body", pattern["body"], OF_LAMBDA)


@rules.warning("mapping.kms_key_arn", "filters", page=pages.LAMBDA_FILTER_KEY)
def filter_key_without_filters(settings: Settings) -> Iterator[Breach]:
    """The key encrypts nothing but the filters; queue.kms_master_key_id encrypts the messages."""
    return requires(settings.mapping.kms_key_arn, bool(settings.filters), "filters")


@rules.error("mapping.kms_key_arn", "queue.arn", page=pages.LAMBDA_FILTER_KEY)
def filter_key_elsewhere(settings: Settings) -> Iterator[Breach]:
    """Lambda uses KMS in its own region only, which is that of the queue."""
    key, queue = settings.mapping.kms_key_arn, settings.queue.arn
    if KMS_KEY.matches(key) and QUEUE.matches(queue):
        region = queue.split(":")[3]
        if key.split(":")[3] != region:
            yield Breach(show(key), f"a key of {region}, as the queue {show(queue)}", "Pass a key of that region")
