"""Explains what a simulation has shown, in sentences."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from consumers.evaluate.consequences import several, span
from consumers.simulation.causes import RECEIVES, not_reached, quota, receives, slow, time_to_death, why_dead
from consumers.simulation.consumer import IN_FLIGHT_MOST, PER_POLLER, STANDARD_MOST, Consumer
from consumers.simulation.outcome import Outcome
from consumers.simulation.recorder import Sample

LONG_WAIT = 10
"""Seconds that the messages of a backlog wait on average. In a busy consumer some messages wait less than this."""
RETRIED_SHARE = 0.01
"""The share of deliveries that fail from which retries can be the longest waits of 99 %."""
FEW_NEIGHBOURS = 0.01
"""The share of failed receives up to which those of neighbours are not worth a sentence."""
RAMP_SHARE = 0.25
"""The share of a backlog's time from which it matters how fast Lambda adds invocations."""
GONE, GONE_OF_FAILING = 0.01, 0.05
"""The share of an outage's backlog that is as good as gone. If receives fail, some messages always wait for a retry."""
BUSY = 0.8
"""The share of the pollers, or of the messages in flight, from which there are no more of them."""
WINDOW = "mapping.maximum_batching_window_in_seconds"
COLD_SHARE = 0.05
"""The share of the billed time from which cold starts matter."""


def sentences(outcome: Outcome, fix: str = "") -> list[str]:
    """Return a sentence for each thing that matters, the most serious first. Each names its setting.

    :param fix: with which change no good message is a dead letter, as `proposals.fix` states it.
    """
    if not outcome.load.messages:
        return ["no message arrives: the load has less than one on average, or it has none with this --seed"]
    dead = [f"{text}: {fix}" if fix else text for text in dead_letters(outcome)]
    return [*dead, *(text for find in OTHERS for text in find(outcome))]


def dead_letters(outcome: Outcome) -> Iterator[str]:
    """Yield why good messages are dead letters."""
    if dead := outcome.counts.dead_good:
        are = several(dead, "good message is a dead letter", "good messages are dead letters")
        yield f"{are}, because {why_dead(outcome)}"


def _expired(outcome: Outcome) -> Iterator[str]:
    if expired := outcome.counts.expired:
        kept = span(outcome.consumer.retention)
        yield (
            f"{several(expired, 'message is', 'messages are')} deleted unhandled: the queue keeps messages for "
            f"{kept} (queue.message_retention_seconds)"
        )


def _unknown_receives(outcome: Outcome) -> Iterator[str]:
    if outcome.consumer.receives is None and outcome.counts.failures:
        yield (
            f"no message is a dead letter here, because the existing queue's {RECEIVES} is unknown: pass it as it is "
            "in the queue's redrive policy"
        )


def _throttled(outcome: Outcome) -> Iterator[str]:
    counts, consumer = outcome.counts, outcome.consumer
    if not counts.throttled:
        return
    asked = outcome.most(lambda sample: sample.pollers).pollers
    waited = f"{several(counts.throttled, 'batch', 'batches')} had to wait for free concurrency"
    text = f"{waited}, because the pollers have up to {asked:,} at once, and {quota(consumer)} is less"
    if counts.dropped:
        text += f"; {counts.dropped:,} of them returned at the end of the visibility timeout, which uses up a receive"
    can_limit = consumer.reserved and consumer.reserved >= 2 and not consumer.poller.seconds_per_receive
    yield f"{text}; mapping.maximum_concurrency={consumer.reserved} prevents it" if can_limit else text


def _timeouts(outcome: Outcome) -> Iterator[str]:
    consumer, counts = outcome.consumer, outcome.counts
    if not counts.timeouts:
        return
    those = "messages that are not reached" if consumer.reports_failures else "all messages of these batches"
    yield (
        f"{several(counts.timeouts, 'invocation reaches', 'invocations reach')} timeout={consumer.timeout:g}: "
        f"{slow(outcome)}, and {those} return and use up a receive"
    )


def _neighbours(outcome: Outcome) -> Iterator[str]:
    counts = outcome.counts
    if counts.neighbours > FEW_NEIGHBOURS * counts.failures:
        are = "is of a message that only shares" if counts.neighbours == 1 else "are of messages that only share"
        alone = "only those behind it in its group return with it" if outcome.consumer.fifo else "a message fails alone"
        yield (
            f"{counts.neighbours:,} of {several(counts.failures, 'failed receive')} {are} a batch "
            f"(batch_size={outcome.consumer.batch_size}) with one that fails: a handler that raises fails its whole "
            f"batch; with sqs_batch {alone}"
        )


