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
from .dead_letter_queue import DeadLetterQueue, DeadLetterQueueArgs
from .queue_consumer import QueueConsumer

__all__ = [
    "DeadLetterQueue",
    "DeadLetterQueueArgs",
    "DeadLetterQueueOptions",
    "FunctionOptions",
    "MappingOptions",
    "ProvisionedPollers",
    "QueueConsumer",
    "QueueConsumerArgs",
    "QueueOptions",
    "RetryOptions",
]
