"""What sends to consumers: a component for each kind of source, each in a module of its own."""

from .bucket_events import BucketEvents, BucketListener
from .event_rule import EventRule, EventRuleArgs, EventTargetArgs, InputTransformer
from .http_route import HttpRoute, HttpRouteArgs, JwtOptions
from .schedule import Schedule, ScheduleArgs
from .stream import Stream, StreamArgs
from .topic_subscription import TopicSubscription, TopicSubscriptionArgs

__all__ = [
    "BucketEvents",
    "BucketListener",
    "EventRule",
    "EventRuleArgs",
    "EventTargetArgs",
    "HttpRoute",
    "HttpRouteArgs",
    "InputTransformer",
    "JwtOptions",
    "Schedule",
    "ScheduleArgs",
    "Stream",
    "StreamArgs",
    "TopicSubscription",
    "TopicSubscriptionArgs",
]
