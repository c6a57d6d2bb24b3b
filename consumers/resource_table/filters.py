"""Filters with operators that the local AWS does not support: it would delete every message."""

import json
from collections.abc import Iterator
from typing import Any

from consumers.resource_table.properties import is_list, is_object

SUPPORTED = {"exists", "prefix", "suffix", "anything-but", "numeric"}


def problems(criteria: Any) -> Iterator[tuple[str, str]]:
    """Yield the faults of a mapping's `filterCriteria`: pairs of a property's path and a sentence."""
    filters = criteria.get("filters") if is_object(criteria) else None
    for each in filters if is_list(filters) else []:
        for operator in sorted(set(_unsupported(_parsed(each.get("pattern") if is_object(each) else None)))):
            sentence = f"the local AWS does not support '{operator}' in a filter, and would delete every message: "
            yield "filterCriteria.filters.pattern", f"{sentence}leave the filter out here."


def _parsed(pattern: Any) -> Any:
    try:
        return json.loads(pattern)
    except (TypeError, ValueError):  # an unresolved Output, or invalid JSON, which AWS refuses
        return None


def _unsupported(pattern: Any) -> Iterator[str]:
    if is_object(pattern):
        for name, value in pattern.items():
            yield from ["$or"] if name == "$or" else _unsupported(value)
    elif is_list(pattern):
        for item in filter(is_object, pattern):
            yield from (name for name, value in item.items() if name not in SUPPORTED or is_object(value))
