"""How long `consumers --help` takes, compared with the start of Python itself. Each is a process of its own."""

import statistics
import subprocess
import sys
import time

from benchmarks.measure import Row, in_turn, ratio

ROUNDS = 15


def rows() -> list[Row]:
    consumers, python = in_turn(ROUNDS, lambda: _seconds("-m", "consumers", "--help"), lambda: _seconds("-c", "pass"))
    against = f"python -c pass, {statistics.median(python):.3f} s"
    return [Row("consumers --help (goal: 0.1 s)", statistics.median(consumers), "s", against, ratio(consumers, python))]


def _seconds(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start
