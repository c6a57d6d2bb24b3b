"""The alias on the newest version of the function, and its provisioned concurrency."""

from typing import Any

from pulumi_aws import lambda_

from ..settings import Settings
from .children import Children


def alias(children: Children[Settings], function: lambda_.Function) -> lambda_.Alias | None:
    """Register the alias, if the group `alias` is set."""
    group = children.settings.function.alias
    if group is None:
        return None
    return lambda_.Alias(
        children.name("alias"),
        name=children.validated("function.alias.name"),
        function_name=function.name,
        function_version=function.version,
        opts=children.options(),
    )


def provisioned_concurrency(
    children: Children[Settings], function: lambda_.Function, alias: lambda_.Alias | None
) -> lambda_.ProvisionedConcurrencyConfig | None:
    """Register the provisioned concurrency of the alias, if it has any."""
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


def snap_start(children: Children[Settings]) -> Any:
    """Return the function's `snap_start`. Lambda snapshots versions only, hence the alias."""
    group = children.settings.function.alias
    return {"apply_on": "PublishedVersions"} if group and group.snap_start else None
