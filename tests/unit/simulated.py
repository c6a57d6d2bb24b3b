"""Loads and outcomes of small simulations, for tests."""

from typing import Any

import numpy as np

from components.packaging.package import PackagedSettings
from consumers.simulation import consumer
from consumers.simulation.draws import Floats
from consumers.simulation.load import Load
from consumers.simulation.outcome import Outcome, simulate
from validate import settings_of

RUNTIME = {"source": "functions/poker_hands"}
"""A function with the batch runtime."""


def steady(messages: int, seconds: float) -> list[Floats]:
    """Return arrivals at equal distances."""
    return [np.linspace(0, seconds, messages, endpoint=False)]


def at_once(messages: int) -> list[Floats]:
    """Return arrivals at the begin."""
    return [np.zeros(messages)]


def groups(count: int, messages: int, seconds: float) -> list[Floats]:
    """Return the arrivals of message groups, each at random moments."""
    return [np.sort(np.random.default_rng(group).uniform(0, seconds, messages)) for group in range(count)]


def simulated_settings(args: Any) -> PackagedSettings:
    """Return the settings of a consumer; without a `source`, its function has no batch runtime."""
    return settings_of(args if "source" in args else {"code": object(), **args})


def outcome_of(load: Load, args: Any, **beside: Any) -> Outcome:
    """Return what happens to a load with these arguments."""
    return simulate(consumer.of(simulated_settings(args), **beside), load)
