"""What the status of a consumer shows besides counts and states: pause, reason, running move task, changed code."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations.dead_letters import move_tasks
from consumers.operations.dead_letters.move_tasks import MoveTask
from consumers.operations.deployed_settings import invoked_function
from consumers.operations.discovery import TAG_PREFIX, Client, Consumer
from consumers.operations.leases import Lease, lease_in, read_lease
from consumers.operations.metrics import REFUSED

CODE_TAG = f"{TAG_PREFIX}code-sha256"
"""The function's tag with the hash of the archive that was deployed, as Lambda's `CodeSha256` has it."""
UNAVAILABLE = REFUSED | {"InvalidAction", "UnsupportedOperation"}
"""Error codes of a caller without the permission, and of an AWS without the call."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Details:
    """Details of one consumer. None where there is nothing, or where AWS does not say."""

    errors_last_hour: int | None = None
    """Invocations that failed as a whole; None without invocations, and on the local AWS, which has no metrics."""
    noisy_groups: int | None = None
    """Message groups that SQS counts as noisy on a fair queue; None where CloudWatch has no data."""
    pause: Lease | None = None
    top_reason: str | None = None
    """The most frequent reason of its dead letters; None unless it was asked for."""
    move_task: MoveTask | None = None
    """A running message move task of its dead-letter queue."""
    is_code_deployed: bool | None = None
    """Whether the function runs the code that its stack deployed; None for an archive or image that the program
    brings, and for a stack that an earlier version deployed."""


class Reasons:
    """The top reason of each consumer. It is read again only when the number of dead letters changes."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[str, str, str], tuple[int, str | None]] = {}

    def top(self, consumer: Consumer, dead_letters: int) -> str | None:
        """Return the most frequent reason; None without dead letters."""
        from consumers.operations.dead_letters import summary  # a third of what a status imports

        key = (consumer.project, consumer.stack, consumer.name)
        if self._known.get(key, (0, None))[0] != dead_letters:
            reason = unless_unavailable(lambda: summary.top_reason(self._client, consumer)) if dead_letters else None
            self._known[key] = (dead_letters, reason)
        return self._known.get(key, (0, None))[1]


def pause_of(client: Client, consumer: Consumer) -> Lease | None:
    """Return the lease of a paused consumer: from the tags of the discovery, unless the mapping contradicts them."""
    lease = lease_in(consumer.function_tags)
    if bool(lease) == is_disabled(consumer):
        return lease
    return unless_unavailable(lambda: read_lease(client, consumer))


def is_disabled(consumer: Consumer) -> bool:
    """Whether any mapping reads nothing, or is about to."""
    return any(mapping.get("State", "").startswith("Disabl") for mapping in consumer.mappings)


def running_move_task(client: Client, consumer: Consumer) -> MoveTask | None:
    """Return the move task of the dead-letter queue, if one is running."""
    arn = consumer.dead_letter_queue_arn
    task = unless_unavailable(lambda: move_tasks.newest(client("sqs"), arn)) if arn else None
    return task if task and task.is_running else None


def is_code_deployed(client: Client, consumer: Consumer) -> bool | None:
    """Return whether what the mapping invokes has the code of the last deployment; None without such a tag."""
    deployed = consumer.function_tags.get(CODE_TAG)
    if deployed is None:
        return None
    invoked = unless_unavailable(lambda: invoked_function(client, consumer))
    if invoked is None:
        return None
    code = invoked.get("CodeSha256", "")
    # After a deployment, GetResources may return the old tags for some seconds.
    return deployed == code or unless_unavailable(lambda: _tags(client, consumer).get(CODE_TAG)) == code


def _tags(client: Client, consumer: Consumer) -> dict[str, str]:
    return client("lambda").list_tags(Resource=consumer.function_arn).get("Tags", {})


def unless_unavailable(call: Callable[[], Answer]) -> Answer | None:
    """Return the answer; None where the caller may not ask, or this AWS does not know the call."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in UNAVAILABLE:  # pyright: ignore[reportTypedDictNotRequiredAccess]
            return None
        raise
