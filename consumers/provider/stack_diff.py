"""Compares a recorded resource with its desired state: which properties change, and whether that replaces it."""

from collections.abc import Sequence
from dataclasses import dataclass

from consumers.evaluate.results import Registration
from consumers.provider.desired_state import comparable, desired_inputs
from consumers.provider.provider_logic import differences
from consumers.provider.secret_digests import SecretDigests, has_digests
from consumers.provider.stack_record import RecordedResource
from consumers.resource_table import ResourceType, Values


@dataclass(frozen=True)
class Diff:
    """The changes of a resource that exists."""

    before: Values
    """The inputs that it has, comparable."""
    inputs: Values
    """The inputs that it must have."""
    paths: list[str]
    """The properties that differ."""
    replace: bool


def diff(
    entry: ResourceType, registration: Registration, recorded: RecordedResource, current: Values, digests: SecretDigests
) -> Diff:
    """Compare. Secrets in the record are restored from the `current` outputs on AWS, or from the desired inputs."""
    before = digests.restore(recorded.inputs, current)
    # A secret that must stay as it is has the value that AWS has.
    hidden = [key for key in registration.ignore_changes if has_digests(before.get(key))]
    before |= {key: current.get(key, registration.inputs.get(key)) for key in hidden}
    inputs = desired_inputs(entry, registration, before)
    after = comparable(inputs, registration)
    before = digests.restore(before, after)
    changes = differences(entry, before, after)
    replace = any(change.force_new or _is_inside(change.path, registration.replace_on_changes) for change in changes)
    return Diff(before, inputs, [change.path for change in changes], replace)


def without_repeated_tags(paths: Sequence[str]) -> list[str]:
    """Leave out of `tagsAll` what is in `tags` too. A default tag is in `tagsAll` only."""
    return [path for path in paths if path.replace("tagsAll", "tags", 1) not in {*paths} - {path}]


def _is_inside(path: str, properties: Sequence[str]) -> bool:
    """Whether a path is one of these properties, or inside one."""
    return any(p in ("*", path) or path.startswith((f"{p}.", f"{p}[")) for p in properties)
