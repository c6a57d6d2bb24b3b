"""Selects from a consumer's settings what has a price, and names what the estimate leaves out."""

from collections.abc import Iterator

from consumers.cost.estimate import Shape
from consumers.evaluate.dry_run import CheckedComponent
from consumers.library import PackagedSettings

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
RECORD_METRICS = 4  # Handled, Failed, Rejected, NotStarted
KEY_REUSE_SECONDS = 300  # the default of SQS


def of(checked: CheckedComponent) -> Shape:
    """Return what has a price in this consumer."""
    settings = checked.consumer_settings
    function, queue, pollers = settings.function, settings.queue, settings.mapping.provisioned_pollers
    has_key = queue.kms_master_key_id is not None
    return Shape(
        memory_mb=settings.memory_size,
        architecture=function.architecture,
        batch_size=settings.batch_size,
        fifo=settings.fifo,
        timeout_seconds=settings.timeout,
        log_retention_days=function.log_retention_in_days,
        alarms=sum(resource.type == ALARM for resource in checked.resources),
        metrics=RECORD_METRICS if function.record_metrics else 0,
        key_reuse_seconds=(queue.kms_data_key_reuse_period_seconds or KEY_REUSE_SECONDS) if has_key else None,
        provisioned_concurrency=(function.alias and function.alias.provisioned_concurrent_executions) or 0,
        provisioned_pollers=pollers.minimum if pollers else 0,
        ephemeral_storage_mb=function.ephemeral_storage,
    )


def not_counted(settings: PackagedSettings) -> Iterator[str]:
    """Yield what costs money in this consumer and is not in the estimate."""
    function = settings.function
    if settings.idempotency:
        yield "the idempotency table: DynamoDB bills its reads and writes"
    if settings.alarms and settings.alarms.on_fair_queue:
        yield "message group ids: SQS bills them on a standard queue besides the requests"
    if settings.mapping.kms_key_arn is not None:
        yield "Lambda's requests to KMS for the filters"
    if settings.mapping.metrics:
        yield "the mapping's own metrics"
    if function.tracing:
        yield "traces in X-Ray"
    if function.alias and function.alias.snap_start:
        yield "snapshots of SnapStart"
    if function.vpc:
        yield "what the VPC needs to reach SQS: endpoints or a NAT gateway"
