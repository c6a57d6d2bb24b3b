"""The dead letters of one consumer: the reasons, and the messages of one of them."""

import math

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consumers.ui.letters import PAGE, Choice
from consumers.ui.rendering import Form, Page, find_row, whole_number
from consumers.ui.state import State


def show(state: State, request: Request) -> Page:
    row = find_row(state, request)
    query = request.query_params
    passed = {"passes": True, "fails": False}.get(query.get("tried", ""))
    choice = Choice(reason=query.get("reason"), text=query.get("text", ""), passed=passed)
    store = row.letters.store
    count = store.count(choice)
    pages = max(1, math.ceil(count / PAGE))
    number = min(pages, max(1, whole_number(query.get("page", ""))))
    letters = store.page(choice, number)
    groups, outcomes = store.groups(), store.trials_by_reason()
    values = {
        "row": row,
        "box": row.letters,
        "groups": [(group, outcomes.get(group.reason, (0, 0))) for group in groups],
        "more_groups": store.count_reasons() - len(groups),
        "choice": choice,
        "tried": query.get("tried", ""),
        "count": count,
        "tried_counts": store.tried(choice),
        "letters": letters,
        "has_groups": any(one.group for one in letters),
        "trials": store.trials([one.id for one in letters]),
        "number": number,
        "pages": pages,
        "query": {name: value for name, value in query.items() if name != "page"},
    }
    return Page("dead_letters.html", values)


def read(state: State, request: Request, form: Form) -> Response:
    """Read them again: on AWS they are hidden from others meanwhile, so that no page does it by itself."""
    row = find_row(state, request)
    row.letters.read(row.consumer, state.watch.changed)
    return RedirectResponse(f"{row.path}/dead-letters", 303)