def _outages(outcome: Outcome) -> Iterator[str]:
    gone = GONE_OF_FAILING if outcome.load.failing else GONE
    for begin, end in outcome.load.outages:
        if begin >= outcome.end:
            yield f"the outage after {span(begin)} begins when all messages are handled, so none fails in it"
            continue
        before = [sample for sample in outcome.samples if sample.time <= begin]
        level = _unfinished(before[-1]) if before else 0
        left = next((_unfinished(sample) for sample in outcome.samples if sample.time >= end), 0)
        if left - level < 10:
            continue
        after = [sample for sample in outcome.samples if sample.time >= end]
        done = next((one for one in after if _unfinished(one) <= max(level, left * gone)), after[-1])
        yield (
            f"{left:,} messages wait when the outage of {span(end - begin)} ends, and that backlog is gone "
            f"{span(done.time - end)} later: {_returns(outcome.consumer)}"
        )


def _unfinished(sample: Sample) -> int:
    counts = sample.counts
    return counts.arrived - counts.handled - counts.dead - counts.expired


def _returns(consumer: Consumer) -> str:
    if consumer.base_delay:
        longest = max((wait.longest for wait in consumer.waits), default=0)
        return f"failed messages return after up to {span(longest)} (retry)"
    return f"failed messages return after {span(consumer.visibility)} (queue.visibility_timeout_seconds)"


def _backlog(outcome: Outcome) -> Iterator[str]:
    """Yield how long the largest backlog lasts, and what limits its handling."""
    peak = outcome.most(lambda sample: sample.visible)
    if any(begin <= peak.time <= end for begin, end in outcome.load.outages):
        return
    low = peak.visible // 100
    begin = _begin(outcome.samples, peak, low)
    end = next((one.time for one in outcome.samples if one.time > peak.time and one.visible <= low), outcome.end)
    if _waited(outcome.samples, begin, end) < LONG_WAIT + outcome.consumer.window:
        if outcome.counts.handled and all(begin >= outcome.end for begin, _ in outcome.load.outages):
            yield _no_backlog(outcome)
        return
    since = "is gone after" if begin < end / 100 else f"begins after {span(begin)} and is gone"
    later = "" if begin < end / 100 else " later"
    yield f"the backlog of {peak.visible:,} messages {since} {span(end - begin)}{later}: {_limit(outcome, begin, end)}"


def _begin(samples: Sequence[Sample], peak: Sample, low: int) -> float:
    """Return when the messages began to wait: between two samples, when the oldest of them arrived."""
    last = max((index for index, one in enumerate(samples) if one.time < peak.time and one.visible <= low), default=-1)
    if last < 0:
        return 0.0
    oldest = peak.time - peak.age
    return oldest if samples[last].time < oldest <= samples[last + 1].time else samples[last].time


def _waited(samples: Sequence[Sample], begin: float, end: float) -> float:
    """Return how long the messages delivered between two moments were visible on average, by Little's law."""
    within = [one for one in samples if begin <= one.time <= end]
    area = sum((b.time - a.time) * (a.visible + b.visible) / 2 for a, b in pairwise(within))
    delivered = within[-1].counts.deliveries - within[0].counts.deliveries if within else 0
    return area / delivered if delivered else 0.0


def _no_backlog(outcome: Outcome) -> str:
    consumer, counts, p99 = outcome.consumer, outcome.counts, outcome.ages.p99
    text = f"no lasting backlog: {_handled_within(outcome)}"
    if consumer.delay:
        text += f", and each is delayed by {span(consumer.delay)} (queue.delay_seconds)"
    if consumer.window and consumer.window >= p99 / 2:
        text += f", and a batch is collected for up to {span(consumer.window)} ({WINDOW})"
    returned = counts.failures + not_reached(outcome)
    is_retried = returned >= RETRIED_SHARE * counts.deliveries and p99 >= LONG_WAIT + consumer.delay + consumer.window
    return f"{text}; the longest waits are those before a retry" if returned and is_retried else text


def _handled_within(outcome: Outcome) -> str:
    counts, ages = outcome.counts, outcome.ages
    if counts.handled < counts.arrived:
        return f"99 % of the handled messages are done within {span(ages.p99)}"
    if counts.handled >= 100:
        return f"99 % of the messages are handled within {span(ages.p99)}"
    return f"{'all messages are' if counts.handled > 1 else 'the message is'} handled within {span(ages.longest)}"


