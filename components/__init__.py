"""The component library: QueueConsumer, its arguments, and the other components."""

from .alarm_topic import AlarmTopic, AlarmTopicArgs
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
from .queue_consumer import QueueConsumer
from .sources.bucket_events import BucketEvents, BucketListener
from .sources.event_rule import EventRule, EventRuleArgs, EventTargetArgs, InputTransformer
from .sources.http_api import AccessLogOptions, CorsOptions, HttpApi, HttpApiArgs, HttpApiRouteArgs, JwtOptions
from .sources.http_route import HttpRoute, HttpRouteArgs
from .sources.schedule import Schedule, ScheduleArgs
from .sources.stream import Stream, StreamArgs
from .sources.topic_subscription import TopicSubscription, TopicSubscriptionArgs

__all__ = [
    "AccessLogOptions",
    "AlarmOptions",
    "AlarmTopic",
    "AlarmTopicArgs",
    "AliasOptions",
    "AllowedSenders",
    "BucketEvents",
    "BucketListener",
    "ConsumersDashboard",
    "CorsOptions",
    "DeadLetterQueue",
    "DeadLetterQueueArgs",
    "DeadLetterQueueOptions",
    "EventRule",
    "EventRuleArgs",
    "EventTargetArgs",
    "FunctionOptions",
    "HttpApi",
    "HttpApiArgs",
    "HttpApiRouteArgs",
    "HttpRoute",
    "HttpRouteArgs",
    "IdempotencyOptions",
    "ImageConfigOptions",
    "InputTransformer",
    "JwtOptions",
    "MappingOptions",
    "ProvisionedPollers",
    "QueueConsumer",
    "QueueConsumerArgs",
    "QueueOptions",
    "RetryOptions",
    "Schedule",
    "ScheduleArgs",
    "Stream",
    "StreamArgs",
    "TopicSubscription",
    "TopicSubscriptionArgs",
    "VpcOptions",
]
