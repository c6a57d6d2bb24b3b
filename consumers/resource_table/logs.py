"""CloudWatch Logs."""

from typing import ClassVar

from consumers.resource_table.properties import Properties, Property, Values, from_api, to_api
from consumers.resource_table.resource_type import Aws, ResourceType


class LogGroup(ResourceType):
    """`aws.cloudwatch.LogGroup`. Its id is its name."""

    token = "aws:cloudwatch/logGroup:LogGroup"
    arn_format = "logs:{region}:{account}:log-group:{name}"
    properties: ClassVar[Properties] = {
        "name": Property("logGroupName", force_new=True),
        "namePrefix": Property(force_new=True, unread=True),
        "retentionInDays": Property(default=0),
        "kmsKeyId": Property("kmsKeyId", reset_value=""),
        "logGroupClass": Property("logGroupClass", force_new=True),
        "tags": Property("tags"),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        aws.client("logs").create_log_group(**to_api(self.properties, inputs))
        return inputs["name"]

    def _finish(self, aws: Aws, resource_id: str, inputs: Values) -> None:
        if inputs["retentionInDays"]:
            _set_retention(aws, resource_id, inputs["retentionInDays"])

    def _read(self, aws: Aws, resource_id: str) -> Values:
        logs = aws.client("logs")
        arn = _arn(aws, resource_id)
        # This call fails for a group that is gone; describing it would find nothing, or others with the same prefix.
        tags = logs.list_tags_for_resource(resourceArn=arn)["tags"]
        # The first by name is the one whose name is the prefix itself.
        group = logs.describe_log_groups(logGroupNamePrefix=resource_id, limit=1)["logGroups"][0]
        said = from_api(self.properties, group)
        return said | {"retentionInDays": group.get("retentionInDays", 0), "arn": arn, "tags": tags}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        logs = aws.client("logs")
        if old["retentionInDays"] != new["retentionInDays"]:
            _set_retention(aws, resource_id, new["retentionInDays"])
        if old.get("kmsKeyId") and not new.get("kmsKeyId"):
            logs.disassociate_kms_key(logGroupName=resource_id)
        elif old.get("kmsKeyId") != new.get("kmsKeyId"):
            logs.associate_kms_key(logGroupName=resource_id, kmsKeyId=new["kmsKeyId"])

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("logs").delete_log_group(logGroupName=resource_id)

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        aws.client("logs").tag_resource(resourceArn=_arn(aws, resource_id), tags=tags)

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        aws.client("logs").untag_resource(resourceArn=_arn(aws, resource_id), tagKeys=keys)


def _arn(aws: Aws, name: str) -> str:
    return f"arn:aws:logs:{aws.region}:{aws.account_id}:log-group:{name}"


def _set_retention(aws: Aws, name: str, days: int) -> None:
    logs = aws.client("logs")
    if days:
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    else:  # 0 days means: keep forever. AWS has no number for that.
        logs.delete_retention_policy(logGroupName=name)
