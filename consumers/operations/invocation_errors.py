"""Invocations that failed as a whole: timeouts, crashes and errors that the handler raised."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from consumers.operations import metrics
from consumers.operations.metrics import Metric

WINDOW = timedelta(hours=1)
# CloudWatch rounds the start down to a period, so an hour as one period would count up to two.
ERRORS = Metric("AWS/Lambda", "Errors", "FunctionName", "Sum", 300)


def of_last_hour(cloudwatch: Any, functions: Sequence[str]) -> dict[str, int]:
    """Return the errors of each function in the last hour, by the function's name.

    Functions without data are left out: Lambda reports none without invocations.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    return {name: int(sum(values)) for name, values in metrics.read(cloudwatch, ERRORS, functions, WINDOW).items()}
