"""All consumers, a row each."""

from starlette.requests import Request

from consumers.ui.rendering import Page
from consumers.ui.series import last
from consumers.ui.state import State
from consumers.ui.watch import Row

FIRST = 2.0
"""Seconds that the first page waits for something to show."""
REASONS = 3


def show(state: State, request: Request) -> Page:
    state.watch.wait_for_first(FIRST)
    return Page("overview.html", {"rows": [_values(row) for row in state.watch.view.rows]})


def _values(row: Row) -> dict[str, object]:
    store = row.letters.store
    groups = store.groups(REASONS)
    return {
        "row": row,
        "handled": last(row.points("handled")),
        "failed": last(row.points("failed")),
        "age": row.status.oldest_message_seconds,
        "backlog": row.points("visible"),
        "groups": groups,
        "more": store.count_reasons() - len(groups),
    }
