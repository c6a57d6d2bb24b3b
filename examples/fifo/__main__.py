"""Hands in order within each table; tables in parallel."""

import pulumi
from queue_consumer import QueueConsumer, QueueConsumerArgs, QueueOptions, RetryOptions

tables = QueueConsumer(
    "tables",
    QueueConsumerArgs(
        source="tables",
        timeout=10,
        fifo=True,
        max_receive_count=3,
        # A failing message blocks its group, so retry it soon, not after the visibility timeout.
        retry=RetryOptions(base_delay_seconds=1),
        # A throughput quota per message group. A duplicate within 5 minutes is dropped.
        queue=QueueOptions(high_throughput=True, content_based_deduplication=True),
    ),
)
pulumi.export("queueUrl", tables.queue_url)
