"""The desired state of a resource, in the form in which it is compared and recorded."""

import hashlib
from typing import Any

import pulumi

from consumers.evaluate.results import Registration
from consumers.provider.provider_logic import complete_inputs, for_table, outputs_of
from consumers.provider.provider_values import has_secrets, secret_as
from consumers.provider.secret_digests import SecretDigests, has_digests
from consumers.provider.stack_record import RecordedResource
from consumers.resource_table import Aws, ResourceError, ResourceType, Values
from consumers.resource_table.archives import zip_bytes


def desired_inputs(entry: ResourceType, registration: Registration, recorded: Values | None) -> Values:
    """Return all inputs; a `recorded` resource keeps its automatic name and what `ignore_changes` names.

    Raises:
        ResourceError: the program's inputs are invalid.
    """
    entry.completed(registration.name, registration.inputs)
    inputs = registration.inputs
    if recorded is not None:
        ignored = registration.ignore_changes
        kept = {key: recorded[key] for key in ignored if key in recorded}
        inputs = {key: value for key, value in inputs.items() if key not in ignored} | kept

    def new_name() -> str:
        return entry.auto_name(registration.name, entry.with_defaults(registration.inputs))

    return complete_inputs(entry, inputs, recorded, registration.default_tags, new_name)


def create_desired(aws: Aws, entry: ResourceType, registration: Registration, inputs: Values) -> tuple[str, Values]:
    """Create a resource with all its inputs, and return its id and outputs."""
    resource_id, created = entry.create(aws, registration.name, for_table(inputs))
    return resource_id, outputs_of(aws, entry, inputs, created)


def to_record(
    entry: ResourceType,
    registration: Registration,
    digests: SecretDigests,
    resource_id: str,
    inputs: Values,
    outputs: Values,
) -> RecordedResource:
    """Return a resource without secrets, as the record has it."""
    urns = [registration.property_dependencies.get(key, ()) for key, p in entry.properties.items() if p.force_new]
    secrets = registration.secrets
    return RecordedResource(
        urn=registration.urn,
        type=registration.type,
        name=registration.name,
        id=resource_id,
        inputs=hide_secrets(entry, digests, comparable(inputs, registration), secrets),
        outputs={k: v for k, v in outputs.items() if not _is_archive(v) and not has_secrets(secrets.get(k))},
        replaced_with=sorted(set[str]().union(*urns)),
        protect=registration.protect,
        retain_on_delete=registration.retain_on_delete,
    )


def hide_secrets(entry: ResourceType, digests: SecretDigests, inputs: Values, secrets: Values) -> Values:
    """Return `inputs` with a digest for each secret in `secrets`; but the name is public in ids, URLs and ARNs."""
    name = {entry.name_property: inputs[entry.name_property]} if entry.name_property in inputs else {}
    return digests.hide(secret_as(inputs, secrets)) | name


def _is_archive(value: Any) -> bool:
    return isinstance(value, pulumi.Archive | pulumi.Asset)


def comparable(inputs: Values, registration: Registration) -> Values:
    """Return inputs with the hash of each archive, as they are recorded and compared."""
    try:
        return {
            key: hashlib.sha256(zip_bytes(value)).hexdigest() if _is_archive(value) else value
            for key, value in inputs.items()
        }
    except (OSError, ValueError) as error:
        raise ResourceError(f"{registration.type} '{registration.name}': {error}") from None


def identity(entry: ResourceType, inputs: Values) -> Values:
    """Return the inputs that identify a resource: its name, its tags, and what cannot change in place."""
    # Two mappings of one queue differ in their functions, and two routes of one API in their keys.
    keys = {key for key, p in entry.properties.items() if p.force_new}
    keys |= {entry.name_property, "functionName", "routeKey", "tagsAll"}
    return {key: value for key, value in inputs.items() if key in keys}


def id_of(aws: Aws, entry: ResourceType, inputs: Values) -> str | None:
    """Return the id that a resource with these inputs would have; None if they do not determine it."""
    if entry.name_property not in inputs and entry.name_property in entry.properties:
        return None  # a `namePrefix` gets its name at creation
    if has_digests({key: value for key, value in identity(entry, inputs).items() if key != "tagsAll"}):
        return None
    return entry.find_id(aws, inputs)
