"""What a command is about to change: a count, the reasons, examples; and the question."""

from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import click

from consumers.commands.dlq.list_letters import print_rows
from consumers.commands.printing import echo
from consumers.operations.dead_letters.edits import Edit, EditError, diff
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.summary import Summary

EXAMPLES = 3
WIDTH = 200  # characters of an example's body
LINES = 12  # of an example's diff


class Preview:
    """Counts the selected letters, and keeps a few as examples, of different reasons where there are several."""

    def __init__(self, consumer: str, edit: Edit | None = None) -> None:
        self.summary, self.others = Summary(), Counter[str]()
        self._consumer, self._edit = consumer, edit or Edit()
        self._examples: dict[str, Explained] = {}
        self._spare: list[Explained] = []
        self.unfit: Counter[str] = Counter()
        """How many letters the edit does not fit, by reason."""

    def add(self, letters: Sequence[Explained]) -> None:
        self.summary.add((self._consumer, one) for one in letters)
        for one in letters:
            if len(self._examples) < EXAMPLES and one.reason.group not in self._examples:
                self._examples[one.reason.group] = one
            elif len(self._spare) < EXAMPLES:
                self._spare.append(one)
            self._note_unfit(one)

    def examples(self) -> list[Explained]:
        return [*self._examples.values(), *self._spare][:EXAMPLES]

    def show(self, queue: str, *, fifo: bool) -> None:
        """Print it on standard error, which leaves standard output to the outcome."""
        behind = ", and those behind them in their groups that match" if fifo else ""
        echo(f"  {self.summary.total:,} in {queue}{behind}", title=self._consumer, err=True)
        if self.summary.total:
            print_rows(self.summary.rows(), err=True)
        for one in self.examples():
            echo(f"  {one.letter.id}:", err=True)
            for line in self._changes(one.letter.body):
                echo(f"    {line}", err=True)
        for why, count in self.unfit.most_common(EXAMPLES):
            echo(f"  {count:,} will stay: {why}", err=True, color="yellow")
        for origin, count in sorted(self.others.items()):
            echo(f"  {count:,} of {origin} are not touched", err=True)

    def _note_unfit(self, one: Explained) -> None:
        if self._edit.operations and len(self.unfit) < 1_000:
            try:
                self._edit.apply(one.letter.body)
            except EditError as error:
                self.unfit[str(error)] += 1

    def _changes(self, body: str) -> list[str]:
        """Return the diff of an edit; without one, the start of the body."""
        try:
            lines = diff(body, self._edit.apply(body)) if self._edit.operations else [begin(body)]
        except EditError as error:
            return [begin(body), str(error)]
        more = [f"… and {len(lines) - LINES} more lines"] if len(lines) > LINES else []
        return [*map(begin, lines[:LINES]), *more] or ["(the edit changes nothing)"]


def begin(text: str) -> str:
    """Return the start of a text, in one line."""
    line = text.replace("\n", "\\n")
    return line if len(line) <= WIDTH else f"{line[:WIDTH]}…"


def confirm(question: str, *, yes: bool) -> None:
    """Ask, and stop unless the answer is y."""
    with _answered():
        if not yes and not click.confirm(question, err=True):
            raise click.ClickException("Nothing is changed.")


def confirm_by_name(name: str, *, yes: bool) -> None:
    """Ask for the consumer's name, and stop unless that is the answer."""
    with _answered():
        if not yes and click.prompt(f"Type {name} to delete them", err=True, default="", show_default=False) != name:
            raise click.ClickException("Nothing is changed.")


@contextmanager
def _answered() -> Generator[None]:
    """Say what to do where nobody can answer. click raises the same for Ctrl-C."""
    try:
        yield
    except click.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        echo(err=True)  # the question has no line end
        text = "Nothing is changed: there was no answer. Without a terminal, pass --yes."
        raise click.ClickException(text) from None
