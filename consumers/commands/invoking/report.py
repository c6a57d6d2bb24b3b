"""What an invocation did, for people and for programs."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from consumers.commands.printing import echo, print_json

if TYPE_CHECKING:
    from consumers.working_copy.access import Access
    from consumers.working_copy.invocation import Invocation
    from consumers.working_copy.outcomes import MessageOutcome

COLORS = {"handled": "green", "retried": "yellow", "dead": "red", "filtered": "yellow"}


def print_outcome(
    invocation: "Invocation | None", found: "Sequence[MessageOutcome]", access: "Access", *, as_json: bool
) -> None:
    """Print the reply, and what becomes of each message; None: no message reached the function."""
    if as_json:
        print_json(_as_data(invocation, found))
        return
    if invocation is None:
        echo("The function is not invoked.", title="Reply: ")
    elif invocation.error:
        echo(access.explain(invocation.error), title="Error: ", color="red")
    else:
        echo(json.dumps(invocation.reply, indent=2, ensure_ascii=False), title="Reply: ")
    echo()
    width = max(len(one.id) for one in found)
    for one in found:
        echo(f"  {one.id:{width}}  {one.outcome:8}  {one.then}", color=COLORS[one.outcome])
        if one.is_failure:
            echo(f"  {'':{width}}  {'':8}  {_reason(one, access)}")
    _print_summary(invocation, found)


def _reason(one: "MessageOutcome", access: "Access") -> str:
    reason = access.explain(one.reason) if one.reason else "reported as failed, without a reason"
    return " ".join(reason.splitlines())


def _print_summary(invocation: "Invocation | None", found: "Sequence[MessageOutcome]") -> None:
    handled = sum(one.outcome == "handled" for one in found)
    duration = f", in {invocation.seconds:.2f} s" if invocation else ""
    echo()
    echo(f"{handled} of {len(found)} handled{duration}")


def _as_data(invocation: "Invocation | None", found: "Sequence[MessageOutcome]") -> dict[str, Any]:
    return {
        "reply": invocation and invocation.reply,
        "error": (invocation and invocation.error) or None,
        "log": invocation.log if invocation else [],
        "seconds": invocation and round(invocation.seconds, 3),
        "messages": [one.as_data() for one in found],
    }
