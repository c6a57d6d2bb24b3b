"""The hands of each table in order; tables beside each other."""

import pulumi
from queue_consumer import QueueConsumer, QueueConsumerArgs, QueueOptions, RetryOptions

tables = QueueConsumer(
    "tables",
    QueueConsumerArgs(
        source="tables",
        timeout=10,
        fifo=True,
        max_receive_count=3,
        # A group waits while its first message is tried again: soon, not after the visibility timeout.
        retry=RetryOptions(base_delay_seconds=1),
        # Each message group has its own quota, and a message that is sent twice within 5 minutes is one.
        queue=QueueOptions(high_throughput=True, content_based_deduplication=True),
    ),
)
pulumi.export("queueUrl", tables.queue_url)
