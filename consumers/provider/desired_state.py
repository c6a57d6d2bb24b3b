"""What a program wants of a resource, in the form in which `update.py` compares it and writes it down."""

import hashlib
from typing import Any

from consumers.evaluate.program import Registration
from consumers.provider.secret_digests import Seal, is_closed
from consumers.provider.stack_record import Recorded
from consumers.resource_table import Aws, ResourceError, ResourceType, Values
from consumers.resource_table.archives import zip_bytes


def settled(entry: ResourceType, wanted: Registration, old: Values | None) -> Values:
    """All inputs: with defaults, default tags, and the automatic name, which stays as long as the resource does."""
    from consumers.provider.provider_logic import FILLED_IN, filled_in, needs_name

    name = None
    if needs_name(entry, wanted.inputs):
        kept = old is not None and entry.naming in old[FILLED_IN]
        made = entry.with_defaults(wanted.inputs)
        name = old[entry.naming] if old and kept else entry.auto_name(wanted.name, made)
    given = wanted.inputs
    if old is not None:
        kept_inputs = {key: old[key] for key in wanted.ignore_changes if key in old}
        given = {key: value for key, value in given.items() if key not in wanted.ignore_changes} | kept_inputs
    return filled_in(entry, given, name, wanted.default_tags)


def recorded(
    entry: ResourceType, wanted: Registration, seal: Seal, resource_id: str, inputs: Values, outputs: Values
) -> Recorded:
    """What is written down of a resource: no secret in clear."""
    from consumers.provider.provider_values import has_secrets

    urns = [wanted.refers_to.get(key, frozenset()) for key, p in entry.properties.items() if p.force_new]
    return Recorded(
        urn=wanted.urn,
        type=wanted.type,
        name=wanted.name,
        id=resource_id,
        inputs=closed(entry, seal, plain(inputs, wanted), wanted.secrets),
        outputs={
            key: value
            for key, value in outputs.items()
            if not is_archive(value) and not has_secrets(wanted.secrets.get(key))
        },
        replaced_with=sorted(frozenset[str]().union(*urns)),
        protect=wanted.protect,
        retain_on_delete=wanted.retain_on_delete,
    )


def closed(entry: ResourceType, seal: Seal, inputs: Values, marked: Values) -> Values:
    """`inputs` with a digest for each secret of `marked`; but the name, which is in ids, URLs and ARNs in clear too."""
    from consumers.provider.provider_values import secret_as

    named = {entry.naming: inputs[entry.naming]} if entry.naming in inputs else {}
    return seal.closed(secret_as(inputs, marked)) | named


def is_archive(value: Any) -> bool:
    """Whether a value is an archive or an asset."""
    import pulumi

    return isinstance(value, pulumi.Archive | pulumi.Asset)


def plain(inputs: Values, wanted: Registration) -> Values:
    """Inputs with archives by hash, as they can be written down and compared."""
    try:
        return {
            key: hashlib.sha256(zip_bytes(value)).hexdigest() if is_archive(value) else value
            for key, value in inputs.items()
        }
    except (OSError, ValueError) as error:
        raise ResourceError(f"{wanted.type} '{wanted.name}': {error}") from None


def identity(entry: ResourceType, inputs: Values) -> Values:
    """Those of the inputs by which a resource is found again, and known as one's own."""
    # What cannot change in place tells a resource from others, and its name; the mappings of one queue differ by their
    # functions, and the routes of one API by their keys.
    telling = {key for key, p in entry.properties.items() if p.force_new}
    telling |= {entry.naming, "functionName", "routeKey", "tagsAll"}
    return {key: value for key, value in inputs.items() if key in telling}


def id_of(aws: Aws, entry: ResourceType, inputs: Values) -> str | None:
    """The id that a resource has if it was made; None if there is none, or no way to tell."""
    if entry.naming not in inputs and entry.naming in entry.properties:
        return None  # after a `namePrefix`, the name is made at creation
    if is_closed({key: value for key, value in identity(entry, inputs).items() if key != "tagsAll"}):
        return None
    return entry.find_id(aws, inputs)
