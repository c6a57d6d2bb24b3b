"""Filters that the local AWS misjudges: it deletes every message where it lacks an operator."""

import json
from collections.abc import Iterator
from typing import Any

from consumers.resource_table.properties import is_list, is_object

EVALUATED = {"exists", "prefix", "suffix", "anything-but", "numeric"}


def problems(criteria: Any) -> Iterator[tuple[str, str]]:
    """Yield the faults of a mapping's `filterCriteria`: pairs of a property's path and a sentence."""
    filters = criteria.get("filters") if is_object(criteria) else None
    for each in filters if is_list(filters) else []:
        for operator in sorted(set(_not_evaluated(_parsed(each.get("pattern") if is_object(each) else None)))):
            sentence = f"the local AWS does not support '{operator}' in a filter, and would delete every message: "
            yield "filterCriteria.filters.pattern", f"{sentence}leave the filter out here."


def _parsed(pattern: Any) -> Any:
    try:
        return json.loads(pattern)
    except (TypeError, ValueError):  # not known yet, or AWS's to refuse
        return None


def _not_evaluated(pattern: Any) -> Iterator[str]:
    if is_object(pattern):
        for name, value in pattern.items():
            yield from ["$or"] if name == "$or" else _not_evaluated(value)
    elif is_list(pattern):
        for item in filter(is_object, pattern):
            yield from (name for name, value in item.items() if name not in EVALUATED or is_object(value))
