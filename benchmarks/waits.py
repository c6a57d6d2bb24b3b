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
    arrivals = np.cumsum(_exponential(np.random.default_rng(1), MESSAGES)) / (POLLERS * utilisation)
    poller = Poller(first=POLLERS, most=POLLERS)
    consumer = Consumer("orders", batch_size=1, poller=poller, timeout=900, visibility=900)
    return simulate(consumer, Load([arrivals], _exponential)).mean_wait


def _exponential(random: Generator, count: int) -> Floats:
    """Draws with a mean of exactly 1, as theory assumes."""
    drawn = random.exponential(1, count)
    return drawn * (count / drawn.sum())


def _stated(utilisation: float) -> float:
    load, blocked = POLLERS * utilisation, 1.0
    for count in range(1, POLLERS + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1 - utilisation * (1 - blocked)) / (POLLERS * (1 - utilisation))
