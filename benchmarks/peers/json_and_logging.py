"""The least that a handler of JSON messages is made of: what any runtime is measured against."""

import json
import logging

logger = logging.getLogger(__name__)


def handle(event: dict[str, list[dict[str, str]]], context: object) -> None:
    for record in event["Records"]:
        logger.info(json.loads(record["body"]))
