"""Brings a local AWS to what a program says, and remembers what it made: `pulumi up` where there is no Pulumi CLI."""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.evaluate.program import deploy
from consumers.evaluate.results import Message, ProgramError, Registration
from consumers.local.background import FOLDER
from consumers.operations import queues
from consumers.provider.desired_state import id_of, plain, recorded, settled
from consumers.provider.secret_digests import is_closed
from consumers.provider.stack_record import Recorded, RecordError, StackRecord
from consumers.resource_table import Aws, ResourceError, ResourceType, Values, find


@dataclass(frozen=True)
class Step:
    """A resource that has changed."""

    action: str
    """`created`, `updated`, `replaced`, `deleted` or, where the program said so before, `retained`."""
    type: str
    name: str
    """The logical one."""
    properties: list[str]
    """Those that differ, where it was there before."""
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What came of an update."""

    steps: list[Step]
    unchanged: int
    exports: dict[str, Any]
    secret_exports: frozenset[str]


def update(
    project: Path,
    stack: str,
    aws: Aws,
    on_step: Callable[[Step], None] = lambda step: None,
    on_message: Callable[[Message], None] = lambda message: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Create, update and replace what the program of `project` registers, then delete what it no longer does.

    If that is interrupted, or a resource fails, the next update goes on from there. Nothing is begun once it is
    `stopped`: the SDK may lose a KeyboardInterrupt, and goes on with what the program has registered already.

    Raises:
        ProgramError: the program or a resource has failed, a protected resource would go, or another update is running.
    """
    folder = project.resolve() / FOLDER / "stacks"
    try:
        with _alone(folder):
            changing = _Update(aws, StackRecord(folder / f"{stack}.json"), on_step, on_message, stopped)
            changing.delete_unfinished()
            deployment = deploy(project, aws, stack=stack, provision=changing.realize, on_message=on_message)
            changing.delete_rest()
    except (ResourceError, RecordError) as error:
        raise ProgramError(str(error)) from None
    except OSError as error:
        raise ProgramError(f"What is made cannot be written down: {error}") from None
    return Outcome(changing.steps, changing.unchanged, deployment.exports, deployment.secret_exports)


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ProgramError("Another `consumers up` is running in this project: wait for its end.") from None
    finally:
        os.close(descriptor)


