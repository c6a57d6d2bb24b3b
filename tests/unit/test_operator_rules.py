"""Which operators each service has, the errors on their operands, and the limits of a filter policy of SNS."""

from pathlib import Path
from typing import Any

import pytest

from components import validation
from components.settings.operators import OF_EVENTBRIDGE, OF_LAMBDA, OF_PIPES, OF_SNS, Operators
from components.settings.patterns import breaches
from components.settings.sources.event_rule import EventRuleSettings
from components.settings.sources.stream import StreamSettings
from components.settings.sources.topic_subscription import TopicSubscriptionSettings
from error_texts import ErrorTexts
from source_rule_cases import LATER

TOPIC = "arn:aws:sns:eu-central-1:123456789012:hands"
STREAM = "arn:aws:kinesis:eu-central-1:123456789012:stream/hands"
MODELS: dict[str, tuple[type, dict[str, Any]]] = {
    "event_pattern": (EventRuleSettings, {}),
    "filters": (StreamSettings, {"source_arn": STREAM}),
    "filter_policy": (TopicSubscriptionSettings, {"topic": TOPIC, "filter_policy_scope": "MessageBody"}),
}


def findings(folder: Path, argument: str, value: Any, **more: Any) -> list[str]:
    """Return the findings on an argument of a source, each without its page."""
    senders = {"queue": {"allowed_senders": {"topics": [TOPIC]}}}
    target, _ = validation.examine("hands", {"source": str(folder), **senders})
    model, args = MODELS[argument]
    found = validation.examine_component(model, "source", {**args, argument: value, **more}, target=target)[1]
    return [str(finding).rpartition(" [")[0] for finding in found]


def wrong(pattern: Any, operators: Operators) -> list[str]:
    return [breach.got for breach in breaches("p", pattern, operators)]


ITEMS: dict[str, Any] = {
    "prefix": {"prefix": "a"},
    "prefix in any case": {"prefix": {"equals-ignore-case": "a"}},
    "suffix": {"suffix": "z"},
    "suffix in any case": {"suffix": {"equals-ignore-case": "z"}},
    "equals-ignore-case": {"equals-ignore-case": "Ann"},
    "numeric": {"numeric": [">", 0, "<=", 1e9]},
    "exists": {"exists": False},
    "anything-but": {"anything-but": ["ann", "bob"]},
    "anything-but a number": {"anything-but": 3},
    "anything-but prefix": {"anything-but": {"prefix": "a"}},
    "anything-but prefixes": {"anything-but": {"prefix": ["a", "b"]}},
    "anything-but suffix": {"anything-but": {"suffix": "z"}},
    "anything-but in any case": {"anything-but": {"equals-ignore-case": ["Ann"]}},
    "anything-but wildcard": {"anything-but": {"wildcard": "*/lib/*"}},
    "anything-but wildcards": {"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}},
    "wildcard": {"wildcard": r"in/*\*.jsonl"},
    "cidr": {"cidr": "10.0.0.0/24"},
    "cidr of IPv6": {"cidr": "2001:db8::/32"},
}
LAMBDA_HAS_NOT = {name for name in ITEMS if name.startswith(("anything-but prefix", "anything-but suffix"))} | {
    *("prefix in any case", "suffix in any case", "anything-but in any case", "anything-but wildcard"),
    *("anything-but wildcards", "wildcard", "cidr", "cidr of IPv6"),
}
PIPES_HAVE_NOT = LAMBDA_HAS_NOT - {"prefix in any case", "suffix in any case", "cidr", "cidr of IPv6"}
SNS_HAS_NOT = {
    *("prefix in any case", "suffix in any case", "anything-but suffix", "anything-but in any case"),
    *("anything-but prefixes", "anything-but wildcards"),
}


@pytest.mark.parametrize(
    ("operators", "missing"),
    [(OF_EVENTBRIDGE, set[str]()), (OF_PIPES, PIPES_HAVE_NOT), (OF_LAMBDA, LAMBDA_HAS_NOT), (OF_SNS, SNS_HAS_NOT)],
    ids=lambda value: value.service if isinstance(value, Operators) else "",
)
def test_a_service_has_the_operators_that_its_guide_lists(operators: Operators, missing: set[str]) -> None:
    assert {name for name, item in ITEMS.items() if wrong({"a": [item]}, operators)} == missing


@pytest.mark.parametrize("item", [{"wildcard": "a*"}, {"anything-but": {"suffix": "z"}}], ids=str)
def test_an_operator_that_only_rules_have_is_an_error_on_a_pipe(
    folder: Path, item: Any, error_text: ErrorTexts
) -> None:
    (finding,) = findings(folder, "filters", [{"data": {"a": [item]}}])
    error_text(finding)


WRONG_OPERANDS: list[Any] = [
    *({"cidr": network} for network in ("home", "10.0.0.256/8", "10.0.0.1/32", "::ffff:a00:1/96")),
    *({"wildcard": text} for text in ("a**", r"a\b")),
    {"prefix": {"equals-ignore-case": 5}},
    {"prefix": {"wildcard": "a"}},
    *({"anything-but": {"prefix": wrong}} for wrong in (5, "", [], None, ["a", ""])),
    {"anything-but": {"wildcard": ["a", "b**"]}},
    {"anything-but": {"exists": True}},
]


def test_a_wrong_operand_is_an_error_that_names_what_the_operator_accepts(error_text: ErrorTexts) -> None:
    found = [[*breaches("p", {"a": [item]}, OF_EVENTBRIDGE)] for item in WRONG_OPERANDS]
    assert {breach.fix for (breach,) in found} == {"Correct it"}
    error_text("\n".join(f"{breach.got}; allowed: {breach.allowed}" for (breach,) in found))


@pytest.mark.parametrize("operators", [OF_EVENTBRIDGE, OF_PIPES, OF_LAMBDA, OF_SNS], ids=lambda one: one.service)
def test_inside_an_or_no_field_has_the_name_of_an_operator(operators: Operators) -> None:
    pattern = {"prefix": ["a"], "$or": [{"a": {"wildcard": [1]}}, {"$or": [{"b": [1]}, {"regex": [1]}]}]}
    (first, second) = breaches("p", pattern, operators)
    assert first.got == "the field 'wildcard' at p.$or[0].a.wildcard"
    assert second.got == "the field 'regex' at p.$or[1].$or[1].regex"
    assert first.allowed == "inside '$or', names that no operator has"
    assert first.fix == "Rename the field, or write patterns without '$or', one for each alternative"


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ({"a": {"b": [1]}, "a.b": [2]}, "the field 'a.b' once more at p.a.b"),
        ({"$or": [{"b": [3]}, {"a": [2]}], "a": [1]}, "the field 'a' once more at p.a"),
        ({"c": {"$or": [{"a": [1], "$or": [{"a": [2]}, {"b": [3]}]}, {"d": [1]}]}}, "p.c.$or[0].$or[0].a"),
    ],
)
def test_a_field_is_named_once_as_only_the_last_would_count(pattern: Any, place: str) -> None:
    (breach,) = breaches("p", pattern, OF_EVENTBRIDGE)
    assert breach.got.endswith(place)
    assert breach.allowed == "each field once"
    assert breach.fix == "Write all values into one list, or write the field in '$or' only"


