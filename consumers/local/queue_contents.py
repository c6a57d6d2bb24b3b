"""All messages of a queue of the local AWS, seen without receiving them: their counts and states stay as they are."""

import base64
import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import urlencode, urlsplit

from consumers.local.emulator import LocalAws

TIMEOUT = 10.0  # seconds


def messages(aws: LocalAws, queue_url: str) -> list[dict[str, Any]]:
    """Return the messages, the oldest first, as ReceiveMessage would, but without receipt handles.

    Messages in flight are among them.

    Raises:
        OSError: the local AWS cannot be reached.
    """
    query = urlencode({"QueueUrl": queue_url, "region": aws.region})
    credential = {"Authorization": f"AWS4-HMAC-SHA256 Credential={aws.access_key_id}/"}
    with closing(http.client.HTTPConnection(urlsplit(aws.endpoint_url).netloc, timeout=TIMEOUT)) as connection:
        connection.request("GET", f"/_ministack/sqs/messages?{query}", headers=credential)
        answer = json.loads(connection.getresponse().read())
    regions = answer.get("messages", {}).values()
    return [
        _message(each) for queues in regions for urls in queues.values() for found in urls.values() for each in found
    ]


def _message(found: dict[str, Any]) -> dict[str, Any]:
    system = {
        **found["Attributes"],
        "ApproximateReceiveCount": str(found["ReceiveCount"]),
        "ApproximateFirstReceiveTimestamp": str(1000 * (found["FirstReceiveTimestamp"] or 0)),
    }
    if found["MessageGroupId"]:
        system["MessageGroupId"] = found["MessageGroupId"]
    attributes = {name: _attribute(value) for name, value in found["MessageAttributes"].items()}
    return {
        "MessageId": found["MessageId"],
        "Body": found["Body"],
        "Attributes": system,
        "MessageAttributes": attributes,
    }


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    binary: Any = value.get("BinaryValue")
    return {**value, "BinaryValue": base64.b64decode(binary)} if isinstance(binary, str) else value
