"""The event source mapping, which polls the queue and invokes the function."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import lambda_

from .. import settings
from ..settings import PollerSettings
from .children import Children


def event_source_mapping(
    children: Children, queue_arn: Any, function_arn: Any, permissions: Sequence[pulumi.Resource]
) -> lambda_.EventSourceMapping:
    """Register the mapping from the queue to the function, or to an alias of it."""
    known, group = children.settings, children.settings.mapping
    patterns: Any = [{"pattern": settings.filter_json(pattern)} for pattern in known.filters]
    return lambda_.EventSourceMapping(
        children.name("mapping"),
        event_source_arn=queue_arn,
        function_name=function_arn,
        batch_size=known.batch_size,
        maximum_batching_window_in_seconds=group.maximum_batching_window_in_seconds or None,
        function_response_types=["ReportBatchItemFailures"],
        filter_criteria={"filters": patterns} if patterns else None,
        scaling_config={"maximum_concurrency": group.maximum_concurrency} if group.maximum_concurrency else None,
        provisioned_poller_config=_pollers(group.provisioned_pollers),
        metrics_config={"metrics": ["EventCount"]} if group.metrics else None,
        enabled=group.enabled,
        tags=children.tags("mapping"),
        # Lambda checks that the role may poll, so its policies come first, not only the role.
        opts=children.options(depends_on=list(permissions)),
    )


def _pollers(given: PollerSettings | None) -> Any:
    return given and {"minimum_pollers": given.minimum, "maximum_pollers": given.maximum}
