"""From a consumer that was evaluated on paper to what of it has a price, and what is not counted."""

from collections.abc import Iterator
from typing import Any

from consumers.cost.estimate import Shape
from consumers.evaluate.dry_run import Checked

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
RECORD_METRICS = 4  # Handled, Failed, Rejected, NotStarted
KEY_REUSE_SECONDS = 300  # SQS' own default
NOT_COUNTED = {
    "idempotency": "the idempotency table: DynamoDB bills its reads and writes",
    "mapping.metrics": "the mapping's own metrics",
    "function.tracing": "traces in X-Ray",
    "function.alias.snap_start": "snapshots of SnapStart",
    "function.vpc": "what the VPC needs to reach SQS: endpoints or a NAT gateway",
}


def of(checked: Checked) -> Shape:
    """Return what of this consumer has a price."""
    settings = checked.settings
    pollers = setting(settings, "mapping.provisioned_pollers")
    key = setting(settings, "queue.kms_master_key_id")
    reuse = setting(settings, "queue.kms_data_key_reuse_period_seconds") or KEY_REUSE_SECONDS
    return Shape(
        memory_mb=settings.memory_size,
        architecture=settings.function.architecture,
        batch_size=settings.batch_size,
        fifo=settings.fifo,
        timeout_seconds=settings.timeout,
        log_retention_days=settings.function.log_retention_in_days,
        alarms=sum(resource.type == ALARM for resource in checked.resources),
        metrics=RECORD_METRICS if setting(settings, "function.record_metrics") else 0,
        key_reuse_seconds=None if key is None else reuse,
        provisioned_concurrency=setting(settings, "function.alias.provisioned_concurrent_executions") or 0,
        provisioned_pollers=pollers.minimum if pollers else 0,
        ephemeral_storage_mb=setting(settings, "function.ephemeral_storage") or Shape.ephemeral_storage_mb,
    )


def not_counted(settings: Any) -> Iterator[str]:
    """What this consumer has that costs and is not in the estimate."""
    return (text for path, text in NOT_COUNTED.items() if setting(settings, path))


def setting(settings: Any, path: str) -> Any:
    """A setting by its path, as `function.tracing`; None where its group is left out."""
    for name in path.split("."):
        settings = getattr(settings, name, None)
    return settings
