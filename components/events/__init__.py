"""What sends to consumers: a component for each kind of source, each in a module of its own."""

from .bucket_events import BucketEvents, BucketListener
from .event_rule import EventRule, EventRuleArgs, EventTargetArgs, InputTransformer
from .schedule import Schedule, ScheduleArgs
from .topic_subscription import TopicSubscription, TopicSubscriptionArgs

__all__ = [
    "BucketEvents",
    "BucketListener",
    "EventRule",
    "EventRuleArgs",
    "EventTargetArgs",
    "InputTransformer",
    "Schedule",
    "ScheduleArgs",
    "TopicSubscription",
    "TopicSubscriptionArgs",
]
