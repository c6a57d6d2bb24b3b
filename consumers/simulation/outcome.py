"""What a simulation has shown."""

from collections.abc import Callable
from dataclasses import dataclass

from consumers.simulation.consumer import Consumer
from consumers.simulation.load import Load
from consumers.simulation.recorder import Counts, Sample
from consumers.simulation.simulation import Simulation


@dataclass(frozen=True)
class Ages:
    """How old good messages were when they were handled, in seconds since their arrival."""

    p50: float
    p90: float
    p99: float
    longest: float


@dataclass(frozen=True)
class Outcome:
    """The result for one consumer."""

    consumer: Consumer
    load: Load
    samples: list[Sample]
    """The state over time, at equal distances and where a value is the largest; the last one is at the end."""
    batch_size: int
    """The maximum number of messages in a batch: fewer than the setting where they exceed a payload."""
    counts: Counts
    """At the end, when every message is handled, dead or expired."""
    end: float
    """When that was, in seconds since the start."""
    ages: Ages
    ages_by_lane: list[Ages]
    """With a noisy tenant: those of the quiet groups, then those of the noisy one; else one."""
    mean_wait: float
    """Seconds from the arrival of a handled message to the start of its invocation."""
    waited: float
    """The share of handled messages that did not begin at once."""

    def most(self, value: Callable[[Sample], float]) -> Sample:
        """Return the sample with the largest value; of several, the first."""
        return max(self.samples, key=value)


def simulate(
    consumer: Consumer,
    load: Load,
    seed: int = 1,
    *,
    quick: bool = True,
    on_sample: Callable[[Sample], None] = lambda sample: None,
) -> Outcome:
    """Run a load against a consumer. The same arguments give the same outcome.

    :param on_sample: is called with each sample, to show progress.
    """
    run = Simulation(consumer, load, seed, quick=quick, on_sample=on_sample).run()
    handled = max(1, run.counts.handled)
    return Outcome(
        consumer=consumer,
        load=load,
        samples=run.samples.all,
        batch_size=run.batch_size,
        counts=run.counts,
        end=run.now,
        ages=_ages(run, None),
        ages_by_lane=[_ages(run, lane) for lane in range(2 if load.noisy else 1)],
        mean_wait=run.latencies.wait_seconds / handled,
        waited=run.latencies.waited / handled,
    )


def _ages(run: Simulation, lane: int | None) -> Ages:
    latencies = run.latencies
    p50, p90, p99 = (latencies.percentile(share, lane) for share in (0.5, 0.9, 0.99))
    return Ages(p50, p90, p99, max(latencies.longest, default=0.0) if lane is None else latencies.longest[lane])
