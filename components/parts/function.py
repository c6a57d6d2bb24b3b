"""The function, its code and environment, and the log group that it writes to."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_

from .. import settings
from ..bundle import write_archive
from ..settings import Settings
from .children import Children

METRICS_NAMESPACE = "QueueConsumer"
"""Where `sqs_batch` counts records. CloudWatch keeps names that begin with `AWS/` for itself."""


def code(known: Settings) -> Any:
    """Return the function's archive; raise RunError where `source` cannot be packaged. Nothing is registered."""
    if known.source is None:
        return known.code
    try:
        return pulumi.FileArchive(str(write_archive(known.files)))
    except OSError as error:
        raise pulumi.RunError(f"QueueConsumer {known.consumer!r}: source cannot be packaged: {error}") from None


def log_group(children: Children) -> cloudwatch.LogGroup:
    """Register the log group, before the function that would otherwise make one without retention."""
    group = children.settings.function
    return cloudwatch.LogGroup(
        children.name("logs"),
        name=None if group.name is None else pulumi.Output.concat("/aws/lambda/", group.name),
        retention_in_days=group.log_retention_in_days,
        tags=children.tags("logs"),
        opts=children.options(),
    )


def function(
    children: Children, code: Any, role: iam.Role, log_group: cloudwatch.LogGroup, variables: Mapping[str, Any]
) -> lambda_.Function:
    """Register the function; `variables` are those that we add to its environment."""
    known, group = children.settings, children.settings.function
    return lambda_.Function(
        children.name("function"),
        name=children.known("function.name", group.name),
        code=code,
        handler=known.handler,
        runtime=known.runtime,
        role=role.arn,
        timeout=known.timeout,
        memory_size=known.memory_size,
        architectures=[group.architecture],
        environment=_environment(children, variables),
        # A log group that exists already: retention holds from the first line, and automatic names work.
        logging_config={"log_format": "Text", "log_group": log_group.name},
        tags=children.tags("function"),
        opts=children.options(),
    )


def _environment(children: Children, own: Mapping[str, Any]) -> Any:
    given = children.settings.environment
    if settings.is_known(given):
        return {"variables": {**given, **own}} if given or own else None
    both = pulumi.Output.all(children.known("environment", given), own)
    return {"variables": both.apply(lambda variables: {**variables[0], **variables[1]})}


def runtime_variables(known: Settings, dead_letter_queue_url: Any) -> dict[str, Any]:
    """Return what `sqs_batch` reads. A queue or a delay is there only where the role allows to use it."""
    rejects, retry = known.dead_letter_queue.allow_rejects, known.retry
    variables: dict[str, Any] = {}
    if known.receives and (rejects or retry or known.has_runtime):
        variables["SQS_BATCH_MAX_RECEIVE_COUNT"] = str(known.receives)
    if rejects:
        variables["SQS_BATCH_DEAD_LETTER_QUEUE_URL"] = dead_letter_queue_url
    if retry:
        variables["SQS_BATCH_RETRY_BASE_DELAY_SECONDS"] = str(retry.base_delay_seconds)
        variables["SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS"] = str(retry.maximum_delay_seconds)
    if known.function.record_metrics:
        variables["SQS_BATCH_METRICS_NAMESPACE"] = METRICS_NAMESPACE
    return variables
