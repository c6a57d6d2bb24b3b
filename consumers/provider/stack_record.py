"""The record of what `consumers up` has created for a stack: a file that is written after every step.

It holds no secrets, only a digest of each.
"""

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from consumers.local.background import write_private
from consumers.provider.secret_digests import SecretDigests
from consumers.resource_table import ResourceError, Values


@dataclass(frozen=True)
class RecordedResource:
    """A resource that was created, or whose creation has begun."""

    urn: str
    type: str
    name: str
    id: str
    """Empty until it is created."""
    inputs: Values
    """All inputs, with defaults and automatic name; archives and secrets as digests."""
    outputs: Values
    """Without archives and secrets."""
    replaced_with: list[str]
    """URNs of the resources whose replacement replaces this one too: an input that forces a new one comes from them."""
    protect: bool
    retain_on_delete: bool
    serial: int = 0
    """Increases in the order of completion, so that a resource has a higher one than those that it depends on."""

    @cached_property
    def text(self) -> str:
        """The resource as JSON; cached, because every step writes every resource."""
        return json.dumps(asdict(self))


class StackRecord:
    """The resources of a stack, and `leftovers` to delete: replaced ones, and creations that were interrupted.

    It may be used from several threads. A file that cannot be read raises ResourceError.
    """

    def __init__(self, path: Path) -> None:
        try:
            self.digests, resources, self.leftovers = _read(path) if path.exists() else (SecretDigests(), [], [])
        except (OSError, ValueError, TypeError):  # TypeError: another version wrote it
            raise ResourceError(
                f"{path} cannot be read, so the resources of the stack are unknown: run `consumers down`, which ends "
                "the local AWS with everything in it, then `consumers up`."
            ) from None
        self.resources = {each.urn: each for each in resources}
        self._path = path
        self._lock = threading.RLock()
        self._serial = max([0, *(each.serial for each in [*resources, *self.leftovers])])

    def begin(self, resource: RecordedResource) -> RecordedResource:
        """Record that the creation of this resource begins."""
        with self._lock:
            begun = self._numbered(resource)
            self.leftovers.append(begun)
            self.save()
            return begun

    def keep(self, resource: RecordedResource, begun: RecordedResource | None = None, save: bool = True) -> None:
        """Record that this resource is as desired, and that the creation `begun` is complete."""
        with self._lock:
            self.resources[resource.urn] = self._numbered(resource)
            if begun is not None:
                self.leftovers.remove(begun)
            if save:
                self.save()

    def rename(self, aliases: Sequence[str], urn: str, name: str) -> RecordedResource | None:
        """Move the resource that has one of `aliases` to its new URN; None if there is none."""
        with self._lock:
            old = next((self.resources.pop(alias) for alias in aliases if alias in self.resources), None)
            if old is not None:
                self.resources[urn] = old = replace(old, urn=urn, name=name)
            return old

    def delete_later(self, resource: RecordedResource) -> None:
        """Record that this resource must be deleted once nothing refers to it."""
        with self._lock:
            self.leftovers.append(self.resources.pop(resource.urn))
            self.save()

    def forget(self, resource: RecordedResource) -> None:
        """Record that this resource no longer exists."""
        with self._lock:
            if self.resources.get(resource.urn) is resource:
                del self.resources[resource.urn]
            else:
                self.leftovers.remove(resource)
            self.save()

    def _numbered(self, resource: RecordedResource) -> RecordedResource:
        self._serial += 1
        return replace(resource, serial=self._serial)

    def save(self) -> None:
        """Write the file."""
        with self._lock:
            lists = [",\n".join(each.text for each in some) for some in (self.resources.values(), self.leftovers)]
            body = f'"key": "{self.digests.key}",\n"resources": [\n{lists[0]}\n],\n"leftovers": [\n{lists[1]}\n]}}\n'
            try:
                write_private(self._path, _first_line(body) + body)
            except OSError as error:
                raise ResourceError(f"The record cannot be written, so the update stops: {error.strerror}.") from None


def _first_line(body: str) -> str:
    """Return the checksum, which shows that the file was edited."""
    return f'{{"checksum": "{hashlib.sha256(body.encode()).hexdigest()}",\n'


def _read(path: Path) -> tuple[SecretDigests, list[RecordedResource], list[RecordedResource]]:
    text = path.read_text()
    first, end, body = text.partition("\n")
    if first + end != _first_line(body):
        raise ValueError("wrong checksum")
    record = json.loads(text)
    resources, leftovers = ([RecordedResource(**entry) for entry in record[key]] for key in ("resources", "leftovers"))
    return SecretDigests(record["key"]), resources, leftovers
