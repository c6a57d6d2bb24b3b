"""Wrong values of every argument are one readable line each; valid ones are accepted as AWS accepts them."""

import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from components import validation
from components.packaging.package import PackagedSettings
from components.settings.findings import Finding
from components.settings.kinds import (
    Boolean,
    Dicts,
    Group,
    InputList,
    InputText,
    InputTexts,
    Integer,
    Kind,
    OneOf,
    Paths,
    Subset,
    Text,
)
from components.settings.reading import kinds
from pulumi_run import ACCOUNT
from rule_cases import BUCKET, HANDS, IMAGE, KEY, LAYER, ON_CALL, RULE, TOPIC
from validate import component_findings, findings_of, settings_of

SECRET = "hunter2"
# What was passed; what is allowed. Why. How to fix it. [rule] page
LINE = re.compile(r"got .+?; allowed: (.+?)\. [A-Z'].+\. [A-Z][^\[]+\. \[([a-z0-9-]+)\] https://\S+")
SET_BY_COMPONENT: dict[str, Any] = {"target": settings_of({"code": object()}), "rule": RULE, "listeners": ()}


def findings_on(model: type, argument: str, value: Any) -> list[Finding]:
    for name in reversed(argument.split(".")):
        value = {name: value}
    if model is PackagedSettings:
        return findings_of({"code": object(), **value})
    fields = {field.name for field in dataclasses.fields(model)}
    return component_findings(model, value, **{name: more for name, more in SET_BY_COMPONENT.items() if name in fields})


def wrong_values(kind: Kind) -> Iterator[Any]:
    yield None
    match kind:
        case Integer():
            yield from ("five", "5", 2.5, True, float("nan"), float("inf"), [], {}, b"5", object(), kind.low - 1)
            yield from () if kind.high is None else (kind.high + 1,)
        case Boolean():
            yield from ("true", 1, 0, 1.0)
        case OneOf():
            yield from ("nonsense", ["x86_64"], 2.5, True, float("nan"), [])
        case Text() | InputText():
            yield from (5, "")
        case InputList():
            yield from ("arn:aws:sns:eu-west-1:123456789012:on-call", [""])
            yield from () if kind.maximum is None else ([f"one-{number}" for number in range(kind.maximum + 1)],)
        case InputTexts():
            yield from (SECRET, {"NAME": SECRET.encode()})
        case Subset():
            yield from ("errors", ["nonsense"])
        case Dicts() | Paths():
            yield from ({"body": []}, "lib", [5])
        case Group():
            yield from (5, "five", 2.5, True, float("nan"), [])
        case _:
            yield from ("function.zip", 2)


ARGUMENTS = [
    pytest.param(model, path, kind, id=f"{rules.component} {path}")
    for model, rules in validation.COMPONENTS.items()
    for path, kind in kinds(model)
]


@pytest.mark.parametrize(("model", "argument", "kind"), ARGUMENTS)
def test_a_wrong_value_is_one_readable_line(model: type, argument: str, kind: Kind) -> None:
    for value in wrong_values(kind):
        (finding,) = (one for one in findings_on(model, argument, value) if one.argument == argument)
        parts = LINE.fullmatch(str(finding).removeprefix(f"{argument}: "))
        assert parts is not None, finding
        allowed, rule = parts.groups()
        assert allowed.startswith(kind.allowed)
        assert rule == f"{argument.replace('.', '-').replace('_', '-')}-value"
        assert SECRET not in str(finding) or argument in ("tags", "ignore_advice")
        assert "object at 0x" not in str(finding)


@pytest.mark.parametrize(
    ("model", "argument", "kind"), [each for each in ARGUMENTS if isinstance(each.values[2], Group)]
)
def test_an_unknown_argument_of_a_group_is_named_without_its_value(model: type, argument: str, kind: Kind) -> None:
    findings = findings_on(model, argument, {"nonsense": SECRET})
    (finding,) = (one for one in findings if one.rule == "unknown-argument")
    assert finding.argument == f"{argument}.nonsense"
    assert SECRET not in str(finding)


@pytest.mark.parametrize("name", ["durable_config", "durableConfig", "capacity_provider_config", "capacityProvider"])
@pytest.mark.parametrize("is_in_group", [True, False])
def test_a_kind_of_function_that_no_consumer_has_is_refused_with_the_reason(name: str, is_in_group: bool) -> None:
    args: Any = {name: SECRET}
    (finding,) = findings_of({"code": object(), **({"function": args} if is_in_group else args)})
    assert finding.argument == ("function." if is_in_group else "") + name
    assert "/lambda/latest/dg/" in finding.page
    assert finding.breach.fix.endswith("see docs/wrong-tool.md in the repository")
    assert SECRET not in str(finding)


