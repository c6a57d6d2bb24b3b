"""The batch runtime's time for each record, compared with a bare loop and Powertools. The function does nothing."""

import dataclasses
import json
import logging
import statistics
import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response  # pyright: ignore
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from benchmarks.measure import Row, in_turn, ratio
from functions.sqs_batch import Record, batch_handler

BODY = '{"user_id": "aarit", "hole_cards": "AsKs", "chip_delta": 120, "result": "won"}'
GOAL = 1.15
ROUNDS = 41
RECORDS_IN_A_ROUND = 20_000
Handler = Callable[[dict[str, Any], Any], Any]


class Context:
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    function_name = "hands"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:hands"
    memory_limit_in_mb = "128"

    def __init__(self) -> None:
        self.deadline = int(time.time() * 1_000) + 600_000

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self.deadline - int(time.time() * 1_000))  # like Lambda's context


def do_nothing(hand: Any) -> None: ...


@batch_handler
def ours(record: Record) -> None:
    do_nothing(record.json)


def bare_loop(event: dict[str, Any], context: Any) -> Any:
    failures: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            do_nothing(json.loads(record["body"]))
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handle_record(record: SQSRecord) -> None:
    do_nothing(record.json_body)


def powertools(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, handle_record, processor, context)


def rows() -> list[Row]:
    # The others do not log, and the time of the one line depends on the log's destination.
    logging.getLogger("sqs_batch").setLevel(logging.WARNING)
    return [row for size in (10, 1_000) for row in _rows(size)]


def _rows(size: int) -> list[Row]:
    sides = (lambda side=side: _microseconds(side, size) for side in (ours, bare_loop, powertools))
    runtime, loop, peer = in_turn(ROUNDS, *sides)
    what, median = f"a record, in batches of {size:,}", statistics.median(runtime)
    return [
        Row(what, median, "µs", "a bare loop", ratio(runtime, loop), GOAL),
        Row(what, median, "µs", "Powertools", ratio(runtime, peer)),
    ]


def _microseconds(handler: Handler, size: int) -> float:
    event, context, times = {"Records": [_record(n) for n in range(size)]}, Context(), RECORDS_IN_A_ROUND // size
    before = time.perf_counter()
    for _ in range(times):
        handler(event, context)
    return (time.perf_counter() - before) / (times * size) * 1_000_000


def _record(number: int) -> dict[str, Any]:
    return {
        "messageId": f"00000000-0000-4000-8000-{number:012}",
        "receiptHandle": "AQEB",
        "body": BODY,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:hands",
    }


if __name__ == "__main__":
    print(json.dumps({"name": "per record", "rows": [dataclasses.asdict(row) for row in rows()]}))
