"""The size of batches to try next, from the fit of durations."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, inf

from consumers.cost.estimate import MESSAGES_PER_REQUEST, SECONDS
from consumers.operations.deployed_settings import DeployedSettings
from consumers.sizing.durations import Durations
from consumers.sizing.month import Month, Prices
from consumers.sizing.proposals import Proposal

SMALL_OVERHEAD = 0.1
"""The share of a batch that may be overhead."""
MOST_STEP = 10
"""How many times the current batch size to propose at most."""
MOST_STANDARD, MOST_FIFO = 10_000, 10
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""
MOST_WINDOW = 20
"""Seconds of delay to propose at most; Lambda allows 300."""
LEAST_GAIN = 1.5
"""How many times as large a window must make batches."""
FILL = "Batches must fill as they do now; 6 MB end a batch too."
ADVISED_TIMEOUTS = 6
"""The visibility timeout that AWS advises, in timeouts of the function.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""


@dataclass(frozen=True)
class Costs:
    """What an invocation costs, by the size of its batch."""

    durations: Durations
    deployed: DeployedSettings
    prices: Prices

    def of_message(self, messages: float) -> float:
        """Return US dollars for a message: compute, and the requests to Lambda and SQS."""
        compute = self.prices[f"lambda_gb_seconds_{self.deployed.architecture}"] or 0.0
        seconds = self.durations.expected_ms(messages) / 1_000
        sqs = self.prices["sqs_fifo_requests" if self.deployed.fifo else "sqs_requests"] or 0.0
        calls = 2 * max(1.0, messages / MESSAGES_PER_REQUEST)  # receive and delete
        invocation = self.deployed.memory_mb / 1_024 * seconds * compute + (self.prices["lambda_requests"] or 0.0)
        return (invocation + calls * sqs) / messages


@dataclass(frozen=True)
class _Traffic:
    """The messages of a month, and what they cost in batches."""

    messages: float
    batch: float
    """The current mean size."""
    costs: Costs

    def saves(self, batch: float) -> float:
        """Return US dollars a month, if batches have this mean size."""
        return self.messages * (self.costs.of_message(self.batch) - self.costs.of_message(batch))


def proposals(
    deployed: DeployedSettings, month: Month, durations: Durations | None, prices: Prices
) -> Iterator[Proposal]:
    """Yield a batch size, or a window in which batches fill; nothing where the overhead is unknown or small."""
    if durations is None or not month.messages:
        return
    traffic = _Traffic(month.messages, month.messages / month.invocations, Costs(durations, deployed, prices))
    fits = _most_in_time(deployed, durations)
    if fits < deployed.batch_size:
        saves = traffic.saves(min(traffic.batch, fits))
        yield Proposal(f"batch_size={fits}", saves, saves, (_slow(deployed, durations, deployed.batch_size),))
    elif not durations.is_split or durations.fixed_ms < 2 * durations.fixed_error_ms:
        return
    elif traffic.batch < deployed.batch_size / 2:
        yield from _window(deployed, traffic)
    else:
        yield from _larger(deployed, traffic, min(fits, _with_small_overhead(durations)))


def _most_in_time(deployed: DeployedSettings, durations: Durations) -> int:
    """Return the messages that take half of the timeout, and of what the visibility timeout allows."""
    seconds = min(deployed.timeout_seconds, deployed.visibility_seconds / ADVISED_TIMEOUTS) / 2
    for_messages = seconds * 1_000 / durations.slow_factor - durations.fixed_ms
    most = for_messages / durations.per_message_ms if durations.per_message_ms else inf
    return max(1, int(min(MOST_STANDARD, most)))


def _with_small_overhead(durations: Durations) -> float:
    share = (1 - SMALL_OVERHEAD) / SMALL_OVERHEAD
    return share * durations.fixed_ms / durations.per_message_ms if durations.per_message_ms else inf


def _larger(deployed: DeployedSettings, traffic: _Traffic, most: float) -> Iterator[Proposal]:
    limit = MOST_FIFO if deployed.fifo else MOST_STANDARD
    size = int(min(most, deployed.batch_size * MOST_STEP, limit))
    if size <= deployed.batch_size:
        return
    needs_window = size > MESSAGES_PER_REQUEST and not deployed.window_seconds
    window = ', mapping={"maximum_batching_window_in_seconds": 1}' if needs_window else ""
    saves = traffic.saves(traffic.batch / deployed.batch_size * size)
    durations = traffic.costs.durations
    why = (_overhead(durations, deployed.batch_size), _slow(deployed, durations, size), FILL)
    yield Proposal(f"batch_size={size}{window}", saves, saves, why)


def _window(deployed: DeployedSettings, traffic: _Traffic) -> Iterator[Proposal]:
    rate = traffic.messages / SECONDS
    seconds = min(MOST_WINDOW, ceil(deployed.batch_size / rate))
    filled = min(float(deployed.batch_size), rate * seconds)
    if deployed.fifo or seconds <= deployed.window_seconds or filled < LEAST_GAIN * traffic.batch:
        return
    why = [
        _overhead(traffic.costs.durations, traffic.batch),
        f"{seconds} s collect up to {filled:,.0f} messages where they arrive evenly, and delay each by up to that.",
    ]
    if deployed.visibility_seconds < (visibility := ADVISED_TIMEOUTS * deployed.timeout_seconds + seconds):
        why.append(f"queue.visibility_timeout_seconds must then be {visibility:,} or more, or left out.")
    change = f'mapping={{"maximum_batching_window_in_seconds": {seconds}}}'
    yield Proposal(change, 0.0, traffic.saves(filled), tuple(why))


def _overhead(durations: Durations, messages: float) -> str:
    share = durations.fixed_ms / durations.expected_ms(messages)
    return f"Of a batch of {messages:,.3g}, {share:.0%} of the time is overhead of the invocation."


def _slow(deployed: DeployedSettings, durations: Durations, messages: int) -> str:
    slow = durations.slow_ms(messages) / 1_000
    return (
        f"One of 100 batches of {messages:,} takes over {slow:,.3g} s; the timeout is {deployed.timeout_seconds:,} s."
    )
