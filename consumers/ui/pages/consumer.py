"""One consumer: figures of the last hour, settings and what follows from them, permissions, cost, sources, log."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consumers.operations import newest_lines
from consumers.operations.log_lines import FAILED, is_error, is_lambdas_own, readable
from consumers.ui.rendering import Form, Page, find_row
from consumers.ui.state import State
from consumers.ui.watch import Row

MINUTES = 15
MOST_GROUPS = 10
MOST_LINES = 300
CHARTS = (
    ("Depth", "", {"visible": "visible", "in flight": "in_flight"}),
    ("Messages a minute", "", {"handled": "handled", "failed": "failed"}),
    ("Duration of an invocation", " ms", {"p50": "p50", "p90": "p90", "p99": "p99"}),
    ("Dead letters", "", {"dead letters": "dead"}),
)
"""Title, unit, and the series by their names in the legend."""
LEVELS = {"all": "all lines", "own": "without Lambda's own", "errors": "errors and failed messages"}


def show(state: State, request: Request) -> Page:
    row = find_row(state, request)
    level = request.query_params.get("level", "own")
    lines, is_cut = _lines(state, row, level)
    values = {
        "row": row,
        "box": row.letters,
        "groups": row.letters.store.groups(),
        "most_groups": MOST_GROUPS,
        "charts": [_chart(row, *one) for one in CHARTS],
        "deployed": _deployed(row),
        "program": _program(state, row),
        "lines": lines,
        "is_cut": is_cut,
        "level": level if level in LEVELS else "own",
        "levels": LEVELS,
        "minutes": MINUTES,
    }
    return Page("consumer.html", values)


def check(state: State, request: Request, form: Form) -> Response:
    """Evaluate the program again."""
    row = find_row(state, request)
    state.program.forget()
    return RedirectResponse(row.path, 303)


def _chart(row: Row, title: str, unit: str, names: Mapping[str, str]) -> dict[str, Any]:
    return {"title": title, "unit": unit, "series": {label: row.points(name) for label, name in names.items()}}


def _deployed(row: Row) -> list[tuple[str, str]]:
    """Return what is deployed, which may differ from the program."""
    function = row.consumer.function
    mapping: Mapping[str, Any] = row.consumer.mappings[0] if row.consumer.mappings else {}
    scaling = mapping.get("ScalingConfig", {}).get("MaximumConcurrency")
    found = {
        "queue": row.consumer.queue_name,
        "dead-letter queue": row.consumer.dead_letter_queue_name,
        "function": row.consumer.function_name,
        "runtime": function.get("Runtime"),
        "handler": function.get("Handler"),
        "timeout": _with_unit(function.get("Timeout"), "s"),
        "memory": _with_unit(function.get("MemorySize"), "MB"),
        "batch size": mapping.get("BatchSize"),
        "batching window": _with_unit(mapping.get("MaximumBatchingWindowInSeconds"), "s"),
        "maximum concurrency": scaling,
        "mapping": mapping.get("State"),
        "last changed": function.get("LastModified", "")[:19].replace("T", " "),
        "log group": row.consumer.log_group,
    }
    return [(name, str(value)) for name, value in found.items() if value not in (None, "")]


def _with_unit(value: object, unit: str) -> str | None:
    return None if value is None else f"{value} {unit}"


def _program(state: State, row: Row) -> dict[str, Any]:
    """Return what the program says about this consumer, or why it says nothing."""
    if why := state.program.refusal(row.consumer.project, row.consumer.stack):
        return {"state": "none", "why": why}
    found = state.program.evaluated(row.consumer.stack)
    if found is None:
        return {"state": "running"}
    name = row.consumer.name
    if found.problem or name not in found.checks:
        missing = f"The program in {state.site.project} has no consumer {name}."
        return {"state": "problem", "problem": found.problem or missing}
    sources = [one for one in found.checks.values() if name in one.get("sends_to", ())]
    return {"state": "known", "check": found.checks[name], "cost": found.costs.get(name), "sources": sources}


def _lines(state: State, row: Row, level: str) -> tuple[Sequence[tuple[str, str]], bool]:
    """Return the newest log lines with their kinds, and whether there may be newer ones."""
    if not row.consumer.log_group:
        return [], False
    try:
        found, is_cut = newest_lines.read(
            state.site.client("logs"), row.consumer.log_group, MINUTES * 60, MOST_LINES * 4
        )
    except Exception as error:  # a permission, a lost connection: the rest of the page is worth showing
        return [("error", f"The log cannot be read: {error}")], False
    lines = [(_kind(line), line) for line in (readable(one.message) for one in found)]
    shown = {"errors": {"error"}, "all": {"error", "lambda", "plain"}}.get(level, {"error", "plain"})
    return [line for line in lines if line[0] in shown][-MOST_LINES:], is_cut


def _kind(line: str) -> str:
    if is_error(line) or FAILED.search(line):
        return "error"
    return "lambda" if is_lambdas_own(line) else "plain"
