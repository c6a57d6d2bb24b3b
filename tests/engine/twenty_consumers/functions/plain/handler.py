import json
from typing import Any


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    for record in event["Records"]:
        print("did", json.loads(record["body"])["id"])
    return {"batchItemFailures": []}
