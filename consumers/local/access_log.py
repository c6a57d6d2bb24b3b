"""The access log of an HTTP API's stage, in the server's process: ministack stores its settings, and writes none.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
"""

# ministack comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import html
import http.client
import json
import re
import time
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
Variables = dict[str, Any]
"""Values of `$context`, by their names."""

current: ContextVar[Variables] = ContextVar("current")
"""The variables of the request that is being served, which the integration adds to."""


def begin(api_id: str, stage: str, method: str, path: str, headers: Mapping[str, str]) -> Variables:
    """Return the variables that are known before a request is served, and make them the current ones."""
    now = datetime.now(UTC)
    variables = {
        "apiId": api_id,
        "stage": stage,
        "requestId": str(uuid.uuid4()),
        "httpMethod": method,
        "path": path,
        "protocol": "HTTP/1.1",
        "identity.sourceIp": "127.0.0.1",
        "identity.userAgent": headers.get("user-agent", "-"),
        "requestTime": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
        "requestTimeEpoch": int(now.timestamp()),
    }
    current.set(variables)
    return variables


def add_integration(answer: Answer) -> None:
    """Add what an integration answered to the current request's variables."""
    status, _, body = answer
    message = re.search(rb"<Message>(.*?)</Message>", body, re.DOTALL) if status >= http.client.BAD_REQUEST else None
    variables = current.get({})
    variables |= {"integrationStatus": status, "integration.integrationStatus": status}
    if message:
        variables["integrationErrorMessage"] = html.unescape(" ".join(message[1].decode().split()))


def write(settings: Mapping[str, str], variables: Variables, answer: Answer) -> None:
    """Write the line of a request. As on AWS, nothing notices if the log group is gone."""
    from ministack.services import cloudwatch_logs

    service: Any = cloudwatch_logs
    status, _, body = answer
    all_variables = {**variables, "status": status, "responseLength": len(body), **_error(variables, answer)}
    group = settings["destinationArn"].split(":", 6)[6].removesuffix(":*")
    where = {"logGroupName": group, "logStreamName": variables["apiId"]}
    event = {"timestamp": int(time.time() * 1000), "message": line(settings["format"], all_variables)}
    service._create_log_stream(where)  # from the second time on, an answer that it exists
    service._put_log_events({**where, "logEvents": [event]})


def line(format: str, variables: Mapping[str, Any]) -> str:
    """Return the format with its variables replaced; one without a value is `-`."""
    return re.sub(r"\$context\.(\w+(?:\.\w+)*)", lambda found: str(variables.get(found[1], "-")), format)


def _error(variables: Variables, answer: Answer) -> Variables:
    """Return why API Gateway itself refused a request."""
    if answer[0] < http.client.BAD_REQUEST or "integrationStatus" in variables:
        return {}
    try:
        message = json.loads(answer[2])["message"]
    except (ValueError, LookupError, TypeError):
        return {}
    return {"error.message": message, "error.messageString": json.dumps(message)}
