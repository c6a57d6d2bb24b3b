"""The function, its code and environment, and its log group."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_

from ..packaging.archive import code_sha256, write_archive
from ..packaging.package import PackagedSettings
from ..settings.kinds import is_known
from ..settings.rules.functions import MAX_TAGS, OWN_TAGS
from . import alias
from .children import Children

METRICS_NAMESPACE = "QueueConsumer"
"""The namespace of the metrics of `sqs_batch`. CloudWatch reserves names that begin with `AWS/`."""


def code(settings: PackagedSettings) -> Any:
    """Return the function's archive, None with an image; raise RunError if `source` cannot be packaged."""
    if settings.source is None:
        return settings.code
    try:
        return pulumi.FileArchive(str(write_archive(settings.package.all_files, settings.package.dependencies)))
    except OSError as error:
        raise pulumi.RunError(f"QueueConsumer {settings.consumer!r}: source cannot be packaged: {error}") from None


def log_group(children: Children[PackagedSettings]) -> cloudwatch.LogGroup:
    """Register the log group; otherwise Lambda creates one that keeps its logs forever."""
    group = children.settings.function
    name = children.validated("function.name")
    return cloudwatch.LogGroup(
        children.name("logs"),
        name=None if name is None else pulumi.Output.concat("/aws/lambda/", name),
        retention_in_days=group.log_retention_in_days,
        kms_key_id=children.validated("function.log_kms_key_arn"),
        tags=children.tags("logs"),
        opts=children.options(),
    )


def function(
    children: Children[PackagedSettings],
    code: Any,
    role: iam.Role,
    permissions: Sequence[pulumi.Resource],
    log_group: cloudwatch.LogGroup,
    variables: Mapping[str, Any],
) -> lambda_.Function:
    """Register the function; `variables` are added to its environment."""
    settings, group = children.settings, children.settings.function
    return lambda_.Function(
        children.name("function"),
        name=children.validated("function.name"),
        description=children.validated("function.description"),
        **_code(children, code),
        role=role.arn,
        timeout=settings.timeout,
        memory_size=settings.memory_size,
        architectures=[group.architecture],
        ephemeral_storage={"size": group.ephemeral_storage},
        layers=children.validated("function.layers") if group.layers else None,
        environment=_environment(children, variables),
        kms_key_arn=children.validated("function.environment_kms_key_arn"),
        vpc_config=_vpc(children),
        tracing_config={"mode": "Active" if group.tracing else "PassThrough"},
        logging_config=_logging(children, log_group),
        reserved_concurrent_executions=group.reserved_concurrent_executions,
        code_signing_config_arn=children.validated("function.code_signing_config_arn"),
        publish=group.alias is not None,
        snap_start=alias.snap_start(children),
        tags=_tags(children, code),
        opts=children.options(depends_on=list(permissions) if _uses_role_at_once(settings) else None),
    )


def _tags(children: Children[PackagedSettings], archive: Any) -> dict[str, Any]:
    """Add the archive's hash, as Lambda's CodeSha256 has it, so that `consumers status` sees code of another origin.

    With as many tags as AWS allows, there is no room for it, nor for the tag of `consumers pause`.
    """
    tags = children.tags("function")
    if children.settings.source is None or len(children.settings.tags) > MAX_TAGS - 2:
        return tags
    return {**tags, f"{OWN_TAGS}code-sha256": code_sha256(Path(archive.path))}


def _code(children: Children[PackagedSettings], archive: Any) -> dict[str, Any]:
    settings, image_config = children.settings, children.settings.function.image_config
    if settings.image_uri is None:
        return {"code": archive, "handler": settings.handler, "runtime": settings.runtime}
    config = {
        name: children.validated(f"function.image_config.{name}")
        for name, value in (vars(image_config) if image_config else {}).items()
        if value
    }
    return {"package_type": "Image", "image_uri": children.validated("image_uri"), "image_config": config or None}


def _vpc(children: Children[PackagedSettings]) -> Any:
    vpc = children.settings.function.vpc
    if vpc is None:
        return None
    return {
        "subnet_ids": children.validated("function.vpc.subnet_ids"),
        "security_group_ids": children.validated("function.vpc.security_group_ids"),
        "ipv6_allowed_for_dual_stack": vpc.ipv6_allowed_for_dual_stack,
    }


def _logging(children: Children[PackagedSettings], log_group: cloudwatch.LogGroup) -> Any:
    group = children.settings.function
    return {
        # It exists before the function, so its retention holds from the first line, and auto-names work.
        "log_group": log_group.name,
        "log_format": group.log_format,
        "application_log_level": group.application_log_level,
        "system_log_level": group.system_log_level,
    }


def _uses_role_at_once(settings: PackagedSettings) -> bool:
    """Whether Lambda needs the role's permissions before the mapping exists, to check them or to run the code.

    Otherwise the function does not wait for the role policy, which waits for the queue.
    """
    group = settings.function
    return group.vpc is not None or group.tracing or group.alias is not None


def _environment(children: Children[PackagedSettings], own: Mapping[str, Any]) -> Any:
    environment = children.settings.environment
    if is_known(environment):
        return {"variables": {**environment, **own}} if environment or own else None
    both = pulumi.Output.all(children.validated("environment"), own)
    return {"variables": both.apply(lambda variables: {**variables[0], **variables[1]})}


def runtime_variables(settings: PackagedSettings, dead_letter_queue_url: Any) -> dict[str, Any]:
    """Return the variables of `sqs_batch`: only those that the role has the permissions for."""
    rejects, retry = settings.dead_letter_queue.allow_rejects, settings.retry
    variables: dict[str, Any] = {}
    if settings.receives and (rejects or retry or settings.has_runtime):
        variables["SQS_BATCH_MAX_RECEIVE_COUNT"] = str(settings.receives)
    if rejects:
        variables["SQS_BATCH_DEAD_LETTER_QUEUE_URL"] = dead_letter_queue_url
    if settings.dead_letter_queue.reasons:
        variables["SQS_BATCH_DEAD_LETTER_REASONS"] = "1"
    if retry:
        variables["SQS_BATCH_RETRY_BASE_DELAY_SECONDS"] = str(retry.base_delay_seconds)
        variables["SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS"] = str(retry.maximum_delay_seconds)
    if settings.function.record_metrics:
        variables["SQS_BATCH_METRICS_NAMESPACE"] = METRICS_NAMESPACE
    return variables
