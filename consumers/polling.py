"""The one polling loop of the tool, for what neither a boto3 waiter nor botocore's retries can wait for."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], timeout: float, interval: float = 0.01) -> bool:
    """Check `condition` every `interval` seconds until it holds; return whether it did within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(interval)
    return holds
