"""PokerHandsConsumer: logs every hand. An invalid hand fails alone; the rest of the batch is handled."""

import logging

from hands import parse_hand
from sqs_batch import Record, batch_handler

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)  # Lambda's root logger drops INFO


@batch_handler
def handle(record: Record) -> None:
    hand = parse_hand(record.json)
    logger.info("ok user=%s hole=%s delta=%+d result=%s", hand.user_id, hand.hole_cards, hand.chip_delta, hand.result)
