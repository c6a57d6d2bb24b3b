"""Which filter patterns Lambda accepts, and the place in a pattern that a finding names. See test_operator_rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from error_texts import ErrorTexts
from validate import findings_of


def findings(*bodies: Any) -> list[tuple[str, str]]:
    """Return the rules that patterns on the body break, and the part of a pattern that each finding names."""
    args = {"code": object(), "filters": [{"body": body} for body in bodies]}
    return [(finding.rule, finding.breach.got) for finding in findings_of(args)]


@pytest.mark.parametrize(
    "body",
    [
        ["ping", {"prefix": "pong"}, None, False, "", 3, 0.5],
        {"table": {"seats": {"first": ["a"]}}},
        {"user": [{"anything-but": ["ann", "bob"]}, {"anything-but": [1, 2.5]}, {"exists": True}]},
        {"chips": [{"numeric": ["=", 100]}, {"numeric": ["<", -1.5]}, {"numeric": [">", 0, "<=", 5e9]}]},
        {"hand": {"$or": [{"a": [1]}, {"b": {"$or": [{"c": [1]}, {"d": [2]}]}}]}, "won": [True]},
        {"prefix": ["a"], "exists": {"numeric": ["x"]}},  # fields of these names
    ],
)
def test_a_pattern_that_lambda_documents_is_valid(body: Any) -> None:
    assert findings(body) == []


WRONG: list[Any] = [
    {},
    "ping",
    {"won": True},
    {"table": {"seats": {}}},
    {"won": [[True]]},
    {"user": ["a", {"prefix": "a", "suffix": "z"}]},
    {"user": {"prefix": "a"}},
    {"user": [{"prefix": 3}]},
    {"user": [{"prefix": {"equals-ignore-case": "a"}}]},
    {"user": [{"wildcard": "a*"}]},
    {"user": [{"anything-but": {"prefix": "a"}}]},
    {"user": [{"anything-but": ["a", 1]}]},
    {"user": [{"exists": "yes"}]},
    {"n": [{"numeric": []}]},
    {"n": [{"numeric": ["!=", 1]}]},
    {"n": [{"numeric": [">", True]}]},
    {"n": [{"numeric": ["<", 1, ">", 0]}]},
    {"n": [{"numeric": [">", 2, "<", 1]}]},
    {"n": [{"numeric": ["=", 5_000_000_001]}]},
    {"$or": [{"won": [True]}]},
    {"$or": {"won": [True]}},
    {"$or": [{"won": [True]}, {"won": True}]},
]


def test_a_pattern_that_lambda_rejects_is_an_error_with_its_place(error_text: ErrorTexts) -> None:
    found = [findings(body) for body in WRONG]
    assert [[rule for rule, _ in of_body] for of_body in found] == [["filter-pattern"]] * len(WRONG)
    error_text("\n".join(got for ((_, got),) in found))


def test_every_wrong_place_of_every_pattern_is_named() -> None:
    found = findings({"a": [1], "b": 2}, {"c": [{"cidr": "x"}], "d": []})
    places = [got.rpartition(" at ")[2] for _, got in found]
    assert places == ["filters[0].body.b", "filters[1].body.c[0]", "filters[1].body.d"]


NAMES = st.sampled_from(["a", "$or", "prefix", "numeric", "anything-but", "exists", "x"])
PATTERNS = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(body=PATTERNS)
@hypothesis_settings(max_examples=80)
def test_any_pattern_gets_findings_of_one_line_that_name_a_place(body: Any) -> None:
    for rule, got in findings(body):
        assert rule == "filter-pattern"
        assert " at filters[0].body" in got
        assert "\n" not in got
