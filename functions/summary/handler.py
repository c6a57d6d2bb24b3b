"""SummaryConsumer: asked for a summary, logs how the players stand, by the ledger."""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from sqs_batch import Record, Reject, batch_handler

BEST = 10  # players that are listed

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


@batch_handler
def handle(record: Record) -> None:
    if record.json != {"ask": "summary"}:
        raise Reject(f"asked for {record.body}, and knows the summary only")
    hands, chips = Counter[str](), Counter[str]()
    for entry in entries():
        hands[entry["user_id"]["S"]] += 1
        chips[entry["user_id"]["S"]] += int(entry["chip_delta"]["N"])
    logger.info("summary hands=%d players=%d chips=%+d", hands.total(), len(hands), chips.total())
    for user, won in chips.most_common(BEST):
        logger.info("player=%s hands=%d chips=%+d", user, hands[user], won)


def entries() -> Iterator[dict[str, Any]]:
    """Yield all entries of the ledger."""
    for page in dynamodb().get_paginator("scan").paginate(TableName=os.environ["LEDGER_TABLE"]):
        yield from page["Items"]


@cache
def dynamodb() -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    return boto3.client("dynamodb")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
