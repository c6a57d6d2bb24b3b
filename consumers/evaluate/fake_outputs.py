"""Fake outputs for runs that create nothing: names, ARNs and URLs in the form that AWS returns."""

import json
import uuid
from typing import Any

from pulumi.runtime import rpc

from consumers.resource_table import TABLE, Values
from consumers.resource_table.aws_type import AwsType

ACCOUNT = "123456789012"
SUFFIX = "-1a2b3c4"  # as long as the one that Pulumi adds to automatic names
DEFAULT_ARN = "{service}:{region}:{account}:{name}"
OTHER_ARNS = {"aws:kinesis/stream:Stream": "kinesis:{region}:{account}:stream/{name}"}
"""For types that the table does not have, but that a test or a consumer may use."""


def outputs(token: str, name: str, inputs: Values, region: str) -> tuple[str, Values]:
    """Return the id and the outputs of a resource of type `token` with the logical name `name`."""
    service, entry = token.split(":")[1].partition("/")[0], TABLE.get(token)
    physical: str = inputs.get("name") or inputs.get("bucket") or f"{name}{SUFFIX}"
    arn_format = entry.arn_format if entry else OTHER_ARNS.get(token)
    fields = {"service": service, "region": region, "account": ACCOUNT, "name": physical}
    arn = "arn:aws:" + (arn_format or DEFAULT_ARN).format(**fields)
    common = {
        entry.naming if entry else "name": physical,
        "name": physical,
        "arn": arn,
        "url": f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{physical}",
        "version": "7",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{token} {name}")),
    }
    return physical, common | (entry.fake_outputs(arn, inputs) if entry else {}) | _with_json(token, inputs)


def _with_json(token: str, inputs: Values) -> Values:
    """Return `inputs` with JSON where the provider accepts an object for a text, as for policies."""
    texts = AwsType.of(token).texts if any(isinstance(value, dict) for value in inputs.values()) else ()
    return {key: _as_json(value) if key in texts else value for key, value in inputs.items()}


def _as_json(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return value | {"value": _as_json(value["value"])}
    return json.dumps(value, separators=(",", ":"), sort_keys=True) if isinstance(value, dict) else value