def _limit(outcome: Outcome, begin: float, end: float) -> str:
    """Name what limits the concurrency while messages wait between two moments."""
    consumer, groups, poller = outcome.consumer, len(outcome.load.arrivals), outcome.consumer.poller
    seconds = end - begin
    pollers = outcome.most(lambda sample: sample.pollers).pollers
    first, most = consumer.pollers
    within = [one for one in outcome.samples if begin <= one.time <= end]
    if consumer.fifo and groups <= pollers and _mean(within, lambda one: one.concurrency) > BUSY * groups:
        return f"{_at_most(groups)} (fifo: one for each message group)"
    if outcome.counts.throttled and consumer.reserved is not None:
        return f"{_at_most(consumer.reserved)} ({quota(consumer)})"
    if other := _other_limit(outcome, within):
        return other
    if pollers >= most and (most - first) / poller.per_minute * 60 < RAMP_SHARE * seconds:
        return f"{_at_most(int(most))} ({_most_setting(consumer)})"
    begins = f"Lambda begins with {first:,.0f} invocations at once and adds {poller.per_minute:,.0f} a minute"
    until = f"up to {most:,.0f} ({_most_setting(consumer)})" if pollers >= most else f"up to {pollers:,} here"
    faster = "" if consumer.fifo or poller.seconds_per_receive else "; mapping.provisioned_pollers adds 1,000"
    return f"{begins}, {until}{faster}"


def _other_limit(outcome: Outcome, samples: Sequence[Sample]) -> str:
    """Name what makes messages wait while Lambda would invoke more; empty if nothing does."""
    consumer = outcome.consumer
    if _mean(samples, lambda one: one.in_flight) > BUSY * IN_FLIGHT_MOST:
        return f"at most {IN_FLIGHT_MOST:,} messages are in flight (SQS's limit)"
    if _mean(samples, lambda one: one.concurrency) > BUSY * _mean(samples, lambda one: one.pollers):
        return ""
    if consumer.is_provisioned:
        return f"a provisioned poller receives 10 times and 1 MB a second at most ({_most_setting(consumer)})"
    if consumer.fifo and outcome.counts.failures:
        return f"those of a message group wait while one before them is retried, and {_returns(consumer)}"
    if consumer.fifo:
        most = max(map(len, outcome.load.arrivals))
        return f"the batches of a message group are handled one after another, and one group has {most:,} messages"
    return f"a batch is collected for up to {span(consumer.window)} ({WINDOW})" if consumer.window else ""


def _mean(samples: Sequence[Sample], value: Callable[[Sample], float]) -> float:
    """Return the mean of a value over the time of the samples."""
    seconds = samples[-1].time - samples[0].time if samples else 0
    area = sum((b.time - a.time) * (value(a) + value(b)) / 2 for a, b in pairwise(samples))
    return area / seconds if seconds else 0.0


def _at_most(count: int) -> str:
    return f"at most {several(count, 'invocation runs', 'invocations run')} at once"


def _most_setting(consumer: Consumer) -> str:
    if consumer.pollers[1] < consumer.poller.most:
        return "the account's quota"
    if consumer.poller.seconds_per_receive:
        return f"mapping.provisioned_pollers.maximum={consumer.poller.most // PER_POLLER}"
    if consumer.poller.most < STANDARD_MOST:
        return f"mapping.maximum_concurrency={consumer.poller.most}"
    return "Lambda's limit without mapping.provisioned_pollers"


def _noisy(outcome: Outcome) -> Iterator[str]:
    if outcome.load.noisy:
        quiet, noisy = outcome.ages_by_lane
        yield (
            f"99 % of the quiet groups' messages are handled within {span(quiet.p99)}, and those of the noisy group "
            f"within {span(noisy.p99)}"
        )


def _in_flight(outcome: Outcome) -> Iterator[str]:
    if outcome.most(lambda sample: sample.in_flight).in_flight > IN_FLIGHT_MOST - outcome.batch_size:
        yield (
            f"the queue has {IN_FLIGHT_MOST:,} messages in flight, SQS's limit, and gives no more until some of them "
            + (f"are deleted or return: {_returns(outcome.consumer)}" if outcome.counts.failures else "are deleted")
        )


def _cold_starts(outcome: Outcome) -> Iterator[str]:
    counts, load = outcome.counts, outcome.load
    share = counts.cold_starts * load.cold_start / counts.seconds if counts.seconds else 0
    if share >= COLD_SHARE:
        yield (
            f"cold starts are {100 * share:.0f} % of the billed time: {counts.cold_starts:,} execution environments "
            f"start, {span(load.cold_start)} each"
        )


def _poison(outcome: Outcome) -> Iterator[str]:
    consumer, poison = outcome.consumer, outcome.counts.dead - outcome.counts.dead_good
    if poison:
        when = time_to_death(consumer)
        text = f"{several(poison, 'poison message reaches', 'poison messages reach')} the dead-letter queue"
        yield f"{text} {when}: {receives(consumer)}, and {_returns(consumer)}"
        if consumer.fifo and when != "at once":
            yield f"a poison message holds its message group up for {when.removeprefix('after ')}"


OTHERS: tuple[Callable[[Outcome], Iterator[str]], ...] = (
    *(_expired, _unknown_receives, _throttled, _timeouts, _neighbours, _backlog, _outages),
    *(_noisy, _in_flight, _cold_starts, _poison),
)
