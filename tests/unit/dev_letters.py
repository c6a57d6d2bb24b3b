"""Dead letters and consumers for tests of the screen of `consumers dev`."""

import json
from typing import Any

from consumers.dev.snapshots import Row, Snapshot
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.reasons import Explained, Reason
from consumers.operations.discovery import Consumer

SENT = {"SentTimestamp": "1738324800000", "ApproximateReceiveCount": "1"}  # 2025-01-31 12:00
PLAYER, CARD = "no such player: 'bob'", "no card: 11h"


def letter(number: int, reason: str = PLAYER, body: object = None, **system: str) -> Explained:
    text = json.dumps({"id": number} if body is None else body)
    attributes = {"tenant": {"DataType": "String", "StringValue": "acme"}}
    found = DeadLetter(f"{number:08}-aaaa", text, attributes, {**SENT, **system}, "")
    return Explained(found, Reason(reason, "attribute", 3))


def row(name: str, *letters: Explained, **more: Any) -> Row:
    counts: dict[str, int] = {}
    for one in letters:
        counts[one.reason.group] = counts.get(one.reason.group, 0) + 1
    reasons = sorted(counts.items(), key=lambda item: -item[1])
    consumer = Consumer(name, "dev", "test", queue_url=f"http://x/{name}", dead_letter_queue_url=f"http://x/{name}-dlq")
    fields: dict[str, Any] = {"visible": 0, "in_flight": 0, "delayed": 0, "state": "Enabled", "consumer": consumer}
    return Row(name, dead=len(letters), letters=letters, reasons=reasons, **{**fields, **more})


def snapshot(*rows: Row) -> Snapshot:
    return Snapshot(rows, taken=100.0)


HANDS = row("poker-hands", letter(2), letter(1), letter(3, CARD), visible=12, in_flight=3, delayed=1)
SLOW = row("slow-hands", visible=4, state="paused")
