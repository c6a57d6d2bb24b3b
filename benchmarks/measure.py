"""Measures both sides alternately, so that a slow machine slows both, and takes medians."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A figure and its comparison."""

    what: str
    value: float
    unit: str
    against: str
    ratio: float
    goal: float | None = None
    """The maximum ratio, or the maximum value in seconds if `what` says so."""


def in_turn(rounds: int, *sides: Callable[[], Any]) -> list[list[Any]]:
    """Call each side once a round; return the results of each side."""
    results: list[list[Any]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, kept in zip(sides, results, strict=True):
            kept.append(side())
    return results


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios, pair by pair."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def python(module: str, *arguments: str) -> Any:
    """Run a module in a fresh interpreter and return the JSON that it prints."""
    command = [sys.executable, "-m", module, *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
