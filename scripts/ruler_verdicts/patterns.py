"""Valid and invalid event patterns: every operator, operands of every kind, nesting, `$or`, reserved names."""

import random
from collections.abc import Iterator
from typing import Any

TEXTS = (
    "",
    "a",
    "B/c.jsonl",
    "é",
    "*",
    "a*",
    "*a*",
    "a**",
    "**",
    "a\\*b",
    "a\\b",
    "a\\\\b",
    "a\\",
    "\\",
    "*\\**",
    "\\**",
)
NUMBERS = (0, 1, -1, 2.5, -0.25, 1e3, 5_000_000_000, -5_000_000_000, 5_000_000_001, 12345678901234567890123)
ADDRESSES = (
    *("10.0.0.0", "10.0.0.255", "10.0.0.256", "10.0.0", "10.0.0.0.0", "010.0.0.1", "10.0.0.-1", "host", "", "٣.0.0.1"),
    *("::", "::1", "1::", "2001:db8::", "2001:DB8::1:2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7"),
    *("1::2::3", ":1", ":::", "12345::", "1:2:3:4:5:6:7::", "::ffff:a00:1", "::ffff:10.0.0.1", "fe80::1%eth0", "g::"),
)
MASKS = (
    "0",
    "8",
    "24",
    "31",
    "32",
    "33",
    "64",
    "96",
    "127",
    "128",
    "129",
    "",
    "-1",
    "+8",
    "08",
    "x",
    "8.0",
    "8/",
    "255.0.0.0",
)
OPERATORS = (
    "prefix",
    "suffix",
    "equals-ignore-case",
    "wildcard",
    "anything-but",
    "numeric",
    "exists",
    "cidr",
    "exactly",
)
RESERVED = (
    *("=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after"),
    *("date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range"),
)
FIELDS = ("source", "detail", "detail-type", "a", "b", "c", "a.b", "b c", "$", "$OR")
COMPARISONS = ("=", "<", "<=", ">", ">=", "!=", "", 1)


def patterns(seed: int, number: int) -> Iterator[Any]:
    """Yield `number` patterns, the same ones for the same seed; some of them twice."""
    make = _Make(random.Random(seed))
    for each in range(number):
        kind = each % 4
        if kind == 0:  # one item, with nothing else that can be wrong
            yield {"a": [make.item()]}
        else:
            yield make.fields(depth=3 if kind == 2 else 1)


class _Make:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def _one_in(self, number: int) -> bool:
        return self._chance.randrange(number) == 0

    def _one_of(self, *choices: Any) -> Any:
        return self._chance.choice(choices)

    def scalar(self) -> Any:
        return self._one_of(self._one_of(*TEXTS), self._one_of(*NUMBERS), True, False, None)

    def junk(self) -> Any:
        """A value of any kind, which few operators take."""
        many = [self.scalar() for _ in range(self._chance.randrange(3))]
        return self._one_of(self.scalar(), many, {}, {self._one_of(*OPERATORS): self.scalar()}, [many])

    def fields(self, depth: int) -> Any:
        if self._one_in(80):
            return self.junk()
        pattern: dict[str, Any] = {}
        for _ in range(self._one_of(1, 1, 2)):
            if depth and self._one_in(3):
                pattern["$or"] = self.alternatives(depth)
            else:
                pattern[self.name()] = self.fields(depth - 1) if depth and self._one_in(2) else self.values()
        return pattern

    def name(self) -> str:
        return self._one_of(*OPERATORS, *RESERVED, "$or") if self._one_in(15) else self._one_of(*FIELDS)

    def alternatives(self, depth: int) -> Any:
        if self._one_in(30):
            return self.junk()
        return [self.fields(depth - 1) for _ in range(self._one_of(1, *(2,) * 6, 3))]

    def values(self) -> Any:
        if self._one_in(20):
            return self._one_of(self.junk(), self.item())
        return [self.item() if self._one_in(12) else self.good_item() for _ in range(self._one_of(1, 1, 1, 2))]

    def good_item(self) -> Any:
        good = ({"prefix": "a"}, {"numeric": [">", 0]}, {"exists": True}, {"anything-but": ["a"]}, {"wildcard": "a*"})
        return self._one_of(self.scalar(), *good)

    def item(self) -> Any:
        operator = self._one_of(*OPERATORS, "Prefix", "not", "regex")
        if self._one_in(25):
            return self._one_of({}, [], {operator: self.operand(operator), "exists": True})
        return {operator: self.junk() if self._one_in(6) else self.operand(operator)}

    def operand(self, operator: str) -> Any:
        if operator == "exists":
            return self._one_of(True, False, "true", 1, None)
        if operator == "numeric":
            return self.range()
        if operator == "cidr":
            return f"{self._one_of(*ADDRESSES)}{self._one_of('/', '/', '/', '/', '/', '')}{self._one_of(*MASKS)}"
        if operator == "anything-but":
            inner = {self._one_of(*OPERATORS[:4], *OPERATORS): self.texts()}
            return self._one_of(self.scalar(), self.texts(), self.numbers(), inner, inner, inner)
        within = {self._one_of("equals-ignore-case", "equals-ignore-case", *OPERATORS[:3]): self.text()}
        return within if operator in ("prefix", "suffix") and self._one_in(3) else self.text()

    def text(self) -> Any:
        return self.scalar() if self._one_in(8) else self._one_of(*TEXTS)

    def texts(self) -> Any:
        return self.text() if self._one_in(2) else [self.text() for _ in range(self._one_of(0, 1, 2, 2))]

    def numbers(self) -> list[Any]:
        return [self.scalar() if self._one_in(8) else self._one_of(*NUMBERS) for _ in range(self._one_of(1, 2))]

    def range(self) -> list[Any]:
        bounds = [self._one_of(*COMPARISONS[:5], *COMPARISONS), self._one_of(*NUMBERS)]
        if self._one_in(2):
            number = self._one_of("1", True, None) if self._one_in(8) else self._one_of(*NUMBERS)
            bounds = [self._one_of(">", ">=", bounds[0]), bounds[1], self._one_of("<", "<=", *COMPARISONS), number]
        return bounds[: -self._chance.randrange(1, 3)] if self._one_in(15) else bounds
