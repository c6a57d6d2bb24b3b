# pyright: basic
"""The handler of functions/poker_hands with Powertools' BatchProcessor, as in its documentation."""

import logging
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from hands import parse_hand  # pyright: ignore[reportMissingImports] - beside it in an archive

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handle_record(record: SQSRecord) -> None:
    hand = parse_hand(record.json_body)
    logger.info("ok user=%s hole=%s delta=%+d result=%s", hand.user_id, hand.hole_cards, hand.chip_delta, hand.result)


def handle(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, handle_record, processor, context)
