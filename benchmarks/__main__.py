"""Runs all benchmarks, or those named as arguments, and prints one table: `make bench`."""

import importlib
import sys

from benchmarks.measure import Row

BENCHMARKS = (
    *("cold_import", "packaged_import", "per_record", "program_scale", "packaging", "demo_speed", "engine_speed"),
    *(
        "send_speed",
        "local_throughput",
        "dead_letters",
        "try_letters",
        "start_speed",
        "status_scale",
        "dev_loop",
        "page",
        "simulation",
        "waits",
    ),
)


def main(names: list[str]) -> None:
    print("| what | ours | against | ratio | goal |\n|---|---|---|---|---|")
    for name in names or BENCHMARKS:
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            print(_line(row), flush=True)


def _line(row: Row) -> str:
    goal = "" if row.goal is None else f"at most {row.goal:g}x"
    return f"| {row.what} | {row.value:.3g} {row.unit} | {row.against} | {row.ratio:.2f}x | {goal} |"


if __name__ == "__main__":
    main(sys.argv[1:])
