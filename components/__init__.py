"""The component library: QueueConsumer, its arguments, and nothing that runs in Lambda or on a laptop."""

from .args import (
    DeadLetterQueueOptions,
    FunctionOptions,
    MappingOptions,
    ProvisionedPollers,
    QueueConsumerArgs,
    QueueOptions,
    RetryOptions,
)
from .queue_consumer import QueueConsumer

__all__ = [
    "DeadLetterQueueOptions",
    "FunctionOptions",
    "MappingOptions",
    "ProvisionedPollers",
    "QueueConsumer",
    "QueueConsumerArgs",
    "QueueOptions",
    "RetryOptions",
]
