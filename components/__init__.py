"""The component library: QueueConsumer, its arguments, and nothing that runs in Lambda or on a laptop."""

from .args import (
    AlarmOptions,
    AliasOptions,
    AllowedSenders,
    DeadLetterQueueOptions,
    FunctionOptions,
    IdempotencyOptions,
    ImageConfigOptions,
    MappingOptions,
    ProvisionedPollers,
    QueueConsumerArgs,
    QueueOptions,
    RetryOptions,
    VpcOptions,
)
from .dashboard import ConsumersDashboard
from .dead_letter_queue import DeadLetterQueue, DeadLetterQueueArgs
from .events import (
    BucketEvents,
    BucketListener,
    EventRule,
    EventRuleArgs,
    EventTargetArgs,
    InputTransformer,
    Schedule,
    ScheduleArgs,
    TopicSubscription,
    TopicSubscriptionArgs,
)
from .queue_consumer import QueueConsumer

__all__ = [
    "AlarmOptions",
    "AliasOptions",
    "AllowedSenders",
    "BucketEvents",
    "BucketListener",
    "ConsumersDashboard",
    "DeadLetterQueue",
    "DeadLetterQueueArgs",
    "DeadLetterQueueOptions",
    "EventRule",
    "EventRuleArgs",
    "EventTargetArgs",
    "FunctionOptions",
    "IdempotencyOptions",
    "ImageConfigOptions",
    "InputTransformer",
    "MappingOptions",
    "ProvisionedPollers",
    "QueueConsumer",
    "QueueConsumerArgs",
    "QueueOptions",
    "RetryOptions",
    "Schedule",
    "ScheduleArgs",
    "TopicSubscription",
    "TopicSubscriptionArgs",
    "VpcOptions",
]
