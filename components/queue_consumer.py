"""QueueConsumer: one SQS → Lambda consumer, with everything that it needs and nothing that it shares."""

from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_, sqs

from . import policies, settings
from .args import QueueConsumerArgs
from .bundle import write_archive
from .settings import Settings

MAX_MESSAGE_SIZE = 1_048_576  # bytes; SQS's own default since 2025, where the provider still sends 262,144


class QueueConsumer(pulumi.ComponentResource):
    """A queue, the function that handles its messages, and what lies between: role, role policy, log group, dead-letter
    queue, queue, function and event source mapping.

    Only what failed of a batch is tried again (`ReportBatchItemFailures`); both queues are encrypted by SQS and refuse
    whatever does not come by TLS; the role may do what this consumer needs and no more. The underlying resources are
    attributes: `role`, `role_policy`, `log_group`, `dead_letter_queue`, `queue`, `function` and `mapping`.
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
        self._settings, advice = _accept(name, args)
        code = _code(self._settings)
        super().__init__("queue-consumer:index:QueueConsumer", name, None, opts)
        for finding in advice:
            pulumi.log.warn(_advice(finding), self)

        self.role = self._role()
        self.log_group = self._log_group()
        self.dead_letter_queue = self._dead_letter_queue()
        self.queue = self._queue()
        self.role_policy = self._role_policy()
        self.function = self._function(code)
        self.mapping = self._mapping()
        self._outputs()

    def _role(self) -> iam.Role:
        return iam.Role(
            self._child("role"),
            name=self._known("function.role_name", self._settings.function.role_name),
            assume_role_policy=policies.canonical_json(policies.lambda_trust()),
            tags=self._tags("role"),
            opts=self._options(),
        )

    def _log_group(self) -> cloudwatch.LogGroup:
        name = self._settings.function.name
        return cloudwatch.LogGroup(
            self._child("logs"),
            name=None if name is None else pulumi.Output.concat("/aws/lambda/", name),
            retention_in_days=self._settings.function.log_retention_in_days,
            tags=self._tags("logs"),
            opts=self._options(),
        )

    def _dead_letter_queue(self) -> sqs.Queue:
        group = self._settings.dead_letter_queue
        return sqs.Queue(
            self._child("dlq"),
            name=self._queue_name("dead_letter_queue.name", group.name),
            message_retention_seconds=group.message_retention_seconds,
            # Whoever looks into it by hand waits for messages, as on the queue.
            receive_wait_time_seconds=self._settings.queue.receive_wait_time_seconds,
            **self._queue_basics("dead-letter-queue"),
        )

    def _queue(self) -> sqs.Queue:
        group = self._settings.queue
        redrive = self.dead_letter_queue.arn.apply(
            lambda arn: policies.canonical_json(policies.redrive(arn, self._settings.max_receive_count))
        )
        return sqs.Queue(
            self._child("queue"),
            name=self._queue_name("queue.name", group.name),
            visibility_timeout_seconds=group.visibility_timeout_seconds,
            message_retention_seconds=group.message_retention_seconds,
            delay_seconds=group.delay_seconds,
            receive_wait_time_seconds=group.receive_wait_time_seconds,
            content_based_deduplication=group.content_based_deduplication if self._settings.fifo else None,
            redrive_policy=redrive,
            **self._queue_basics("queue"),
        )

    def _queue_basics(self, part: str) -> dict[str, Any]:
        """What the two queues have in common. Redrive and access policy are inline: see `policies.tls_only`."""
        return {
            "fifo_queue": True if self._settings.fifo else None,
            "max_message_size": MAX_MESSAGE_SIZE,
            "sqs_managed_sse_enabled": True,
            "policy": policies.canonical_json(policies.tls_only()),
            "tags": self._tags(part),
            "opts": self._options(protect=self._settings.queue.protect or None),
        }

    def _role_policy(self) -> iam.RolePolicy:
        # The ARNs one by one: an Output made of the whole document would be one for each of its values.
        arns = pulumi.Output.all(self.queue.arn, self.log_group.arn, self.dead_letter_queue.arn)
        given: Any = (
            pulumi.Output.from_input(self._settings.policy_statements) if self._settings.policy_statements else []
        )
        return iam.RolePolicy(
            self._child("policy"),
            role=self.role.name,
            policy=pulumi.Output.all(arns, given).apply(self._permissions),
            opts=self._options(),
        )

    def _permissions(self, known: list[Any]) -> str:
        (queue, log_group, dead_letter_queue), given = known
        statements = [
            policies.consume(queue, change_visibility=self._changes_visibility),
            policies.write_logs(f"{log_group}:*"),
        ]
        if self._settings.dead_letter_queue.allow_rejects:
            statements.append(policies.send(dead_letter_queue, "Reject"))
        return policies.canonical_json(policies.document(*statements, *given))

    def _function(self, code: Any) -> lambda_.Function:
        group = self._settings.function
        return lambda_.Function(
            self._child("function"),
            name=self._known("function.name", group.name),
            code=code,
            handler=self._settings.handler,
            runtime=self._settings.runtime,
            role=self.role.arn,
            timeout=self._settings.timeout,
            memory_size=self._settings.memory_size,
            architectures=[group.architecture],
            environment=self._environment(),
            # A log group that exists already: retention holds from the first line, and automatic names work.
            logging_config={"log_format": "Text", "log_group": self.log_group.name},
            tags=self._tags("function"),
            opts=self._options(),
        )

    def _mapping(self) -> lambda_.EventSourceMapping:
        group = self._settings.mapping
        patterns: Any = [{"pattern": settings.filter_json(pattern)} for pattern in self._settings.filters]
        return lambda_.EventSourceMapping(
            self._child("mapping"),
            event_source_arn=self.queue.arn,
            function_name=self.function.arn,
            batch_size=self._settings.batch_size,
            maximum_batching_window_in_seconds=group.maximum_batching_window_in_seconds or None,
            function_response_types=["ReportBatchItemFailures"],
            filter_criteria={"filters": patterns} if patterns else None,
            scaling_config={"maximum_concurrency": group.maximum_concurrency} if group.maximum_concurrency else None,
            enabled=group.enabled,
            tags=self._tags("mapping"),
            # Lambda checks that the role may poll, so its policy comes first, not only the role.
            opts=self._options(depends_on=[self.role_policy]),
        )

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

    @property
    def _changes_visibility(self) -> bool:
        """Retries set visibility timeouts; on FIFO queues the runtime also gives back at once what it never started."""
        rejects = self._settings.dead_letter_queue.allow_rejects
        return self._settings.retry is not None or (self._settings.fifo and rejects)

    def _environment(self) -> Any:
        given, own = self._settings.environment, self._runtime_variables()
        if settings.is_known(given):
            return {"variables": {**given, **own}} if given or own else None
        both = pulumi.Output.all(self._known("environment", given), own)
        return {"variables": both.apply(lambda variables: {**variables[0], **variables[1]})}

    def _runtime_variables(self) -> dict[str, Any]:
        """What `sqs_batch` reads. A queue or a delay is there only where the role allows to use it."""
        rejects, retry = self._settings.dead_letter_queue.allow_rejects, self._settings.retry
        variables: dict[str, Any] = {}
        if rejects or retry or self._settings.has_runtime:
            variables["SQS_BATCH_MAX_RECEIVE_COUNT"] = str(self._settings.max_receive_count)
        if rejects:
            variables["SQS_BATCH_DEAD_LETTER_QUEUE_URL"] = self.dead_letter_queue.url
        if retry:
            variables["SQS_BATCH_RETRY_BASE_DELAY_SECONDS"] = str(retry.base_delay_seconds)
            variables["SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS"] = str(retry.maximum_delay_seconds)
        return variables

    def _queue_name(self, argument: str, name: Any) -> Any:
        known = self._known(argument, name)
        if known is None or not self._settings.fifo:
            return known
        return pulumi.Output.from_input(known).apply(lambda text: f"{text.removesuffix('.fifo')}.fifo")

    def _known(self, argument: str, value: Any) -> Any:
        """Return `value` as it is where the rules have seen it, else an Output that they see when it is known."""
        if settings.is_known(value):
            return value
        return pulumi.Output.from_input(value).apply(lambda known: _accept_later(self._settings, argument, known))

    def _child(self, part: str) -> str:
        return f"{self._settings.consumer}-{part}"

    def _options(self, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, **more)

    def _tags(self, part: str) -> dict[str, Any]:
        """Tags by which `consumers` finds this consumer on AWS, without Pulumi's state."""
        own = {
            "consumer": self._settings.consumer,
            "part": part,
            "stack": pulumi.get_stack(),
            "project": pulumi.get_project(),
        }
        return {**self._settings.tags, **{f"{settings.OWN_TAGS}{key}": value for key, value in own.items()}}


OUTPUTS = tuple(QueueConsumer.__annotations__)


def _accept(name: str, args: Any) -> tuple[Settings, list[settings.Finding]]:
    """Of all errors, RunError is the one that the CLI prints as its text alone, once and without a traceback."""
    try:
        return settings.accept(name, args)
    except settings.Refused as refused:
        raise pulumi.RunError(str(refused)) from None


def _accept_later(known: Settings, argument: str, value: Any) -> Any:
    try:
        return settings.accept_later(known, argument, value)
    except settings.Refused as refused:
        raise pulumi.RunError(str(refused)) from None


def _advice(finding: settings.Finding) -> str:
    return f"{finding} To keep it: ignore_advice={{{finding.rule!r}: 'your reason'}}."


def _code(known: Settings) -> Any:
    if known.source is None:
        return known.code
    try:
        return pulumi.FileArchive(str(write_archive(known.files, known.dependencies)))
    except OSError as error:
        raise pulumi.RunError(f"QueueConsumer {known.consumer!r}: source cannot be packaged: {error}") from None


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
