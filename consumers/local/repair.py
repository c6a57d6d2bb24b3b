"""What an update of the CLI leaves when it is killed, taken away, so that the next one need not fail.

That is its lock; in the stack's state, operations of which nobody knows how far they got; and on the local AWS,
resources that no state has. For these last the provider notes what it creates, before it does. On AWS all this is the
user's to sort out (`pulumi cancel`, `pulumi refresh`), because nobody else knows what a resource is there for.
"""

import json
import secrets
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from consumers.local.background import read_object, write_private
from consumers.local.emulator import LocalAws
from consumers.local.resources import TABLE, ResourceError, ResourceType, Values
from consumers.local.resources.properties import is_list, is_object
from consumers.local.sealed import Seal
from consumers.local.wanted import closed, id_of, identity


class Notes:
    """What one run creates, each in a file of its own, in a folder that has the process in its name."""

    def __init__(self, folder: Path, process_id: int) -> None:
        self._folder = folder / f"{process_id}-{secrets.token_hex(4)}"

    @contextmanager
    def creating(self, aws: LocalAws, entry: ResourceType, inputs: Values) -> Generator[None]:
        """Note that this resource is about to be made; if that fails, there is nothing of it that is ours.

        Secrets are marked in `inputs`, and are not written down.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        note = self._folder / secrets.token_hex(8)
        from consumers.local.provider_values import revealed  # imports pulumi

        seal = Seal()
        noted = closed(entry, seal, identity(entry, revealed(inputs)), inputs)
        told = {"type": entry.token, "region": aws.region, "key": seal.key, "inputs": noted}
        write_private(note, json.dumps(told))
        try:
            yield
        except ResourceError:
            note.unlink()
            raise

    def clear(self) -> None:
        """Forget all: the engine has written down what it has."""
        shutil.rmtree(self._folder, ignore_errors=True)


def repair(backend: Path, notes: Path, aws: LocalAws, refresh: Callable[[str], object]) -> None:
    """Take away what killed updates have left in a `file://` backend and on the local AWS.

    `refresh` must let the CLI forget a stack's pending operations, and see how far its updates and deletions got.
    """
    if not _free_of_locks(backend / ".pulumi" / "locks"):
        return  # some update is going on, and what it has made is not in its state yet
    states = {path.stem: state_of(path) for path in (backend / ".pulumi" / "stacks").glob("*/*.json")}
    known = {identity for state in states.values() for identity in _known(state)}
    for folder in notes.glob("*-*"):
        if not _is_alive(folder.name.partition("-")[0]):
            _delete_unknown(aws, map(read_object, folder.iterdir()), known)
            shutil.rmtree(folder)
    for stack, state in states.items():
        if state.get("pending_operations"):
            refresh(stack)


def updating(backend: Path) -> int | None:
    """Return the process that is updating a stack of this `file://` backend, if there is one."""
    holders = (read_object(path).get("pid") for path in _locks(backend / ".pulumi" / "locks"))
    return next((holder for holder in holders if _is_alive(holder)), None)


def _locks(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _free_of_locks(folder: Path) -> bool:
    """Remove the stacks' locks of dead processes: whether no other is left."""
    locks = _locks(folder)
    dead = [path for path in locks if not _is_alive(read_object(path).get("pid"))]
    for path in dead:
        path.unlink(missing_ok=True)
    return len(dead) == len(locks)


def _is_alive(process_id: Any) -> bool:
    if process_id is None:
        return False  # killed as it wrote the lock
    # Not a signal 0, which also those get whom nobody has waited for yet.
    command = ["ps", "-o", "stat=", "-p", str(process_id)]
    state = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")


def state_of(path: Path) -> Values:
    """The state in a stack's file; empty where that is not readable, so that the CLI says what is wrong with it."""
    checkpoint = read_object(path).get("checkpoint")
    latest = checkpoint.get("latest") if is_object(checkpoint) else None
    return latest if is_object(latest) else {}


def resources_of(state: Values) -> list[Values]:
    """The resources that a state has."""
    resources = state.get("resources")
    return [each for each in resources if is_object(each)] if is_list(resources) else []


def _known(state: Values) -> set[tuple[str, str]]:
    """The type and id of each resource that a state has."""
    # One that is to be replaced has been deleted already: what is there now is the new one.
    found = (each for each in resources_of(state) if not each.get("pendingReplacement"))
    return {(str(each.get("type")), str(each.get("id", ""))) for each in found}


def _delete_unknown(aws: LocalAws, notes: Iterable[Values], known: set[tuple[str, str]]) -> None:
    """Delete what was made of these, unless a state has it."""
    whole = (note for note in notes if {"type", "region", "key", "inputs"} <= note.keys() and note["type"] in _RANK)
    for note in sorted(whole, key=lambda note: -_RANK[note["type"]]):
        entry, there, inputs = TABLE[note["type"]], replace(aws, region=note["region"]), note["inputs"]
        with suppress(ResourceError):  # then the CLI will say what is in its way
            resource_id = id_of(there, entry, inputs)
            if resource_id is None or (entry.token, resource_id) in known:
                continue
            made = entry.read(there, resource_id)
            # What has other tags was there before.
            tags = None if made is None else made.get("tagsAll")
            if made is not None and tags == Seal(note["key"]).opened(inputs.get("tagsAll"), tags):
                entry.delete(there, resource_id, made)


_RANK = {token: rank for rank, token in enumerate(TABLE)}
"""In the order in which resources can be made: each type depends on earlier ones only."""
