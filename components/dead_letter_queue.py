"""DeadLetterQueue: one dead-letter queue that several consumers share."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_aws import sqs

from .args import AllowedSenders
from .queue_consumer import QueueConsumer
from .resources import grants, queues, reporting
from .resources.children import Children
from .settings import DeadLetterQueueComponentSettings

MAX_SOURCES = 10  # queues in one redrive-allow policy


class DeadLetterQueueArgs(TypedDict):
    """The arguments of a DeadLetterQueue that several consumers share."""

    fifo: NotRequired[bool]
    """Whether it is FIFO, as all queues whose messages move here must be. Default: False. Changing it replaces the
    queue, and its messages are lost."""
    name: NotRequired[pulumi.Input[str]]
    """Physical name, by the same rules as a consumer's queue. Default: automatic."""
    message_retention_seconds: NotRequired[int]
    """How long a dead letter is kept: 60 to 1,209,600 seconds. Default: 1,209,600 (14 days), the maximum. On standard
    queues a message keeps its age.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html"""
    kms_master_key_id: NotRequired[pulumi.Input[str]]
    """ARN of the customer managed KMS key that encrypts it; give it as `dead_letter_queue.kms_master_key_id` to the
    consumers too, for their permissions. Default: SQS encrypts it with keys of its own."""
    kms_data_key_reuse_period_seconds: NotRequired[int]
    """How long SQS uses a data key before it asks KMS again: 60 to 86,400 seconds. Default: SQS's own 300. Requires
    `kms_master_key_id`."""
    allowed_senders: NotRequired[AllowedSenders]
    """The SNS topics and EventBridge rules that may send here what they cannot deliver. Topics are of the queue's type,
    and rules need a standard one. S3 sends nothing that fails elsewhere, so `buckets` is refused. Default: none; queues
    move their messages here without it. https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html"""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete or replace it, and so the messages in it. Default: False."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags besides those that name component, stack and project. Default: none."""


class DeadLetterQueue(pulumi.ComponentResource):
    """A dead-letter queue that several consumers share: each gets its ARN, as `dead_letter_queue={"arn": dead.arn}`.

    It is encrypted and denies requests without TLS, like a consumer's own dead-letter queue. Share one only if the same
    team runs all of these consumers. A message that SQS moved names its source queue (`DeadLetterQueueSourceArn`), and
    one that a function sent names the function (`Rejected`). The underlying resource is the attribute `queue`.
    """

    arn: pulumi.Output[str]
    """ARN of the queue, for the consumers."""
    url: pulumi.Output[str]
    """URL of the queue."""
    name: pulumi.Output[str]
    """Physical name of the queue."""

    def __init__(self, name: str, args: DeadLetterQueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register one dead-letter queue.

        :param name: prefix of all names: a letter, then letters, digits, `-` and `_`, at most 63 characters.
        :raises pulumi.RunError: if any argument is invalid, before any resource is registered; the text lists every
            error.
        """
        self.settings = reporting.component_settings(DeadLetterQueueComponentSettings, name, args)
        super().__init__("queue-consumer:index:DeadLetterQueue", name, None, opts)
        self._children = Children(self, self.settings)
        self._is_restricted = False
        self._queue = queues.shared_dead_letter_queue(self._children)
        assert self._queue.resource
        self.queue = self._queue.resource
        self.arn, self.url, self.name = self.queue.arn, self.queue.url, self.queue.name
        self.register_outputs({"arn": self.arn, "url": self.url, "name": self.name})

    def send_statements(self) -> list[dict[str, Any]]:
        """Return the permissions to send here, including the KMS key, as IAM statements with Outputs."""
        return grants.send_statements(self._queue)

    def restrict_to(self, consumers: Sequence[QueueConsumer]) -> sqs.RedriveAllowPolicy:
        """Let only the queues of these consumers, at most 10, use this dead-letter queue. By default any queue of the
        account and region may. With the AWS provider a deployment waits 25 s longer for it, after the queues.

        Call it once, with all consumers: a queue has one redrive-allow policy. SQS rejects a new queue that the current
        policy does not name, so remove the call in one deployment, and add the consumer and the call in the next.

        :raises pulumi.RunError: if it is called again, or with none or more than 10 consumers.
        """
        if self._is_restricted or not 1 <= len(consumers) <= MAX_SOURCES:
            got = "called again" if self._is_restricted else f"got {len(consumers)} consumers"
            raise pulumi.RunError(
                f"DeadLetterQueue {self._children.settings.consumer!r}: restrict_to {got}; allowed: one call with 1 "
                f"to {MAX_SOURCES} consumers. A queue has one redrive-allow policy, with at most {MAX_SOURCES} ARNs "
                "in it. Name all consumers in one call, or share several dead-letter queues."
            )
        self._is_restricted = True
        arns: Any = pulumi.Output.all(*(consumer.queue_arn for consumer in consumers)).apply(sorted)
        return queues.redrive_allow_policy(self._children, "restriction", self.url, arns)
