"""Cleans up after a killed update of the Pulumi CLI, so that the next one can succeed.

A kill leaves processes, a lock, pending operations in the stack's state, and resources on the local AWS that no state
has. To find those, the provider notes each creation before it begins. On AWS itself this is up to the user (`pulumi
cancel`, `pulumi refresh`), because only they know what a resource is for.
"""

import json
import secrets
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from consumers.local.background import read_object, write_private
from consumers.local.emulator import LocalAws
from consumers.polling import wait_until
from consumers.provider import orphaned_processes
from consumers.provider.cli_backend import is_alive, lock_files, remove_dead_locks, resources_of, states
from consumers.provider.desired_state import hide_secrets, id_of, identity
from consumers.provider.provider_values import revealed
from consumers.provider.secret_digests import SecretDigests
from consumers.resource_table import TABLE, ResourceError, ResourceType, Values

END_TIMEOUT = 10.0
"""Seconds. A run ends milliseconds after its CLI."""


class CreationNotes:
    """What one run creates: a file each, in a folder that exists while the run does, and after a kill."""

    def __init__(self, folder: Path, process_id: int) -> None:
        self.run = f"{process_id}-{secrets.token_hex(8)}"
        self._folder = folder / self.run
        self._folder.mkdir(parents=True)

    @contextmanager
    def creating(self, aws: LocalAws, entry: ResourceType, inputs: Values) -> Generator[None]:
        """Note that a resource is about to be created, and remove the note if that fails.

        Secrets are marked in `inputs`; the note has only their digests.
        """
        digests = SecretDigests()
        hidden = hide_secrets(entry, digests, identity(entry, revealed(inputs)), inputs)
        note = self._folder / secrets.token_hex(8)
        write_private(
            note, json.dumps({"type": entry.token, "region": aws.region, "key": digests.key, "inputs": hidden})
        )
        try:
            yield
        except ResourceError:
            note.unlink(missing_ok=True)
            raise

    def undo(self, aws: LocalAws, backend: Path) -> None:
        """Delete what this run created and no state has, as after a second Ctrl-C."""
        _delete_unrecorded(aws, self._folder, states(backend))

    def clear(self) -> None:
        """Remove all notes: the state has every resource."""
        shutil.rmtree(self._folder, ignore_errors=True)


def recover(backend: Path, notes: Path, aws: LocalAws, refresh: Callable[[str], object]) -> None:
    """Clean up in a `file://` backend and on the local AWS.

    `refresh` must make the CLI drop a stack's pending operations, and check how far its updates and deletions got.
    """
    for folder in _runs(notes):
        if not _is_running(folder):
            orphaned_processes.end(folder.name)
    was_locked = bool(lock_files(backend))
    if not remove_dead_locks(backend):
        return  # an update is running, and its state does not have yet what it has created
    if was_locked:
        _wait_for_providers(notes)
    killed = [folder for folder in _runs(notes) if not _is_running(folder)]
    found = states(backend)
    for folder in killed:
        _delete_unrecorded(aws, folder, found)
    for stack, state in found:
        # After a kill even without pending operations: the CLI may take the provider's end for a failure.
        if state.get("pending_operations") or (killed and state.get("resources")):
            refresh(stack)
    for folder in killed:
        shutil.rmtree(folder, ignore_errors=True)


def _runs(notes: Path) -> list[Path]:
    return [*notes.glob("*-*")]


def _is_running(run: Path) -> bool:
    return is_alive(run.name.partition("-")[0])


def _wait_for_providers(notes: Path) -> None:
    """Wait for runs that outlive their killed CLI, and may still create resources."""
    with suppress(FileNotFoundError):  # a run that has just ended
        wait_until(lambda: not any(map(_is_running, {note.parent for note in notes.glob("*-*/*")})), END_TIMEOUT, 0.05)


def _recorded(state: Values) -> set[tuple[str, str]]:
    """Return the type and id of each resource in a state."""
    # A resource with `pendingReplacement` is already deleted: a resource with its id is the new one.
    found = (each for each in resources_of(state) if not each.get("pendingReplacement"))
    return {(str(each.get("type")), str(each.get("id", ""))) for each in found}


def _delete_unrecorded(aws: LocalAws, folder: Path, stacks: list[tuple[str, Values]]) -> None:
    """Delete what was created according to a run's notes, unless a state has it."""
    recorded = {resource for _, state in stacks for resource in _recorded(state)}
    order = {token: number for number, token in enumerate(TABLE)}  # each type depends on earlier ones only
    notes = map(read_object, folder.glob("*"))
    complete = (note for note in notes if {"type", "region", "key", "inputs"} <= note.keys() and note["type"] in order)
    for note in sorted(complete, key=lambda note: -order[note["type"]]):
        entry, regional, inputs = TABLE[note["type"]], replace(aws, region=note["region"]), note["inputs"]
        with suppress(ResourceError):  # the CLI reports why
            resource_id = id_of(regional, entry, inputs)
            if resource_id is None or (entry.token, resource_id) in recorded:
                continue
            outputs = entry.read(regional, resource_id)
            tags = None if outputs is None else outputs.get("tagsAll")
            # A resource with other tags existed before.
            if outputs is not None and tags == SecretDigests(note["key"]).restore(inputs.get("tagsAll"), tags):
                entry.delete(regional, resource_id, outputs)
