"""Runs handlers of the program as it is on disk, as `consumers try` does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # pytest loads this module in every run, and these take half a second
    from consumers.local.emulator import LocalAws
    from consumers.working_copy.access import Access
    from consumers.working_copy.copies import WorkingCopy

NO_AWS = 'a test runs without AWS: deploy to the fixture local_aws, and pass working_copy("…", aws=local_aws)'
Log = Callable[[list[str]], object]


class HandlerCopy:
    """A consumer's handler, packaged as it would be deployed now."""

    def __init__(self, copy: WorkingCopy, access: Access, folder: Path, on_log: Log) -> None:
        self._copy, self._access, self._folder, self._on_log = copy.without_queues(), access, folder, on_log

    def failures(self, event: str | Path | Mapping[str, Any]) -> dict[str, str]:
        """Invoke the handler once, and return the messages that would return to the queue: their ids and the reasons.

        `{}` means that all are handled. A reason is empty if the handler reports a message without one. The handler
        runs in a new process with the environment of the program, but calls no queue: so a reject is a failure.

        :param event: an event as Lambda passes it, or its JSON file, relative to the test's folder.
        """
        from consumers.working_copy.handler_process import HandlerProcess
        from consumers.working_copy.invocation import failures

        __tracebackhide__ = True
        found = event if isinstance(event, Mapping) else _read(self._folder / event)
        with HandlerProcess(self._copy, self._access.variables) as process:
            invocation = process.invoke(found)
        self._on_log(invocation.log)
        return {id: self._explained(reason) for id, reason in failures(found, invocation).items()}

    def _explained(self, reason: str) -> str:
        return f"{reason} ({NO_AWS})" if self._access.is_withheld(reason) else reason


class WorkingCopies:
    """What the fixture `working_copy` is: `working_copy("orders").failures("order.json")`."""

    def __init__(self, folder: Path, on_log: Log) -> None:
        self._folder, self._on_log = folder, on_log

    def __call__(self, consumer: str, *, stack: str = "dev", aws: LocalAws | None = None) -> HandlerCopy:
        """Return the handler of a consumer of the program above the test: the next `Pulumi.yaml`, upwards.

        The program is evaluated once per test run.

        :param consumer: its name in the program.
        :param stack: whose configuration to use.
        :param aws: the fixture `local_aws`, to which the test has deployed the program. By default the handler has no
            credentials, so that its calls fail.
        """
        from consumers.working_copy.access import NO_ACCESS, local_access
        from consumers.working_copy.copies import find_project

        __tracebackhide__ = True
        project = find_project(self._folder)
        assert project, f"there is no Pulumi.yaml in {self._folder} or above it"
        access = local_access(aws) if aws else NO_ACCESS
        copy = access.fill_in(_load(project, stack, consumer))
        return HandlerCopy(copy, access, self._folder, self._on_log)


@cache
def _load(project: Path, stack: str, consumer: str) -> WorkingCopy:
    from consumers.evaluate.results import ProgramError
    from consumers.operations.discovery import DiscoveryError
    from consumers.working_copy.copies import load

    __tracebackhide__ = True
    try:
        return load(project, stack, consumer)
    except (ProgramError, DiscoveryError) as error:
        raise AssertionError(str(error)) from None


def _read(path: Path) -> Mapping[str, Any]:
    __tracebackhide__ = True
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise AssertionError(f"{path} is not an event in JSON: {error}") from None