class _Update:
    """One run."""

    def __init__(
        self,
        aws: Aws,
        record: StackRecord,
        on_step: Callable[[Step], None],
        on_message: Callable[[Message], None],
        stopped: Callable[[], bool],
    ) -> None:
        self.steps: list[Step] = []
        self.unchanged = 0
        self._aws, self._record, self._on_step, self._stopped = aws, record, on_step, stopped
        self._on_message = on_message
        self._lock = threading.Lock()
        self._registered: set[str] = set()
        self._deleted_for_another: set[str] = set()

    def realize(self, aws: Aws, wanted: Registration) -> tuple[str, Values]:
        """Make one resource what the program says."""
        # Here, because it imports pulumi, which takes as long as the local AWS to start.
        from consumers.provider.provider_logic import differences

        start = time.perf_counter()
        self._go_on()
        entry = find(wanted.type, wanted.name)
        entry.completed(wanted.name, wanted.inputs)  # refuses also what is no change
        self._registered.add(wanted.urn)
        old, now = self._existing(entry, wanted)
        if old is None:
            action = "replaced" if wanted.urn in self._deleted_for_another else "created"
            made = self._create(entry, wanted, settled(entry, wanted, None))
            self._tell(action, wanted, start)
            return made
        known = self._opened(wanted, old, now)
        inputs = settled(entry, wanted, known)
        before = self._record.seal.opened(known, new := plain(inputs, wanted))
        found = differences(entry, before, new)
        paths = [change.path for change in found]
        if any(change.force_new or _is_of(change.path, wanted.replace_on_changes) for change in found):
            made = self._replace(entry, wanted, old, before, paths)
            self._tell("replaced", wanted, start, paths)
        else:
            outputs = self._updated(entry, old, before, inputs) if found else self._unchanged(entry, old, inputs, now)
            kept = recorded(entry, wanted, self._record.seal, old.id, inputs, outputs)
            self._record.keep(kept, save=bool(found))
            made = old.id, outputs
            self._tell("updated" if found else "unchanged", wanted, start, paths)
        return made

    def _go_on(self) -> None:
        if self._stopped():
            raise ResourceError("The update was interrupted.")

    def delete_unfinished(self) -> None:
        """Delete what an interrupted update had begun to make, without knowing whether it was made."""
        for begun in sorted(self._record.leftovers, key=_serial, reverse=True):
            if not begun.id:
                entry = find(begun.type, begun.name)
                resource_id = id_of(self._aws, entry, begun.inputs)
                if resource_id and entry.read(self._aws, resource_id) is not None:
                    self._delete(begun, replace(begun, id=resource_id))
                else:
                    self._record.forget(begun)

    def delete_rest(self) -> None:
        """Delete what the program no longer registers, and what was replaced; each before what it depends on."""
        record = self._record
        gone = [each for urn, each in record.resources.items() if urn not in self._registered]
        _refuse_protected(gone, "the program no longer has it")
        record.save()
        replaced = set(map(id, record.leftovers))
        for each in sorted([*gone, *record.leftovers], key=_serial, reverse=True):
            self._delete(each, silent=id(each) in replaced)

    def _existing(self, entry: ResourceType, wanted: Registration) -> tuple[Recorded | None, Values]:
        old = self._record.resources.get(wanted.urn) or self._record.renamed(wanted.aliases, wanted.urn, wanted.name)
        now = None if old is None else entry.read(self._aws, old.id)
        if old is not None and now is None:
            self._record.forget(old)  # somebody else has deleted it
            return None, {}
        return old, now or {}

    def _opened(self, wanted: Registration, old: Recorded, now: Values) -> Values:
        """The old inputs, with secrets as far as AWS tells them. One that is to stay as it is, is as AWS has it."""
        known = self._record.seal.opened(old.inputs, now)
        closed = {key for key in wanted.ignore_changes if is_closed(known.get(key))}
        return known | {key: now.get(key, wanted.inputs.get(key)) for key in closed}

    def _create(self, entry: ResourceType, wanted: Registration, inputs: Values) -> tuple[str, Values]:
        from consumers.provider.provider_logic import for_table, outputs_of

        begun = self._record.begin(recorded(entry, wanted, self._record.seal, "", inputs, {}))
        try:
            resource_id, made = entry.create(self._aws, wanted.name, for_table(inputs))
        except ResourceError:  # then nothing was made; and what has its name, if anything, is not ours
            self._record.forget(begun)
            raise
        outputs = outputs_of(self._aws, entry, inputs, made)
        self._record.keep(recorded(entry, wanted, self._record.seal, resource_id, inputs, outputs), begun)
        return resource_id, outputs

    def _updated(self, entry: ResourceType, old: Recorded, before: Values, inputs: Values) -> Values:
        from consumers.provider.provider_logic import for_table, outputs_of

        updated = entry.update(self._aws, old.id, for_table(before), for_table(inputs))
        return outputs_of(self._aws, entry, inputs, updated)

    def _unchanged(self, entry: ResourceType, old: Recorded, inputs: Values, now: Values) -> Values:
        from consumers.provider.provider_logic import for_table, outputs_of

        # Archives and secrets are not written down. They are what they were: the inputs, and what AWS has.
        return outputs_of(self._aws, entry, inputs, for_table(inputs) | now) | old.outputs

    def _replace(
        self, entry: ResourceType, wanted: Registration, old: Recorded, before: Values, paths: Sequence[str]
    ) -> tuple[str, Values]:
        from consumers.provider.provider_logic import has_same_given_name

        _refuse_protected([old], f"only a new one could have another {', '.join(paths)}")
        inputs = settled(entry, wanted, None)
        if wanted.delete_before_replace or has_same_given_name(entry, before, inputs):
            self._delete_with_dependents(old)
        else:
            self._record.leave(old)
        return self._create(entry, wanted, inputs)

    def _delete_with_dependents(self, old: Recorded) -> None:
        tree = self._tree(old)
        _refuse_protected(tree, f"'{old.name}', which it depends on, is to be replaced")
        for each in reversed(tree):
            self._deleted_for_another.add(each.urn)
            self._delete(each, silent=True)

    def _tree(self, root: Recorded) -> list[Recorded]:
        others = [each for urn, each in self._record.resources.items() if urn not in self._registered]
        dependents = [each for each in others if root.urn in each.replaced_with]
        found = {each.urn: each for direct in dependents for each in self._tree(direct)}
        return [root, *sorted(found.values(), key=_serial)]

    def _delete(self, entry: Recorded, found: Recorded | None = None, silent: bool = False) -> None:
        start = time.perf_counter()
        self._go_on()
        resource = found or entry
        if not resource.retain_on_delete:
            self._warn_of_loss(resource)
            find(resource.type, resource.name).delete(self._aws, resource.id, resource.outputs)
        self._record.forget(entry)
        if not silent:
            self._tell("retained" if resource.retain_on_delete else "deleted", resource, start)

    def _warn_of_loss(self, resource: Recorded) -> None:
        if resource.type != "aws:sqs/queue:Queue":
            return
        with suppress(ClientError):  # it is gone already
            if held := queues.depth(self._aws.client("sqs"), resource.id).total:
                text = f"the queue is deleted with {held:,} message{'s' if held > 1 else ''} in it."
                self._on_message(Message("warning", text, resource.name))

    def _tell(self, action: str, what: Registration | Recorded, start: float, paths: Sequence[str] = ()) -> None:
        # A changed tag is in `tagsAll` too; a changed default tag is there only.
        shown = [path for path in paths if path.replace("tagsAll", "tags", 1) not in {*paths} - {path}]
        step = Step(action, what.type, what.name, shown, round(time.perf_counter() - start, 3))
        with self._lock:
            if action == "unchanged":
                self.unchanged += 1
            else:
                self.steps.append(step)
                self._on_step(step)


def _is_of(path: str, properties: Sequence[str]) -> bool:
    """Whether what differs is one of these properties, or in one of them."""
    return any(p in ("*", path) or path.startswith((f"{p}.", f"{p}[")) for p in properties)


def _serial(resource: Recorded) -> int:
    return resource.serial


def _refuse_protected(resources: Sequence[Recorded], why: str) -> None:
    advice = "first bring up the program as it was, without its `protect`."
    if protected := [each for each in resources if each.protect]:
        texts = [f"{each.type} '{each.name}' is protected, but {why}: {advice}" for each in protected]
        raise ResourceError("\n".join(texts))
