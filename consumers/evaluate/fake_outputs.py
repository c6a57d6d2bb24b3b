"""Fake outputs for runs that create nothing: names, ARNs and URLs in the form that AWS returns."""

import json
import uuid
from typing import Any

from pulumi.runtime import rpc

from consumers.resource_table import TABLE, Aws, ResourceError, Values
from consumers.resource_table.aws_type import AwsType

ACCOUNT = "123456789012"
SUFFIX = "-1a2b3c4"  # as long as the one that Pulumi adds to automatic names
DEFAULT_ARN = "arn:aws:{service}:{aws.region}:{aws.account_id}:{id}"
OTHER_ARNS = {
    "aws:iam/role:Role": "arn:aws:iam::{aws.account_id}:role/{id}",
    "aws:kinesis/stream:Stream": "arn:aws:kinesis:{aws.region}:{aws.account_id}:stream/{id}",
}
"""ARNs of another form that the table lacks: it reads them from AWS, or does not support the type."""


class NoAws:
    """An account without resources, for a program that is not deployed."""

    account_id = ACCOUNT

    def __init__(self, region: str) -> None:
        self.region = region

    def client(self, service: str) -> Any:
        """Raise ResourceError: there is nothing to call."""
        raise ResourceError(f"The program asks AWS ({service}) for what exists already, which a dry run cannot know.")


def outputs(aws: Aws, token: str, name: str, inputs: Values) -> tuple[str, Values]:
    """Return the id and the outputs of a resource of type `token` with the logical name `name`."""
    entry = TABLE.get(token)
    physical: str = inputs.get("name") or inputs.get("bucket") or f"{name}{SUFFIX}"
    arn = _arn(aws, token, physical, inputs)
    common = {
        entry.name_property if entry else "name": physical,
        "name": physical,
        "arn": arn,
        "url": f"https://sqs.{aws.region}.amazonaws.com/{ACCOUNT}/{physical}",
        "version": "7",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{token} {name}")),
    }
    return physical, common | (entry.fake_outputs(aws, arn, inputs) if entry else {}) | _with_json(token, inputs)


def _arn(aws: Aws, token: str, physical: str, inputs: Values) -> str:
    service, entry = token.split(":")[1].partition("/")[0], TABLE.get(token)
    if entry is None or not entry.arn.startswith("arn:"):  # some ids are ARNs, which only AWS knows
        return OTHER_ARNS.get(token, DEFAULT_ARN).format(service=service, aws=aws, id=physical)
    values = entry.with_defaults(inputs) | {entry.name_property: physical}
    return entry.arn.format(aws=aws, id=entry.id_separator.join(values[key] for key in entry.id_keys))


def _with_json(token: str, inputs: Values) -> Values:
    """Return `inputs` with JSON where the provider accepts an object for a text, as for policies."""
    texts = AwsType.of(token).text_outputs if any(isinstance(value, dict) for value in inputs.values()) else ()
    return {key: _as_json(value) if key in texts else value for key, value in inputs.items()}


def _as_json(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return value | {"value": _as_json(value["value"])}
    return json.dumps(value, separators=(",", ":"), sort_keys=True) if isinstance(value, dict) else value
