"""The outcome of a trial, for people."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from consumers.commands.printing import echo

if TYPE_CHECKING:
    from consumers.working_copy.access import Access
    from consumers.working_copy.copies import WorkingCopy
    from consumers.working_copy.trial import Outcome
    from consumers.working_copy.trial_rows import Row

HEADINGS = ("count", "pass", "fail", "example id", "reason")
_WHOLE_BATCH = re.compile(r"Task timed out|Runtime\.")


def print_outcome(copy: "WorkingCopy", outcome: "Outcome", access: "Access") -> None:
    """Print how many pass, a row for each reason before and after, and what to do about those that fail."""
    batches = "1 batch" if outcome.batches == 1 else f"{outcome.batches:,} batches"
    color = None if outcome.failed else "green"
    text = f"  {len(outcome.passed):,} of {outcome.tried:,} pass now, in {batches}"
    echo(text, title=copy.name, color=color)
    cells = [HEADINGS, *(line for row in outcome.rows.all() for line in _lines(row))]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    for count, passed, failed, example, reason in cells:
        numbers = (text.rjust(width) for text, width in zip((count, passed, failed), widths, strict=False))
        echo("  ".join(["", *numbers, example.ljust(widths[3]), reason]))
    for hint in _hints(copy, outcome, access):
        echo(hint, err=True, color="yellow")


def _lines(row: "Row") -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the row, and below it why letters fail now, if that is not the reason that they had."""
    as_before = row.is_as_before
    counts = (f"{row.count:,}", f"{row.passed:,}", f"{row.failed:,}")
    yield (*counts, row.after[0].example if as_before else "", row.reason)
    for after in () if as_before else row.after:
        yield ("", "", f"{after.count:,}", after.example, f"→ {after.reason}")


def _hints(copy: "WorkingCopy", outcome: "Outcome", access: "Access") -> Iterator[str]:
    now = list(outcome.rows.now())
    withheld = sum(after.count for row in outcome.rows.all() for after in row.after if access.is_withheld(after.text))
    if withheld:
        yield (
            f"{withheld:,} fail because AWS is withheld from the handler. `consumers up` starts a local AWS, which it "
            "then calls; with --allow-aws it calls the AWS of --aws, --profile or --region for real."
        )
    if outcome.cannot_start:
        yield f"The handler cannot be imported, so no message was tried: {outcome.cannot_start}"
    elif copy.settings.batch_size > 1 and (whole := [one for one in now if _WHOLE_BATCH.match(one.text)]):
        yield (
            "One message that times out or ends the process fails its whole batch, as on Lambda. To try one alone: "
            f"`consumers try {copy.name} --id {whole[0].example}`."
        )
