"""Bodies of messages with patterns on them, about half of which match: values that are nearly equal, arrays, `$or`."""

import json
import random
from collections.abc import Iterator
from typing import Any, cast

TEXTS = ("", "a", "A", "ab", "Ab", "ba", "abc", "a*", "*", "a\\b", "é", "É", "ß", "SS", "ſ", "1", "null", "a\nb")
ADDRESSES = (
    "10.0.0.1",
    "10.0.0.2",
    "010.0.0.1",
    "10.0.0.256",
    "::1",
    "0:0::1",
    "::ffff:a00:1",
    "::ffff:10.0.0.1",
    "10:30",
)
NUMBERS = ("0", "-0", "1", "1.0", "1e0", "10e-1", "2", "-1", "2.5", "2.50", "1e-6", "1e-7", "5e9", "5000000001")
LARGE = ("12345678901234567890123", "12345678901234567890124", "1e300", "123456789012.5")
FIELDS = ("a", "b", "c")
WILD = ("*", "a*", "*b", "a*c", "*a*", "\\*", "a\\*", "a\\\\*", "*\\**")


class Literal(str):
    """A number as it is to be written."""

    __slots__ = ()


def pairs(seed: int, number: int) -> Iterator[tuple[Any, str]]:
    """Yield `number` patterns and bodies, the same ones for the same seed."""
    make = _Make(random.Random(seed))
    for _ in range(number):
        make.used.clear()
        body = make.fields(3)
        yield json.loads(_json({"body": make.pattern(body, 3)})), _json(body)


def _json(value: Any) -> str:
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(_json, cast('list[Any]', value)))}]"
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value).items()
        return f"{{{','.join(f'{json.dumps(name)}:{_json(inner)}' for name, inner in fields)}}}"
    return json.dumps(value)


class _Make:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.used: set[str] = set()
        """The pattern's entries, each once: Event Ruler 2.1.0 mixes up alternatives of `$or` with the same entry."""

    def _one_in(self, number: int) -> bool:
        return self._chance.randrange(number) == 0

    def _one_of(self, *choices: Any) -> Any:
        return self._chance.choice(choices)

    def value(self) -> Any:
        numbers = LARGE if self._one_in(8) else NUMBERS
        texts = ADDRESSES if self._one_in(5) else TEXTS
        return self._one_of(self._one_of(*texts), Literal(self._one_of(*numbers)), True, False, None)

    def inner(self, depth: int) -> Any:
        if depth and self._one_in(3):
            return self.fields(depth - 1)
        if depth and self._one_in(3):
            element = self._one_of(self.fields, self.inner)
            return [element(depth - 1) for _ in range(self._chance.randrange(4))]
        return self.value()

    def fields(self, depth: int) -> dict[str, Any]:
        names = self._chance.sample(FIELDS, self._one_of(0, 1, 2, 2, 3))
        return {name: self.inner(depth) for name in names}

    def pattern(self, body: Any, depth: int) -> dict[str, Any]:
        """A pattern that looks at fields of `body`, and at others."""
        pattern: dict[str, Any] = {}
        for _ in range(self._one_of(1, 1, 2, 3)):
            if depth and self._one_in(6) and "$or" not in pattern:
                pattern["$or"] = [self.pattern(body, depth - 1) for _ in range(self._one_of(2, 3))]
                continue
            name = self._one_of(*FIELDS, "a.b") if self._one_in(5) or not body else self._one_of(*body)
            inner = self._element(body.get(name))
            deeper = isinstance(inner, dict) and not self._one_in(10)
            pattern[name] = self.pattern(inner, depth - 1) if depth and deeper else self.entries(inner)
        return pattern

    def _element(self, inner: Any) -> Any:
        while isinstance(inner, list):
            inner = self._one_of(*inner) if inner else None
        return inner

    def entries(self, value: Any) -> list[Any]:
        return [self.new_entry(value) for _ in range(self._one_of(1, 1, 1, 2))]

    def new_entry(self, value: Any) -> Any:
        while (text := _json(json.loads(_json(entry := self.entry(value))))) in self.used:
            pass
        self.used.add(text)
        return entry

    def entry(self, value: Any) -> Any:
        """An entry that fits `value` more often than not, if that is a text or a number."""
        near = value if not isinstance(value, dict) and not self._one_in(3) else self.value()
        if self._one_in(4):
            return near
        if self._one_in(6):
            return {"exists": self._one_of(True, True, False)}
        if isinstance(near, Literal) and near not in LARGE:
            others = self._one_of(near, [near, self.number()])
            return self._one_of({"numeric": self.range(near)}, {"anything-but": others})
        return self.on_text(near) if type(near) is str else {"anything-but": self._one_of(*TEXTS)}

    def number(self) -> Literal:
        return Literal(self._one_of(*NUMBERS))

    def range(self, near: Literal) -> list[Any]:
        low, high = sorted([near, self.number()], key=float)
        if float(low) < float(high) and self._one_in(2):
            return [self._one_of(">", ">="), low, self._one_of("<", "<="), high]
        return [self._one_of("=", "<", "<=", ">", ">="), self._one_of(low, high)]

    def on_text(self, text: str) -> Any:
        cut = self._chance.randrange(len(text) + 1)
        folded = {"equals-ignore-case": text.swapcase()}
        operators: list[Any] = [
            {"prefix": text[:cut]},
            {"suffix": text[cut:]},
            {"prefix": {"equals-ignore-case": text[:cut].swapcase()}},
            {"suffix": {"equals-ignore-case": text[cut:].swapcase()}},
            folded,
            {"wildcard": self._one_of(*WILD)},
            {"anything-but": self._one_of(text, [text, self._one_of(*TEXTS)])},
            {"anything-but": folded},
            {"anything-but": {"wildcard": self._one_of(*WILD)}},
        ]
        parts = {"prefix": text[:cut], "suffix": text[cut:]}
        operators += [{"anything-but": {name: [part, "zz"]}} for name, part in parts.items() if part]
        return self._one_of(*operators)