@pytest.mark.parametrize(
    ("args", "fix"),
    [
        ({"visibility_timeout_seconds": 60}, "Move it into its group: queue.visibility_timeout_seconds"),
        ({"name": "hands"}, "Move it into its group: function.name or function.alias.name or queue.name or "),
        ({"include": "lib"}, "Put it into a list"),
        ({"alarms": {"actions": "arn:aws:sns:eu-west-1:123456789012:on-call"}}, "Put it into a list"),
        ({"policy_statements": {"Effect": "Allow"}}, "Put it into a list"),
        ({"function": {"log_retention_in_days": 31}}, "Pass one of them, or leave the argument out"),
    ],
)
def test_frequent_mistakes_get_a_fix_of_their_own(args: dict[str, Any], fix: str) -> None:
    assert [one for one in findings_of({"code": object(), **args}) if one.breach.fix.startswith(fix)] != []


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        ("function", "layers", [LAYER, LAYER]),
        ("function", "layers", [LAYER.rpartition(":")[0]]),
        ("function", "log_kms_key_arn", "alias/aws/logs"),
        ("function", "permissions_boundary", "Boundary"),
        ("function", "managed_policy_arns", ["AdministratorAccess"]),
        ("function", "code_signing_config_arn", "arn:aws:s3:::x"),
        ("queue", "kms_master_key_id", "1a2b-3c4d"),
        ("queue", "kms_master_key_id", KEY.replace("key/1a2b", "alias/hands")),
        ("queue.allowed_senders", "topics", ["hands"]),
        ("queue.allowed_senders", "topics", ["*"]),
        ("queue.allowed_senders", "topics", [TOPIC.replace(ACCOUNT, "*")]),
        ("queue.allowed_senders", "buckets", ["hand-histories"]),
        ("queue.allowed_senders", "buckets", ["arn:aws:s3:eu-central-1:123456789012:hands"]),
        ("queue.allowed_senders", "event_rules", [RULE.replace("rule/", "event-bus/")]),
        ("queue.allowed_senders", "event_rules", [RULE.replace(ACCOUNT, "*")]),
    ],
)
def test_an_arn_of_another_kind_is_an_error(group: str, name: str, value: Any) -> None:
    (finding,) = findings_on(PackagedSettings, f"{group}.{name}", value)
    assert finding.argument == f"{group}.{name}"


VPC = {"subnet_ids": [f"subnet-{n}" for n in range(16)], "security_group_ids": [f"sg-{n}" for n in range(5)]}


@pytest.mark.parametrize(
    "args",
    [
        {"handler": f"{'a' * 124}.run"},
        {"fifo": True, "queue": {"name": f"{'a' * 75}.fifo"}},
        {"filters": [{"body": {"won": [True]}}] * 5},
        {"timeout": 900, "memory_size": 10_240},
        {"timeout": 10, "queue": {"visibility_timeout_seconds": 60}},
        {"batch_size": 11, "mapping": {"maximum_batching_window_in_seconds": 1}},
        {"fifo": True, "batch_size": 10, "dead_letter_queue": {"message_retention_seconds": 60}},
        {"max_receive_count": 1_000, "queue": {"message_retention_seconds": 1_209_600}},
        {"function": {"layers": [LAYER[:-1] + str(number) for number in range(5)], "vpc": VPC}},
        {"function": {"log_format": "JSON", "application_log_level": "TRACE", "system_log_level": "DEBUG"}},
        {"function": {"permissions_boundary": "arn:aws-us-gov:iam::123456789012:policy/team/Boundary"}},
        {"function": {"environment_kms_key_arn": "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1"}},
        {"function": {"alias": {"name": "v1", "provisioned_concurrent_executions": 1}}},
        {"function": {"alias": {"snap_start": True}}},
        {"function": {"reserved_concurrent_executions": 5}, "mapping": {"maximum_concurrency": 5}},
        {"function": {"reserved_concurrent_executions": 5}, "mapping": {"enabled": False}},
        {"queue": {"kms_master_key_id": "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef"}},
        {"queue": {"allowed_senders": {"topics": ["arn:aws-cn:sns:cn-north-1:123456789012:hands-*"]}}},
        {"queue": {"allowed_senders": {"buckets": [BUCKET.replace("aws", "aws-us-gov")]}}},
        {"queue": {"allowed_senders": {"event_rules": [RULE.replace("rule/", "rule/own-bus/")]}}},
        {"queue": {"arn": HANDS}, "alarms": {"actions": [ON_CALL] * 5}},
    ],
)  # fmt: skip
def test_what_aws_accepts_breaks_no_rule(args: dict[str, Any]) -> None:
    assert findings_of({"code": object(), **args}) == []


@pytest.mark.parametrize(
    ("uri", "accepted"),
    [
        (IMAGE, True),
        (f"{IMAGE.partition(':')[0]}@sha256:{'0' * 64}", True),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b:latest", True),
        ("123456789012.dkr-ecr.us-east-1.on.aws/hands:1", True),
        ("public.ecr.aws/lambda/python:3.13", False),
        ("hands:1", False),
    ],
)
def test_an_image_must_be_in_a_private_ecr_repository(uri: str, accepted: bool) -> None:
    assert [one.argument for one in findings_of({"image_uri": uri})] == ([] if accepted else ["image_uri"])


@cache
def consumer_arguments() -> dict[str, Kind]:
    return dict(kinds())


def test_an_integer_may_be_a_float_as_from_a_plugin_host() -> None:
    for argument, kind in consumer_arguments().items():
        if isinstance(kind, Integer):
            assert isinstance(kind.read(float(kind.low)), int), argument


junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text("ab\n\0é", max_size=5), st.binary(max_size=3),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)  # fmt: skip


@given(value=junk, argument=st.sampled_from(sorted(consumer_arguments())))
@example(value={"\n": ""}, argument="alarms")
@hypothesis_settings(max_examples=60)
def test_any_value_gets_settings_and_findings_of_one_line(argument: str, value: Any) -> None:
    assert all("\n" not in str(finding) for finding in findings_on(PackagedSettings, argument, value))


@given(args=st.dictionaries(st.text(max_size=8) | st.integers(), junk, max_size=4))
@hypothesis_settings(max_examples=40)
def test_every_unknown_argument_is_named(args: dict[Any, Any]) -> None:
    findings = findings_of({"code": object(), **args})
    unknown = {str(name) for name in args if name not in consumer_arguments()}
    assert {finding.argument for finding in findings if finding.rule == "unknown-argument"} == unknown


@pytest.mark.parametrize("args", [None, "source", 5, ["source"], object()])
def test_arguments_must_be_a_dict(args: Any) -> None:
    (finding,) = (one for one in findings_of(args) if one.argument == "args")
    assert "Pass QueueConsumerArgs" in str(finding)
