"""Saves dead letters as tests: for each reason one that fails now, and passes once the handler is fixed."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from consumers.operations.dead_letters.reasons import Reason
from consumers.working_copy.access import NO_ACCESS
from consumers.working_copy.copies import WorkingCopy, find_project
from consumers.working_copy.events import Record, event
from consumers.working_copy.handler_process import HandlerProcess
from consumers.working_copy.invocation import failures
from consumers.working_copy.redaction import Redaction, is_in, redact
from consumers.working_copy.saved_test_files import SavedTestFiles, event_text

PERSONAL = "The tests have whole messages, which may hold personal data: --redact PATH replaces what must not be kept."


class SavedTestsError(Exception):
    """Tests cannot be written. The text says why."""


@dataclass(frozen=True)
class FailedLetter:
    """A message that the handler of the working copy does not handle."""

    record: Record
    """As the handler got it."""
    reason: str
    """Why it failed, from `failures`; empty if the handler gives no reason."""

    @property
    def group(self) -> str:
        return _group(self.reason)


@dataclass(frozen=True)
class SavedTests:
    """What became of each reason."""

    written: list[Path] = field(default_factory=list[Path])
    """The new test files."""
    kept: list[Path] = field(default_factory=list[Path])
    """Files of the tests that were there before. They are as they were."""
    notes: list[str] = field(default_factory=list[str])
    """Lines for the user: why a reason has no test, and what the files hold."""

    def keeps(self, files: SavedTestFiles) -> bool:
        """Whether there is a test for the reason already, or the event of one that has another name by now."""
        there = [path for path in (files.test, files.event) if path.exists()]
        self.kept.extend(path for path in there[:1] if path not in (*self.kept, *self.written))
        return bool(there)


def save(
    folder: Path,
    copy: WorkingCopy,
    project: Path,
    stack: str,
    failed: Sequence[FailedLetter],
    paths: Sequence[str] = (),
) -> SavedTests:
    """Write a test for each reason into `folder`, which must be in the folder `project`.

    A message is run on its own first, without an AWS and without the values at `paths`: one that does not fail for the
    same reason then is not a test.

    :param copy: as `load` returns it, without values of the deployed function
    :param paths: what to redact: `player.name` in JSON bodies, `hands.*.user`, `messageAttributes.tenant`,
        `attributes.MessageGroupId`

    Raises:
        SavedTestsError: `folder` is outside of the project, a path is in no message, or a file cannot be written.
    """
    check_folder(folder, project)
    _check_paths(paths, failed)
    saved = SavedTests()
    with HandlerProcess(copy.without_queues(), NO_ACCESS.variables) as process:
        for group, letters in _by_group(failed).items():
            if saved.keeps(SavedTestFiles(folder, copy.name, group)):
                continue
            if found := _failing_alone(process, letters, paths, saved.notes):
                record, reason = found  # the reason of the redacted message may be another text, and so another name
                files = SavedTestFiles(folder, copy.name, _group(reason))
                if not saved.keeps(files):
                    _write(files, record, reason, stack)
                    saved.written.append(files.test)
    if saved.written and not paths:
        saved.notes.append(PERSONAL)
    return saved


def check_folder(folder: Path, project: Path) -> None:
    """Raise SavedTestsError for a folder outside of the project."""
    if find_project(folder) != project.resolve():
        raise SavedTestsError(
            f"{folder} is outside of the program's folder, by which a test finds it: choose one in {project.resolve()}."
        )


def _check_paths(paths: Sequence[str], failed: Sequence[FailedLetter]) -> None:
    for path in paths:
        if not any(is_in(letter.record, path) for letter in failed):
            raise SavedTestsError(
                f"--redact: no message has {path!r}. A path has dots, such as player.name in a JSON body, hands.*.user "
                "for every element of a list, or messageAttributes.tenant."
            )


def _by_group(failed: Sequence[FailedLetter]) -> dict[str, list[FailedLetter]]:
    """Group by the reason; the shortest message comes first, so that the order of the queue does not matter."""
    groups: dict[str, list[FailedLetter]] = {}
    for letter in sorted(failed, key=_size):
        groups.setdefault(letter.group, []).append(letter)
    return dict(sorted(groups.items()))


def _size(letter: FailedLetter) -> tuple[int, str, str]:
    body: str = letter.record["body"]
    return len(body), body, letter.record["messageId"]


def _failing_alone(
    process: HandlerProcess, letters: Sequence[FailedLetter], paths: Sequence[str], notes: list[str]
) -> tuple[Record, str] | None:
    """Return the first message that fails for the same reason on its own, and its reason then.

    A handler that raises fails a batch for one of its messages: the others pass.
    """
    instead = ""
    for letter in letters:
        redaction = redact(letter.record, paths)
        reason = _reason_alone(process, redaction.record)
        if reason is not None and _group(reason) in _expected(letter, redaction) and not NO_ACCESS.is_withheld(reason):
            return redaction.record, reason
        instead = instead or ("pass" if reason is None else f"fail for {reason or 'no reason'!r:.200}")
    if letters[0].group:  # one without a reason may only have been behind a failed one of its FIFO group
        how = "without AWS and redacted" if paths else "without AWS"
        notes.append(f"No test for {letters[0].reason!r:.200}: its messages {instead} when each runs alone, {how}.")
    return None


def _expected(letter: FailedLetter, redaction: Redaction) -> set[str]:
    return {letter.group, _group(redaction.expected(letter.reason))}


def _reason_alone(process: HandlerProcess, record: Record) -> str | None:
    """Return why the message fails on its own; None if it does not."""
    only = event([record])
    return failures(only, process.invoke(only)).get(record["messageId"])


def _group(reason: str) -> str:
    return Reason(reason, "log").group


def _write(files: SavedTestFiles, record: Record, reason: str, stack: str) -> None:
    """Write both files whole, or neither, also on a full disk or Ctrl-C."""
    contents = {files.event: event_text(record), files.test: files.source(record, reason, stack)}
    written: list[Path] = []
    try:
        for path, text in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            written.append(unfinished)
            unfinished.write_text(text, "utf-8")
        for path, unfinished in zip(contents, [*written], strict=True):
            written.append(path)
            unfinished.replace(path)
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise SavedTestsError(f"The test {files.test} cannot be written: {error.strerror}.") from None
        raise
