"""Differences between two sets of inputs, and between inputs and the resource on AWS."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from consumers.resource_table.properties import Properties, Property, Values, is_object

_PLAIN = Property()


@dataclass(frozen=True)
class Change:
    """One value that differs."""

    path: str
    """In the engine's notation: `environment.variables.LEVEL`, `tags["a.b"]`."""
    kind: str
    """`add`, `delete` or `update`."""
    force_new: bool
    """Whether AWS cannot change it in place."""


def changes(properties: Properties, old: Values, new: Values) -> Iterator[Change]:
    """Yield the changes from the inputs `old` to the inputs `new`, defaults included in both.

    A removed property is a change only where the AWS provider then sends a value of its own.
    """
    for key, p in properties.items():
        before, after = old.get(key, _if_absent(p)), new.get(key, _if_absent(p))
        if after is not None:
            kind = "delete" if key not in new else "update" if key in old else "add"
            yield from _changes(p, key, kind, before, after, p.force_new)


def _if_absent(p: Property) -> Any:
    return p.reset_value if p.default is None else p.default


def _changes(p: Property, path: str, kind: str, before: Any, after: Any, force_new: bool) -> Iterator[Change]:
    if before == after or (before is not None and after is not None and p.same(before, after)):
        return
    if not (is_object(before) and is_object(after)) or kind != "update":
        yield Change(path, kind, force_new)
        return
    for key in sorted({*before, *after}):
        inner = "delete" if key not in after else "update" if key in before else "add"
        nested = (p.nested or {}).get(key, _PLAIN)
        yield from _changes(nested, _joined(path, key), inner, before.get(key), after.get(key), force_new)


def _joined(path: str, key: str) -> str:
    return f'{path}["{key}"]' if set(key) & set('.["]') else f"{path}.{key}"


def refreshed(properties: Properties, recorded: Values, actual: Values) -> Values:
    """Return the recorded inputs or outputs of a resource with the values that AWS has.

    A value stays as recorded where AWS's means the same, or where AWS never returns it.
    """
    result = dict[str, Any]()
    for key, value in recorded.items():
        p = properties.get(key, _PLAIN)
        if key in actual:
            result[key] = _merged(p, value, actual[key])
        elif p.write_only or not value or value == _if_absent(p):
            result[key] = value
    return result


def _merged(p: Property, recorded: Any, actual: Any) -> Any:
    if recorded == actual or p.same(recorded, actual):
        return recorded
    if p.nested is not None and is_object(recorded) and is_object(actual):
        return refreshed(p.nested, recorded, actual)
    return actual
