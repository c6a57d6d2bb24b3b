"""What the provider makes of a resource's inputs and outputs, as the AWS provider does: no gRPC, no AWS.

Inputs here are checked ones: they have all defaults, the automatic name, and in `tagsAll` the provider's default tags
too, so that a change of any of these is a change like any other.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from consumers.provider.provider_values import UNKNOWN, Archive, has_unknowns, opened
from consumers.resource_table import Aws, Property, ResourceError, ResourceType, Values
from consumers.resource_table.aws_type import AwsType
from consumers.resource_table.changes import Change, changes, refreshed
from consumers.resource_table.properties import is_object

FILLED_IN = "__defaults"
"""The list of inputs that are not the program's. The name is pulumi-aws' own, and the CLI does not show it."""

OURS = {"tagsAll": Property(default={}), FILLED_IN: Property(write_only=True)}


def problems(entry: ResourceType, given: Values) -> list[str]:
    """What is wrong with the program's inputs, as far as they are known; sorted, since messages have no order."""
    return sorted(text for path, text in entry.problems(given) if not _is_unknown(given, path))


def _is_unknown(values: Any, path: str) -> bool:
    for key in path.split("."):
        values = values.get(key) if is_object(values) else values
    return has_unknowns(values)


def filled_in(entry: ResourceType, given: Values, name: str | None, default_tags: Mapping[str, str]) -> Values:
    """The checked inputs. `name` is for a resource that has none and needs one."""
    inputs = entry.with_defaults(given)
    if name is not None:
        inputs[entry.naming] = name
    filled = sorted(inputs.keys() - given.keys())
    if "tags" in entry.properties:
        tags = inputs.get("tags", {})
        inputs["tagsAll"] = UNKNOWN if has_unknowns(tags) else {**default_tags, **tags}
    return inputs | {FILLED_IN: filled}


def needs_name(entry: ResourceType, given: Values) -> bool:
    """Whether the resource is to have an automatic name. After a `namePrefix` it is made at creation."""
    has_name = given.get(entry.naming) or given.get(f"{entry.naming}Prefix")
    return entry.naming in entry.properties and not has_name


def automatic_name(entry: ResourceType, name: str, given: Values, old: Values, request: Any) -> str:
    """The automatic name of the resource whose logical name is `name`; the one that it has, where it has one."""
    if entry.naming in old.get(FILLED_IN, []):
        return old[entry.naming]
    inputs = entry.with_defaults(given)
    if request.HasField("autonaming"):
        return _configured_name(entry, inputs, request.autonaming)
    # Made of the engine's seed, so that an update that follows a plan has the name of the plan.
    digits = hashlib.sha256(request.randomSeed).hexdigest()[:7] if request.randomSeed else ""
    return entry.auto_name(name, inputs, digits)


def _configured_name(entry: ResourceType, inputs: Values, options: Any) -> str:
    # https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming-configuration
    if options.mode == options.DISABLE:
        raise ResourceError("the property 'name' is required: 'pulumi:autonaming' turns automatic names off.")
    return options.proposed_name + (entry.name_suffix(inputs) if options.mode == options.PROPOSE else "")


def differences(entry: ResourceType, old: Values, new: Values) -> list[Change]:
    """The changes from old inputs to new ones."""
    return list(changes({**entry.properties, **OURS}, old, new | {FILLED_IN: old.get(FILLED_IN)}))


def has_same_given_name(entry: ResourceType, old: Values, new: Values) -> bool:
    """Whether a replacement would want a name that is still taken."""
    name = entry.naming
    return name in new and old.get(name) == new[name] and name not in new.get(FILLED_IN, [])


def for_table(inputs: Values, folder: Path | None = None) -> Values:
    """Inputs as the table takes them, all tags among them. Archives are opened, unless there is no `folder`."""
    plain = {key: value for key, value in inputs.items() if key not in OURS}
    if "tagsAll" in inputs:
        plain["tags"] = inputs["tagsAll"]
    return plain if folder is None else opened(plain, folder)


def outputs_of(aws: Aws, entry: ResourceType, inputs: Values, made: Values) -> Values:
    """The outputs, of what the table has `made` of the inputs or read."""
    outputs: Values = made | {key: value for key, value in inputs.items() if isinstance(value, Archive)}
    if "region" in AwsType.of(entry.token).outputs:
        outputs["region"] = aws.region
    if "tagsAll" in outputs:
        all_tags: Values = inputs.get("tagsAll", {})
        defaults = {key: value for key, value in all_tags.items() if key not in inputs.get("tags", {})}
        outputs["tags"] = {key: value for key, value in outputs["tagsAll"].items() if defaults.get(key) != value}
    return outputs


def expected_outputs(entry: ResourceType, inputs: Values) -> Values:
    """The outputs of a resource that a preview does not create: what is not an input is not known."""
    aws_type = AwsType.of(entry.token)
    unknown = set(aws_type.outputs) - set(aws_type.inputs) | set(entry.properties)
    return dict.fromkeys(unknown, UNKNOWN) | _shown(inputs)


def expected_update(entry: ResourceType, old: Values, new: Values, outputs: Values) -> Values:
    """The outputs of a resource that a preview does not update."""
    unknown = entry.volatile(new) | (old.keys() - new.keys())
    return outputs | _shown(dict.fromkeys(unknown, UNKNOWN)) | _shown(new)


def _shown(inputs: Values) -> Values:
    return {key: value for key, value in inputs.items() if key != FILLED_IN}


def refreshed_outputs(entry: ResourceType, state: Values, now: Values) -> Values:
    """The outputs as AWS has them `now`, and those that it does not tell as the state has them."""
    properties = _all_properties(entry)
    known = {key: value for key, value in state.items() if key in properties and key != FILLED_IN}
    return refreshed(properties, known, {}) | now


def refreshed_inputs(entry: ResourceType, inputs: Values, now: Values) -> Values:
    """The inputs that would have led to what AWS has `now`."""
    return refreshed(_all_properties(entry), inputs, now)


def _all_properties(entry: ResourceType) -> dict[str, Property]:
    tags = entry.properties.get("tags")
    told = replace(OURS["tagsAll"], write_only=tags is not None and tags.write_only)
    return {**entry.properties, **OURS, "tagsAll": told}


def imported_inputs(entry: ResourceType, now: Values) -> Values:
    """The inputs of a resource that nobody knows but AWS."""
    empty: tuple[Any, ...] = (None, "", [], {})
    said = {key: now[key] for key in entry.properties if now.get(key) not in empty}
    return said | {key: now[key] for key in ("tagsAll",) if key in now}
