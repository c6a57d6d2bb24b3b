"""What differs between two sets of inputs, and between them and what AWS has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from consumers.resource_table.properties import Properties, Property, Values, is_object

_PLAIN = Property()


@dataclass(frozen=True)
class Change:
    """One value that differs."""

    path: str
    """As the engine writes it: `environment.variables.LEVEL`, `tags["a.b"]`."""
    kind: str
    """`add`, `delete` or `update`."""
    force_new: bool
    """Whether AWS cannot change it in place."""


def changes(properties: Properties, old: Values, new: Values) -> Iterator[Change]:
    """The changes from the inputs `old` to the inputs `new`, defaults included in both.

    What the program no longer says is a change only where the AWS provider then sends a value of its own.
    """
    for key, p in properties.items():
        before, after = old.get(key, _unsaid(p)), new.get(key, _unsaid(p))
        if after is not None:
            kind = "delete" if key not in new else "update" if key in old else "add"
            yield from _changes(p, key, kind, before, after, p.force_new)


def _unsaid(p: Property) -> Any:
    return p.reset_value if p.default is None else p.default


def _changes(p: Property, path: str, kind: str, before: Any, after: Any, force_new: bool) -> Iterator[Change]:
    if before == after or (before is not None and after is not None and p.same(before, after)):
        return
    if not (is_object(before) and is_object(after)) or kind != "update":
        yield Change(path, kind, force_new)
        return
    for key in sorted({*before, *after}):
        inner = "delete" if key not in after else "update" if key in before else "add"
        inside = (p.inside or {}).get(key, _PLAIN)
        yield from _changes(inside, _joined(path, key), inner, before.get(key), after.get(key), force_new)


def _joined(path: str, key: str) -> str:
    return f'{path}["{key}"]' if set(key) & set('.["]') else f"{path}.{key}"


def now_in_aws(properties: Properties, said: Values, now: Values) -> Values:
    """What was `said` - inputs, or outputs - about a resource, with what AWS has `now`.

    A value stays as it was said where AWS's means the same, or where AWS does not tell.
    """
    result = dict[str, Any]()
    for key, value in said.items():
        p = properties.get(key, _PLAIN)
        if key in now:
            result[key] = _merged(p, value, now[key])
        elif p.unread or not value or value == _unsaid(p):
            result[key] = value
    return result


def _merged(p: Property, said: Any, now: Any) -> Any:
    if said == now or p.same(said, now):
        return said
    if p.inside is not None and is_object(said) and is_object(now):
        return now_in_aws(p.inside, said, now)
    return now
