"""A local AWS in the background: it outlives the command that started it, until `stop`.

All its files, and all that refer to it, are in the project's folder `.consumers`: the emulator's own, the record of
`consumers up`, the backend of `consumers pulumi`. They are created and removed together.
"""

import errno
import fcntl
import http.client
import json
import os
import re
import secrets
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, cast

from consumers.local.emulator import LocalAws, LocalAwsError, connect, health, start
from consumers.local.server import kill_group, remove_folder
from consumers.operations import queues
from consumers.polling import wait_until

FOLDER = ".consumers"
PORT = 4566
"""The usual port of an AWS emulator, which other tools try."""
ANSWER_TIMEOUT = 5.0
"""Seconds. An answer takes milliseconds, and longer on a busy machine."""
PATIENCE = 10.0
"""Seconds, before a local AWS that does not answer is ended, and its data lost."""
END_TIMEOUT = 5.0
"""Seconds. It takes 0.1 s."""


@dataclass(frozen=True)
class _State:
    """The content of `aws.json`."""

    port: int
    region: str
    access_key_id: str
    process_id: int
    folder: str
    """The emulator's folder, relative to `.consumers`."""


def ensure(
    project: Path, region: str, port: int | None = None, warn: Callable[[str], None] = lambda text: None
) -> LocalAws:
    """Return the local AWS of a project, with clients for `region`; start it if it is not running.

    `port` is required to be its port; without it, 4566 if that is free, else any free one. Concurrent calls start one.
    The remains of one that died are removed, and `warn` is called with one line about it.

    Raises:
        LocalAwsError: it does not start, the port is taken, or it is running on another port.
    """
    with _lock(project):
        if running := find_usable(project, region):
            if port not in (None, _port(running)):
                raise LocalAwsError(
                    f"The local AWS of this project is running at {running.endpoint_url}, not on port {port}: "
                    "end it with `consumers down` first."
                )
            return running
        if _clear(project):
            warn("The local AWS had died, and its data is lost: this is a new one.")
        return _start(project, region, port)


def find_usable(project: Path, region: str | None = None) -> LocalAws | None:
    """Return the same as `find`, but None also for a local AWS that died or hangs."""
    with suppress(LocalAwsError):
        return find(project, region, PATIENCE)
    return None


def find(project: Path, region: str | None = None, timeout: float | None = None) -> LocalAws | None:
    """Return the local AWS of a project, or None where the project has none: no folder `.consumers`.

    `region` is for its clients, and defaults to the one it started with; `timeout` (seconds) to `ANSWER_TIMEOUT`.

    Raises:
        LocalAwsError: the project has one, and it is unusable. Not None, or a command would use an account instead.
    """
    folder = project.resolve() / FOLDER
    if not _exists(folder):
        return None
    if (state := _read(folder)) is None:
        raise LocalAwsError(f"The local AWS of this project is unknown: {folder / 'aws.json'} is missing or broken.")
    aws = connect(f"http://127.0.0.1:{state.port}", state.access_key_id, region or state.region)
    # Check both: the answer alone could be another server's, and a living server can hang.
    if not _is_alive(folder / state.folder):
        raise LocalAwsError(f"{_title(aws, state)} has died.")
    if not _answers(state, timeout or ANSWER_TIMEOUT):
        raise LocalAwsError(f"{_title(aws, state)} does not answer.")
    return replace(aws, process_id=state.process_id)


def has_died(project: Path) -> bool:
    """Whether the local AWS of a project has ended without `stop`, as by a crash."""
    folder = project.resolve() / FOLDER
    state = _read(folder)
    return state is not None and not _is_alive(folder / state.folder)


def _exists(path: Path) -> bool:
    """Whether the path exists, or may exist and cannot be read."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        pass
    return True


def _title(aws: LocalAws, state: _State) -> str:
    return f"The local AWS of this project at {aws.endpoint_url} (process {state.process_id})"


def stop(project: Path) -> bool:
    """End the local AWS of a project, its functions too, and remove the folder; return whether there was one."""
    with _lock(project):
        return _clear(project)


@contextmanager
def _lock(project: Path) -> Generator[None]:
    # Lock the project's folder: a file in `.consumers` would be removed with it.
    try:
        descriptor = os.open(project, os.O_RDONLY)
    except OSError as error:
        raise LocalAwsError(f"The project's folder cannot be opened: {error}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _port(aws: LocalAws) -> int:
    return int(aws.endpoint_url.rpartition(":")[2])


def _read(folder: Path) -> _State | None:
    try:
        state = _State(**read_object(folder / "aws.json"))
    except TypeError:
        return None
    has_types = all(type(getattr(state, field.name)) is field.type for field in fields(state))
    return state if has_types and _is_valid(state) else None


def _is_valid(state: _State) -> bool:
    """Whether the values make sense: the file may have been edited by hand."""
    texts = {state.region: r"[\w-]+", state.access_key_id: r"\w+", state.folder: r"aws/\w+"}
    has_texts = all(re.fullmatch(pattern, text, re.ASCII) for text, pattern in texts.items())
    return has_texts and 0 < state.port < 1 << 16 and 1 < state.process_id < 1 << 31


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of `.consumers`; empty where it is missing or broken."""
    try:
        read: Any = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", read) if isinstance(read, dict) else {}


