"""QueueConsumer: one SQS → Lambda consumer with all of its resources."""

from typing import Any

import pulumi
from pulumi_aws import iam

from .args import QueueConsumerArgs
from .resources import alarms, alias, function, grants, idempotency, mapping, queues, reporting, role, senders
from .resources.children import Children
from .resources.queues import QueueReference


class QueueConsumer(pulumi.ComponentResource):
    """A queue, the function that handles its messages, and the resources that connect them: role, role policy, log
    group, dead-letter queue and event source mapping.

    Only the failed messages of a batch are retried (`ReportBatchItemFailures`). SQS encrypts both queues, and they
    deny requests without TLS. The role has the permissions that this consumer needs, and no others. In Python the
    underlying resources are attributes: `role`, `role_policy`, `log_group`, `dead_letter_queue`, `queue`, `function`,
    `mapping`, and `alarms`, a dict by the alarms' ids. These are None if the resource does not exist: `queue` and
    `dead_letter_queue` if existing ones are used, `redrive_allow_policy` unless the dead-letter queue is restricted,
    `idempotency_table`, `alias` and `provisioned_concurrency` unless they are set. `settings` are the validated
    arguments, with every default in place.
    """

    queue_url: pulumi.Output[str]
    """URL of the queue that producers send to."""
    queue_arn: pulumi.Output[str]
    """ARN of the queue."""
    queue_name: pulumi.Output[str]
    """Physical name of the queue."""
    dead_letter_queue_url: pulumi.Output[str]
    """URL of the dead-letter queue. The URL, ARN and name are empty if the queue exists already and its dead-letter
    queue is not named."""
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
    """Name of the function's log group."""
    mapping_id: pulumi.Output[str]
    """UUID of the event source mapping."""

    def __init__(self, name: str, args: QueueConsumerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register one consumer.

        :param name: prefix of all names: a letter, then letters, digits, `-` and `_`, at most 47 characters.
        :raises pulumi.RunError: if any argument is invalid, before any resource is registered; the text lists every
            error.
        """
        # Every error comes before super().__init__, which registers the component.
        self.settings, findings = reporting.consumer_settings(name, args)
        code = function.code(self.settings)
        super().__init__("queue-consumer:index:QueueConsumer", name, None, opts)
        reporting.log_warnings(findings, self)
        children = Children(self, self.settings)
        self.role = role.execution_role(children)
        self.log_group = function.log_group(children)
        dead_letters = queues.dead_letter_queue(children)
        queue = queues.queue(children, dead_letters)
        self.queue, self.dead_letter_queue = queue.resource, dead_letters and dead_letters.resource
        self.redrive_allow_policy = queues.restriction(children, dead_letters, queue)
        table_key = idempotency.key(children)
        self.idempotency_table = idempotency.table(children, table_key)
        self._children, self._queue, self._dead_letters = children, queue, dead_letters
        self.role_policy = role.role_policy(children, self.role, self._permitted_arns(table_key))
        permissions = [self.role_policy, *role.managed_policies(children, self.role)]
        variables = {
            **function.runtime_variables(self.settings, dead_letters and dead_letters.url),
            **idempotency.variables(self.settings, self.idempotency_table),
        }
        self.function = function.function(children, code, self.role, permissions, self.log_group, variables)
        self.alias = alias.alias(children, self.function)
        self.provisioned_concurrency = alias.provisioned_concurrency(children, self.function, self.alias)
        target = self.alias or self.function
        self.mapping = mapping.event_source_mapping(children, queue.arn, target.arn, permissions)
        self.alarms = alarms.metric_alarms(children, queue.name, dead_letters and dead_letters.name, self.function.name)
        self._outputs(queue, dead_letters)

    def _permitted_arns(self, table_key: Any) -> dict[str, Any]:
        queue, dead_letters = self._queue, self._dead_letters
        return {
            "queue": queue.arn,
            "queue_key": queue.key,
            "dead_letter_queue": dead_letters and dead_letters.arn,
            "dead_letter_key": dead_letters and dead_letters.key,
            "log_group": self.log_group.arn,
            "environment_key": self._children.validated("function.environment_kms_key_arn"),
            "idempotency_table": self.idempotency_table and self.idempotency_table.arn,
            "table_key": table_key,
        }

    def grant_send(self, role: iam.Role | pulumi.Input[str], name: str | None = None) -> iam.RolePolicy:
        """Let a producer send to the queue, and use its KMS key if it has one, by an inline policy of `role`.

        :param role: the producer's role, or the name of an existing one.
        :param name: suffix of the policy's logical name. Default: the role's name. Required if the role is an Output.
        :raises pulumi.RunError: if the role is an Output and `name` is missing.
        """
        return grants.grant(self._children, "send", role, name, self.send_statements())

    def grant_redrive(self, role: iam.Role | pulumi.Input[str], name: str | None = None) -> iam.RolePolicy:
        """Let operators inspect, delete and redrive dead letters, by an inline policy of `role`.

        :param role: the operators' role, or the name of an existing one.
        :param name: suffix of the policy's logical name. Default: the role's name. Required if the role is an Output.
        :raises pulumi.RunError: if the consumer has no dead-letter queue, or the role is an Output without `name`.
        """
        return grants.grant(self._children, "redrive", role, name, self.redrive_statements())

    def grant_operate(self, role: iam.Role | pulumi.Input[str], name: str | None = None) -> iam.RolePolicy:
        """Let operators run every command of `consumers` on this consumer, by an inline policy of `role`: `status`,
        `logs`, `size`, `send`, `pause`, `resume`, `drain` and all of `dlq`. It includes what `grant_redrive` allows.

        Without a dead-letter queue that is created or named here, it does not include the permissions on one.

        :param role: the operators' role, or the name of an existing one.
        :param name: suffix of the policy's logical name. Default: the role's name. Required if the role is an Output.
        :raises pulumi.RunError: if the role is an Output and `name` is missing.
        """
        return grants.grant(self._children, "operate", role, name, self.operate_statements())

    def send_statements(self) -> list[dict[str, Any]]:
        """Return the permissions of `grant_send` as IAM statements with Outputs, for `policy_statements` of another
        consumer or for a policy of your own."""
        return grants.send_statements(self._queue)

    def sender_statements(self) -> list[dict[str, Any]]:
        """Return the permissions of `queue.allowed_senders` as statements with Outputs. With `queue.arn`, the owner of
        that queue adds them to its policy; a queue that is created here has them already."""
        return senders.statements(self._children, self._queue.arn)

    def redrive_statements(self) -> list[dict[str, Any]]:
        """Return the permissions of `grant_redrive` as IAM statements with Outputs.

        :raises pulumi.RunError: if the queue exists already and its dead-letter queue is not named.
        """
        if self._dead_letters is None:
            raise pulumi.RunError(
                f"QueueConsumer {self._children.settings.consumer!r}: the dead-letter queue is not named. "
                "Set dead_letter_queue.arn."
            )
        return grants.redrive_statements(self._dead_letters, self._queue)

    def operate_statements(self) -> list[dict[str, Any]]:
        """Return the permissions of `grant_operate` as IAM statements with Outputs."""
        functions = [self.function.arn, *([self.alias.arn] if self.alias else [])]
        # From the mapping, because the argument is validated there, and a second time would report its error twice.
        filter_key = None if self.settings.mapping.kms_key_arn is None else self.mapping.kms_key_arn
        actions = self._children.validated("alarms.actions") if self.settings.alarms else None
        parts = self._queue, self._dead_letters, functions, self.mapping.arn, filter_key, self.log_group.arn, actions
        return grants.operate_statements(*parts)

    def _outputs(self, queue: QueueReference, dead_letters: QueueReference | None) -> None:
        self.queue_url, self.queue_arn, self.queue_name = queue.url, queue.arn, queue.name
        dead = dead_letters or queues.no_queue()
        self.dead_letter_queue_url, self.dead_letter_queue_arn = dead.url, dead.arn
        self.dead_letter_queue_name = dead.name
        self.function_name, self.function_arn = self.function.name, self.function.arn
        self.role_arn = self.role.arn
        self.log_group_name = self.log_group.name
        self.mapping_id = self.mapping.uuid
        self.register_outputs({_camel(name): getattr(self, name) for name in OUTPUTS})


OUTPUTS = tuple(QueueConsumer.__annotations__)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
