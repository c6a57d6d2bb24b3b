"""QueueConsumer: one SQS → Lambda consumer, with everything that it needs and nothing that it shares."""

from typing import Any

import pulumi

from . import settings
from .args import QueueConsumerArgs
from .parts import function, mapping, queues, role
from .parts.children import Children
from .settings import Settings


class QueueConsumer(pulumi.ComponentResource):
    """A queue, the function that handles its messages, and what lies between: role, role policy, log group, dead-letter
    queue, queue, function and event source mapping.

    Only what failed of a batch is tried again (`ReportBatchItemFailures`); both queues are encrypted by SQS and refuse
    whatever does not come by TLS; the role may do what this consumer needs and no more. In Python the underlying
    resources are attributes: `role`, `role_policy`, `log_group`, `dead_letter_queue`, `queue`, `function`, `mapping`.
    """

    queue_url: pulumi.Output[str]
    """URL of the queue, which producers send to."""
    queue_arn: pulumi.Output[str]
    """ARN of the queue."""
    queue_name: pulumi.Output[str]
    """Physical name of the queue."""
    dead_letter_queue_url: pulumi.Output[str]
    """URL of the dead-letter queue."""
    dead_letter_queue_arn: pulumi.Output[str]
    """ARN of the dead-letter queue."""
    dead_letter_queue_name: pulumi.Output[str]
    """Physical name of the dead-letter queue."""
    function_name: pulumi.Output[str]
    """Physical name of the function."""
    function_arn: pulumi.Output[str]
    """ARN of the function."""
    role_arn: pulumi.Output[str]
    """ARN of the function's execution role."""
    log_group_name: pulumi.Output[str]
    """Name of the log group that the function writes to."""
    mapping_id: pulumi.Output[str]
    """UUID of the event source mapping."""

    def __init__(self, name: str, args: QueueConsumerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register one consumer.

        :param name: name of the consumer, and the beginning of every name under it: a letter, then letters, digits, `-`
            and `_`, 47 characters at most.
        :param args: what it is made of; see `QueueConsumerArgs`.
        :param opts: options of the component, which its resources inherit.
        :raises pulumi.RunError: if any argument is refused, before anything is registered; the text lists every error.
        """
        # All that can be refused comes before super().__init__, which registers.
        accepted, advice = _accept(name, args)
        code = function.code(accepted)
        super().__init__("queue-consumer:index:QueueConsumer", name, None, opts)
        for finding in advice:
            pulumi.log.warn(_advice(finding), self)

        children = Children(self, accepted)
        self.role = role.execution_role(children)
        self.log_group = function.log_group(children)
        self.dead_letter_queue = queues.dead_letter_queue(children)
        self.queue = queues.queue(children, self.dead_letter_queue.arn)
        self.role_policy = role.role_policy(
            children, self.role, self.queue.arn, self.log_group.arn, self.dead_letter_queue.arn
        )
        self.function = function.function(children, code, self.role, self.log_group, self.dead_letter_queue.url)
        self.mapping = mapping.event_source_mapping(children, self.queue.arn, self.function.arn, self.role_policy)
        self._outputs()

    def _outputs(self) -> None:
        self.queue_url, self.queue_arn, self.queue_name = self.queue.url, self.queue.arn, self.queue.name
        self.dead_letter_queue_url = self.dead_letter_queue.url
        self.dead_letter_queue_arn = self.dead_letter_queue.arn
        self.dead_letter_queue_name = self.dead_letter_queue.name
        self.function_name, self.function_arn = self.function.name, self.function.arn
        self.role_arn = self.role.arn
        self.log_group_name = self.log_group.name
        self.mapping_id = self.mapping.uuid
        self.register_outputs({_camel(name): getattr(self, name) for name in OUTPUTS})


OUTPUTS = tuple(QueueConsumer.__annotations__)


def _accept(name: str, args: Any) -> tuple[Settings, list[settings.Finding]]:
    """Of all errors, RunError is the one that the CLI prints as its text alone, once and without a traceback."""
    try:
        return settings.accept(name, args)
    except settings.Refused as refused:
        raise pulumi.RunError(str(refused)) from None


def _advice(finding: settings.Finding) -> str:
    return f"{finding} To keep it: ignore_advice={{{finding.rule!r}: 'your reason'}}."


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
