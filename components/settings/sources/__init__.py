"""The settings and rules of what sends to a consumer: one module for each component of `components.sources`."""

from ..rule import Rule
from . import bucket_events, event_rule, http_route, schedule, stream, topic_subscription

COMPONENTS: dict[type, tuple[str, tuple[Rule, ...]]] = {
    bucket_events.BucketEventsSettings: ("BucketEvents", bucket_events.RULES),
    event_rule.EventRuleSettings: ("EventRule", event_rule.RULES),
    event_rule.EventTargetSettings: ("EventTarget", event_rule.OF_TARGET),
    http_route.HttpRouteSettings: ("HttpRoute", http_route.RULES),
    schedule.ScheduleSettings: ("Schedule", schedule.RULES),
    stream.StreamSettings: ("Stream", stream.RULES),
    topic_subscription.TopicSubscriptionSettings: ("TopicSubscription", topic_subscription.RULES),
}
"""By the class of its settings: what a component is called, and its rules."""
