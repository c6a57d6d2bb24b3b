"""Age of the oldest message of a queue: a metric of CloudWatch, because SQS has no attribute for it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from consumers.operations import metrics
from consumers.operations.metrics import Metric

WINDOW = timedelta(minutes=10)  # SQS reports each minute, some minutes late
AGE = Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "Maximum", 60)


def oldest(cloudwatch: Any, queues: Sequence[str]) -> dict[str, int]:
    """Return the age in seconds of the oldest message of each queue, by the queue's name.

    Queues without data are left out: the local AWS has no metrics, SQS reports none for a queue that was idle for six
    hours, and the caller may lack the permission to read them.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    return {name: int(values[0]) for name, values in metrics.read(cloudwatch, AGE, queues, WINDOW).items()}
