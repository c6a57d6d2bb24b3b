"""Changes to bodies on the way back: `--set path=value` and JSON Patch."""

import copy
import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import jsonpatch  # pyright: ignore[reportMissingTypeStubs]
from jsonpointer import JsonPointerException  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations.message_lines import forbidden


class EditError(Exception):
    """An edit cannot be read, or does not fit a body. The text says why."""


@dataclass(frozen=True)
class Edit:
    """Operations of JSON Patch (RFC 6902) and of `--set`, in their order."""

    operations: tuple[dict[str, Any], ...] = ()

    @staticmethod
    def read(settings: Sequence[str], patch: str | None) -> "Edit":
        """Return the edit of `path=value` texts and of a JSON Patch document; the document comes first."""
        return Edit((*_patch(patch), *map(_setting, settings)))

    def apply(self, body: str) -> str:
        """Return the edited body, or the body byte for byte where nothing changes."""
        if not self.operations:
            return body
        document = _read(body)
        edited: Any = copy.deepcopy(document)
        for operation in self.operations:
            edited = _apply(edited, operation)
        text = _text(edited)
        return body if text == _text(document) else text


def diff(before: str, after: str) -> list[str]:
    """Return what an edit changes as lines that begin with `-` or `+`, of the bodies as indented JSON."""
    lines = difflib.unified_diff(_pretty(before), _pretty(after), lineterm="", n=1)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _read(body: str) -> Any:
    """Return the document; raise EditError where writing it again would change more than the edit does."""
    try:
        return json.loads(body, parse_float=_float, parse_constant=_constant, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise EditError("the body is not JSON, so it cannot be edited") from None


def _float(text: str) -> float:
    if Decimal(text) != Decimal(repr(float(text))):
        raise EditError(f"the body has the number {text[:40]}, which has more digits than an edit can keep")
    return float(text)


def _constant(name: str) -> Any:
    raise EditError(f"the body is not JSON, so it cannot be edited: {name} is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise EditError("the body has a key twice in one object, and an edit would keep one of them")
    return found


def _text(document: Any) -> str:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(document, separators=(",", ":")) if forbidden(text) else text


def _pretty(body: str) -> list[str]:
    """Return the lines of indented JSON without their commas: a field that is added changes no other line."""
    try:
        return [line.rstrip(",") for line in json.dumps(json.loads(body), indent=2, ensure_ascii=False).splitlines()]
    except (ValueError, RecursionError):
        return body.splitlines()


def _patch(text: str | None) -> list[dict[str, Any]]:
    if text is None:
        return []
    try:
        return list(jsonpatch.JsonPatch.from_string(text))
    except (jsonpatch.JsonPatchException, JsonPointerException, ValueError, TypeError) as error:
        raise EditError(f"--patch: not a JSON Patch (RFC 6902): {error}") from None


def _setting(text: str) -> dict[str, Any]:
    path, equals, value = text.partition("=")
    if not equals or not all(path.split(".")):
        raise EditError(f"--set: {text!r} is not path=value, such as player.table=3")
    pointer = "".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in path.split("."))
    return {"op": "set", "path": pointer, "value": _value(value), "setting": path}


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_constant)
    except (ValueError, EditError):
        return text  # what is not JSON is text: --set name=Anna


def _apply(document: Any, operation: dict[str, Any]) -> Any:
    # In an object `add` also replaces; in a list it would insert, where `--set items.0=x` is to replace.
    operations = [operation]
    if operation["op"] == "set":
        keys = operation["path"].split("/")[1:]
        parent: Any = document
        for key in keys[:-1]:
            parent = parent.get(key) if isinstance(parent, dict) else _item(parent, key)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        operations = [{**operation, "op": "replace" if isinstance(parent, list) else "add"}]
    try:
        return jsonpatch.JsonPatch(operations).apply(document)
    except jsonpatch.JsonPatchTestFailed:
        raise EditError(f"the patch does not fit the body: its test of {operation['path']} fails") from None
    except (jsonpatch.JsonPatchException, JsonPointerException, TypeError, ValueError, LookupError):
        what = f"{operation['op']} {operation.get('setting', operation['path'])}"
        raise EditError(f"the edit does not fit the body, which has no place for it: {what}") from None


def _item(parent: Any, key: str) -> Any:
    is_index = isinstance(parent, list) and key.isdigit() and int(key) < len(parent)  # pyright: ignore[reportUnknownArgumentType]
    return parent[int(key)] if is_index else None  # pyright: ignore[reportUnknownVariableType]
