"""The settings and rules of a Stream."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import arns, pages, patterns
from ..fields import argument
from ..findings import Breach, nearest, show
from ..kinds import Boolean, Dicts, InputText, OneOf
from ..operators import OF_PIPES
from ..rule import Rules
from .source import (
    GROUP,
    TEMPLATE,
    SourceSettings,
    dead_letter_queue,
    dead_letter_queue_rule,
    dead_letters_rule,
    group_rule,
    name_rule,
    required_rule,
    whole,
)

_STREAM = InputText(
    "a pipe reads these", pages.PIPES_SOURCES, "the ARN of a stream of DynamoDB or Kinesis", arns.STREAM.form
)
MOST_FILTERS, LONGEST_FILTER = 5, 4_096
FIELDS = (
    "eventName", "dynamodb", "userIdentity", "data", "partitionKey", "sequenceNumber", "kinesisSchemaVersion",
    "approximateArrivalTimestamp", "invokeIdentityArn", "eventID", "eventVersion", "eventSource", "eventSourceARN",
    "awsRegion",
)  # fmt: skip
"""Of the records of DynamoDB and of Kinesis."""


@dataclass(frozen=True)
class StreamSettings(SourceSettings):
    """All the settings of a Stream."""

    source_arn: Any = argument(None, _STREAM)
    starting_position: str = argument(
        "TRIM_HORIZON", OneOf("a pipe starts at one of these", pages.PIPES_SOURCES, ("TRIM_HORIZON", "LATEST"))
    )
    filters: tuple[dict[str, Any], ...] = argument((), Dicts(what="filter patterns"))
    batch_size: int = whole(1, 10, "records", "SQS takes ten messages at once", pages.PIPES_BATCHES, default=10)
    maximum_batching_window_in_seconds: int = whole(
        0, 300, "seconds", "a pipe waits no longer for a batch to fill", pages.PIPES_BATCHES, default=0
    )
    maximum_retry_attempts: int = whole(
        0, 10_000, "tries", "a pipe tries no more often", pages.PIPES_BATCHES, default=185
    )
    maximum_record_age_in_seconds: int | None = whole(
        60, 604_800, "seconds", "a pipe takes no other age", pages.PIPES_BATCHES
    )
    dead_letter_queue_arn: Any = argument(None, InputText())
    input_template: Any = argument(None, TEMPLATE)
    message_group_id: Any = argument(None, GROUP)
    message_deduplication_id: Any = argument(
        None, InputText("a pipe takes no longer one", pages.PIPES_TARGET, "1 to 100 characters", "(?s:.{1,100})")
    )
    dead_letter_queue: Any = dead_letter_queue()
    enabled: bool = argument(True, Boolean())


rules = Rules[StreamSettings]("Stream")
rules.include(
    name_rule("stream-name"),
    required_rule("stream-source", "source_arn", pages.PIPES_SOURCES),
    group_rule("stream-group", pages.PIPES_TARGET),
    dead_letter_queue_rule("stream-dead-letter-queue", pages.PIPES_DYNAMODB),
    dead_letters_rule("stream-dead-letters", "a pipe", pages.PIPES_DYNAMODB),
)


@rules.error(
    "filters", why=f"a pipe takes {MOST_FILTERS} patterns of {LONGEST_FILTER:,} characters", page=pages.PIPES_FILTERS
)
def stream_filters(settings: StreamSettings) -> Iterator[Breach]:
    longest = max((len(patterns.filter_json(one)) for one in settings.filters if patterns.is_json(one)), default=0)
    if len(settings.filters) > MOST_FILTERS or longest > LONGEST_FILTER:
        given = f"{len(settings.filters)} patterns, the longest of {longest:,} characters"
        yield Breach(given, f"at most {MOST_FILTERS} of {LONGEST_FILTER:,}", "Join patterns, or filter in the consumer")


@rules.error("filters", page=pages.PIPES_FILTERS)
def stream_filter_pattern(settings: StreamSettings) -> Iterator[Breach]:
    """A pipe accepts no other pattern, and skips records that match none."""
    for number, pattern in enumerate(settings.filters):
        path = f"filters[{number}]"
        if not patterns.is_json(pattern):
            yield from patterns.not_json(path, pattern)
            continue
        for name in (name for name in pattern if name not in (*FIELDS, "$or")):
            given = f"the field {show(name)} at {path}"
            yield Breach(given, f"those of a record: {', '.join(FIELDS)}", f"Correct it{nearest(name, FIELDS)}")
        yield from patterns.breaches(path, pattern, OF_PIPES)


@rules.error(
    "message_deduplication_id",
    "target.queue.content_based_deduplication",
    "target.queue.arn",
    "target.fifo",
    page=pages.PIPES_TARGET,
)
def stream_deduplication(settings: StreamSettings) -> Iterator[Breach]:
    """A FIFO queue refuses a message that it cannot deduplicate."""
    queue = settings.target.queue
    has_id = settings.message_deduplication_id is not None or queue.content_based_deduplication or queue.arn is not None
    if settings.target.fifo and not has_id:
        given = f"nothing, for the FIFO queue of {settings.target.consumer!r}"
        yield Breach(given, f"a path into the record, like {show('$.eventID')}", "Set one")
