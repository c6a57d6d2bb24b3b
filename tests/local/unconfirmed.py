"""What tools do that lose messages: they take for done what nobody has confirmed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from consumers.operations.dead_letters import redriving
from consumers.operations.dead_letters.confirming import Result
from consumers.operations.dead_letters.letters import DeadLetter


def believe(new_id: str | None, failure: Mapping[str, Any] | None) -> Result:
    """Ignore `Failed` of SendMessageBatch, as lumigo-cli does."""
    return Result(new_id or "an id")


def delete_first(redrive: Any, batch: Sequence[Any]) -> None:
    """Delete the letters, and then send their copies."""
    letters, queues = [copy.letter for copy in batch], redrive._queues
    redrive._delete(letters, {letter.id: "" for letter in letters})
    redriving.send(queues.sender, queues.to.url, batch, fifo=queues.to.fifo, stop=redrive._stop)


def all_at_once(letters: Iterable[Sequence[DeadLetter]], fifo: bool) -> Iterator[Iterable[DeadLetter]]:
    """Send messages of a FIFO group together."""
    yield chain.from_iterable(letters)


def forget(export: Any, letters: Iterable[Mapping[str, Any]]) -> None:
    """Write nothing."""
