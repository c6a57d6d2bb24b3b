"""The mean wait of messages under high load, against M/M/c's: https://en.wikipedia.org/wiki/M/M/c_queue

The unit tests compare up to a utilisation of 0.6, for above it a mean within 2 % needs millions of messages.
"""

import numpy as np
from numpy.random import Generator

from benchmarks.measure import Row
from consumers.simulation.consumer import Consumer, Poller
from consumers.simulation.draws import Floats
from consumers.simulation.load import Load
from consumers.simulation.outcome import simulate

MESSAGES, POLLERS = 4_000_000, 5
UTILISATIONS = (0.7, 0.8)


def rows() -> list[Row]:
    return [_row(utilisation) for utilisation in UTILISATIONS]


def _row(utilisation: float) -> Row:
    found, stated = _simulated(utilisation), _stated(utilisation)
    what = f"mean wait of {MESSAGES:,} messages of 1 s, {POLLERS} pollers at a utilisation of {utilisation}"
    return Row(what, found, "s", f"Erlang C, {stated:.3g} s", max(found / stated, stated / found), 1.02)


def _simulated(utilisation: float) -> float:
    arrivals = np.cumsum(exponential(np.random.default_rng(1), MESSAGES)) / (POLLERS * utilisation)
    poller = Poller(first=POLLERS, most=POLLERS)
    consumer = Consumer("orders", batch_size=1, poller=poller, timeout=900, visibility=900)
    return simulate(consumer, Load([arrivals], exponential)).mean_wait


def exponential(random: Generator, count: int) -> Floats:
    """Return draws with a mean of exactly 1, as theory assumes."""
    drawn = random.exponential(1, count)
    return drawn * (count / drawn.sum())


def _stated(utilisation: float) -> float:
    return erlang_c(POLLERS, POLLERS * utilisation) / (POLLERS * (1 - utilisation))


def erlang_c(pollers: int, load: float) -> float:
    """Return the probability that a message waits; `load` is the number of pollers that are busy on average."""
    blocked = 1.0
    for count in range(1, pollers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1 - load / pollers * (1 - blocked))
