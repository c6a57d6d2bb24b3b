"""How the durations of messages are distributed."""

from collections.abc import Sequence
from math import log

import numpy as np

from consumers.simulation.draws import Distribution

Z99 = 2.3263478740408408
"""The 99th percentile of the standard normal distribution."""


def uniform(shortest: float, longest: float) -> Distribution:
    """Every duration between two is as likely."""
    return lambda random, count: random.uniform(shortest, longest, count)


def exponential(mean: float) -> Distribution:
    """Most are short, and one in twenty takes three times the mean."""
    return lambda random, count: random.exponential(mean, count)


def lognormal(p50: float, p99: float) -> Distribution:
    """Most are near the median, and a few take much longer, as calls of a database do."""
    return lambda random, count: random.lognormal(log(p50), log(p99 / p50) / Z99, count)


def empirical(seconds: Sequence[float], weights: Sequence[float]) -> Distribution:
    """One of these durations, each as often as its weight."""
    measured, shares = np.array(seconds), np.cumsum(weights) / np.sum(weights)
    return lambda random, count: measured[np.searchsorted(shares, random.random(count), side="right")]
