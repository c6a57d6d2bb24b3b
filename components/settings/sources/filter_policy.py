"""The rules of a TopicSubscription's filter policy: what SNS takes, and how much of it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from .. import pages, patterns
from ..findings import Breach
from ..operators import OF_SNS, is_list, is_object
from ..rule import Rules
from ..shapes import at_most

MOST_KEYS = 5
MOST_COMBINATIONS = 150
LARGEST_POLICY = 256 * 1024
MOST_STARS, MOST_POINTS = 3, 100
"""Of wildcards, which SNS has had since July 2025: '*' in one text, and points of a policy. On AWS a list of four
times '*/x/*', 96 points, was taken, and one of five refused."""
ESCAPED = re.compile(r"\\.")


class Filtered(Protocol):
    """Settings with a filter policy."""

    @property
    def filter_policy(self) -> Mapping[str, Any] | None: ...
    @property
    def filter_policy_scope(self) -> str: ...


rules = Rules[Filtered]()


@rules.error("filter_policy", why=f"SNS takes {MOST_KEYS} names in a filter policy", page=pages.SNS_FILTERS)
def filter_policy_keys(settings: Filtered) -> Iterator[Breach]:
    fix = "Filter by fewer names, and let the consumer check the others"
    return at_most(len(settings.filter_policy or ()), MOST_KEYS, fix, "names")


@rules.error("filter_policy", "filter_policy_scope", page=pages.SNS_FILTERS)
def filter_policy(settings: Filtered) -> Iterator[Breach]:
    """SNS refuses any other filter policy, after the queue is created."""
    policy = settings.filter_policy or {}
    found = list(patterns.breaches("filter_policy", policy, OF_SNS)) if policy else []
    yield from found
    if not found and settings.filter_policy_scope == "MessageAttributes":
        for place in (place for place, value in _fields("filter_policy", policy) if is_object(value)):
            fix = "Set filter_policy_scope='MessageBody', or write a list"
            yield Breach(f"a dict of fields at {place}", "lists, as attributes are flat", fix)


def _fields(path: str, policy: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the place and the value of each field, and then of the fields inside it."""
    for name, value in policy.items():
        if name == "$or":
            for number, one in enumerate(value):
                yield from _fields(f"{path}.$or[{number}]", one)
        else:
            yield f"{path}.{name}", value
            if is_object(value):
                yield from _fields(f"{path}.{name}", value)


@rules.error(
    "filter_policy",
    why=f"SNS takes {MOST_COMBINATIONS} combinations of values, {LARGEST_POLICY // 1024} KB and few wildcards",
    page=pages.SNS_FILTERS,
)
def filter_policy_size(settings: Filtered) -> Iterator[Breach]:
    policy = settings.filter_policy or {}
    if not policy or any(patterns.breaches("filter_policy", policy, OF_SNS)):
        return
    if (combinations := _combinations(policy)) > MOST_COMBINATIONS:
        given = f"{combinations:,} combinations: the numbers of values, each times its depth, multiplied"
        yield Breach(given, f"at most {MOST_COMBINATIONS}", "Filter by fewer values, and by the others in the consumer")
    if patterns.is_json(policy):
        size = len(patterns.filter_json(policy).encode())
        yield from at_most(size, LARGEST_POLICY, "Filter by fewer or shorter values", "bytes")
    yield from _wildcards(policy)


def _combinations(policy: Mapping[str, Any], depth: int = 1) -> int:
    """How many combinations SNS counts: a list that lies deeper counts more, and alternatives are added up."""
    product = 1
    for name, value in policy.items():
        if name == "$or":
            product *= sum(_combinations(one, depth) for one in value)
        elif is_object(value):
            product *= _combinations(value, depth + 1)
        elif is_list(value):  # and no Output
            product *= len(value) * depth
    return product


def _wildcards(policy: Mapping[str, Any]) -> Iterator[Breach]:
    points = 0
    for place, values in _fields("filter_policy", policy):
        texts = filter(None, map(_wildcard, values)) if is_list(values) else ()
        counts = [ESCAPED.sub("", text).count("*") for text in texts]
        if max(counts, default=0) > MOST_STARS:
            yield Breach(f"{max(counts)} '*' in a wildcard at {place}", f"at most {MOST_STARS}", "Leave some out")
        points += len(counts) * sum(3 * count if count > 1 else count for count in counts)
    if points > MOST_POINTS:
        given = f"{points} points: '*' is 1, or 3 beside another, and their sum in a field is times its wildcards"
        yield Breach(given, f"at most {MOST_POINTS}", "Filter by fewer wildcards, or by prefix or suffix")


def _wildcard(item: Any) -> str | None:
    """Return the text of a wildcard, also inside 'anything-but'; None for any other item, and for an Output."""
    operand = item.get("anything-but", item) if is_object(item) else None
    text = operand.get("wildcard") if is_object(operand) else None
    return text if isinstance(text, str) else None
