"""Values as the Pulumi engine sends them over gRPC, as Python values, and back.

https://pulumi-developer-docs.readthedocs.io/latest/docs/references/protobufs.html says what is sent.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from consumers.resource_table import Values
from consumers.resource_table.properties import is_list, is_object, with_integers

# The SDK keeps the protocol's own names to itself.
_rpc: Any = pulumi.runtime.rpc
_SIGNATURE: str = _rpc._special_sig_key
_SECRET, _ASSET, _ARCHIVE = _rpc._special_secret_sig, _rpc._special_asset_sig, _rpc._special_archive_sig

UNKNOWN: str = _rpc.UNKNOWN
"""What stands for a value that a preview cannot know yet."""
_UNKNOWNS = {
    UNKNOWN,  # a text; the others are: boolean, number, list, asset, archive, object
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}


@dataclass(frozen=True)
class Secret:
    """A value that the engine keeps encrypted and does not show."""

    value: Any = field(repr=False)


@dataclass(frozen=True)
class Archive:
    """An asset or archive. Only its hash counts: of an old one there is nothing else."""

    hash: str
    sent: Values = field(compare=False, repr=False)
    """As the engine sent it, and gets it back."""


def unmarshalled(struct: Struct) -> Values:
    """What is in a message, integral numbers as integers. What is null is left out, at every depth."""
    return {key: _received(value) for key, value in with_integers(MessageToDict(struct)).items() if value is not None}


def _received(value: Any) -> Any:
    if is_list(value):
        return [_received(item) for item in value]
    if not is_object(value):
        return UNKNOWN if value in _UNKNOWNS else value
    if (signature := value.get(_SIGNATURE)) is None:
        return {key: _received(item) for key, item in value.items() if item is not None}
    if signature == _SECRET:
        return Secret(_received(value["value"]))
    if signature in (_ASSET, _ARCHIVE):
        return Archive(value.get("hash", ""), value)
    raise ValueError(f"the engine sent a value of an unknown kind, {signature!r}.")


def marshalled(values: Values) -> Struct:
    """`values` as a message."""
    struct = Struct()
    struct.update(_sent(values))
    return struct


def _sent(value: Any) -> Any:
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": _sent(value.value)}
    if isinstance(value, Archive):
        return value.sent
    if is_object(value):
        return {key: _sent(item) for key, item in value.items()}
    if is_list(value):
        return [_sent(item) for item in value]
    return value


def revealed(value: Any) -> Any:
    """`value` with its secrets in clear, at every depth."""
    if isinstance(value, Secret):
        return revealed(value.value)
    if is_object(value):
        return {key: revealed(item) for key, item in value.items()}
    if is_list(value):
        return [revealed(item) for item in value]
    return value


def secret_as(value: Any, pattern: Any) -> Any:
    """`value` with every part a secret that is, or has in it, a secret in `pattern`."""
    if is_object(value) and is_object(pattern):
        return {key: secret_as(item, pattern.get(key)) for key, item in value.items()}
    return Secret(value) if has_secrets(pattern) else value


def has_secrets(value: Any) -> bool:
    """Whether anything in `value` is a secret."""
    return any(True for _ in _secrets(value))


def secret_texts(value: Any) -> set[str]:
    """Every text in a secret, for messages that must not show it."""
    found = (text for secret in _secrets(value) for text in _leaves(revealed(secret)))
    return {text for text in found if isinstance(text, str) and text != UNKNOWN}


def without_secrets(request: Any, text: str) -> str:
    """`text` without the secrets that a request of the engine or of a program has in it."""
    structs = [value for _, value in request.ListFields() if isinstance(value, Struct)]
    secrets = {secret for struct in structs for secret in secret_texts(unmarshalled(struct))}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return text


def _secrets(value: Any) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    else:
        for item in _items(value):
            yield from _secrets(item)


def _leaves(value: Any) -> Iterator[Any]:
    if is_object(value) or is_list(value):
        for item in _items(value):
            yield from _leaves(item)
    else:
        yield value


def _items(value: Any) -> Iterable[Any]:
    return value.values() if is_object(value) else value if is_list(value) else ()


def has_unknowns(value: Any) -> bool:
    """Whether anything in `value` is not known yet."""
    return UNKNOWN in _leaves(value)


def opened(value: Any, folder: Path) -> Any:
    """`value` with its archives as Pulumi's own, at every depth; relative paths in them are relative to `folder`."""
    if isinstance(value, Archive):
        return _opened(value.sent, folder)
    if is_object(value):
        return {key: opened(item, folder) for key, item in value.items()}
    return value


def _opened(sent: Values, folder: Path) -> pulumi.Asset | pulumi.Archive:
    is_archive = sent[_SIGNATURE] == _ARCHIVE
    if "assets" in sent:
        return pulumi.AssetArchive({name: _opened(item, folder) for name, item in sent["assets"].items()})
    if "text" in sent:
        return pulumi.StringAsset(sent["text"])
    if "path" in sent:
        path = str(folder / sent["path"])
        return pulumi.FileArchive(path) if is_archive else pulumi.FileAsset(path)
    if "uri" in sent:
        return pulumi.RemoteArchive(sent["uri"]) if is_archive else pulumi.RemoteAsset(sent["uri"])
    raise ValueError("the engine sent an archive's hash without its content.")
