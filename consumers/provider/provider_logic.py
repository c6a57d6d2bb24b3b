"""Computes inputs, changes and outputs as the AWS provider does, without gRPC and without AWS.

Inputs here are validated: they include all defaults, the automatic name, and the default tags in `tagsAll`, so that a
change of any of these is found like any other.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from consumers.provider.provider_values import UNKNOWN, Archive, has_unknowns, with_archives
from consumers.resource_table import Aws, Property, ResourceError, ResourceType, Values
from consumers.resource_table.aws_type import AwsType
from consumers.resource_table.changes import Change, changes, refreshed
from consumers.resource_table.properties import is_object

FILLED_IN = "__defaults"
"""The list of inputs that the program did not set. pulumi-aws uses this name, and the CLI hides it."""

EXTRA = {"tagsAll": Property(default={}), FILLED_IN: Property(write_only=True)}


def problems(entry: ResourceType, inputs: Values) -> list[str]:
    """Return the faults of the program's inputs that are not unknown; sorted, because messages have no order."""
    return sorted(text for path, text in entry.problems(inputs) if not _is_unknown(inputs, path))


def _is_unknown(values: Any, path: str) -> bool:
    for key in path.split("."):
        values = values.get(key) if is_object(values) else values
    return has_unknowns(values)


def complete_inputs(
    entry: ResourceType, declared: Values, old: Values | None, tags: Mapping[str, str], new_name: Callable[[], str]
) -> Values:
    """Return the `declared` inputs with defaults, default `tags`, and the automatic name, which an `old` one keeps."""
    inputs, name = entry.with_defaults(declared), entry.name_property
    # With a `namePrefix`, the name is made at creation.
    if name in entry.properties and not (declared.get(name) or declared.get(f"{name}Prefix")):
        keeps_name = old is not None and name in old.get(FILLED_IN, [])
        inputs[name] = old[name] if old and keeps_name else new_name()
    filled = sorted(inputs.keys() - declared.keys())
    if "tags" in entry.properties:
        own = inputs.get("tags", {})
        inputs["tagsAll"] = UNKNOWN if has_unknowns(own) else {**tags, **own}
    return inputs | {FILLED_IN: filled}


def automatic_name(entry: ResourceType, name: str, declared: Values, request: Any) -> str:
    """Return a new automatic name for the resource with the logical name `name`."""
    inputs = entry.with_defaults(declared)
    if request.HasField("autonaming"):
        return _configured_name(entry, inputs, request.autonaming)
    # From the engine's seed, so that an update of a saved plan has the name in the plan.
    digits = hashlib.sha256(request.randomSeed).hexdigest()[:7] if request.randomSeed else ""
    return entry.auto_name(name, inputs, digits)


def _configured_name(entry: ResourceType, inputs: Values, options: Any) -> str:
    # https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming-configuration
    if options.mode == options.DISABLE:
        raise ResourceError("the property 'name' is required: 'pulumi:autonaming' turns automatic names off.")
    return options.proposed_name + (entry.name_suffix(inputs) if options.mode == options.PROPOSE else "")


def differences(entry: ResourceType, old: Values, new: Values) -> list[Change]:
    """Return the changes from old inputs to new ones."""
    return list(changes({**entry.properties, **EXTRA}, old, new | {FILLED_IN: old.get(FILLED_IN)}))


def keeps_declared_name(entry: ResourceType, old: Values, new: Values) -> bool:
    """Whether the program declares the same name as before: then a replacement must delete the old resource first."""
    name = entry.name_property
    return name in new and old.get(name) == new[name] and name not in new.get(FILLED_IN, [])


def for_table(inputs: Values, folder: Path | None = None) -> Values:
    """Return inputs for the table, with all tags. Archives of the engine become Pulumi's, relative to `folder`."""
    plain = {key: value for key, value in inputs.items() if key not in EXTRA}
    if "tagsAll" in inputs:
        plain["tags"] = inputs["tagsAll"]
    return plain if folder is None else with_archives(plain, folder)


def outputs_of(aws: Aws, entry: ResourceType, inputs: Values, result: Values) -> Values:
    """Return the outputs of a resource; `result` is what the table returned."""
    outputs: Values = result | {key: value for key, value in inputs.items() if isinstance(value, Archive)}
    if "region" in AwsType.of(entry.token).outputs:
        outputs["region"] = aws.region
    if "tagsAll" in outputs:
        all_tags: Values = inputs.get("tagsAll", {})
        defaults = {key: value for key, value in all_tags.items() if key not in inputs.get("tags", {})}
        outputs["tags"] = {key: value for key, value in outputs["tagsAll"].items() if defaults.get(key) != value}
    return outputs


def expected_outputs(entry: ResourceType, inputs: Values) -> Values:
    """Return the outputs that a preview shows for a new resource: all but the inputs are unknown."""
    aws_type = AwsType.of(entry.token)
    unknown = set(aws_type.outputs) - set(aws_type.inputs) | set(entry.properties)
    return dict.fromkeys(unknown, UNKNOWN) | _shown(inputs)


def expected_update(entry: ResourceType, old: Values, new: Values, outputs: Values) -> Values:
    """Return the outputs that a preview shows for an update."""
    unknown = entry.volatile(new) | (old.keys() - new.keys())
    return outputs | _shown(dict.fromkeys(unknown, UNKNOWN)) | _shown(new)


def _shown(inputs: Values) -> Values:
    return {key: value for key, value in inputs.items() if key != FILLED_IN}


def refreshed_outputs(entry: ResourceType, state: Values, now: Values) -> Values:
    """Return the outputs that AWS has `now`, with write-only properties from the state."""
    properties = _all_properties(entry)
    inputs = {key: value for key, value in state.items() if key in properties and key != FILLED_IN}
    return refreshed(properties, inputs, {}) | now


def refreshed_inputs(entry: ResourceType, inputs: Values, now: Values) -> Values:
    """Return the inputs that lead to what AWS has `now`."""
    return refreshed(_all_properties(entry), inputs, now)


def _all_properties(entry: ResourceType) -> dict[str, Property]:
    tags = entry.properties.get("tags")
    all_tags = replace(EXTRA["tagsAll"], write_only=tags is not None and tags.write_only)
    return {**entry.properties, **EXTRA, "tagsAll": all_tags}


def imported_inputs(entry: ResourceType, now: Values) -> Values:
    """Return the inputs of a resource that the program imports."""
    empty: tuple[Any, ...] = (None, "", [], {})
    inputs = {key: now[key] for key in entry.properties if now.get(key) not in empty}
    return inputs | {key: now[key] for key in ("tagsAll",) if key in now}
