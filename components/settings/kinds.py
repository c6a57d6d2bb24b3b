"""The kinds of arguments: how each validates and reads a value.

Numbers, booleans, groups and `source` must be plain values, so that they are validated when the component is
constructed. The kinds named `Input…` also allow a `pulumi.Output`, which is validated when it resolves.
"""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import pages
from .findings import Breach, nearest, show

OF_RESOURCE = "Pass an attribute of the resource, such as its arn or its name"
PLAIN = (str, bytes, int, float, bool, list, tuple, set, Mapping, type(None))


class Unreadable(Exception):
    """A value of the wrong type or out of bounds; `breach` says how."""

    def __init__(self, got: Any, allowed: str, fix: str = "") -> None:
        super().__init__(allowed)
        self.breach = Breach(show(got), allowed, fix or f"Pass {allowed}, or leave the argument out")


def is_plain(value: Any) -> bool:
    """Whether `value` itself is plain, and no Output or awaitable."""
    return isinstance(value, PLAIN)


def is_later(value: Any) -> bool:
    """Whether `value` is an Output or an awaitable, which resolve later. A resource is neither."""
    # In a preview, a plugin host passes a bare Unknown. Settings do not import pulumi, so compare its name.
    is_unknown = (type(value).__module__, type(value).__name__) == ("pulumi.output", "Unknown")
    return hasattr(value, "apply") or inspect.isawaitable(value) or is_unknown


def is_known(value: Any) -> bool:
    """Whether `value` and its items are plain."""
    if isinstance(value, Mapping):
        return all(is_plain(item) for item in value.values())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return all(is_plain(item) for item in value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return is_plain(value)


def whole_number(value: Any) -> Any:
    """Return 1.0 as 1, and anything else unchanged: a plugin host passes every number as a float."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def whole_numbers(value: Any) -> Any:
    """Return `value` with 1.0 as 1 throughout, for the JSON of a filter."""
    if isinstance(value, Mapping):
        return {key: whole_numbers(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [whole_numbers(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return whole_number(value)


def _items(value: Any, allowed: str, item: type = str) -> list[Any]:
    """Return the items of a list; raise Unreadable for anything else. The fix for a single `item` is a list of it."""
    if not isinstance(value, list | tuple):
        raise Unreadable(value, allowed, "Put it into a list" if isinstance(value, item) else "")
    return [*value]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


@dataclass(frozen=True)
class Kind:
    """The type and the bounds of an argument, with the reason for the bounds and its page."""

    why: str = "wrong type"
    page: str = pages.COMPONENT

    @property
    def allowed(self) -> str:
        """The allowed values, for errors."""
        raise NotImplementedError

    def accepts(self, value: Any) -> bool:
        """Whether `value` is allowed, for kinds that store it unchanged."""
        raise NotImplementedError

    def read(self, value: Any) -> Any:
        """Return `value` as the settings store it; raise Unreadable if it is not allowed."""
        if not self.accepts(value):
            raise Unreadable(value, self.allowed)
        return value


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number from `low` to `high`; with `high` None there is no upper bound."""

    low: int = 0
    high: int | None = None
    unit: str = ""

    @property
    def bounds(self) -> str:
        """The range with its unit, `1 to 900 seconds`."""
        bounds = f"{self.low:,} or more" if self.high is None else f"{self.low:,} to {self.high:,}"
        return f"{bounds} {self.unit}".rstrip()

    @property
    def allowed(self) -> str:
        return f"a whole number of {self.bounds}"

    def read(self, value: Any) -> int:
        value = whole_number(value)
        if not isinstance(value, int) or isinstance(value, bool):  # to Python, a bool is an int
            raise Unreadable(value, self.allowed, f"Pass {self.allowed} as a plain value, not text and not an Output")
        if value < self.low or (self.high is not None and value > self.high):
            raise Unreadable(value, self.allowed)
        return value


@dataclass(frozen=True)
class Boolean(Kind):
    """True or False, as a plain value."""

    @property
    def allowed(self) -> str:
        return "True or False"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, bool)


@dataclass(frozen=True)
class OneOf(Kind):
    """One of a fixed list of values."""

    values: tuple[Any, ...] = ()

    @property
    def allowed(self) -> str:
        return f"one of {', '.join(map(str, self.values))}"

    def read(self, value: Any) -> Any:
        value = whole_number(value)
        if isinstance(value, bool) or value not in self.values:
            raise Unreadable(value, self.allowed, "Pass one of them, or leave the argument out")
        return value


@dataclass(frozen=True)
class Text(Kind):
    """Plain text that matches the regular expression `form`."""

    what: str = "text"
    form: str = r"(?s:.*\S.*)"

    @property
    def allowed(self) -> str:
        return f"{self.what} as a plain string"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str) and re.fullmatch(self.form, value) is not None


