"""What Lambda, SQS and `sqs_batch` do with each message after an invocation.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from consumers.evaluate.consequences import span
from consumers.simulation.consumer import retry_wait
from consumers.working_copy.events import Record
from consumers.working_copy.invocation import Invocation, failures, logged_reasons

if TYPE_CHECKING:
    from consumers.library import PackagedSettings

DELETED = "Lambda deletes it"
FILTERED = "no filter matches it: Lambda deletes it without a trace, and the function never sees it"


@dataclass(frozen=True)
class MessageOutcome:
    """What becomes of one message."""

    id: str
    outcome: Literal["handled", "retried", "dead", "filtered"]
    reason: str
    """Why it failed; empty without a reason, as for a message behind a failed one of its FIFO group."""
    then: str
    """What happens to it, for people."""
    retry_seconds: tuple[int, int] | None = None
    """The shortest and the longest time until it is received again; None if it is not, or unknown."""

    @property
    def is_failure(self) -> bool:
        return self.outcome in ("retried", "dead")

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def filtered(record: Record) -> MessageOutcome:
    """Return the outcome of a message that no filter matches."""
    return MessageOutcome(record["messageId"], "filtered", "", FILTERED)


def outcomes(
    settings: "PackagedSettings", event: Mapping[str, Sequence[Record]], invocation: Invocation
) -> list[MessageOutcome]:
    """Return the outcome of each message of the event, in its order."""
    returned = failures(event, invocation)
    logged = {} if invocation.error else logged_reasons(invocation.log)
    # `sqs_batch` does not report what SQS has confirmed as a dead letter.
    sent = {each: reason for each, reason in logged.items() if each not in returned and settings.has_runtime}
    one = partial(_outcome, settings, returned, sent, is_reported=settings.has_runtime and not invocation.error)
    return [one(record) for record in event["Records"]]


def _outcome(
    settings: "PackagedSettings",
    returned: Mapping[str, str],
    sent: Mapping[str, str],
    record: Record,
    *,
    is_reported: bool,
) -> MessageOutcome:
    each = record["messageId"]
    if each in sent:
        return MessageOutcome(each, "dead", sent[each], "sqs_batch sends it to the dead-letter queue at once")
    if each not in returned:
        return MessageOutcome(each, "handled", "", DELETED)
    receive, reason = int(record["attributes"].get("ApproximateReceiveCount", 1)), returned[each]
    seconds = _seconds_until_retry(settings, receive, is_blocked=is_reported and not reason, is_reported=is_reported)
    when = _when(seconds)
    if settings.receives is None:
        then = f"{when} it is received again, or dead: the redrive policy of its queue is not in the program"
    elif receive < settings.receives:
        then = f"{when} it is received again, as receive {receive + 1} of {settings.receives}"
    else:
        then = f"this was receive {receive} of {settings.receives}: {when} SQS moves it to the dead-letter queue"
        return MessageOutcome(each, "dead", reason, then)
    return MessageOutcome(each, "retried", reason, then, seconds)


def _seconds_until_retry(
    settings: "PackagedSettings", receive: int, *, is_blocked: bool, is_reported: bool
) -> tuple[int, int] | None:
    """Return the shortest and the longest time: `sqs_batch` changes the visibility timeout of what it reports."""
    group = settings.queue
    changes = is_reported and (settings.retry or (settings.fifo and settings.dead_letter_queue.allow_rejects))
    if changes and (is_blocked or receive >= (settings.receives or receive + 1)):
        return 0, 0
    if changes and settings.retry:
        wait = retry_wait(settings.retry.base_delay_seconds, settings.retry.maximum_delay_seconds, receive)
        return int(wait.shortest), int(wait.longest)
    return None if group.arn is not None else (group.visibility_timeout_seconds, group.visibility_timeout_seconds)


def _when(seconds: tuple[int, int] | None) -> str:
    if seconds is None:
        return "after the visibility timeout of its queue"
    if seconds == (0, 0):
        return "at once"
    shortest, longest = map(span, seconds)
    return f"after {longest}" if shortest == longest else f"after {shortest} to {longest}"
