"""Stream: an EventBridge pipe from a DynamoDB or Kinesis stream to a consumer."""

from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_aws import pipes

from .. import policies
from ..dead_letter_queue import DeadLetterQueue
from ..queue_consumer import QueueConsumer
from ..resources import sources
from ..resources.children import Children
from ..settings.patterns import filter_json
from ..settings.sources.stream import StreamSettings


class StreamArgs(TypedDict):
    """The arguments of a Stream."""

    source_arn: NotRequired[pulumi.Input[str]]
    """ARN of the stream: the `stream_arn` of a DynamoDB table, or that of a Kinesis stream. Required."""
    starting_position: NotRequired[str]
    """Where a new pipe starts. One of: `TRIM_HORIZON`, `LATEST`. Default: `TRIM_HORIZON`, the oldest record; with
    `LATEST` the records that are written while the pipe is created are missed."""
    filters: NotRequired[list[dict[str, Any]]]
    """Patterns on the record, 5 at most, such as `{"eventName": ["INSERT"]}`; what matches any of them is sent. A pipe
    has fewer operators than an EventRule: no wildcard, and anything-but of values only. Default: none; everything.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-filtering.html"""
    batch_size: NotRequired[int]
    """How many records are read and sent at once: 1 to 10 records, each a message. Default: 10."""
    maximum_batching_window_in_seconds: NotRequired[int]
    """How long to wait for a full batch: 0 to 300 seconds. Default: 0."""
    maximum_retry_attempts: NotRequired[int]
    """How often a batch that cannot be sent is retried: 0 to 10,000 tries. Default: 185. AWS's own is to retry until
    the records expire, which blocks the records behind them in the shard."""
    maximum_record_age_in_seconds: NotRequired[int]
    """Maximum age of a record that is sent: 60 to 604,800 seconds. Default: the retention of the stream."""
    dead_letter_queue: NotRequired[DeadLetterQueue]
    """The `DeadLetterQueue` component, a standard one, that receives the place in the stream of each record that could
    not be sent, not its content. The pipe's role may send there and use its KMS key. Default: none, and such records
    are dropped without a trace. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html"""
    dead_letter_queue_arn: NotRequired[pulumi.Input[str]]
    """Instead of dead_letter_queue, the ARN of a standard queue; the pipe's role may send there. If the queue has a KMS
    key of yours, allow the role (the attribute `role`) `kms:GenerateDataKey` and `kms:Decrypt` on that key. Default:
    none. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html"""
    input_template: NotRequired[pulumi.Input[str]]
    """The message, 1 to 8,192 characters, in which `<$.dynamodb.NewImage>` is that part of the record. Default: the
    record as JSON. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html"""
    message_group_id: NotRequired[pulumi.Input[str]]
    """The message group, as text or as a path into the record, like `$.dynamodb.Keys.table.S`. Required on FIFO queues.
    Default: none."""
    message_deduplication_id: NotRequired[pulumi.Input[str]]
    """On FIFO queues, a path into the record of 1 to 100 characters, like `$.eventID`. Required there, unless the queue
    has `content_based_deduplication`."""
    enabled: NotRequired[bool]
    """Whether the pipe runs. Default: True."""


class Stream(pulumi.ComponentResource):
    """An EventBridge pipe that sends the records of a DynamoDB or Kinesis stream to a consumer, at least once.

    It reads and sends by a role of its own, with permissions for this stream and this queue, so the queue's policy need
    not allow it. Only a FIFO queue keeps the order of a shard. If the stream has a customer managed KMS key, the key's
    policy must allow the role to decrypt. The underlying resources are the attributes `role`, `role_policy` and `pipe`.
    """

    pipe_arn: pulumi.Output[str]
    """ARN of the pipe."""

    def __init__(
        self, name: str, consumer: QueueConsumer, args: StreamArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Register the pipe, which sends to `consumer`.

        :raises pulumi.RunError: if any argument is invalid, before any resource is registered.
        """
        settings = sources.source_settings(StreamSettings, name, consumer, args)
        super().__init__("queue-consumer:index:Stream", name, None, opts)
        children = Children(self, settings)
        source: pulumi.Output[str] = pulumi.Output.from_input(children.validated("source_arn"))
        dead_letters, unsent = sources.dead_letters(children)
        read = source.apply(policies.read_stream)
        self.role, self.role_policy = sources.sending_role(children, "pipes", consumer, *unsent, read)
        self.pipe = pipes.Pipe(
            children.name("pipe"),
            role_arn=self.role.arn,
            source=source,
            source_parameters=source.apply(lambda arn: _source(settings, arn, dead_letters)),
            target=consumer.queue_arn,
            target_parameters=pipes.PipeTargetParametersArgs(
                input_template=settings.input_template,
                sqs_queue_parameters=sources.without_nones(
                    pipes.PipeTargetParametersSqsQueueParametersArgs,
                    message_group_id=children.validated("message_group_id"),
                    message_deduplication_id=settings.message_deduplication_id,
                ),
            ),
            desired_state="RUNNING" if settings.enabled else "STOPPED",
            tags=children.tags("pipe"),
            opts=children.options(depends_on=[self.role_policy]),
        )
        self.pipe_arn = self.pipe.arn
        self.register_outputs({"pipeArn": self.pipe_arn})


def _source(settings: StreamSettings, arn: str, dead_letters: Any) -> "pipes.PipeSourceParametersArgs":
    service = "kinesis" if ":kinesis:" in arn else "dynamodb"
    patterns = [{"pattern": filter_json(one)} for one in settings.filters]
    reading: dict[str, Any] = {
        "starting_position": settings.starting_position,
        "batch_size": settings.batch_size,
        "maximum_batching_window_in_seconds": settings.maximum_batching_window_in_seconds or None,
        "maximum_retry_attempts": settings.maximum_retry_attempts,
        "maximum_record_age_in_seconds": settings.maximum_record_age_in_seconds,
        "dead_letter_config": sources.without_nones(dict, arn=dead_letters),
    }
    by_service: dict[str, Any] = {f"{service}_stream_parameters": reading}
    criteria: Any = {"filters": patterns} if patterns else None
    return pipes.PipeSourceParametersArgs(filter_criteria=criteria, **by_service)
