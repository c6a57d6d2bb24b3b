"""A reply is judged as Lambda judges it.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
"""

import json
from typing import Any

import pytest

from consumers.working_copy.invocation import Invocation, failures
from error_texts import ErrorTexts

EVENT = {"Records": [{"messageId": "one"}, {"messageId": "two"}]}


@pytest.mark.parametrize(
    "reply",
    [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"other": 1}, "done", 5, []],
    ids=json.dumps,
)
def test_these_replies_are_a_complete_success(reply: Any) -> None:
    assert failures(EVENT, Invocation("request", reply)) == {}


@pytest.mark.parametrize(
    "items",
    [
        [{"itemIdentifier": ""}],
        [{"itemIdentifier": None}],
        [{"wrongKey": "one"}],
        [{"itemIdentifier": "unknown"}],
        [{"itemIdentifier": "one"}, {"itemIdentifier": "unknown"}],
        ["one"],
        "one",
        {"itemIdentifier": "one"},
    ],
    ids=json.dumps,
)
def test_these_replies_return_the_whole_batch(items: Any, error_text: ErrorTexts) -> None:
    failed = failures(EVENT, Invocation("request", {"batchItemFailures": items}))
    assert set(failed) == {"one", "two"}
    assert failed["one"] == failed["two"]
    error_text(failed["one"])


def test_an_entry_returns_one_message_with_the_reason_that_the_log_gives() -> None:
    log = [
        "[ERROR]\t2026-11-28T21:00:00.000Z\trequest\tFAIL message_id=two receive_count=1 reason=no card: 'x'",
        "[ERROR]\t2026-11-28T21:00:00.000Z\trequest\tFAIL message_id=other receive_count=1 reason=of another",
    ]
    reply = {"batchItemFailures": [{"itemIdentifier": "two"}, {"itemIdentifier": "two"}]}
    assert failures(EVENT, Invocation("request", reply, log=log)) == {"two": "no card: 'x'"}
    assert failures(EVENT, Invocation("request", reply)) == {"two": ""}


def test_a_reason_in_lambda_json_log_format_is_found() -> None:
    line = {"level": "ERROR", "message": "FAIL message_id=one receive_count=1 reason=bad", "requestId": "request"}
    reply = {"batchItemFailures": [{"itemIdentifier": "one"}]}
    assert failures(EVENT, Invocation("request", reply, log=[json.dumps(line)])) == {"one": "bad"}


def test_an_error_returns_the_whole_batch_with_its_text() -> None:
    failed = failures(EVENT, Invocation("request", error="Task timed out after 3.00 seconds"))
    assert failed == dict.fromkeys(("one", "two"), "Task timed out after 3.00 seconds")
