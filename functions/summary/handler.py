"""SummaryConsumer: asked for a summary, logs how the players stand, by the ledger."""

import logging
from collections import Counter

import ledger
from sqs_batch import Record, Reject, batch_handler

BEST = 10  # players that are listed

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


@batch_handler
def handle(record: Record) -> None:
    if record.json != {"ask": "summary"}:
        raise Reject(f"asked for {record.body}, and knows the summary only")
    hands, chips = Counter[str](), Counter[str]()
    for user, won in ledger.results():
        hands[user] += 1
        chips[user] += won
    logger.info("summary hands=%d players=%d chips=%+d", hands.total(), len(hands), chips.total())
    for user, won in chips.most_common(BEST):
        logger.info("player=%s hands=%d chips=%+d", user, hands[user], won)
