"""The time of `consumers demo` until it has deployed, handled nine hands and dead-lettered the tenth.

Measured from the start of the process, and compared with a plain boto3 script on the same local AWS.
"""

import statistics
import subprocess
import sys
import time

from benchmarks.measure import Row, in_turn, ratio

ROUNDS = 5
STEPS = {  # part of a printed line: the step and its goal in seconds
    "is deployed": ("demo: deployed", 2.0),
    "hands are handled": ("demo: nine hands handled", 3.0),
    "in the dead-letter queue": ("demo: the tenth is a dead letter", 8.0),
}


def rows() -> list[Row]:
    demo = [sys.executable, "-m", "consumers", "demo", "--json"]
    script = [sys.executable, "-m", "benchmarks.peers.plain_boto3"]
    ours, theirs = in_turn(ROUNDS, lambda: _seconds(demo), lambda: _seconds(script))
    return [_row(step, [run[step] for run in ours], [run[step] for run in theirs]) for step in STEPS]


def _row(step: str, ours: list[float], theirs: list[float]) -> Row:
    what, goal = STEPS[step]
    against = f"a plain boto3 script, {statistics.median(theirs):.1f} s"
    return Row(f"{what} (goal: {goal:.0f} s)", statistics.median(ours), "s", against, ratio(ours, theirs))


def _seconds(command: list[str]) -> dict[str, float]:
    """Return the time of each step in seconds, from the start of the process."""
    start, seconds = time.monotonic(), dict[str, float]()
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            seconds |= {step: time.monotonic() - start for step in STEPS if step in line}
    if process.returncode or len(seconds) != len(STEPS):
        raise RuntimeError(f"{command} has failed, with {process.returncode}")
    return seconds
