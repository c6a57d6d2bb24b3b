"""Answers of CloudWatch's GetMetricData."""

from datetime import UTC, datetime, timedelta
from typing import Any

NEWEST = datetime(2026, 11, 1, 12, tzinfo=UTC)


def metric_data(query: str, *values: float) -> dict[str, Any]:
    """The result of one query: a value for each minute, the newest first."""
    times = [NEWEST - timedelta(minutes=minute) for minute in range(len(values))]
    return {"Id": query, "Timestamps": times, "Values": list(values)}
