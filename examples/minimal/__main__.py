"""One queue and the function that handles its messages."""

import pulumi
from queue_consumer import QueueConsumer, QueueConsumerArgs

orders = QueueConsumer("orders", QueueConsumerArgs(source="orders", timeout=10))
pulumi.export("queueUrl", orders.queue_url)
