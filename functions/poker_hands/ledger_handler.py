"""PokerHandsConsumer as a part of the workflow: enters each hand into the ledger, and announces big pots."""

import json
import logging
import os
from functools import cache
from typing import Any

import ledger
from hands import Hand, parse_hand
from sqs_batch import Record, batch_handler

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


@batch_handler
def handle(record: Record) -> None:
    hand = parse_hand(record.json)
    hand_id = hand.hand_id or record.message_id
    before = ledger.enter(hand_id, user_id=hand.user_id, chip_delta=hand.chip_delta)
    seen = "again" if before else "ok"
    logger.info(
        "%s user=%s hole=%s delta=%+d result=%s", seen, hand.user_id, hand.hole_cards, hand.chip_delta, hand.result
    )
    # Also when the hand has come before: that try may have ended here.
    if hand.chip_delta >= int(os.environ["BIG_POT"]):
        announce(hand_id, hand)


def announce(hand_id: str, hand: Hand) -> None:
    pot = {"hand_id": hand_id, "user_id": hand.user_id, "chip_delta": hand.chip_delta}
    sns().publish(TopicArn=os.environ["BIG_POTS_TOPIC_ARN"], Message=json.dumps(pot))


@cache
def sns() -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    return boto3.client("sns")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
