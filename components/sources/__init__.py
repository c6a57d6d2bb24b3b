"""The components that send to consumers, a module for each kind of source."""

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
