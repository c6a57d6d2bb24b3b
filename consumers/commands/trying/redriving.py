"""`consumers try --redrive-passed`: exactly what passes goes back to the queue."""

import dataclasses
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from consumers.commands.dlq import outcome
from consumers.commands.dlq.redrive import Options, Sent, destination_of, send_letters
from consumers.commands.printing import echo
from consumers.commands.target import Target
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.edits import Edit
from consumers.operations.dead_letters.selection import Exactly
from consumers.operations.deployed_settings import invoked_function
from consumers.operations.details import unless_unavailable
from consumers.operations.discovery import Consumer

if TYPE_CHECKING:
    from consumers.working_copy.copies import WorkingCopy


def redrive_passed(
    target: Target, queue: DeadLetterQueue, copy: "WorkingCopy", ids: Collection[str], *, yes: bool
) -> Sent:
    """Send the letters with these ids back, as `dlq redrive` does: it shows them, and asks."""
    to = destination_of(target, queue)
    if warning := _code_warning(target, queue.consumers[0], copy):
        echo(warning, err=True, color="red")
    selection = Exactly(ids=frozenset(ids))
    options = Options(copy.name, selection, Edit(), None, None, dry_run=False, yes=yes, as_json=False)
    return send_letters(target, queue, to, options)


def _code_warning(target: Target, consumer: Consumer, copy: "WorkingCopy") -> str | None:
    deployed = unless_unavailable(lambda: invoked_function(target.client, consumer))
    if deployed and deployed.get("CodeSha256") == copy.code_sha256:
        return None
    if copy.settings.package.dependencies and not target.is_local:  # these may differ by platform
        return "Make sure that what was tried is deployed: with dependencies for this machine, it cannot be compared."
    return "The deployed function does not have the code that was tried, and gets these messages: deploy first."


def as_data(sent: Sent) -> dict[str, Any]:
    """Return it as the JSON of `dlq redrive`."""
    if sent.outcome is None:
        rows = [dataclasses.asdict(row) for row in sent.preview.summary.rows()]
        return {"done": 0, "selected": sent.preview.summary.total, "reasons": rows, **sent.where}
    return {**outcome.as_data(sent.outcome, is_interrupted=sent.is_interrupted), **sent.where}


def print_sent(sent: Sent, queue: DeadLetterQueue) -> None:
    """Print what became of the letters."""
    if sent.outcome is None:
        echo("There is no such dead letter any more.")
        return
    title = f"Sent to {queue.consumers[0].queue_name}"
    outcome.print_outcome(sent.outcome, title, sent.where, is_interrupted=sent.is_interrupted)


def is_failure(sent: Sent) -> bool:
    """Whether not all of them were sent."""
    return sent.outcome is not None and outcome.is_failure(sent.outcome)
