"""Applies an update to the local AWS, and records each step so that the next update can continue."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from operator import attrgetter

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.evaluate.results import Message, Registration, Step
from consumers.operations import queues
from consumers.provider.desired_state import create_desired, desired_inputs, id_of, to_record
from consumers.provider.provider_logic import for_table, keeps_declared_name, outputs_of
from consumers.provider.stack_diff import Diff, diff, without_repeated_tags
from consumers.provider.stack_record import RecordedResource, StackRecord
from consumers.resource_table import Aws, ResourceError, ResourceType, Values, find


class StackUpdate:
    """One update. `apply` may be called from several threads."""

    def __init__(
        self,
        aws: Aws,
        record: StackRecord,
        on_step: Callable[[Step], None],
        on_message: Callable[[Message], None],
        is_stopped: Callable[[], bool],
    ) -> None:
        self.steps: list[Step] = []
        self.unchanged = 0
        self._aws, self._record = aws, record
        self._on_step, self._on_message, self._is_stopped = on_step, on_message, is_stopped
        self._lock = threading.Lock()
        self._registered: set[str] = set()
        self._deleted_for_replacement: set[str] = set()

    def delete_unfinished(self) -> None:
        """Delete what an interrupted update may or may not have created."""
        for begun in sorted(self._record.leftovers, key=attrgetter("serial"), reverse=True):
            if not begun.id:
                entry = find(begun.type, begun.name)
                resource_id = id_of(self._aws, entry, begun.inputs)
                if resource_id and entry.read(self._aws, resource_id) is not None:
                    self._delete(begun, replace(begun, id=resource_id))
                else:
                    self._record.forget(begun)

    def apply(self, aws: Aws, registration: Registration) -> tuple[str, Values]:
        """Create, update or replace a resource, and return its id and outputs."""
        start = time.perf_counter()
        self._raise_if_stopped()
        entry = find(registration.type, registration.name)
        self._registered.add(registration.urn)
        recorded, current = self._existing(entry, registration)
        if recorded is None:
            created = self._create(entry, registration, desired_inputs(entry, registration, None))
            is_replaced = registration.urn in self._deleted_for_replacement
            self._report("replaced" if is_replaced else "created", registration, start)
            return created
        found = diff(entry, registration, recorded, current, self._record.digests)
        if found.replace:
            result = self._replace(entry, registration, recorded, found)
            self._report("replaced", registration, start, found.paths)
        else:
            result = recorded.id, self._update(entry, registration, recorded, found, current)
            self._report("updated" if found.paths else "unchanged", registration, start, found.paths)
        return result

    def delete_rest(self) -> None:
        """Delete what the program no longer registers and what was replaced, dependents first."""
        record = self._record
        gone = [each for urn, each in record.resources.items() if urn not in self._registered]
        _refuse_protected(gone, "the program no longer has it")
        record.save()
        replaced = set(map(id, record.leftovers))
        for each in sorted([*gone, *record.leftovers], key=attrgetter("serial"), reverse=True):
            self._delete(each, silent=id(each) in replaced)

    def _raise_if_stopped(self) -> None:
        if self._is_stopped():
            raise ResourceError("The update was interrupted.")

    def _existing(self, entry: ResourceType, registration: Registration) -> tuple[RecordedResource | None, Values]:
        """Return the recorded resource and its outputs on AWS; None if it was never created, or deleted by others."""
        urn = registration.urn
        recorded = self._record.resources.get(urn) or self._record.rename(registration.aliases, urn, registration.name)
        if recorded is None:
            return None, {}
        current = entry.read(self._aws, recorded.id)
        if current is None:
            self._record.forget(recorded)
            return None, {}
        return recorded, current

    def _create(self, entry: ResourceType, registration: Registration, inputs: Values) -> tuple[str, Values]:
        digests = self._record.digests
        begun = self._record.begin(to_record(entry, registration, digests, "", inputs, {}))
        try:
            resource_id, outputs = create_desired(self._aws, entry, registration, inputs)
        except ResourceError:  # nothing was created; a resource with this name belongs to others
            self._record.forget(begun)
            raise
        self._record.keep(to_record(entry, registration, digests, resource_id, inputs, outputs), begun)
        return resource_id, outputs

    def _update(
        self, entry: ResourceType, registration: Registration, recorded: RecordedResource, found: Diff, current: Values
    ) -> Values:
        inputs = for_table(found.inputs)
        if found.paths:
            updated = entry.update(self._aws, recorded.id, for_table(found.before), inputs)
            outputs = outputs_of(self._aws, entry, found.inputs, updated)
        else:
            # The record has no archives and secrets: they come from the inputs and from AWS.
            outputs = outputs_of(self._aws, entry, found.inputs, inputs | current) | recorded.outputs
        kept = to_record(entry, registration, self._record.digests, recorded.id, found.inputs, outputs)
        self._record.keep(kept, save=bool(found.paths))
        return outputs

    def _replace(
        self, entry: ResourceType, registration: Registration, recorded: RecordedResource, found: Diff
    ) -> tuple[str, Values]:
        _refuse_protected([recorded], f"a change of {', '.join(found.paths)} replaces it")
        inputs = desired_inputs(entry, registration, None)
        if registration.delete_before_replace or keeps_declared_name(entry, found.before, inputs):
            self._delete_with_dependents(recorded)
        else:
            self._record.delete_later(recorded)
        return self._create(entry, registration, inputs)

    def _delete_with_dependents(self, resource: RecordedResource) -> None:
        tree = self._with_dependents(resource)
        _refuse_protected(tree, f"'{resource.name}', which it depends on, must be replaced")
        for each in reversed(tree):
            self._deleted_for_replacement.add(each.urn)
            self._delete(each, silent=True)

    def _with_dependents(self, root: RecordedResource) -> list[RecordedResource]:
        others = [each for urn, each in self._record.resources.items() if urn not in self._registered]
        dependents = [each for each in others if root.urn in each.replaced_with]
        found = {each.urn: each for direct in dependents for each in self._with_dependents(direct)}
        return [root, *sorted(found.values(), key=attrgetter("serial"))]

    def _delete(self, recorded: RecordedResource, found: RecordedResource | None = None, silent: bool = False) -> None:
        """Delete a resource and its record. `found` is an unfinished creation with the id that it has on AWS."""
        start = time.perf_counter()
        self._raise_if_stopped()
        resource = found or recorded
        if not resource.retain_on_delete:
            self._warn_of_lost_messages(resource)
            find(resource.type, resource.name).delete(self._aws, resource.id, resource.outputs)
        self._record.forget(recorded)
        if not silent:
            self._report("retained" if resource.retain_on_delete else "deleted", resource, start)

    def _warn_of_lost_messages(self, resource: RecordedResource) -> None:
        if resource.type != "aws:sqs/queue:Queue":
            return
        with suppress(ClientError):  # the queue no longer exists
            if count := queues.depth(self._aws.client("sqs"), resource.id).total:
                text = f"the queue is deleted with {count:,} message{'s' if count > 1 else ''} in it."
                self._on_message(Message("warning", text, resource.name))

    def _report(
        self, action: str, resource: Registration | RecordedResource, start: float, paths: Sequence[str] = ()
    ) -> None:
        seconds = round(time.perf_counter() - start, 3)
        step = Step(action, resource.type, resource.name, without_repeated_tags(paths), seconds)
        with self._lock:
            if action == "unchanged":
                self.unchanged += 1
            else:
                self.steps.append(step)
                self._on_step(step)


def _refuse_protected(resources: Sequence[RecordedResource], reason: str) -> None:
    fix = "first run `consumers up` on the program as it was, without its `protect`."
    if protected := [each for each in resources if each.protect]:
        texts = [f"{each.type} '{each.name}' is protected, but {reason}: {fix}" for each in protected]
        raise ResourceError("\n".join(texts))
