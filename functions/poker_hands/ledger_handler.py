"""PokerHandsConsumer in the workflow: enters each hand into the ledger and publishes big pots to a topic."""

import json
import logging
import os
from functools import cache
from typing import Any

import ledger
from hands import parse_hand
from sqs_batch import Record, batch_handler

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


@batch_handler
def handle(record: Record) -> None:
    hand = parse_hand(record.json)
    user, delta = hand.user_id, hand.chip_delta
    hand_id = hand.hand_id or record.message_id
    status = "again" if ledger.enter(hand_id, user_id=user, chip_delta=delta) else "ok"
    logger.info("%s user=%s hole=%s delta=%+d result=%s", status, user, hand.hole_cards, delta, hand.result)
    if delta >= int(os.environ["BIG_POT"]):  # even if the ledger had it: the earlier try may have failed here
        pot = {"hand_id": hand_id, "user_id": user, "chip_delta": delta}
        sns().publish(TopicArn=os.environ["BIG_POTS_TOPIC_ARN"], Message=json.dumps(pot))


@cache
def sns() -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    return boto3.client("sns")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
