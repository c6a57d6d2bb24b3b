"""What sends to consumers: a component for each kind of source, each in a module of its own."""

from .bucket_events import BucketEvents, BucketListener
from .topic_subscription import TopicSubscription, TopicSubscriptionArgs

__all__ = ["BucketEvents", "BucketListener", "TopicSubscription", "TopicSubscriptionArgs"]
