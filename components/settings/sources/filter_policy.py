"""The rules on the form and the size of a TopicSubscription's filter policy."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from .. import pages, patterns
from ..findings import Breach
from ..operators import OF_SNS, is_list, is_object
from ..rule import Rules
from ..shapes import at_most

MAX_KEYS = 5
MAX_COMBINATIONS = 150
MAX_POLICY_BYTES = 256 * 1024
# Limits of wildcards: '*' in one text, and points in a policy.
# AWS accepted a list of four '*/x/*', which are 96 points, and rejected five.
MAX_STARS, MAX_POINTS = 3, 100
ESCAPED = re.compile(r"\\.")


class Filtered(Protocol):
    """Settings with a filter policy."""

    @property
    def filter_policy(self) -> Mapping[str, Any] | None: ...
    @property
    def filter_policy_scope(self) -> str: ...


rules = Rules[Filtered]()


@rules.error("filter_policy", why=f"SNS accepts at most {MAX_KEYS} names in a filter policy", page=pages.SNS_FILTERS)
def filter_policy_keys(settings: Filtered) -> Iterator[Breach]:
    fix = "Filter by fewer names, and let the consumer check the others"
    return at_most(len(settings.filter_policy or ()), MAX_KEYS, fix, "names")


@rules.error("filter_policy", "filter_policy_scope", page=pages.SNS_FILTERS)
def filter_policy(settings: Filtered) -> Iterator[Breach]:
    """SNS rejects any other filter policy, after the queue is created."""
    policy = settings.filter_policy or {}
    found = list(patterns.breaches("filter_policy", policy, OF_SNS)) if policy else []
    yield from found
    if not found and settings.filter_policy_scope == "MessageAttributes":
        for place in (place for place, value in _fields("filter_policy", policy) if is_object(value)):
            fix = "Set filter_policy_scope='MessageBody', or write a list"
            yield Breach(f"a dict of fields at {place}", "lists, because attributes are not nested", fix)


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
    why=f"SNS accepts {MAX_COMBINATIONS} combinations of values, {MAX_POLICY_BYTES // 1024} KB and few wildcards",
    page=pages.SNS_FILTERS,
)
def filter_policy_size(settings: Filtered) -> Iterator[Breach]:
    policy = settings.filter_policy or {}
    if not policy or any(patterns.breaches("filter_policy", policy, OF_SNS)):
        return
    if (combinations := _combinations(policy)) > MAX_COMBINATIONS:
        got = f"{combinations:,} combinations: the product of each list's number of values times its depth"
        yield Breach(
            got, f"at most {MAX_COMBINATIONS}", "Filter by fewer values, and let the consumer check the others"
        )
    if patterns.is_json(policy):
        size = len(patterns.filter_json(policy).encode())
        yield from at_most(size, MAX_POLICY_BYTES, "Filter by fewer or shorter values", "bytes")
    yield from _wildcards(policy)


def _combinations(policy: Mapping[str, Any], depth: int = 1) -> int:
    """Return how many combinations SNS counts: a nested list counts more, and alternatives are added up."""
    product = 1
    for name, value in policy.items():
        if name == "$or":
            product *= sum(_combinations(one, depth) for one in value)
        elif is_object(value):
            product *= _combinations(value, depth + 1)
        elif is_list(value):  # not an Output
            product *= len(value) * depth
    return product


def _wildcards(policy: Mapping[str, Any]) -> Iterator[Breach]:
    points = 0
    for place, values in _fields("filter_policy", policy):
        texts = filter(None, map(_wildcard, values)) if is_list(values) else ()
        counts = [ESCAPED.sub("", text).count("*") for text in texts]
        if max(counts, default=0) > MAX_STARS:
            yield Breach(f"{max(counts)} '*' in a wildcard at {place}", f"at most {MAX_STARS}", "Leave some out")
        points += len(counts) * sum(3 * count if count > 1 else count for count in counts)
    if points > MAX_POINTS:
        got = f"{points} points: a '*' counts 1, or 3 beside another; a field counts their sum times its wildcards"
        yield Breach(got, f"at most {MAX_POINTS}", "Filter by fewer wildcards, or by prefix or suffix")


def _wildcard(item: Any) -> str | None:
    """Return the text of a wildcard, also inside 'anything-but'; None for any other item, and for an Output."""
    operand = item.get("anything-but", item) if is_object(item) else None
    text = operand.get("wildcard") if is_object(operand) else None
    return text if isinstance(text, str) else None
