"""Filters that the local AWS would get wrong are refused before they delete messages."""

import json
from typing import Any

import pytest

from consumers.resource_table import find

MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"


def told(*bodies: Any) -> list[str]:
    filters = [{"pattern": json.dumps({"body": body})} for body in bodies]
    inputs = {"eventSourceArn": "a", "functionName": "f", "filterCriteria": {"filters": filters}}
    return [sentence for _, sentence in find(MAPPING, "hands").problems(inputs)]


@pytest.mark.parametrize(
    ("body", "operator"),
    [
        ({"user": [{"equals-ignore-case": "Ann"}]}, "equals-ignore-case"),
        ({"user": ["ann", {"wildcard": "a*"}]}, "wildcard"),
        ({"hand": {"$or": [{"a": [1]}, {"b": [2]}]}}, "$or"),
        ({"user": [{"anything-but": {"prefix": "a"}}]}, "anything-but"),
        ([{"cidr": "10.0.0.0/8"}], "cidr"),
    ],
)
def test_what_the_local_aws_does_not_know_is_named(body: Any, operator: str) -> None:
    assert told({"won": [True]}, body) == [
        f"the local AWS does not support '{operator}' in a filter, and would delete every message: "
        "leave the filter out here."
    ]


def test_what_it_knows_passes() -> None:
    operators = [{"prefix": "a"}, {"suffix": "z"}, {"anything-but": ["x"]}, {"numeric": [">", 0]}, {"exists": True}]
    assert told({"user": [*operators, "ann", None, 1]}, ["ping"]) == []


@pytest.mark.parametrize("criteria", [None, "unknown", {}, {"filters": "unknown"}, {"filters": [{"pattern": None}]}])
def test_what_is_not_known_yet_is_not_judged(criteria: Any) -> None:
    inputs = {"eventSourceArn": "a", "functionName": "f", "filterCriteria": criteria}
    sentences = [sentence for _, sentence in find(MAPPING, "hands").problems(inputs)]
    assert not any("filter, and would delete" in sentence for sentence in sentences)
