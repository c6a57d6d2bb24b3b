"""Record: what it returns, and that it cannot be changed."""

import json
from typing import Any
from unittest import mock

import pytest

import sqs_batch
from sqs_batch import Record
from sqs_events import raw_record


def test_a_record_has_the_fields_of_the_message() -> None:
    raw = raw_record('{"a": 1}', id="x", group="g", receives=3)
    raw["messageAttributes"] = {"trace": {"stringValue": "t", "dataType": "String"}}
    record = Record(raw)
    assert record.raw == raw
    assert (record.body, record.json, record.message_id) == ('{"a": 1}', {"a": 1}, "x")
    assert (record.receive_count, record.group_id) == (3, "g")
    assert record.attributes == raw["attributes"]
    assert record.message_attributes == raw["messageAttributes"]
    assert Record(raw_record()).group_id is None


def test_a_unit_test_may_create_a_record_from_a_body_alone() -> None:
    record = Record({"body": "[1]"})
    assert (record.json, record.message_id, record.receive_count, record.group_id) == ([1], "", 1, None)
    assert (record.attributes, record.message_attributes) == ({}, {})


@pytest.mark.parametrize("count", ["many", None, "", []])
def test_an_invalid_receive_count_is_one(count: Any) -> None:
    assert Record(raw_record(attributes={"ApproximateReceiveCount": count})).receive_count == 1


@pytest.mark.parametrize("document", [{"a": 1}, None, False, 0, "", [], {}])
def test_the_body_is_parsed_once_and_only_on_demand(document: Any) -> None:
    with mock.patch.object(sqs_batch, "parse_json", wraps=sqs_batch.parse_json) as parse:
        record = Record(raw_record(json.dumps(document)))
        assert record.body == json.dumps(document)
        assert parse.call_count == 0
        assert record.json == document
        assert record.json is record.json
    assert parse.call_count == 1


@pytest.mark.parametrize(
    ("body", "position"),
    [
        ("hands", "line 1 column 1 (char 0)"),
        ('{"a": }', "line 1 column 7 (char 6)"),
        ("{}\n{}", "line 2 column 1 (char 3)"),
    ],
)
def test_the_error_for_other_text_has_the_position(body: str, position: str) -> None:
    with pytest.raises(json.JSONDecodeError) as raised:
        _ = Record(raw_record(body)).json
    assert str(raised.value) == f"body is not JSON: {position}"


def test_json_may_be_surrounded_by_white_space_but_must_be_a_string() -> None:
    assert Record(raw_record('\t{ "a" : 1 }\r\n ')).json == {"a": 1}
    with pytest.raises(TypeError, match="must be str"):
        _ = Record(raw_record(body=None)).json  # pyright: ignore


@pytest.mark.parametrize("name", [*(name for name in dir(Record) if not name.startswith("_")), "user"])
def test_no_attribute_can_be_assigned_or_deleted(name: str) -> None:
    record = Record(raw_record(id="x"))
    before = getattr(record, name, None)
    with pytest.raises(AttributeError):
        setattr(record, name, "y")
    with pytest.raises(AttributeError):
        delattr(record, name)
    assert getattr(record, name, None) == before


def test_a_record_returns_copies() -> None:
    raw = raw_record("{}", id="x", group="g")
    raw["messageAttributes"] = {"trace": {"stringValue": "t", "stringListValues": [{}], "dataType": "String"}}
    record, before = Record(raw), json.dumps(raw)
    copies: list[Any] = [record.raw, {"attributes": record.attributes, "messageAttributes": record.message_attributes}]
    for copy in copies:
        copy["messageAttributes"]["trace"]["stringListValues"][0]["more"] = 1
        copy["messageAttributes"]["trace"]["stringValue"] = "changed"
        copy["attributes"].clear()
    assert json.dumps(raw) == before
    assert (record.message_id, record.group_id, record.raw) == ("x", "g", raw)
