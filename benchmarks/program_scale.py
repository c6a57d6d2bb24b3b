"""The component's overhead: a program of 1 to 1,000 consumers under mocks, compared with the same resources by hand."""

import statistics
from functools import partial
from typing import Any

from benchmarks.measure import Row, in_turn, python, ratio

ROUNDS = {1: 9, 10: 9, 100: 5, 1_000: 3}
GOALS = {1: 1.1, 10: 1.1, 100: 1.08, 1_000: 1.08}
GOAL_WITH_OPTIONS = 1.15


def rows() -> list[Row]:
    return [*(row for count, rounds in ROUNDS.items() for row in _rows(count, rounds)), _every_option()]


def _every_option() -> Row:
    runs = in_turn(5, *(partial(python, "benchmarks.one_program", side, "10") for side in ("every_option", "ours")))
    ours, default = ([1_000 * run["seconds"] / run["resources"] for run in side] for side in runs)
    what, against = "evaluate 10 consumers with every option, per resource", "consumers with none"
    return Row(what, statistics.median(ours), "ms", against, ratio(ours, default), GOAL_WITH_OPTIONS)


def _rows(count: int, rounds: int) -> list[Row]:
    def run(side: str) -> Any:
        return python("benchmarks.one_program", side, str(count))

    ours, by_hand = in_turn(rounds, lambda: run("ours"), lambda: run("by_hand"))
    assert {r["resources"] for r in ours + by_hand} == {7 * count}
    per_resource, theirs = ([1_000 * r["seconds"] / r["resources"] for r in side] for side in (ours, by_hand))
    memory, their_memory = ([r["megabytes"] for r in side] for side in (ours, by_hand))
    consumers = f"{count:,} consumer{'s' if count > 1 else ''}"
    return [
        Row(f"evaluate {consumers}, per resource", *_figure(per_resource, "ms", theirs), GOALS[count]),
        Row(f"peak memory, {consumers}", *_figure(memory, "MB", their_memory)),
    ]


def _figure(ours: list[float], unit: str, theirs: list[float]) -> tuple[float, str, str, float]:
    return statistics.median(ours), unit, "the same resources by hand", ratio(ours, theirs)
