"""A minimal handler of JSON messages: the baseline for every runtime."""

import json
import logging

logger = logging.getLogger(__name__)


def handle(event: dict[str, list[dict[str, str]]], context: object) -> None:
    for record in event["Records"]:
        logger.info(json.loads(record["body"]))