def _answers(state: _State, timeout: float) -> bool:
    try:
        return health(state.port, state.access_key_id, timeout) == http.client.OK
    except (OSError, OverflowError, http.client.HTTPException):
        return False


def _start(project: Path, region: str, port: int | None) -> LocalAws:
    folder = project.resolve() / FOLDER
    # A new name each time: the previous server may still be removing its folder.
    home = folder / "aws" / secrets.token_hex(4)
    try:
        folder.mkdir(mode=0o700)
        home.mkdir(parents=True)
        (folder / ".gitignore").write_text("*\n")
        process, aws = _start_server(home, region, port)
        # Once this is written, every command finds the server; until then, the next one ends it.
        state = _State(_port(aws), region, aws.access_key_id, process.pid, str(home.relative_to(folder)))
        write_private(folder / "aws.json", json.dumps(vars(state)))
    except BaseException as error:
        _clear(project)
        if isinstance(error, OSError):
            raise LocalAwsError(f"The local AWS cannot be started: {error}") from None
        raise
    process.returncode = 0  # or Python warns of a child that is still running
    return aws


def _start_server(home: Path, region: str, port: int | None) -> tuple[subprocess.Popen[bytes], LocalAws]:
    os.mkfifo(home / "stdin", 0o600)
    stdin = os.open(home / "stdin", os.O_RDWR)  # with a writer of its own, the FIFO never reaches its end
    try:
        return start(home, region, stdin=stdin, port=PORT if port is None else port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        if port is not None:
            raise LocalAwsError(f"The local AWS cannot use port {port}: {error.strerror}. Choose another.") from None
        return start(home, region, stdin=stdin)
    finally:
        os.close(stdin)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, completely or not at all."""
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            file.write(text)
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _clear(project: Path) -> bool:
    folder = project.resolve() / FOLDER
    if not folder.is_dir():
        return False
    state = _read(folder)
    for home in folder.glob("aws/*"):
        _end(home, state.process_id if state and state.folder == str(home.relative_to(folder)) else None)
    remove_folder(folder)
    if folder.exists():
        raise LocalAwsError(f"{folder} cannot be removed: remove it by hand.")
    return True


def _end(home: Path, process_id: int | None) -> None:
    """End the server of this folder, also one that hangs, and the functions of one that crashed."""
    with suppress(OSError):  # it has no reader any more
        writer = os.open(home / "stdin", os.O_WRONLY | os.O_NONBLOCK)
        os.write(writer, b".")
        os.close(writer)
    wait_until(lambda: not _is_alive(home), END_TIMEOUT)
    if process_id is not None and _is_group_of(process_id, home):
        kill_group(process_id)


def _is_alive(home: Path) -> bool:
    """Whether the server has its standard input open: a FIFO that no other process can have."""
    try:
        os.close(os.open(home / "stdin", os.O_WRONLY | os.O_NONBLOCK))
    except (OSError, ValueError):
        return False
    return True


def _is_group_of(process_group: int, home: Path) -> bool:
    # After a restart of the machine the id may be another process's.
    command = ["ps", "-A", "-ww", "-o", "pgid=,command="]
    with suppress(OSError):
        lines = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout
        return any(line.split()[0] == str(process_group) and str(home) in line for line in lines.splitlines())
    return False


def messages_left(aws: LocalAws) -> dict[str, int]:
    """Count the messages of each queue, in every region; empty queues are left out."""
    counts: dict[str, int] = {}
    for region in aws.regions("sqs"):
        sqs = replace(aws, region=region).client("sqs")
        urls = [url for page in sqs.get_paginator("list_queues").paginate() for url in page.get("QueueUrls", [])]
        place = "" if region == aws.region else f" ({region})"
        counts |= {url.rpartition("/")[2] + place: queues.depth(sqs, url).total for url in urls}
    return {name: count for name, count in sorted(counts.items()) if count}
