"""What a function sees of its message, and that nothing is worked out before it is asked for."""

import json
from typing import Any
from unittest import mock

import pytest

import sqs_batch
from sqs_batch import Record
from sqs_events import raw_record


def test_a_record_gives_what_the_message_has() -> None:
    raw = raw_record('{"a": 1}', id="x", group="g", receives=3)
    raw["messageAttributes"] = {"trace": {"stringValue": "t", "dataType": "String"}}
    record = Record(raw)
    assert record.raw == raw
    assert (record.body, record.json, record.message_id) == ('{"a": 1}', {"a": 1}, "x")
    assert (record.receive_count, record.group_id) == (3, "g")
    assert record.attributes == raw["attributes"]
    assert record.message_attributes == raw["messageAttributes"]


def test_a_message_of_a_standard_queue_need_not_have_a_group() -> None:
    assert Record(raw_record()).group_id is None


def test_a_unit_test_may_make_a_record_of_a_body_alone() -> None:
    record = Record({"body": "[1]"})
    assert (record.json, record.message_id, record.receive_count, record.group_id) == ([1], "", 1, None)
    assert (record.attributes, record.message_attributes) == ({}, {})


@pytest.mark.parametrize("count", ["many", None, "", []])
def test_a_receive_count_that_cannot_be_read_is_one(count: Any) -> None:
    assert Record(raw_record(attributes={"ApproximateReceiveCount": count})).receive_count == 1


def test_the_body_is_not_parsed_before_json_is_asked_for() -> None:
    assert Record(raw_record("no json")).body == "no json"


def test_the_body_is_parsed_once() -> None:
    record = Record(raw_record('{"a": 1}'))
    with mock.patch.object(sqs_batch, "parse_json", wraps=sqs_batch.parse_json) as parse:
        assert record.json is record.json
    assert parse.call_count == 1


@pytest.mark.parametrize("document", [None, False, 0, "", [], {}])
def test_an_empty_document_is_parsed_once_too(document: Any) -> None:
    record = Record(raw_record(json.dumps(document)))
    assert record.json == document
    with mock.patch.object(sqs_batch, "parse_json", side_effect=AssertionError("parsed twice")):
        assert record.json == document


@pytest.mark.parametrize("body", [' {"a": 1}', '{"a": 1}\n', '\t{"a": 1}\r\n ', '{ "a" : 1 }'])
def test_white_space_around_a_document_is_no_error(body: str) -> None:
    assert Record(raw_record(body)).json == {"a": 1}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "body is not JSON: line 1 column 1 (char 0)"),
        ("hands", "body is not JSON: line 1 column 1 (char 0)"),
        ('{"a": }', "body is not JSON: line 1 column 7 (char 6)"),
        ("{}\n{}", "body is not JSON: line 2 column 1 (char 3)"),
        ("{'a': 1}", "body is not JSON: line 1 column 2 (char 1)"),
    ],
)
def test_a_body_that_is_no_json_says_where(body: str, error: str) -> None:
    with pytest.raises(json.JSONDecodeError) as raised:
        _ = Record(raw_record(body)).json
    assert str(raised.value) == error


def test_a_body_that_is_no_text_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="must be str"):
        _ = Record(raw_record(body=None)).json  # pyright: ignore


def test_a_record_has_room_for_nothing_else() -> None:
    with pytest.raises(AttributeError):
        Record(raw_record()).user = "aarit"  # pyright: ignore


PROPERTIES = [name for name in dir(Record) if not name.startswith("_")]


@pytest.mark.parametrize("name", PROPERTIES)
def test_nothing_of_a_record_can_be_assigned_or_deleted(name: str) -> None:
    record = Record(raw_record(id="x"))
    before = getattr(record, name)
    with pytest.raises(AttributeError):
        setattr(record, name, "y")
    with pytest.raises(AttributeError):
        delattr(record, name)
    assert getattr(record, name) == before


def test_what_a_record_hands_out_is_a_copy() -> None:
    raw = raw_record("{}", id="x", group="g")
    raw["messageAttributes"] = {"trace": {"stringValue": "t", "stringListValues": [], "dataType": "String"}}
    record, before = Record(raw), json.dumps(raw)
    copies: list[Any] = [record.raw, {"attributes": record.attributes, "messageAttributes": record.message_attributes}]
    for copy in copies:
        copy["messageAttributes"]["trace"]["stringListValues"].append("more")
        copy["messageAttributes"]["trace"]["stringValue"] = "changed"
        copy["attributes"].clear()
        copy.clear()
    assert json.dumps(raw) == before
    assert (record.message_id, record.group_id, record.raw) == ("x", "g", raw)
