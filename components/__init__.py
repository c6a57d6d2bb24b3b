"""The component library: QueueConsumer, its arguments, and nothing that runs in Lambda or on a laptop."""

from .args import (
    AlarmOptions,
    DeadLetterQueueOptions,
    FunctionOptions,
    IdempotencyOptions,
    MappingOptions,
    ProvisionedPollers,
    QueueConsumerArgs,
    QueueOptions,
    RetryOptions,
)
from .dashboard import ConsumersDashboard
from .dead_letter_queue import DeadLetterQueue, DeadLetterQueueArgs
from .queue_consumer import QueueConsumer

__all__ = [
    "AlarmOptions",
    "ConsumersDashboard",
    "DeadLetterQueue",
    "DeadLetterQueueArgs",
    "DeadLetterQueueOptions",
    "FunctionOptions",
    "IdempotencyOptions",
    "MappingOptions",
    "ProvisionedPollers",
    "QueueConsumer",
    "QueueConsumerArgs",
    "QueueOptions",
    "RetryOptions",
]
