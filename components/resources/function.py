"""The function, its code and environment, and the log group that it writes to."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_

from .. import settings
from ..packaging.archive import write_archive
from ..settings import Settings
from . import alias
from .children import Children

METRICS_NAMESPACE = "QueueConsumer"
"""Where `sqs_batch` counts records. CloudWatch keeps names that begin with `AWS/` for itself."""


def code(known: Settings) -> Any:
    """Return the function's archive, None with an image; raise RunError where `source` cannot be packaged.

    Nothing is registered.
    """
    if known.source is None:
        return known.code
    try:
        return pulumi.FileArchive(str(write_archive(known.files, known.dependencies)))
    except OSError as error:
        raise pulumi.RunError(f"QueueConsumer {known.consumer!r}: source cannot be packaged: {error}") from None


def log_group(children: Children) -> cloudwatch.LogGroup:
    """Register the log group, before the function that would otherwise make one without retention."""
    group = children.settings.function
    name = children.validated("function.name", group.name)
    return cloudwatch.LogGroup(
        children.name("logs"),
        name=None if name is None else pulumi.Output.concat("/aws/lambda/", name),
        retention_in_days=group.log_retention_in_days,
        kms_key_id=children.validated("function.log_kms_key_arn", group.log_kms_key_arn),
        tags=children.tags("logs"),
        opts=children.options(),
    )


def function(
    children: Children,
    code: Any,
    role: iam.Role,
    permissions: Sequence[pulumi.Resource],
    log_group: cloudwatch.LogGroup,
    variables: Mapping[str, Any],
) -> lambda_.Function:
    """Register the function; `variables` are those that we add to its environment."""
    known, group = children.settings, children.settings.function
    return lambda_.Function(
        children.name("function"),
        name=children.validated("function.name", group.name),
        description=children.validated("function.description", group.description),
        **_code(children, code),
        role=role.arn,
        timeout=known.timeout,
        memory_size=known.memory_size,
        architectures=[group.architecture],
        ephemeral_storage={"size": group.ephemeral_storage},
        layers=children.validated("function.layers", group.layers or None),
        environment=_environment(children, variables),
        kms_key_arn=environment_key(children),
        vpc_config=_vpc(children),
        tracing_config={"mode": "Active" if group.tracing else "PassThrough"},
        logging_config=_logging(children, log_group),
        reserved_concurrent_executions=group.reserved_concurrent_executions,
        code_signing_config_arn=children.validated("function.code_signing_config_arn", group.code_signing_config_arn),
        publish=group.alias is not None,
        snap_start=alias.snap_start(children),
        tags=children.tags("function"),
        opts=children.options(depends_on=list(permissions) if _uses_role_at_once(known) else None),
    )


def environment_key(children: Children) -> Any:
    """Return the ARN of the key that encrypts the function's variables, None without one."""
    return children.validated("function.environment_kms_key_arn", children.settings.function.environment_kms_key_arn)


def _code(children: Children, archive: Any) -> dict[str, Any]:
    known, image_config = children.settings, children.settings.function.image_config
    if known.image_uri is None:
        return {"code": archive, "handler": known.handler, "runtime": known.runtime}
    config = {
        name: children.validated(f"function.image_config.{name}", value)
        for name, value in (vars(image_config) if image_config else {}).items()
        if value
    }
    image = children.validated("image_uri", known.image_uri)
    return {"package_type": "Image", "image_uri": image, "image_config": config or None}


def _vpc(children: Children) -> Any:
    vpc = children.settings.function.vpc
    if vpc is None:
        return None
    return {
        "subnet_ids": children.validated("function.vpc.subnet_ids", vpc.subnet_ids),
        "security_group_ids": children.validated("function.vpc.security_group_ids", vpc.security_group_ids),
        "ipv6_allowed_for_dual_stack": vpc.ipv6_allowed_for_dual_stack,
    }


def _logging(children: Children, log_group: cloudwatch.LogGroup) -> Any:
    group = children.settings.function
    return {
        # It exists already: retention holds from the first line, and automatic names work.
        "log_group": log_group.name,
        "log_format": group.log_format,
        "application_log_level": group.application_log_level,
        "system_log_level": group.system_log_level,
    }


def _uses_role_at_once(known: Settings) -> bool:
    """Whether Lambda needs the role's permissions before the mapping is there: to check them, or to run the code.

    Else the function need not wait for the queue, as its role's policy does.
    """
    group = known.function
    return group.vpc is not None or group.tracing or group.alias is not None


def _environment(children: Children, own: Mapping[str, Any]) -> Any:
    given = children.settings.environment
    if settings.is_known(given):
        return {"variables": {**given, **own}} if given or own else None
    both = pulumi.Output.all(children.validated("environment", given), own)
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
