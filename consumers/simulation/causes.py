"""Why good messages are dead letters."""

from consumers.evaluate.consequences import several, span
from consumers.simulation.consumer import Consumer
from consumers.simulation.outcome import Outcome

RECEIVES = "max_receive_count"
SEVERAL = 1.5
"""The messages of a batch on average from which batches, and not single messages, take long."""


def why_dead(outcome: Outcome) -> str:
    """Return the main cause: an outage in which most of them died, else what has used up the most receives."""
    load, dead = outcome.load, outcome.counts.dead_good
    if dead <= 2 * sum(_died_in(outcome, *outage) for outage in load.outages):
        longest = max(end - begin for begin, end in load.outages)
        end = receives(outcome.consumer, "ends", "end")
        return f"{end} {time_to_death(outcome.consumer)}, and the outage lasts {span(longest)}"
    used = {
        _failing(outcome): load.failing * outcome.counts.deliveries,
        _throttled(outcome): outcome.counts.dropped * _together(outcome),
        _interrupted(outcome): outcome.counts.timeouts * _together(outcome),
        _neighbours(outcome): outcome.counts.neighbours,
        _followers(outcome): not_reached(outcome) if outcome.consumer.fifo else 0,
    }
    return max(used, key=lambda cause: used[cause])


def _died_in(outcome: Outcome, begin: float, end: float) -> int:
    """Return how many good messages died in an outage, or at the end of the wait that began in it."""
    until = end + max((wait.longest for wait in outcome.consumer.waits), default=0) + outcome.consumer.timeout
    before = [sample for sample in outcome.samples if sample.time <= begin]
    within = [sample for sample in outcome.samples if sample.time <= until]
    return within[-1].counts.dead_good - (before[-1].counts.dead_good if before else 0)


def _failing(outcome: Outcome) -> str:
    if outcome.load.failing >= 1:
        return "every receive fails"
    enough = receives(outcome.consumer, "is", "are")
    return f"{100 * outcome.load.failing:.3g} % of receives fail, and {enough} not enough for them"


def _throttled(outcome: Outcome) -> str:
    consumer = outcome.consumer
    until = f"until the visibility timeout ends, which uses up {receives(consumer)}"
    return f"no concurrency is free for batches ({quota(consumer)}) {until}"


def _interrupted(outcome: Outcome) -> str:
    consumer = outcome.consumer
    return f"{slow(outcome)}, and timeout={consumer.timeout:g} interrupts it, which uses up {receives(consumer)}"


def _neighbours(outcome: Outcome) -> str:
    return (
        "another message of the batch fails, and a handler that raises returns the whole batch, which uses up "
        f"{receives(outcome.consumer)}"
    )


def _followers(outcome: Outcome) -> str:
    return (
        "a failing message returns with those behind it in its group and batch, which uses up "
        f"{receives(outcome.consumer)}; with batch_size=1 none does"
    )


def _together(outcome: Outcome) -> float:
    """Return the messages of a batch: the mean, or the maximum where nothing is invoked."""
    counts = outcome.counts
    return counts.deliveries / counts.invocations if counts.invocations else outcome.batch_size


def not_reached(outcome: Outcome) -> int:
    """Return the deliveries of messages that were not started, as one before them had failed or the time was over."""
    return outcome.counts.deliveries - outcome.counts.handled - outcome.counts.failures


def receives(consumer: Consumer, one: str = "", many: str = "") -> str:
    """Return the number of receives, with the form of a verb that follows it."""
    text = f"{several(consumer.receives or 0, 'receive')} ({RECEIVES})"
    return f"{text} {one if consumer.receives == 1 else many}".rstrip()


def time_to_death(consumer: Consumer) -> str:
    """Return when a message is a dead letter that always fails: `after 15 min`, counted from its first failure."""
    waits = consumer.waits
    shortest, longest = sum(wait.shortest for wait in waits), sum(wait.longest for wait in waits)
    if not longest:
        return "at once"
    return f"after {span(longest)}" if shortest == longest else f"after {span(shortest)} to {span(longest)}"


def quota(consumer: Consumer) -> str:
    """Return what throttles invocations. Nothing else does: pollers stay below the account's quota by themselves."""
    return f"function.reserved_concurrent_executions={consumer.reserved}"


def slow(outcome: Outcome) -> str:
    """Return what takes longer than the timeout if nothing interrupts it."""
    size, timeout = outcome.batch_size, outcome.consumer.timeout
    load, together = outcome.load, _together(outcome)
    alone, full, usual = (load.overhead + count * load.mean_duration for count in (1, size, together))
    if alone > timeout:
        return f"a message takes {span(alone)} by itself on average"
    if full > timeout and together >= SEVERAL:
        limit = "batch_size" if size == outcome.consumer.batch_size else "more exceed the payload of 6 MB"
        return f"a batch of {size:,} ({limit}) takes {span(full)} on average"
    return f"sometimes a batch takes much longer than the average of {span(usual)}"
