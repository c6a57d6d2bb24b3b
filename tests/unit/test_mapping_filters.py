"""Which messages pass the filters of a mapping: AWS's page on SQS, and the verdicts of Event Ruler.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.testing import record
from consumers.working_copy.filters import matches

VERDICTS = Path(__file__).with_name("data") / "ruler_matches.jsonl"
UNKNOWN = None


def verdict(pattern: Any, body: Any) -> bool | None:
    """Return whether a message passes one pattern on its body; a text is the body itself."""
    return matches([{"body": pattern}], record(body))


def test_every_message_passes_a_mapping_without_filters() -> None:
    assert matches([], record("hello")) is True


def test_a_message_passes_if_it_matches_any_filter() -> None:
    filters = [{"body": {"kind": ["order"]}}, {"body": {"kind": ["refund"]}}]
    assert [matches(filters, record({"kind": kind})) for kind in ("order", "refund", "visit")] == [True, True, False]


PLAIN = ["hello", {"prefix": "Result: "}]
FORMATS: list[tuple[str, Any, Any, bool | None]] = [
    ("plain text, a pattern for plain text", "hello", PLAIN, True),
    ("plain text, a pattern for plain text", "Result: 3", PLAIN, True),
    ("plain text, a pattern for plain text", "bye", PLAIN, False),
    ("plain text, a pattern on fields", "hello", {"a": ["hello"]}, False),
    ("plain text, a pattern on a missing field", "hello", {"a": [{"exists": False}]}, False),
    ("broken JSON is plain text", '{"a": 1', {"a": [1]}, False),
    ("broken JSON is plain text", '{"a": NaN}', {"b": [{"exists": False}]}, False),
    ("an empty body cannot be sent, and is plain text", "", [{"prefix": ""}], True),
    ("an object, a pattern on fields", {"a": "hello"}, {"a": ["hello"]}, True),
    ("an object, a pattern on fields", {"a": "bye"}, {"a": ["hello"]}, False),
    ("an object, a pattern for plain text", {"a": "hello"}, PLAIN, False),
    ("an object, a pattern for plain text", {"a": "hello"}, [{"prefix": "{"}, {"exists": True}], False),
    ("an object, no body", {"a": "hello"}, [{"exists": False}], UNKNOWN),
    ("a number may be plain text or JSON", "42", ["42"], UNKNOWN),
    ("a number may be plain text or JSON", "42", [42], UNKNOWN),
    ("a number is neither", "42", ["43"], False),
    ("a text in quotes may be plain text or JSON", '"hello"', ["hello"], UNKNOWN),
    ("an array may be plain text or JSON", '[{"a": 1}]', {"a": [1]}, UNKNOWN),
    ("an array without the value", '[{"a": 1}]', {"a": [2]}, False),
    ("too many brackets to read", "[" * 200_000, {"a": [1]}, UNKNOWN),
]


@pytest.mark.parametrize(("case", "body", "pattern", "expected"), FORMATS)
def test_the_format_of_body_and_pattern_decides_first(
    case: str, body: Any, pattern: Any, expected: bool | None
) -> None:
    assert verdict(pattern, body) is expected, case


OPERATORS: list[tuple[str, list[Any], str, str]] = [
    ("equal text", ["a"], '"a"; ["b", "a"]; [["a"]]', '"A"; ""; "ab"; 1; null; ["b"]; []; {"a": "a"}'),
    ("equal numbers", [1, 2.5], "1; 2.5; [3, 1]", '2; "1"; true; 10; 5000000001'),
    ("null", [None], "null; [null]", '"null"; ""; 0; false; []'),
    ("empty text", [""], '""', 'null; " "; []; 0'),
    ("booleans", [True], "true", '"true"; 1; false'),
    ("addresses", ["10.0.0.1", "::1"], '"10.0.0.1"; "0:0::1"; "::ffff:a00:1"', '"10.0.0.2"; "10:30"; "::2"'),
    ("prefix", [{"prefix": "eu-"}], '"eu-"; "eu-west-1"', '"EU-"; "e"; "a eu-"; 1; null'),
    ("empty prefix", [{"prefix": ""}], r'"a"; ""; "\n"', "1; null; true"),
    ("suffix", [{"suffix": ".png"}], r'".png"; "a\n.png"', '".PNG"; ".png "; 1'),
    ("prefix in any case", [{"prefix": {"equals-ignore-case": "Eu"}}], '"eU-west"; "EU"', '"e"; "aeu"'),
    ("suffix in any case", [{"suffix": {"equals-ignore-case": ".Png"}}], '"a.PNG"', '"a.jpg"; "a.pngs"'),
    ("any case", [{"equals-ignore-case": "É*a"}], '"é*A"', '"ébcA"; "E*a"; "é*ab"; 1'),
    ("wildcard", [{"wildcard": r"a*b\*"}], r'"ab*"; "a\nxb*"', '"ab"; "abx"; "bab*"'),
    ("numeric =", [{"numeric": ["=", 300]}], "300; 300.0; 3e2", '301; "300"; true; null'),
    ("numeric range", [{"numeric": [">", 0, "<=", 5]}], "5; 0.000001", '0; 5.000001; -1; "1"'),
    ("exists", [{"exists": True}], '"a"; null; ""; 0; [null]', '[]; {}; {"b": 1}'),
    ("does not exist", [{"exists": False}], '[]; {}; {"b": 1}', '"a"; null; ""; 0'),
    ("anything but texts", [{"anything-but": ["a", "b"]}], '"c"; ""; 1; null; ["a", "c"]', '"a"; "b"; ["a"]; []'),
    ("anything but a number", [{"anything-but": 1}], '2; "1"; null', "1; []"),
    ("anything but a prefix", [{"anything-but": {"prefix": "a"}}], '"ba"; ""; 1', '"a"; "ab"'),
    ("anything but suffixes", [{"anything-but": {"suffix": ["a", "b"]}}], '"ac"', '"a"; "xb"'),
    ("anything but in any case", [{"anything-but": {"equals-ignore-case": "a"}}], '"b"', '"a"; "A"'),
    ("anything but a wildcard", [{"anything-but": {"wildcard": "a*"}}], '"ba"', '"a"; "ab"'),
    ("one entry of several", ["a", {"prefix": "b"}, {"exists": False}], '"a"; "bc"; []', '"c"; 1'),
]


@pytest.mark.parametrize(
    ("entries", "passing", "deleted"), [row[1:] for row in OPERATORS], ids=[r[0] for r in OPERATORS]
)
def test_an_operator_decides_as_event_ruler_does(entries: list[Any], passing: str, deleted: str) -> None:
    assert {each: verdict({"f": entries}, f'{{"f": {each}}}') for each in passing.split("; ")} == dict.fromkeys(
        passing.split("; "), True
    )
    assert {each: verdict({"f": entries}, f'{{"f": {each}}}') for each in deleted.split("; ")} == dict.fromkeys(
        deleted.split("; "), False
    )


UNSURE: list[tuple[str, list[Any], str]] = [
    ("Lambda's page compares numbers as text, Event Ruler by value", [1], "1.0"),
    ("Lambda's page compares numbers as text, Event Ruler by value", [{"anything-but": [1, 2]}], "2e0"),
    ("EventBridge's guide promises comparisons to 5e9", [{"numeric": [">", 0]}], "5000000001"),
    ("EventBridge's guide promises comparisons to 5e9", [{"numeric": [">", 0]}], "1e9999999999999999999"),
    ("EventBridge's guide promises six decimals", [{"numeric": [">", 0]}], "0.0000001"),
    ("no operator of Lambda", [{"cidr": "10.0.0.0/24"}], '"10.0.0.1"'),
    ("no operator of Lambda", [{"cidr": "10.0.0.0/24"}], "[]"),
    ("no operator of Lambda", [{"exactly": "a"}], '"a"'),
    ("no operator of Lambda", [{"anything-but": {"cidr": "10.0.0.0/24"}}], '"a"'),
]


@pytest.mark.parametrize(("why", "entries", "value"), UNSURE)
def test_where_aws_contradicts_itself_the_verdict_is_unknown(why: str, entries: list[Any], value: str) -> None:
    assert verdict({"f": entries}, f'{{"f": {value}}}') is UNKNOWN, why


def test_an_unknown_verdict_counts_only_where_nothing_else_decides() -> None:
    unknown, body = [{"cidr": "10.0.0.0/24"}], {"ip": "10.0.0.1", "kind": "order"}
    assert verdict({"ip": unknown, "kind": ["order"]}, body) is UNKNOWN
    assert verdict({"ip": unknown, "kind": ["refund"]}, body) is False
    assert verdict({"ip": [*unknown, {"prefix": "10."}]}, body) is True
    assert verdict({"$or": [{"ip": unknown}, {"kind": ["order"]}]}, body) is True
    assert verdict({"$or": [{"ip": unknown}, {"kind": ["refund"]}]}, body) is UNKNOWN


def test_another_key_than_body_makes_it_unknown_unless_the_body_does_not_match() -> None:
    more: dict[str, Any] = {"attributes": {"SenderId": ["me"]}}
    assert matches([{"body": {"a": [1]}, **more}], record({"a": 1})) is UNKNOWN
    assert matches([{"body": {"a": [2]}, **more}], record({"a": 1})) is False
    assert matches([more], record({"a": 1})) is UNKNOWN


STRUCTURE: list[tuple[str, Any, Any, bool]] = [
    ("all fields have to match", {"a": [1], "b": [2]}, {"a": 1, "b": 3}, False),
    ("other fields do not count", {"a": [1]}, {"a": 1, "b": 3}, True),
    ("nested", {"a": {"b": {"c": [1]}}}, {"a": {"b": {"c": 1}}}, True),
    ("nested, a level less", {"a": {"b": {"c": [1]}}}, {"a": {"b": 1}}, False),
    ("a dot in a name is a level", {"a.b": [1]}, {"a": {"b": 1}}, True),
    ("a dot in a field's name, too", {"a": {"b": [1]}}, {"a.b": 1}, True),
    ("fields of an array's elements", {"a": {"b": [1]}}, {"a": [{"b": 0}, {"b": 1}]}, True),
    ("all from the same element", {"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1, "c": 1}, {"b": 2, "c": 2}]}, False),
    ("all from the same element", {"a": {"b": [1], "c": [2]}}, {"a": [{"b": 0}, {"b": 1, "c": 2}]}, True),
    ("missing in the same element", {"a": {"b": [1], "c": [{"exists": False}]}}, {"a": [{"b": 1}, {"c": 2}]}, True),
    ("each from an array of its own", {"a": {"x": [1]}, "b": {"x": [2]}}, {"a": [{}, {"x": 1}], "b": [{"x": 2}]}, True),
    ("$or", {"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
    ("$or", {"$or": [{"a": [1]}, {"b": [2]}]}, {"a": 2, "b": 1}, False),
    ("$or with other fields", {"c": [1], "$or": [{"a": [1]}, {"b": [2]}]}, {"a": 1, "c": 2}, False),
    ("$or in a field", {"f": {"$or": [{"a": [1]}, {"b": [2], "c": [3]}]}}, {"f": {"b": 2, "c": 3}}, True),
    ("$or in $or", {"$or": [{"a": [1]}, {"$or": [{"b": [2]}, {"c": [3]}]}]}, {"c": 3}, True),
]


@pytest.mark.parametrize(("case", "pattern", "body", "expected"), STRUCTURE)
def test_fields_decide_together(case: str, pattern: Any, body: Any, expected: bool) -> None:
    assert verdict(pattern, body) is expected, case


def test_large_arrays_are_searched_by_element() -> None:
    elements = [{"a": number % 2, "b": 1 - number % 2} for number in range(3_000)]
    assert verdict({"x": {"a": [1], "b": [1]}}, {"x": elements}) is False
    assert verdict({"x": {"a": [1], "b": [1]}}, {"x": [*elements, {"a": 1, "b": 1}]}) is True


def test_verdicts_are_those_of_event_ruler() -> None:
    """Numbers that are equal and differ as text, such as 1 and 1.0, are the only unknown ones among them."""
    rows = [json.loads(line) for line in VERDICTS.read_text("utf-8").splitlines()[1:]]
    ours = [(matches([pattern], record(body)), bool(passed)) for passed, pattern, body in rows]
    known = [both for both in ours if both[0] is not UNKNOWN]
    assert [row for row, both in zip(rows, ours, strict=True) if both in ((True, False), (False, True))] == []
    assert min(known.count((True, True)), known.count((False, False))) > 1_000
    assert len(known) > 0.97 * len(ours)


TEXT = st.text("abAB*é", max_size=4)
SCALARS = st.none() | st.booleans() | TEXT | st.integers(-9, 9)
BODIES = st.dictionaries(st.sampled_from("abc"), SCALARS | st.lists(SCALARS, max_size=3), min_size=1)
POSITIVE = st.one_of(
    SCALARS,
    st.fixed_dictionaries({"prefix": TEXT}),
    st.fixed_dictionaries({"suffix": TEXT}),
    st.fixed_dictionaries({"equals-ignore-case": TEXT}),
    st.fixed_dictionaries({"numeric": st.tuples(st.just(">"), st.integers(-9, 9))}),
    st.just({"exists": True}),
)
PATTERNS = st.dictionaries(st.sampled_from("abc"), st.lists(POSITIVE, min_size=1, max_size=3), min_size=1)


@given(BODIES)
def test_a_message_matches_the_pattern_of_its_own_values(body: dict[str, Any]) -> None:
    pattern: dict[str, Any] = {
        name: value if isinstance(value, list) else [value] for name, value in body.items() if value != []
    }
    assert pattern == {} or verdict(pattern, body) is True


@given(PATTERNS, BODIES, BODIES)
def test_another_field_never_unmatches_a_pattern_without_negation(
    pattern: dict[str, Any], body: dict[str, Any], more: dict[str, Any]
) -> None:
    assert verdict(pattern, body) is not True or verdict(pattern, more | body) is True


@given(st.sampled_from(["prefix", "suffix", "equals-ignore-case"]), TEXT.filter(bool), TEXT)
def test_anything_but_an_operator_is_the_opposite_of_the_operator(operator: str, operand: str, text: str) -> None:
    inner = {operator: operand}
    assert verdict({"a": [{"anything-but": inner}]}, {"a": text}) is not verdict({"a": [inner]}, {"a": text})


@given(SCALARS, st.lists(TEXT, min_size=1, max_size=3) | st.lists(st.integers(-9, 9), min_size=1, max_size=3))
def test_anything_but_values_is_the_opposite_of_the_values(value: Any, others: list[Any]) -> None:
    assert verdict({"a": [{"anything-but": others}]}, {"a": value}) is not verdict({"a": others}, {"a": value})


@given(PATTERNS, BODIES)
def test_the_order_of_fields_and_entries_does_not_count(pattern: dict[str, Any], body: dict[str, Any]) -> None:
    turned = {name: entries[::-1] for name, entries in reversed(pattern.items())}
    assert verdict(pattern, body) is verdict(turned, dict(reversed(body.items())))
