"""The component library: QueueConsumer, its arguments, and nothing that runs in Lambda or on a laptop."""

from .args import (
    AliasOptions,
    DeadLetterQueueOptions,
    FunctionOptions,
    ImageConfigOptions,
    MappingOptions,
    QueueConsumerArgs,
    QueueOptions,
    RetryOptions,
    VpcOptions,
)
from .queue_consumer import QueueConsumer

__all__ = [
    "AliasOptions",
    "DeadLetterQueueOptions",
    "FunctionOptions",
    "ImageConfigOptions",
    "MappingOptions",
    "QueueConsumer",
    "QueueConsumerArgs",
    "QueueOptions",
    "RetryOptions",
    "VpcOptions",
]
