"""Reasons why no change of settings meets the goals."""

from collections.abc import Iterator

from consumers.evaluate.consequences import several, span
from consumers.simulation.levers import UNRESERVED
from consumers.simulation.outcome import Outcome
from consumers.simulation.search import Goals, Search


def obstacles_of(search: Search, goals: Goals) -> Iterator[str]:
    """Yield what no setting changes."""
    outcome, settings = search.outcome, search.settings
    load, consumer, need = outcome.load, outcome.consumer, goals.need(outcome)
    if need.fewer_lost and settings.queue.arn is not None:
        yield "the queue exists already: max_receive_count and its visibility timeout are set where it is created"
    if load.failing >= 1:
        yield "every receive fails"
    if not need.younger or goals.max_age is None:
        return
    alone = load.overhead + load.mean_duration
    if alone > goals.max_age:
        yield f"a message takes {span(alone)} by itself on average, and max_age is {span(goals.max_age)}"
    if consumer.delay >= goals.max_age:
        yield f"queue.delay_seconds={consumer.delay:g} delays each message, and max_age is {span(goals.max_age)}"
    longest = max((end - begin for begin, end in load.outages), default=0)
    if longest > goals.max_age:
        yield f"no message is handled in an outage of {span(longest)}, and max_age is {span(goals.max_age)}"
    if consumer.fifo:
        groups = len(load.arrivals)
        yield f"a FIFO queue has one invocation at a time for each message group: {groups:,} at once here"
    else:
        yield from _account(outcome)


def _account(outcome: Outcome) -> Iterator[str]:
    consumer, peak = outcome.consumer, outcome.most(lambda one: one.concurrency).concurrency
    are = several(consumer.account, "concurrent invocation")
    if consumer.reserved is None:
        if peak >= consumer.account:
            yield f"the account's quota of {are} is used up"
    elif peak >= consumer.reserved >= consumer.account - UNRESERVED:
        yield (
            f"function.reserved_concurrent_executions={consumer.reserved} cannot be larger: of the account's quota of "
            f"{are}, Lambda keeps {UNRESERVED} unreserved"
        )
