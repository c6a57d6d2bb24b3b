"""The settings and rules of a Stream."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import arns, pages, patterns
from ..fields import argument, integer
from ..findings import Breach, nearest, show
from ..kinds import Boolean, Dicts, InputText, OneOf
from ..operators import OF_PIPES
from ..rule import Rules
from .source import (
    EVENTBRIDGE_GROUP,
    TEMPLATE,
    SourceSettings,
    dead_letter_queue,
    dead_letter_queue_rule,
    dead_letters_rule,
    group_rule,
    name_rule,
    required_rule,
)

_STREAM = InputText(
    "a pipe reads streams of DynamoDB and Kinesis",
    pages.PIPES_SOURCES,
    "the ARN of a stream of DynamoDB or Kinesis",
    arns.STREAM.form,
)
MAX_FILTERS, MAX_FILTER_LENGTH = 5, 4_096
FIELDS = (
    "eventName", "dynamodb", "userIdentity", "data", "partitionKey", "sequenceNumber", "kinesisSchemaVersion",
    "approximateArrivalTimestamp", "invokeIdentityArn", "eventID", "eventVersion", "eventSource", "eventSourceARN",
    "awsRegion",
)  # fmt: skip
"""The fields of the records of DynamoDB and of Kinesis."""


@dataclass(frozen=True)
class StreamSettings(SourceSettings):
    """All the settings of a Stream."""

    source_arn: Any = argument(None, _STREAM)
    starting_position: str = argument(
        "TRIM_HORIZON", OneOf("a pipe starts at one of these", pages.PIPES_SOURCES, ("TRIM_HORIZON", "LATEST"))
    )
    filters: tuple[dict[str, Any], ...] = argument((), Dicts(what="filter patterns"))
    batch_size: int = integer(10, 1, 10, "records", "SQS accepts ten messages at once", pages.PIPES_BATCHES)
    maximum_batching_window_in_seconds: int = integer(
        0, 0, 300, "seconds", "a pipe waits at most 5 minutes for a full batch", pages.PIPES_BATCHES
    )
    maximum_retry_attempts: int = integer(
        185, 0, 10_000, "tries", "a pipe retries at most 10,000 times", pages.PIPES_BATCHES
    )
    maximum_record_age_in_seconds: int | None = integer(
        None, 60, 604_800, "seconds", "a pipe rejects other ages", pages.PIPES_BATCHES
    )
    dead_letter_queue_arn: Any = argument(None, InputText())
    input_template: Any = argument(None, TEMPLATE)
    message_group_id: Any = argument(None, EVENTBRIDGE_GROUP)
    message_deduplication_id: Any = argument(
        None, InputText("a pipe rejects longer text", pages.PIPES_TARGET, "1 to 100 characters", "(?s:.{1,100})")
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
    "filters",
    why=f"a pipe accepts {MAX_FILTERS} patterns of {MAX_FILTER_LENGTH:,} characters",
    page=pages.PIPES_FILTERS,
)
def stream_filters(settings: StreamSettings) -> Iterator[Breach]:
    max_length = max((len(patterns.filter_json(one)) for one in settings.filters if patterns.is_json(one)), default=0)
    if len(settings.filters) > MAX_FILTERS or max_length > MAX_FILTER_LENGTH:
        got = f"{len(settings.filters)} patterns, the longest of {max_length:,} characters"
        yield Breach(got, f"at most {MAX_FILTERS} of {MAX_FILTER_LENGTH:,}", "Join patterns, or filter in the consumer")


@rules.error("filters", page=pages.PIPES_FILTERS)
def stream_filter_pattern(settings: StreamSettings) -> Iterator[Breach]:
    """A pipe rejects other patterns, and skips records that match none."""
    for number, pattern in enumerate(settings.filters):
        path = f"filters[{number}]"
        if not patterns.is_json(pattern):
            yield from patterns.not_json(path, pattern)
            continue
        for name in (name for name in pattern if name not in (*FIELDS, "$or")):
            got = f"the field {show(name)} at {path}"
            yield Breach(got, f"those of a record: {', '.join(FIELDS)}", f"Correct it{nearest(name, FIELDS)}")
        yield from patterns.breaches(path, pattern, OF_PIPES)


@rules.error(
    "message_deduplication_id",
    "target.queue.content_based_deduplication",
    "target.queue.arn",
    "target.fifo",
    page=pages.PIPES_TARGET,
)
def stream_deduplication(settings: StreamSettings) -> Iterator[Breach]:
    """A FIFO queue rejects a message without a deduplication id, unless it deduplicates by content."""
    queue = settings.target.queue
    has_id = settings.message_deduplication_id is not None or queue.content_based_deduplication or queue.arn is not None
    if settings.target.fifo and not has_id:
        got = f"nothing, for the FIFO queue of {settings.target.consumer!r}"
        yield Breach(got, f"a path into the record, like {show('$.eventID')}", "Set message_deduplication_id")
