"""The event source mapping, which polls the queue and invokes the function."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import lambda_

from ..settings import Settings
from ..settings.model import PollerSettings
from ..settings.patterns import filter_json
from .children import Children


def event_source_mapping(
    children: Children[Settings], queue_arn: Any, function_arn: Any, permissions: Sequence[pulumi.Resource]
) -> lambda_.EventSourceMapping:
    """Register the mapping from the queue to the function or its alias."""
    settings, group = children.settings, children.settings.mapping
    patterns: Any = [{"pattern": filter_json(pattern)} for pattern in settings.filters]
    return lambda_.EventSourceMapping(
        children.name("mapping"),
        event_source_arn=queue_arn,
        function_name=function_arn,
        batch_size=settings.batch_size,
        maximum_batching_window_in_seconds=group.maximum_batching_window_in_seconds or None,
        function_response_types=["ReportBatchItemFailures"],
        filter_criteria={"filters": patterns} if patterns else None,
        kms_key_arn=children.validated("mapping.kms_key_arn"),
        scaling_config={"maximum_concurrency": group.maximum_concurrency} if group.maximum_concurrency else None,
        provisioned_poller_config=_pollers(group.provisioned_pollers),
        metrics_config={"metrics": ["EventCount"]} if group.metrics else None,
        enabled=group.enabled,
        tags=children.tags("mapping"),
        # Lambda checks that the role may poll: wait for its policies, not only for the role.
        opts=children.options(depends_on=list(permissions)),
    )


def _pollers(group: PollerSettings | None) -> Any:
    return group and {"minimum_pollers": group.minimum, "maximum_pollers": group.maximum}
