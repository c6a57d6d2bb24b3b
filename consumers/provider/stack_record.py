"""What `consumers up` has made for a stack, in a file that is written after every step, so that none is forgotten.

No secret is in it, only a digest of each.
"""

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from consumers.local.background import write_private
from consumers.provider.secret_digests import Seal
from consumers.resource_table import ResourceError, Values


@dataclass(frozen=True)
class Recorded:
    """A resource that was made, or that somebody had begun to make."""

    urn: str
    type: str
    name: str
    id: str
    """Empty until it is made."""
    inputs: Values
    """All of them, as they are compared: with defaults and automatic name, archives and secrets by hash."""
    outputs: Values
    """Without archives and secrets."""
    replaced_with: list[str]
    """URNs of the resources without whose old selves this one cannot go on: it comes from them by a property that
    replaces."""
    protect: bool
    retain_on_delete: bool
    serial: int = 0
    """In the order in which they were ready: each is later than what it depends on."""

    @cached_property
    def text(self) -> str:
        """As JSON, made once: the file is written after each of many resources."""
        return json.dumps(asdict(self))


class RecordError(Exception):
    """The record cannot be read. The text is for the user."""


class StackRecord:
    """The resources of a stack. May be used from several threads."""

    def __init__(self, path: Path) -> None:
        try:
            self.seal, resources, self.leftovers = _read(path) if path.exists() else (Seal(), [], [])
        except (OSError, ValueError, TypeError):  # TypeError: written by another version
            raise RecordError(
                f"{path} cannot be read, so what is there is not known: `consumers down` ends the local AWS with all "
                "that is in it, and `consumers up` starts afresh."
            ) from None
        self.resources = {each.urn: each for each in resources}
        # Leftovers are to be deleted: what was replaced, and what somebody had begun to make.
        self._path = path
        self._lock = threading.Lock()
        self._serial = max([0, *(each.serial for each in [*self.resources.values(), *self.leftovers])])

    def begin(self, resource: Recorded) -> Recorded:
        """Note that this one is about to be made."""
        with self._lock:
            begun = self._numbered(resource)
            self.leftovers.append(begun)
            self._save()
            return begun

    def keep(self, resource: Recorded, begun: Recorded | None = None, save: bool = True) -> None:
        """Note that this one is as it should be, and no longer the one that was `begun`."""
        with self._lock:
            self.resources[resource.urn] = self._numbered(resource)
            if begun is not None:
                self.leftovers.remove(begun)
            if save:
                self._save()

    def renamed(self, aliases: Sequence[str], urn: str, name: str) -> Recorded | None:
        """Return what is known by an earlier URN, which from now on is known by this one; None if there is nothing."""
        with self._lock:
            old = next((self.resources.pop(alias) for alias in aliases if alias in self.resources), None)
            if old is not None:
                self.resources[urn] = old = replace(old, urn=urn, name=name)
            return old

    def leave(self, resource: Recorded) -> None:
        """Note that this one is to be deleted when nothing refers to it any more."""
        with self._lock:
            self.leftovers.append(self.resources.pop(resource.urn))
            self._save()

    def forget(self, resource: Recorded) -> None:
        """Note that this one is gone."""
        with self._lock:
            if self.resources.get(resource.urn) is resource:
                del self.resources[resource.urn]
            else:
                self.leftovers.remove(resource)
            self._save()

    def save(self) -> None:
        """Write the file."""
        with self._lock:
            self._save()

    def _numbered(self, resource: Recorded) -> Recorded:
        self._serial += 1
        return replace(resource, serial=self._serial)

    def _save(self) -> None:
        resources, leftovers = (
            ",\n".join(each.text for each in these) for these in (self.resources.values(), self.leftovers)
        )
        said = f'"key": "{self.seal.key}",\n"resources": [\n{resources}\n],\n"leftovers": [\n{leftovers}\n]}}\n'
        try:
            write_private(self._path, _first_line(said) + said)
        except OSError as error:
            raise ResourceError(
                f"What was made cannot be written down, so nothing more is: {error.strerror}."
            ) from None


def _first_line(said: str) -> str:
    """What comes before the rest of the file: by it a file that somebody has changed is known, whatever it says."""
    return f'{{"checksum": "{hashlib.sha256(said.encode()).hexdigest()}",\n'


def _read(path: Path) -> tuple[Seal, list[Recorded], list[Recorded]]:
    text = path.read_text()
    first, end, said = text.partition("\n")
    if first + end != _first_line(said):
        raise ValueError("the checksum is wrong")
    read = json.loads(text)
    resources, leftovers = ([Recorded(**entry) for entry in read[key]] for key in ("resources", "leftovers"))
    return Seal(read["key"]), resources, leftovers
