"""Which filter patterns are valid, and the place in a pattern that a finding names."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from validate import findings_of


def findings(*bodies: Any) -> list[tuple[str, str]]:
    """Return the rules that patterns on the body break, and what each finding says it got."""
    args = {"code": object(), "filters": [{"body": body} for body in bodies]}
    return [(finding.rule, finding.breach.got) for finding in findings_of(args)]


@pytest.mark.parametrize(
    "body",
    [
        {"won": [True]},
        {"won": [None, False, "", "yes", 3, 0.5]},
        ["ping", {"prefix": "pong"}],
        {"table": {"seats": {"first": ["a"]}}},
        {"user": [{"prefix": "a"}, {"suffix": "z"}, {"equals-ignore-case": "Ann"}]},
        {"user": [{"anything-but": "ann"}, {"anything-but": ["ann", "bob"]}, {"anything-but": 3}]},
        {"user": [{"anything-but": [1, 2.5]}, {"exists": True}, {"exists": False}]},
        {"chips": [{"numeric": ["=", 100]}, {"numeric": ["<", -1.5]}, {"numeric": [">", 0, "<=", 5e9]}]},
        {"$or": [{"won": [True]}, {"chips": [{"numeric": [">", 100]}]}]},
        {"hand": {"$or": [{"a": [1]}, {"b": {"$or": [{"c": [1]}, {"d": [2]}]}}]}, "won": [True]},
        {"prefix": ["a"], "exists": {"numeric": ["x"]}},  # fields of these names
        {"prefix": ["a"]},
    ],
)
def test_a_pattern_that_lambda_documents_is_valid(body: Any) -> None:
    assert findings(body) == []


WRONG: list[tuple[Any, str | None]] = [
    ({}, "{} at filters[0].body"),
    ("ping", "'ping' at filters[0].body"),
    ({"won": True}, "True at filters[0].body.won"),
    ({"won": []}, "[] at filters[0].body.won"),
    ({"table": {"seats": {}}}, "{} at filters[0].body.table.seats"),
    ({"won": [[True]]}, "[True] at filters[0].body.won[0]"),
    ({"won": [{}]}, "{} at filters[0].body.won[0]"),
    (
        {"user": ["a", {"prefix": "a", "suffix": "z"}]},
        "{'prefix': 'a', 'suffix': 'z'} at filters[0].body.user[1]",
    ),
    ({"user": {"prefix": "a"}}, "{'prefix': 'a'} at filters[0].body.user"),
    ({"chips": {"numeric": [">", 0]}}, "{'numeric': ['>', 0]} at filters[0].body.chips"),
    ({"user": [{"prefix": 3}]}, "3 at filters[0].body.user[0].prefix"),
    ({"user": [{"prefix": {"equals-ignore-case": "a"}}]}, None),
    ({"user": [{"wildcard": "a*"}]}, "the operator 'wildcard' at filters[0].body.user[0]"),
    ({"ip": [{"cidr": "10.0.0.0/24"}]}, "the operator 'cidr' at filters[0].body.ip[0]"),
    ({"user": [{"anything-but": {"prefix": "a"}}]}, None),
    ({"user": [{"anything-but": []}]}, "[] at filters[0].body.user[0].anything-but"),
    ({"user": [{"anything-but": ["a", 1]}]}, "['a', 1] at filters[0].body.user[0].anything-but"),
    ({"user": [{"anything-but": True}]}, "True at filters[0].body.user[0].anything-but"),
    ({"user": [{"exists": "yes"}]}, "'yes' at filters[0].body.user[0].exists"),
    ({"n": [{"numeric": []}]}, "[] at filters[0].body.n[0].numeric"),
    ({"n": [{"numeric": [">"]}]}, "['>'] at filters[0].body.n[0].numeric"),
    ({"n": [{"numeric": ["!=", 1]}]}, "['!=', 1] at filters[0].body.n[0].numeric"),
    ({"n": [{"numeric": [">", "1"]}]}, "['>', '1'] at filters[0].body.n[0].numeric"),
    ({"n": [{"numeric": [">", True]}]}, "['>', True] at filters[0].body.n[0].numeric"),
    ({"n": [{"numeric": ["<", 1, ">", 0]}]}, "['<', 1, '>', 0] at filters[0].body.n[0].numeric"),
    ({"n": [{"numeric": [">", 2, "<", 1]}]}, "['>', 2, '<', 1] at filters[0].body.n[0].numeric"),
    ({"n": [{"numeric": ["=", 5_000_000_001]}]}, "['=', 5000000001] at filters[0].body.n[0].numeric"),
    ({"n": [{"numeric": 5}]}, "5 at filters[0].body.n[0].numeric"),
    ({"$or": [{"won": [True]}]}, "[{'won': [True]}] at filters[0].body.$or"),
    ({"$or": {"won": [True]}}, "{'won': [True]} at filters[0].body.$or"),
    ({"$or": [{"won": [True]}, "x"]}, "[{'won': [True]}, 'x'] at filters[0].body.$or"),
    ({"$or": [{"won": [True]}, {"won": True}]}, "True at filters[0].body.$or[1].won"),
]


@pytest.mark.parametrize(("body", "given"), WRONG)
def test_a_pattern_that_lambda_rejects_is_an_error_with_its_place(body: Any, given: str | None) -> None:
    ((rule, breach),) = findings(body)
    assert rule == "filter-pattern"
    assert given is None or breach == given


def test_every_wrong_place_of_every_pattern_is_named() -> None:
    found = findings({"a": [1], "b": 2}, {"c": [{"cidr": "x"}], "d": []})
    places = [given.rpartition(" at ")[2] for _, given in found]
    assert places == ["filters[0].body.b", "filters[1].body.c[0]", "filters[1].body.d"]


scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3)
junk = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "$or", "prefix", "numeric", "anything-but", "exists", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(body=junk)
@hypothesis_settings(max_examples=80)
def test_any_pattern_gets_findings_of_one_line_that_name_a_place(body: Any) -> None:
    for rule, breach in findings(body):
        assert rule == "filter-pattern"
        assert " at filters[0].body" in breach
        assert "\n" not in breach


fields = st.text("abc", min_size=1, max_size=3)
items: st.SearchStrategy[Any] = scalars | st.fixed_dictionaries({"prefix": st.text()}) | st.just({"exists": True})
right: st.SearchStrategy[Any] = st.recursive(
    st.lists(items, min_size=1, max_size=3),
    lambda inner: st.dictionaries(fields, inner, min_size=1, max_size=3),
    max_leaves=8,
)


@given(body=right)
@hypothesis_settings(max_examples=40)
def test_nested_fields_that_end_in_lists_are_valid(body: Any) -> None:
    assert findings(body) == []
