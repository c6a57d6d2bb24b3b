"""What is taken out of a message before it is kept in a file."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from consumers.testing import record
from consumers.working_copy.events import md5_of
from consumers.working_copy.redaction import is_in, redact

PLAYER = {
    "player": {"name": "Anna", "age": 41, "odds": 0.5, "vip": True, "cards": ["As"], "club": {"id": 7}, "x": None}
}


def redacted_body(body: Any, *paths: str) -> Any:
    return json.loads(redact(record(body), paths).record["body"])


def test_a_value_is_replaced_by_one_of_the_same_json_type() -> None:
    names = ("name", "age", "odds", "vip", "cards", "club", "x")
    assert redacted_body(PLAYER, *(f"player.{name}" for name in names)) == {
        "player": {"name": "redacted", "age": 0, "odds": 0.0, "vip": False, "cards": [], "club": {}, "x": None}
    }


@pytest.mark.parametrize(
    ("path", "names"),
    [("hands.1.user", ["a", "redacted"]), ("hands.*.user", ["redacted", "redacted"]), ("*.0.user", ["redacted", "b"])],
)
def test_a_path_goes_through_lists_by_index_or_by_an_asterisk(path: str, names: list[str]) -> None:
    body = {"hands": [{"user": "a", "chips": 1}, {"user": "b", "chips": 2}]}
    expected = [{"user": name, "chips": chips} for name, chips in zip(names, (1, 2), strict=True)]
    assert redacted_body(body, path) == {"hands": expected}


def test_the_rest_of_a_body_is_as_it_was_and_its_checksum_fits() -> None:
    made = redact(record({"user": "Anna", "town": "Köln"}), ["user"]).record
    assert made["body"] == '{"user": "redacted", "town": "Köln"}'
    assert made["md5OfBody"] == md5_of(made["body"])


@pytest.mark.parametrize("body", ["no JSON", "[" * 100_000, '{"user":  "Anna" }'])
def test_a_body_without_the_path_stays_byte_for_byte(body: str) -> None:
    assert redact(record(body), ["name"]).record["body"] == body


def test_both_of_two_equal_keys_are_gone() -> None:
    assert "A" not in redact(record('{"user": "A1", "user": "A2"}'), ["user"]).record["body"]


def test_a_path_that_is_inside_another_one_is_found_as_well() -> None:
    message = record(PLAYER)
    assert redacted_body(PLAYER, "player", "player.name") == {"player": {}}
    assert is_in(message, "player.name")
    assert not is_in(message, "player.town")
    assert not is_in(message, "name")


def attribute(kind: str, **value: str) -> dict[str, Any]:
    return {**value, "stringListValues": [], "binaryListValues": [], "dataType": kind}


def test_message_attributes_keep_their_types() -> None:
    message = record()
    message["messageAttributes"] = {
        "tenant.name": attribute("String", stringValue="acme"),
        "table": attribute("Number.int", stringValue="12"),
        "raw": attribute("Binary", binaryValue="AAE="),
        "kind": attribute("String", stringValue="hand"),
    }
    paths = [f"messageAttributes.{name}" for name in ("tenant.name", "table", "raw")]
    kept: Mapping[str, Any] = redact(message, paths).record["messageAttributes"]
    assert kept["tenant.name"]["stringValue"] == "redacted"
    assert kept["table"] == attribute("Number.int", stringValue="0")
    assert base64.b64decode(kept["raw"]["binaryValue"]) == b"redacted"
    assert kept["kind"]["stringValue"] == "hand"
    assert not is_in(message, "messageAttributes.name")


def test_attributes_of_sqs_can_be_redacted_too() -> None:
    message = record({"attributes": {"MessageGroupId": "in the body"}}, group_id="anna@example.com")
    made = redact(message, ["attributes.MessageGroupId", "attributes.SentTimestamp"]).record
    assert (made["attributes"]["MessageGroupId"], made["attributes"]["SentTimestamp"]) == ("redacted", "0")
    assert "in the body" not in made["body"]


def test_what_identifies_an_account_is_always_gone() -> None:
    source = {"DeadLetterQueueSourceArn": "arn:aws:sqs:eu-west-1:999988887777:hands"}
    message = record(
        "{}",
        attributes={"SenderId": "AROAEXAMPLE:anna", **source},
        queue_arn="arn:aws:sqs:eu-west-1:999988887777:hands",
    )
    text = json.dumps(redact(message, []).record)
    assert not any(secret in text for secret in ("999988887777", "AROAEXAMPLE", message["receiptHandle"]))
    assert "arn:aws:sqs:eu-west-1:123456789012:hands" in text


def test_a_reason_is_expected_with_placeholders_for_the_texts_that_it_quotes() -> None:
    redaction = redact(record({"user": "Anna", "note": "", "chips": 1}), ["user", "note", "chips"])
    assert redaction.expected("no player Anna at 1 table") == "no player redacted at 1 table"


def test_the_record_that_is_redacted_does_not_change() -> None:
    message = record(PLAYER, group_id="g", message_attributes={"a": "b"})
    before = json.dumps(message)
    redact(message, ["*.*", "attributes.*", "messageAttributes.*"])
    assert json.dumps(message) == before