@dataclass(frozen=True)
class InputText(Kind):
    """Text that matches the regular expression `form`, or an Output of text."""

    what: str = "non-empty text or an Output of text"
    form: str = "(?s:.+)"

    @property
    def allowed(self) -> str:
        return self.what

    def read(self, value: Any) -> Any:
        if not is_plain(value) and not is_later(value):
            raise Unreadable(value, self.allowed, OF_RESOURCE)
        if is_plain(value) and not (isinstance(value, str) and re.fullmatch(self.form, value)):
            raise Unreadable(value, self.allowed)
        return value


@dataclass(frozen=True)
class InputList(Kind):
    """A list of at most `maximum` texts or Outputs of text, without duplicates if `unique`."""

    item: InputText = field(default_factory=InputText)
    maximum: int | None = None
    unique: bool = True

    @property
    def allowed(self) -> str:
        return f"{'a list' if self.maximum is None else f'a list of at most {self.maximum}'}, each {self.item.allowed}"

    def read(self, value: Any) -> tuple[Any, ...]:
        allowed = self.allowed
        items = [self._read_item(item, allowed) for item in _items(value, allowed)]
        if self.maximum is not None and len(items) > self.maximum:
            raise Unreadable(items, allowed)
        texts = [item for item in items if isinstance(item, str)]
        if repeated := next((text for text in texts if self.unique and texts.count(text) > 1), None):
            raise Unreadable([repeated, repeated], f"{allowed}, none of them twice")
        return tuple(items)

    def _read_item(self, item: Any, allowed: str) -> Any:
        try:
            return self.item.read(item)
        except Unreadable:
            raise Unreadable(item, allowed, "" if is_plain(item) else OF_RESOURCE) from None


@dataclass(frozen=True)
class InputTexts(Kind):
    """A plain dict from names to texts or Outputs. Errors do not contain the values, which may be secret."""

    secret: bool = False

    @property
    def allowed(self) -> str:
        return "a dict from names to texts, each text plain or an Output"

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise Unreadable(type(value) if self.secret else value, self.allowed)
        texts: dict[Any, Any] = dict(value)  # pyright: ignore[reportUnknownArgumentType]
        for name, text in texts.items():
            if not isinstance(name, str) or not (isinstance(text, str) or (is_later(text) and not is_plain(text))):
                raise Unreadable({name: type(text).__name__}, self.allowed, f"Make the value of {name!r} text")
        return texts


@dataclass(frozen=True)
class Subset(Kind):
    """A list of names from a fixed set."""

    values: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        return f"a list of any of {', '.join(self.values)}"

    def read(self, value: Any) -> tuple[str, ...]:
        names = _items(value, self.allowed)
        for name in names:
            if name not in self.values:
                raise Unreadable(name, self.allowed, f"Correct or remove it{nearest(str(name), self.values)}")
        return tuple(names)


@dataclass(frozen=True)
class Document(Kind):
    """A dict that becomes JSON, and may contain Outputs."""

    what: str = "a dict"

    @property
    def allowed(self) -> str:
        return self.what

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not value:
            raise Unreadable(value, self.allowed)  # pyright: ignore[reportUnknownArgumentType]
        return whole_numbers(value)


@dataclass(frozen=True)
class Dicts(Kind):
    """A list of dicts."""

    what: str = "dicts"

    @property
    def allowed(self) -> str:
        return f"a list of {self.what}, each a dict"

    def read(self, value: Any) -> tuple[dict[str, Any], ...]:
        items = _items(value, self.allowed, Mapping)
        if not all(isinstance(item, Mapping) for item in items):
            raise Unreadable(value, self.allowed)
        return tuple(map(whole_numbers, items))


@dataclass(frozen=True)
class Paths(Kind):
    """A list of paths of folders or files."""

    @property
    def allowed(self) -> str:
        return "a list of paths, each a plain string"

    def read(self, value: Any) -> tuple[str, ...]:
        paths = _items(value, self.allowed)
        if not all(isinstance(path, str) and path.strip() for path in paths):
            raise Unreadable(value, self.allowed)
        return tuple(paths)


@dataclass(frozen=True)
class Anything(Kind):
    """An archive or another object, which the engine validates itself."""

    @property
    def allowed(self) -> str:
        return "a pulumi.Archive, such as pulumi.FileArchive('function.zip')"

    def accepts(self, value: Any) -> bool:
        return not is_plain(value)


@dataclass(frozen=True)
class Group(Kind):
    """A dict of arguments of its own, read into the dataclass `model`."""

    model: type = field(default=dict)

    @property
    def allowed(self) -> str:
        return "a plain dict of arguments"

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise Unreadable(value, self.allowed)
        return dict(value)  # pyright: ignore[reportUnknownArgumentType]
