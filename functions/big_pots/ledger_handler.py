"""BigPotsConsumer in the workflow: logs each big pot once, even if the topic delivers it twice."""

import logging

import ledger
from sqs_batch import Record, batch_handler

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


@batch_handler
def handle(record: Record) -> None:
    hand = record.json
    hand_id, user, delta = hand.get("hand_id", record.message_id), hand["user_id"], hand["chip_delta"]
    if "announced" not in ledger.enter(hand_id, user_id=user, chip_delta=delta, announced=True):
        logger.info("big pot user=%s delta=%+d", user, delta)
