"""Filters that the local AWS would get wrong are refused before they delete messages."""

import json
from typing import Any

import pytest

from consumers.resource_table import find
from error_texts import ErrorTexts

MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"


def problems(criteria: Any) -> list[str]:
    inputs = {"eventSourceArn": "a", "functionName": "f", "filterCriteria": criteria}
    return [sentence for _, sentence in find(MAPPING, "hands").problems(inputs)]


def problems_of(*bodies: Any) -> list[str]:
    return problems({"filters": [{"pattern": json.dumps({"body": body})} for body in bodies]})


@pytest.mark.parametrize(
    "body",
    [
        {"user": [{"equals-ignore-case": "Ann"}]},
        {"user": ["ann", {"wildcard": "a*"}]},
        {"hand": {"$or": [{"a": [1]}, {"b": [2]}]}},
        {"user": [{"anything-but": {"prefix": "a"}}]},
        [{"cidr": "10.0.0.0/8"}],
    ],
    ids=str,
)
def test_an_operator_that_the_local_aws_does_not_support_is_an_error(error_text: ErrorTexts, body: Any) -> None:
    [text] = problems_of({"won": [True]}, body)
    error_text(text)


def test_supported_operators_pass() -> None:
    operators = [{"prefix": "a"}, {"suffix": "z"}, {"anything-but": ["x"]}, {"numeric": [">", 0]}, {"exists": True}]
    assert problems_of({"user": [*operators, "ann", None, 1]}, ["ping"]) == []


@pytest.mark.parametrize("criteria", [None, "unknown", {}, {"filters": "unknown"}, {"filters": [{"pattern": None}]}])
def test_unknown_filters_are_not_checked(criteria: Any) -> None:
    assert not any("filter, and would delete" in sentence for sentence in problems(criteria))
