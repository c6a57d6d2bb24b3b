"""The parameters that a route of an HTTP API sends to SQS on the local AWS."""

import pytest

from consumers.local.http_api import parameters

HEADERS = {"$request.header.x-table": "seven", "$context.requestId": "id"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("https://sqs.example/hands", "https://sqs.example/hands"),
        ("$request.body", '{"hand": {"table": 7}, "x": null}'),
        ("$request.body.hand.table", "7"),
        ("$context.requestId", "id"),
        ("table-${request.header.x-table}-${request.body.hand.table}-${request.body.none}", "table-seven-7-"),
    ],
)
def test_a_parameter_is_text_or_a_part_of_the_request(expression: str, value: str) -> None:
    body = '{"hand": {"table": 7}, "x": null}'
    sent = parameters({"A": expression}, body, lambda atom: HEADERS.get(atom, None if "$" in atom else atom))
    assert sent == {"A": value}


@pytest.mark.parametrize("body", ["", "no JSON", "[1]", '"text"', '{"hand": 1}', '{"hand": {"table": null}}'])
def test_a_part_that_the_request_lacks_is_left_out(body: str) -> None:
    asked = {"MessageBody": "$request.body", "MessageGroupId": "$request.body.hand.table", "A": "$request.header.none"}
    assert parameters(asked, body, HEADERS.get) == {"MessageBody": body}
