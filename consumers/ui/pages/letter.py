"""One dead letter: why it failed, what it carries, the log of all its tries, and what `try` says."""

from starlette.requests import Request

from consumers.operations.dead_letters import dead_letter_queue, description
from consumers.operations.dead_letters.reasons import Explained
from consumers.ui.letters import Choice
from consumers.ui.rendering import Page, Refusal, find_row
from consumers.ui.state import State
from consumers.ui.watch import Row

MOST_SHOWN = 100_000
"""Characters of a body in the page; the rest is in an export."""
GONE = "This message is not among the dead letters that were read last: it was sent back or deleted, or is a new one."


def show(state: State, request: Request) -> Page:
    row = find_row(state, request)
    letter_id = request.path_params["id"]
    store = row.letters.store
    one = store.find(letter_id)
    if one is None:
        raise Refusal(GONE, 404)
    ids = store.ids(Choice(reason=one.reason.group))[::-1]  # the newest first, as in the list
    at = ids.index(letter_id) if letter_id in ids else 0
    values = {
        "row": row,
        "one": one,
        "facts": [line for line in description.facts(one) if not line.startswith("Reason (")],
        "body": "\n".join(description.pretty(one.letter.body))[:MOST_SHOWN],
        "left_out": max(0, len(one.letter.body) - MOST_SHOWN),
        "size": len(one.letter.body.encode("utf-8", "surrogatepass")),
        "log": _log(state, row, one),
        "trial": store.trials([letter_id]).get(letter_id),
        "previous": ids[at - 1] if at else None,
        "next": ids[at + 1] if at + 1 < len(ids) else None,
        "place": (at + 1, len(ids)),
    }
    return Page("letter.html", values)


def _log(state: State, row: Row, one: Explained) -> list[str]:
    try:
        queue = dead_letter_queue.of(state.site.client, row.consumer)
        return description.log(state.site.client, queue, one.letter)
    except Exception as error:  # a permission, a lost connection: the rest of the page is worth showing
        return [f"The log cannot be read: {error}"]
