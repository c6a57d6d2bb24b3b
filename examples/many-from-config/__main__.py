"""One consumer for each name under `consumers` in the stack's configuration."""

import pulumi
from queue_consumer import ConsumersDashboard, QueueConsumer

config = pulumi.Config()
consumers = [QueueConsumer(name, args) for name, args in config.require_object("consumers").items()]

ConsumersDashboard("consumers", consumers)
pulumi.export("queueUrls", {consumer.settings.consumer: consumer.queue_url for consumer in consumers})
