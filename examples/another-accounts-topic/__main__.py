"""Only an SNS topic of another account may send to the queue."""

import pulumi
from queue_consumer import (
    AllowedSenders,
    QueueConsumer,
    QueueConsumerArgs,
    QueueOptions,
    TopicSubscription,
    TopicSubscriptionArgs,
)

topic = pulumi.Config().require("topicArn")
payments = QueueConsumer(
    "payments",
    QueueConsumerArgs(source="payments", queue=QueueOptions(allowed_senders=AllowedSenders(topics=[topic]))),
)
TopicSubscription("payments-topic", payments, TopicSubscriptionArgs(topic=topic))
pulumi.export("queueUrl", payments.queue_url)
