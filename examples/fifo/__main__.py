"""The hands of each table are handled in order, and tables concurrently."""

import pulumi
from queue_consumer import QueueConsumer, QueueConsumerArgs, QueueOptions, RetryOptions

tables = QueueConsumer(
    "tables",
    QueueConsumerArgs(
        source="tables",
        timeout=10,
        fifo=True,
        max_receive_count=3,
        # A group waits for the retry of a failed message: retry soon, not after the visibility timeout.
        retry=RetryOptions(base_delay_seconds=1),
        # Each message group has its own quota, and SQS drops a message that is sent again within 5 minutes.
        queue=QueueOptions(high_throughput=True, content_based_deduplication=True),
    ),
)
pulumi.export("queueUrl", tables.queue_url)
