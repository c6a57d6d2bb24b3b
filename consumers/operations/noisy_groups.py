"""Message groups of a fair queue that take more than their share: a metric of CloudWatch."""

from collections.abc import Sequence
from typing import Any

from consumers.operations import metrics
from consumers.operations.ages import WINDOW
from consumers.operations.metrics import Metric

NOISY = Metric("AWS/SQS", "ApproximateNumberOfNoisyGroups", "QueueName", "Maximum", 60)


def count(cloudwatch: Any, queues: Sequence[str]) -> dict[str, int]:
    """Return the number of noisy message groups of each queue, by the queue's name.

    Queues without data are left out, such as those whose messages have no group id.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    return {name: int(values[0]) for name, values in metrics.read(cloudwatch, NOISY, queues, WINDOW).items()}
