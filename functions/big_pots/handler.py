"""BigPotsConsumer: its filter passes only hands that won many chips."""

import logging

from sqs_batch import Record, batch_handler

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


@batch_handler
def handle(record: Record) -> None:
    hand = record.json
    logger.info("big pot user=%s delta=%+d", hand["user_id"], hand["chip_delta"])
