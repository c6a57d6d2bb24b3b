"""Reads the state and the locks in a `file://` backend of the Pulumi CLI, without the CLI."""

import subprocess
from pathlib import Path
from typing import Any

from consumers.local.background import read_object
from consumers.resource_table import Values
from consumers.resource_table.properties import is_list, is_object


def updating(backend: Path) -> int | None:
    """Return the process that is updating a stack; None if there is none."""
    holders = (read_object(path).get("pid") for path in lock_files(backend))
    return next((holder for holder in holders if is_alive(holder)), None)


def lock_files(backend: Path) -> list[Path]:
    """Return the locks of all stacks."""
    return [path for path in (backend / ".pulumi" / "locks").rglob("*") if path.is_file()]


def remove_dead_locks(backend: Path) -> bool:
    """Remove the locks of processes that have ended, and return whether no other lock is left."""
    locks = lock_files(backend)
    dead = [path for path in locks if not is_alive(read_object(path).get("pid"))]
    for path in dead:
        path.unlink(missing_ok=True)
    return len(dead) == len(locks)


def is_alive(process_id: Any) -> bool:
    """Whether a process runs. A zombie does not; None, from a lock that is half written, is none."""
    if process_id is None:
        return False
    # Signal 0 would also reach zombies.
    command = ["ps", "-o", "stat=", "-p", str(process_id)]
    state = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")


def states(backend: Path) -> list[tuple[str, Values]]:
    """Return the name and the state of each stack."""
    return [(file.stem, _state(file)) for file in sorted((backend / ".pulumi" / "stacks").rglob("*.json"))]


def _state(path: Path) -> Values:
    """Return the state in a file; empty if it cannot be read, which the CLI reports itself."""
    checkpoint = read_object(path).get("checkpoint")
    latest = checkpoint.get("latest") if is_object(checkpoint) else None
    return latest if is_object(latest) else {}


def resources_of(state: Values) -> list[Values]:
    """Return the resources of a state."""
    resources = state.get("resources")
    return [each for each in resources if is_object(each)] if is_list(resources) else []
