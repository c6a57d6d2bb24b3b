"""What counts as a change of a resource, and what AWS has now."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.resource_table import TABLE, Property, Values
from consumers.resource_table.changes import Change, changes, refreshed

QUEUE = TABLE["aws:sqs/queue:Queue"].properties
FUNCTION = TABLE["aws:lambda/function:Function"].properties
MAPPING = TABLE["aws:lambda/eventSourceMapping:EventSourceMapping"].properties

JSON = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"delaySeconds": 1}, {"delaySeconds": 2}, Change("delaySeconds", "update", force_new=False)),
        ({}, {"redrivePolicy": "{}"}, Change("redrivePolicy", "add", force_new=False)),
        ({"kmsMasterKeyId": "k"}, {}, Change("kmsMasterKeyId", "delete", force_new=False)),
        ({"name": "a"}, {"name": "b"}, Change("name", "update", force_new=True)),
        ({"fifoQueue": False}, {"fifoQueue": True}, Change("fifoQueue", "update", force_new=True)),
        ({"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1", "b": "3"}}, Change("tags.b", "update", force_new=False)),
        ({"tags": {"a": "1"}}, {"tags": {"a": "1", "b.c": "2"}}, Change('tags["b.c"]', "add", force_new=False)),
        ({"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1"}}, Change("tags.b", "delete", force_new=False)),
    ],
)
def test_one_value_that_differs_is_one_change(old: Values, new: Values, expected: Change) -> None:
    assert list(changes(QUEUE, old, new)) == [expected]


def test_a_value_deep_inside_is_named_with_its_path() -> None:
    old = {"environment": {"variables": {"LEVEL": "1", "OTHER": "2"}}}
    new = {"environment": {"variables": {"LEVEL": "3", "OTHER": "2"}}}
    assert list(changes(FUNCTION, old, new)) == [Change("environment.variables.LEVEL", "update", force_new=False)]


def test_a_key_of_filters_is_set_replaced_and_removed_in_place() -> None:
    old, new = {"kmsKeyArn": "a"}, {"kmsKeyArn": "b"}
    assert list(changes(MAPPING, {}, old)) == [Change("kmsKeyArn", "add", force_new=False)]
    assert list(changes(MAPPING, old, new)) == [Change("kmsKeyArn", "update", force_new=False)]
    assert list(changes(MAPPING, new, {})) == [Change("kmsKeyArn", "delete", force_new=False)]
    assert TABLE["aws:lambda/eventSourceMapping:EventSourceMapping"].changed(new, {}) == {"kmsKeyArn": ""}


def test_a_removed_property_that_aws_keeps_is_no_change() -> None:
    assert list(changes(QUEUE, {"policy": "{}", "redrivePolicy": "{}", "sqsManagedSseEnabled": True}, {})) == []


def test_a_removed_property_with_its_default_value_is_no_change() -> None:
    assert list(changes(MAPPING, {"batchSize": 10, "enabled": True, "maximumBatchingWindowInSeconds": 0}, {})) == []
    assert list(changes(FUNCTION, {}, {"description": "", "layers": []})) == []


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


@pytest.mark.parametrize(
    ("properties", "old", "new"),
    [
        (QUEUE, {"policy": policy(Action="a", Resource="*")}, {"policy": policy(Resource=["*"], Action=["a"])}),
        (MAPPING, {"functionName": "f"}, {"functionName": "arn:aws:lambda:us-east-1:000000000000:function:f"}),
        (FUNCTION, {"vpcConfig": {"subnetIds": ["a", "b"]}}, {"vpcConfig": {"subnetIds": ["b", "a"]}}),
        (
            MAPPING,
            {"filterCriteria": {"filters": [{"pattern": "1"}, {"pattern": "2"}]}},
            {"filterCriteria": {"filters": [{"pattern": "2"}, {"pattern": "1"}]}},
        ),
    ],
)
def test_equivalent_values_are_no_change(properties: Any, old: Values, new: Values) -> None:
    assert list(changes(properties, old, new)) == []
    assert refreshed(properties, old, new) == old


@pytest.mark.parametrize(
    ("properties", "old", "new"),
    [
        (QUEUE, {"policy": policy(Action="a")}, {"policy": policy(Action="b")}),
        (QUEUE, {"policy": policy(Action="a")}, {"policy": "not known yet"}),
        (MAPPING, {"functionName": "f"}, {"functionName": "g"}),
        (FUNCTION, {"vpcConfig": {"subnetIds": ["a", "a"]}}, {"vpcConfig": {"subnetIds": ["a"]}}),
        # Unlike policies, a redrive policy is a text to the provider.
        (QUEUE, {"redrivePolicy": '{"a": 1}'}, {"redrivePolicy": '{"a":1}'}),
    ],
)
def test_values_that_are_not_equivalent_are_a_change(properties: Any, old: Values, new: Values) -> None:
    assert len(list(changes(properties, old, new))) == 1


@settings(max_examples=50)
@given(JSON, st.none() | JSON)
def test_there_is_a_change_exactly_where_values_differ(old: Any, new: Any) -> None:
    found = list(changes({"value": Property(default=0)}, {"value": old}, {"value": new}))
    assert bool(found) == (old != new and new is not None)


def test_values_that_aws_has_now_replace_the_recorded_ones() -> None:
    recorded = {"visibilityTimeoutSeconds": 60, "tags": {"a": "1"}, "policy": policy(Action="a")}
    now = {"visibilityTimeoutSeconds": 7, "tags": {"b": "2"}, "url": "u"}
    assert refreshed(QUEUE, recorded, now) == {"visibilityTimeoutSeconds": 7, "tags": {"b": "2"}}


def test_values_that_aws_never_returns_stay_as_recorded() -> None:
    recorded = {"code": "archive", "publish": True, "description": "", "environment": {"variables": {"A": "1"}}}
    now = {"environment": {"variables": {"A": "2"}}}
    assert refreshed(FUNCTION, recorded, now) == recorded | now


def test_only_the_recorded_keys_of_an_object_are_compared() -> None:
    recorded = {"loggingConfig": {"logFormat": "Text", "logGroup": "/g"}}
    now = {"loggingConfig": {"logFormat": "Text", "logGroup": "/other", "systemLogLevel": "INFO"}}
    assert refreshed(FUNCTION, recorded, now) == {"loggingConfig": {"logFormat": "Text", "logGroup": "/other"}}
