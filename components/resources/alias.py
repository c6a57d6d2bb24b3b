"""What the mapping invokes: the function itself, or an alias on its newest version, with environments kept ready."""

from typing import Any

from pulumi_aws import lambda_

from .children import Children


def alias(children: Children, function: lambda_.Function) -> lambda_.Alias | None:
    """Register the alias, where there is to be one."""
    group = children.settings.function.alias
    if group is None:
        return None
    return lambda_.Alias(
        children.name("alias"),
        name=children.validated("function.alias.name", group.name),
        function_name=function.name,
        function_version=function.version,
        opts=children.options(),
    )


def provisioned_concurrency(
    children: Children, function: lambda_.Function, alias: lambda_.Alias | None
) -> lambda_.ProvisionedConcurrencyConfig | None:
    """Register how many environments the alias keeps ready, where it keeps any."""
    group = children.settings.function.alias
    if alias is None or group is None or group.provisioned_concurrent_executions is None:
        return None
    return lambda_.ProvisionedConcurrencyConfig(
        children.name("provisioned-concurrency"),
        function_name=function.name,
        qualifier=alias.name,
        provisioned_concurrent_executions=group.provisioned_concurrent_executions,
        opts=children.options(),
    )


def snap_start(children: Children) -> Any:
    """Return the function's SnapStart, which takes its snapshots of versions, so only where an alias has them."""
    group = children.settings.function.alias
    return {"apply_on": "PublishedVersions"} if group and group.snap_start else None
