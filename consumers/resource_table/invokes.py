"""The functions of the AWS provider (`aws.get_region`, …) that the local AWS supports."""

from consumers.did_you_mean import did_you_mean
from consumers.resource_table.properties import Values
from consumers.resource_table.resource_type import Aws, ResourceError


def invoke(aws: Aws, token: str) -> Values:
    """Return the result of the function with this token.

    Raises:
        ResourceError: it is not supported. The text names it and the nearest one.
    """
    answers = {
        "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
        "aws:index/getRegion:getRegion": _region,
        "aws:index/getPartition:getPartition": _partition,
    }
    if token not in answers:
        hint = did_you_mean(token, answers, "Supported are")
        raise ResourceError(f"{token}: the local AWS does not support this function.{hint}")
    return answers[token](aws)


def _caller_identity(aws: Aws) -> Values:
    identity = aws.client("sts").get_caller_identity()
    account = identity["Account"]
    return {"id": account, "accountId": account, "arn": identity["Arn"], "userId": identity["UserId"]}


def _region(aws: Aws) -> Values:
    region = aws.region
    return {"id": region, "name": region, "region": region, "description": region, "endpoint": ""}


def _partition(aws: Aws) -> Values:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}
