"""What an action will do, before it is done: the command, and the exact letters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from consumers.ui.jobs import Call, Job
from consumers.ui.watch import Row, Watch


@dataclass(frozen=True)
class Example:
    """A letter, and what an edit would change in it."""

    id: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Question:
    """An action that waits for its confirmation."""

    action: str
    row: Row
    call: Call
    text: str
    """What happens."""
    button: str
    examples: Sequence[Example] = ()
    warning: str = ""
    """What is easily overlooked."""
    typed: str = ""
    """What the user has to type; empty: nothing."""

    def on_end(self, watch: Watch) -> Callable[[Job], None]:
        """Return what to do when the command has ended."""

        def ended(job: Job) -> None:
            if self.action == "try":
                outcome = job.outcome
                self.row.letters.store.note_trial(outcome.get("passed_ids", ()), outcome.get("failures", {}))
            elif self.call.ids:
                self.row.letters.read(self.row.consumer, watch.changed)
            watch.hurry()
            watch.changed()

        return ended
