"""Calculates what AWS bills for a consumer's settings and a month's traffic."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil

from consumers.cost.prices import FREE_TIER

HOURS = 730  # per month, as in AWS's calculator
SECONDS = HOURS * 3_600
GB, MB, KB = 1_024**3, 1_024**2, 1_024
# https://aws.amazon.com/sqs/pricing/, https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
CHUNK, LARGEST_REQUEST, LARGEST_PAYLOAD = 64 * KB, MB, 6 * MB
MESSAGES_PER_REQUEST = 10
POLLERS, LONG_POLL_SECONDS = 5, 20
PLATFORM_LOG_BYTES = 340  # START, END and REPORT of one invocation: 259 bytes, and 26 that are billed with each line
METRICS_LOG_BYTES = 400  # the line of a batch in embedded metric format
LOG_COMPRESSION = 0.15  # compressed size of stored logs, as in AWS's calculator
INCLUDED_STORAGE_MB = 512


@dataclass(frozen=True)
class Traffic:
    """The assumptions about a month."""

    messages: int = 1_000_000
    duration_ms: float = 100
    """For one message; an invocation takes that for each message of its batch."""
    message_bytes: int = 1_024
    messages_per_batch: float | None = None
    """Messages per invocation, on average. None: as many as the batch size allows."""
    messages_per_send: int = MESSAGES_PER_REQUEST
    log_bytes: int = 150
    """Logged for one message: a line like the example's has 115 bytes, and CloudWatch adds 26 to each."""


@dataclass(frozen=True)
class Shape:
    """The settings of a consumer that have a price."""

    memory_mb: int = 128
    architecture: str = "x86_64"
    batch_size: int = 10
    fifo: bool = False
    timeout_seconds: int = 30
    log_retention_days: int = 30
    alarms: int = 0
    metrics: int = 0
    key_reuse_seconds: int | None = None
    """How long SQS reuses a data key. None: no KMS key."""
    provisioned_concurrency: int = 0
    provisioned_pollers: int = 0
    """The minimum, which always runs."""
    ephemeral_storage_mb: int = INCLUDED_STORAGE_MB


@dataclass(frozen=True)
class Item:
    """A line of the bill."""

    title: str
    meter: str
    amount: float

    def cost(self, prices: Mapping[str, float | None]) -> float | None:
        """The cost in US dollars; None if the region's price is unknown."""
        price = prices[self.meter]
        return 0.0 if not self.amount else None if price is None else self.amount * price


def batch(shape: Shape, traffic: Traffic) -> float:
    """Messages per invocation."""
    fits = LARGEST_PAYLOAD // max(traffic.message_bytes, 1)
    return max(1, min(shape.batch_size, traffic.messages_per_batch or shape.batch_size, fits))


def invocation_ms(messages: float, duration_ms: float) -> int:
    """The billed duration of one invocation: Lambda rounds up to the millisecond."""
    return _begun(messages * duration_ms)


