"""SummaryConsumer: on request, logs the totals of the ledger and of its best players."""

import logging
from collections import Counter

import ledger
from sqs_batch import Record, Reject, batch_handler

BEST = 10  # players in the summary

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


@batch_handler
def handle(record: Record) -> None:
    if record.json != {"ask": "summary"}:
        raise Reject(f'unknown request {record.body}; allowed: {{"ask": "summary"}}')
    hands, chips = Counter[str](), Counter[str]()
    for user, won in ledger.results():
        hands[user] += 1
        chips[user] += won
    logger.info("summary hands=%d players=%d chips=%+d", hands.total(), len(hands), chips.total())
    for user, won in chips.most_common(BEST):
        logger.info("player=%s hands=%d chips=%+d", user, hands[user], won)
