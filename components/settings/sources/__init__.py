"""The settings and rules of sources: one module for each component of `components.sources`."""

from typing import Any

from ..rule import Rules
from . import bucket_events, event_rule, http_api, http_route, schedule, stream, topic_subscription

COMPONENTS: dict[type, Rules[Any]] = {
    bucket_events.BucketEventsSettings: bucket_events.rules,
    event_rule.EventRuleSettings: event_rule.rules,
    event_rule.EventTargetSettings: event_rule.target_rules,
    http_api.HttpApiSettings: http_api.http_api_rules,
    http_api.HttpApiRouteSettings: http_api.http_api_route_rules,
    http_route.HttpRouteSettings: http_route.rules,
    schedule.ScheduleSettings: schedule.rules,
    stream.StreamSettings: stream.rules,
    topic_subscription.TopicSubscriptionSettings: topic_subscription.rules,
}
"""The rules of each component, by the class of its settings."""