def requests(messages: int, per_request: float, message_bytes: int) -> float:
    """The requests that SQS bills: one for each 64 KB, or part of it, of each actual request."""
    together = max(1, min(per_request, LARGEST_REQUEST // max(message_bytes, 1)))
    full, rest = divmod(messages, together)
    return full * _chunks(together * message_bytes) + (_chunks(rest * message_bytes) if _begun(rest) else 0)


def _chunks(size: float) -> int:
    return max(1, ceil(size / CHUNK))


def _begun(units: float) -> int:
    """Round up, but not for the error of a floating-point number: 10 x 1.1 is 11.000000000000002."""
    return ceil(round(units, 6))


def items(shape: Shape, traffic: Traffic) -> list[Item]:
    """Return every line of a month's bill, including those with no amount."""
    return [*_lambda(shape, traffic), *_sqs(shape, traffic), *_cloudwatch(shape, traffic)]


def _lambda(shape: Shape, traffic: Traffic) -> Iterator[Item]:
    full, rest = divmod(traffic.messages, batch(shape, traffic))
    milliseconds = full * invocation_ms(batch(shape, traffic), traffic.duration_ms)
    seconds = (milliseconds + invocation_ms(rest, traffic.duration_ms)) / 1_000
    yield from compute(shape, invocations(shape, traffic), seconds, SECONDS)
    yield Item("Lambda provisioned pollers", "poller_hours", shape.provisioned_pollers * HOURS)


def compute(shape: Shape, calls: float, seconds: float, period: float) -> Iterator[Item]:
    """Yield what Lambda bills for invocations in a period of so many seconds; they take `seconds` together."""
    memory = shape.memory_mb / KB
    requests, duration = "lambda_requests", "lambda_gb_seconds"
    if shape.provisioned_concurrency:
        requests, duration = "provisioned_requests", "provisioned_duration_gb_seconds"
    yield Item("Lambda invocations", requests, calls)
    yield Item(f"Lambda compute, {shape.architecture}", f"{duration}_{shape.architecture}", seconds * memory)
    storage = (shape.ephemeral_storage_mb - INCLUDED_STORAGE_MB) / KB
    yield Item("Lambda /tmp above 512 MB", "ephemeral_storage_gb_seconds", seconds * storage)
    ready = shape.provisioned_concurrency * memory * period
    yield Item("Lambda provisioned concurrency", f"provisioned_gb_seconds_{shape.architecture}", ready)


def invocations(shape: Shape, traffic: Traffic) -> int:
    """Invocations of the function."""
    return _begun(traffic.messages / batch(shape, traffic))


def _sqs(shape: Shape, traffic: Traffic) -> Iterator[Item]:
    meter = "sqs_fifo_requests" if shape.fifo else "sqs_requests"
    received = min(MESSAGES_PER_REQUEST, batch(shape, traffic))
    sent = requests(traffic.messages, traffic.messages_per_send, traffic.message_bytes)
    yield Item("SQS send", meter, sent)
    yield Item("SQS receive", meter, requests(traffic.messages, received, traffic.message_bytes))
    yield Item("SQS delete", meter, _begun(traffic.messages / received))
    pollers = shape.provisioned_pollers or POLLERS
    yield Item("SQS empty receives, at most", meter, pollers * SECONDS // LONG_POLL_SECONDS)
    yield from keys(shape, traffic.messages, SECONDS)


def keys(shape: Shape, messages: int, period: float) -> Iterator[Item]:
    """Yield what KMS bills for messages in a period of so many seconds."""
    if shape.key_reuse_seconds:
        # In each reuse period with a message, two requests for senders and one for receivers:
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
        periods = min(ceil(period / shape.key_reuse_seconds), messages)
        yield Item("KMS data keys", "kms_requests", periods * (2 + 1))


def _cloudwatch(shape: Shape, traffic: Traffic) -> Iterator[Item]:
    yield from logs(shape, invocations(shape, traffic), traffic.messages * traffic.log_bytes)
    yield Item("alarms", "alarms", shape.alarms)
    yield Item("custom metrics", "metrics", shape.metrics if traffic.messages else 0)


def logs(shape: Shape, calls: float, own_bytes: float) -> Iterator[Item]:
    """Yield what CloudWatch bills for the log of so many invocations that write `own_bytes` themselves."""
    line = METRICS_LOG_BYTES if shape.metrics else 0
    lines = calls * (PLATFORM_LOG_BYTES + line) + own_bytes
    yield Item("logs", "log_gb", lines / GB)
    yield Item("logs kept", "log_gb_months", lines / GB * stored_months(shape))


def stored_months(shape: Shape) -> float:
    """GB-months of storage that each GB of logs takes."""
    return LOG_COMPRESSION * shape.log_retention_days / (365 / 12)


def total(lines: Iterable[Item], prices: Mapping[str, float | None]) -> float:
    """The cost of the lines that have a price, before the free tier."""
    return sum(item.cost(prices) or 0.0 for item in lines)


def free_tier(lines: Iterable[Item], prices: Mapping[str, float | None]) -> dict[str, float]:
    """Return the savings by each allowance of an account; of meters that share one, the most expensive comes first."""
    lines = list(lines)
    taken: dict[str, float] = {}
    for allowance in FREE_TIER:
        left, saved = allowance.amount, 0.0
        for meter in sorted(allowance.meters, key=lambda meter: -(prices[meter] or 0)):
            used = min(left, sum(item.amount for item in lines if item.meter == meter))
            left, saved = left - used, saved + used * (prices[meter] or 0)
        taken[allowance.title] = saved
    return taken


@dataclass(frozen=True)
class Alternative:
    """A change and its savings, negative if it costs more."""

    change: str
    saves: float


def alternatives(shape: Shape, traffic: Traffic, prices: Mapping[str, float | None]) -> list[Alternative]:
    """Return the changes that would affect the cost, the largest savings first."""
    now = total(items(shape, traffic), prices)
    found = [
        Alternative(change, now - total(lines, prices))
        for change, lines in ((change, items(*other)) for change, other in _changes(shape, traffic))
        if all(item.cost(prices) is not None for item in lines)
    ]
    return sorted(found, key=lambda one: -one.saves)


def _changes(shape: Shape, traffic: Traffic) -> Iterator[tuple[str, tuple[Shape, Traffic]]]:
    """Yield each change with its shape and traffic."""
    if shape.architecture != "arm64":
        yield "function.architecture arm64", (replace(shape, architecture="arm64"), traffic)
    if (half := max(128, shape.memory_mb // 2)) < shape.memory_mb:
        change = f"memory_size {half:,}, if the function mostly waits (one that computes takes twice as long)"
        yield change, (replace(shape, memory_mb=half), traffic)
    if (larger := _larger_batch(shape, traffic)) > shape.batch_size:
        window = " with a batching window" if larger > MESSAGES_PER_REQUEST else ""
        yield f"batch_size {larger:,}{window}, if they fill", (replace(shape, batch_size=larger), traffic)
    now, full = batch(shape, traffic), replace(traffic, messages_per_batch=None)
    if now < batch(shape, full):
        yield f"batches that fill{'' if shape.fifo else ', by a batching window'}", (shape, full)
    if traffic.log_bytes:
        yield "no log line for each message", (shape, replace(traffic, log_bytes=0))
    if traffic.messages_per_send < MESSAGES_PER_REQUEST:
        yield "messages sent in tens", (shape, replace(traffic, messages_per_send=MESSAGES_PER_REQUEST))
    if now > 1:
        one = replace(traffic, messages_per_batch=1, messages_per_send=1)
        yield "messages that come one by one", (shape, one)


def _larger_batch(shape: Shape, traffic: Traffic) -> int:
    """Return ten times the batch size, within the limits and if its messages take at most half of the timeout."""
    if traffic.messages_per_batch:
        return 0  # batches do not fill
    in_time = int(shape.timeout_seconds * 500 / max(traffic.duration_ms, 0.05))  # at 0.05 ms, the 10,000 below
    fits = LARGEST_PAYLOAD // max(traffic.message_bytes, 1)
    return min(shape.batch_size * 10, 10 if shape.fifo else 10_000, in_time, fits)
