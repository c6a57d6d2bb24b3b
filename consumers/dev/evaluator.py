"""The process that evaluates the program again and again: `python -m consumers.dev.evaluator CHANNEL LIFELINE`.

It has imported pulumi already, which takes most of the time of `consumers up`. CHANNEL is a socket with a JSON object
on each line: the program's own output cannot disturb it. It ends with its parent.
"""

import contextlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from consumers.dev.packages import Packages
from consumers.evaluate.program import warm_up
from consumers.evaluate.results import Message, ProgramError, Step
from consumers.evaluate.stack_config import read_stack_config
from consumers.local.background import ensure
from consumers.local.emulator import LocalAws, LocalAwsError
from consumers.provider.stack_conflict import refuse_up
from consumers.provider.update import Outcome, UpdateRunning, update

RETRY = 0.2
"""Seconds between two checks whether another update has ended."""

Tell = Callable[..., None]


def main(channel: socket.socket) -> None:
    """Run the program for each line that arrives."""
    answers, lock = channel.makefile("w"), threading.Lock()

    def tell(kind: str, **data: Any) -> None:
        with lock:
            answers.write(json.dumps({"kind": kind, **data}) + "\n")
            answers.flush()

    warm_up()
    tell("ready")
    for line in channel.makefile("r"):
        request = json.loads(line)
        packages, written = Packages(map(Path, request["changed"])), set[str]()
        with _recorded(written):
            _update(request, packages, tell)
        sys.stdout.flush()
        sys.stderr.flush()
        tell("done", written=sorted(written), sources=sorted(map(str, packages.sources)))


def _update(request: Mapping[str, Any], packages: Packages, tell: Tell) -> None:
    project, stack = Path(request["project"]), request["stack"]

    def on_message(message: Message) -> None:
        about = f"{message.resource}: " if message.resource else ""
        tell("message", text=f"{message.severity}: {about}{message.text}")

    def warn(text: str) -> None:
        tell("message", text=text)

    try:
        aws = _with_clients(ensure(project, read_stack_config(project, stack).region, request["port"], warn=warn))
        refuse_up(project)
        tell("aws")
        outcome = _waiting(lambda: _updated(project, stack, aws, on_message, packages), warn)
    except (LocalAwsError, ProgramError) as error:
        tell("failed", text=str(error))
    except Exception as error:  # ours, or the full disk's: the next save tries again
        tell("failed", text=f"{type(error).__name__}: {error}")
    else:
        tell("updated", steps=[_text(step) for step in outcome.steps])


_last_aws: list[LocalAws] = []


def _with_clients(aws: LocalAws) -> LocalAws:
    """Return the object of the last update where it is the same local AWS: new clients take 0.2 s."""
    if _last_aws != [aws]:
        _last_aws[:] = [aws]
    return _last_aws[0]


def _updated(
    project: Path, stack: str, aws: LocalAws, on_message: Callable[[Message], None], packages: Packages
) -> Outcome:
    return update(project, stack, aws, on_message=on_message, finding_collector=packages)


def _waiting(action: Callable[[], Outcome], warn: Callable[[str], None]) -> Outcome:
    """Repeat the action until no other update is running."""
    is_told = False
    while True:
        try:
            return action()
        except UpdateRunning:
            if not is_told:
                warn("Another update of this project is running: waiting until it ends.")
            is_told = True
            time.sleep(RETRY)


def _text(step: Step) -> str:
    return f"{step.name} {step.action}" + (f": {', '.join(step.properties)}" if step.properties else "")


_written: list[set[str]] = []
"""The sets that collect what is opened for writing now."""


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _written:
        return
    if event == "open" and isinstance(arguments[0], str) and _is_writing(arguments[1], arguments[2]):
        _written[-1].add(os.path.abspath(arguments[0]))  # noqa: PTH100 - called for every file: no objects
    elif event == "os.rename":
        _written[-1].add(os.path.abspath(os.fsdecode(arguments[1])))  # noqa: PTH100


def _is_writing(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


@contextlib.contextmanager
def _recorded(written: set[str]) -> Generator[None]:
    """Collect the paths of all files that are written, so that they do not count as saved by the user."""
    _written.append(written)
    try:
        yield
    finally:
        _written.pop()


def _end_with_parent(lifeline: int) -> None:
    os.read(lifeline, 1)  # returns at its end: when the parent closes it, or dies
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, args=(int(sys.argv[2]),), daemon=True).start()
    sys.addaudithook(_audit)
    main(socket.socket(fileno=int(sys.argv[1])))
