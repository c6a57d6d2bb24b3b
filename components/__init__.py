"""The component library: QueueConsumer, its arguments, and nothing that runs in Lambda or on a laptop."""

from .args import (
    AlarmOptions,
    DeadLetterQueueOptions,
    FunctionOptions,
    IdempotencyOptions,
    MappingOptions,
    QueueConsumerArgs,
    QueueOptions,
    RetryOptions,
)
from .dashboard import ConsumersDashboard
from .queue_consumer import QueueConsumer

__all__ = [
    "AlarmOptions",
    "ConsumersDashboard",
    "DeadLetterQueueOptions",
    "FunctionOptions",
    "IdempotencyOptions",
    "MappingOptions",
    "QueueConsumer",
    "QueueConsumerArgs",
    "QueueOptions",
    "RetryOptions",
]