def test_alternatives_may_name_the_same_field() -> None:
    assert wrong({"$or": [{"a": [1], "b": [1]}, {"a": [2], "b": [2]}]}, OF_EVENTBRIDGE) == []


def test_an_output_may_stand_wherever_a_value_may() -> None:
    items = [LATER, {"prefix": {"equals-ignore-case": LATER}}, {"anything-but": {"wildcard": [LATER]}}]
    assert wrong({"a": items, "b": LATER, "c": {"d": [{"cidr": LATER}]}}, OF_EVENTBRIDGE) == []


@pytest.mark.parametrize(
    ("argument", "pattern"),
    [
        ("event_pattern", {"detail": [float("nan"), b"x"]}),
        ("event_pattern", {"detail": {(1, 2): ["x"]}}),
        ("filter_policy", {"detail": [float("nan"), b"x"]}),
        ("filters", [{"data": ["x"]}, {"data": [{"prefix": {1}}, float("inf")], "eventName": {2: ["x"]}}]),
    ],
    ids=["values", "a field", "a filter policy", "filters"],
)
def test_a_value_that_json_does_not_have_is_an_error_at_its_place(
    folder: Path, argument: str, pattern: Any, error_text: ErrorTexts
) -> None:
    error_text("\n".join(findings(folder, argument, pattern)))


def many(number: int) -> list[str]:
    return [f"{each}" for each in range(number)]


@pytest.mark.parametrize(
    ("policy", "combinations"),
    [
        ({"a": many(151)}, 151),
        ({"a": many(5), "b": many(5), "c": many(7)}, 175),
        ({"key_a": {"key_b": {"key_c": many(4)}}, "key_d": {"key_e": many(3)}, "key_f": many(3)}, 216),  # SNS's guide
        ({"Records": {"s3": {"object": {"key": many(40)}}}}, 160),  # refused by AWS, and 36 are taken
        ({"$or": [{"a": many(80)}, {"b": many(71)}]}, 151),
        ({"$or": [{"a": many(40)}, {"b": many(40)}], "c": many(2)}, 160),
    ],
)
def test_sns_takes_150_combinations_of_values(folder: Path, policy: Any, combinations: int) -> None:
    (finding,) = findings(folder, "filter_policy", policy)
    assert finding.startswith(f"filter_policy: got {combinations} combinations: ")


@pytest.mark.parametrize(
    "policy",
    [
        {"a": many(150)},
        {"key_a": {"key_b": {"key_c": many(4)}}, "key_d": {"key_e": many(3)}},
        {"Records": {"s3": {"object": {"key": many(36)}}}},
        {"$or": [{"a": many(75)}, {"b": many(75)}]},
        {"a": [{"anything-but": many(500)}]},
        {"a": [{"wildcard": f"*/{each}/*"} for each in many(4)]},
        {"a": [{"wildcard": f"{each}*"} for each in many(10)]},
        {"a": [{"wildcard": r"*\**\*\*"}, {"anything-but": "******"}]},
        {"a": LATER},
    ],
)
def test_a_filter_policy_up_to_the_limits_of_sns_is_accepted(folder: Path, policy: Any) -> None:
    assert findings(folder, "filter_policy", policy) == []


@pytest.mark.parametrize(
    "policy",
    [
        {"a": [{"anything-but": ["x" * 262_144]}]},
        {"a": {"b": [{"wildcard": "*a*b*c*"}]}},
        {"a": [{"anything-but": {"wildcard": f"*/{each}/*"}} for each in many(5)]},
    ],
    ids=["bytes", "wildcards of a text", "wildcards of a policy"],
)
def test_a_filter_policy_beyond_the_limits_of_sns_is_an_error(
    folder: Path, policy: Any, error_text: ErrorTexts
) -> None:
    (finding,) = findings(folder, "filter_policy", policy)
    error_text(finding)


def test_a_filter_on_attributes_is_flat_in_an_or_too(folder: Path) -> None:
    policy = {"$or": [{"a": ["x"]}, {"b": {"c": ["x"]}}]}
    (finding,) = findings(folder, "filter_policy", policy, filter_policy_scope="MessageAttributes")
    assert finding.startswith("filter_policy: got a dict of fields at filter_policy.$or[1].b; allowed: lists")
