"""What AWS would give for a resource, invented: names, ARNs and URLs of the right form, in an account of nobody's."""

import json
import uuid
from typing import Any

from pulumi.runtime import rpc

from consumers.resource_table.aws_type import AwsType

ACCOUNT = "123456789012"
SUFFIX = "-1a2b3c4"  # as long as what Pulumi appends to automatic names
GLOBAL = ("iam", "s3")  # ARNs without a region, and of S3 without an account
FORMS = {  # of ARNs: the service, and what stands before the name
    "cloudwatch/eventBus": ("events", "event-bus/"),
    "cloudwatch/eventRule": ("events", "rule/"),
    "cloudwatch/logGroup": ("logs", "log-group:"),
    "cloudwatch/metricAlarm": ("cloudwatch", "alarm:"),
    "dynamodb/table": ("dynamodb", "table/"),
    "iam/role": ("iam", "role/"),
    "kinesis/stream": ("kinesis", "stream/"),
    "lambda/function": ("lambda", "function:"),
    "pipes/pipe": ("pipes", "pipe/"),
    "scheduler/schedule": ("scheduler", "schedule/default/"),
}


def outputs(token: str, name: str, inputs: dict[str, Any], region: str) -> tuple[str, dict[str, Any]]:
    """Return the id and the outputs of a resource of type `token` with the logical name `name`."""
    path = token.split(":")[1]
    service, before = FORMS.get(path, (path.partition("/")[0], ""))
    physical: str = inputs.get("name") or inputs.get("bucket") or f"{name}{SUFFIX}"
    if path == "cloudwatch/eventRule" and inputs.get("eventBusName", "default") != "default":
        before += f"{inputs['eventBusName'].rpartition('/')[2]}/"
    place, account = "" if service in GLOBAL else region, "" if service == "s3" else ACCOUNT
    known = {
        **({"bucket": physical} if service == "s3" else {}),
        "name": physical,
        "arn": f"arn:aws:{service}:{place}:{account}:{before}{physical}",
        "url": f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{physical}",
        "version": "7",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{token} {name}")),
    }
    return physical, {**known, **_of_type(path, known["arn"], region), **normalised(token, inputs)}


def _of_type(path: str, arn: str, region: str) -> dict[str, Any]:
    """Return the outputs that only resources of this type have."""
    if path == "dynamodb/table":
        return {"streamArn": f"{arn}/stream/2026-01-01T00:00:00.000"}
    if path == "apigatewayv2/api":
        api = "a1b2c3d4e5"
        endpoint = f"https://{api}.execute-api.{region}.amazonaws.com"
        return {"apiEndpoint": endpoint, "executionArn": f"arn:aws:execute-api:{region}:{ACCOUNT}:{api}"}
    return {}


def normalised(token: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return `inputs` with JSON where the provider takes an object for a text: a policy that is given as a dict."""
    texts = AwsType.of(token).texts if any(isinstance(value, dict) for value in inputs.values()) else ()
    return {key: _as_text(value) if key in texts else value for key, value in inputs.items()}


def _as_text(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return value | {"value": _as_text(value["value"])}
    return json.dumps(value, separators=(",", ":"), sort_keys=True) if isinstance(value, dict) else value
