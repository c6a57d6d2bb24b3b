"""PokerHandsConsumer as a part of the workflow: enters each hand into the ledger once, and announces big pots."""

import json
import logging
import os
from functools import cache
from typing import Any

from hands import Hand, parse_hand
from sqs_batch import Record, batch_handler

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


@batch_handler
def handle(record: Record) -> None:
    hand = parse_hand(record.json)
    key = {"hand_id": {"S": hand.hand_id or record.message_id}}
    before = enter(key, hand)
    seen = "again" if before else "ok"
    logger.info(
        "%s user=%s hole=%s delta=%+d result=%s", seen, hand.user_id, hand.hole_cards, hand.chip_delta, hand.result
    )
    # Not where an earlier try, or the same hand in another history, has done so: each player hears of it once.
    if hand.chip_delta >= int(os.environ["BIG_POT"]) and "announced" not in before:
        announce(key, hand)


def enter(key: dict[str, Any], hand: Hand) -> dict[str, Any]:
    """Enter a hand, and return what the ledger had of it: the same hand twice is one entry."""
    answer = client("dynamodb").update_item(
        TableName=os.environ["LEDGER_TABLE"],
        Key=key,
        UpdateExpression="SET user_id = :user, chip_delta = :delta",
        ExpressionAttributeValues={":user": {"S": hand.user_id}, ":delta": {"N": str(hand.chip_delta)}},
        ReturnValues="ALL_OLD",
    )
    return answer.get("Attributes", {})


def announce(key: dict[str, Any], hand: Hand) -> None:
    pot = {"hand_id": key["hand_id"]["S"], "user_id": hand.user_id, "chip_delta": hand.chip_delta}
    client("sns").publish(TopicArn=os.environ["BIG_POTS_TOPIC_ARN"], Message=json.dumps(pot))
    # After it, so that a crash in between announces twice, and never not at all.
    client("dynamodb").update_item(
        TableName=os.environ["LEDGER_TABLE"],
        Key=key,
        UpdateExpression="SET announced = :true",
        ExpressionAttributeValues={":true": {"BOOL": True}},
    )


@cache
def client(service: str) -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    return boto3.client(service)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
