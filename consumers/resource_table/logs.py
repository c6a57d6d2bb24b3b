"""CloudWatch Logs: log groups."""

from typing import ClassVar

from consumers.resource_table.properties import PREFIX, Properties, Property, Values, from_api
from consumers.resource_table.resource_type import Aws, ResourceType, TagCalls


class LogGroup(ResourceType):
    """`aws.cloudwatch.LogGroup`. Its id is its name."""

    token = "aws:cloudwatch/logGroup:LogGroup"
    service = "logs"
    noun = "log_group"
    arn = "arn:aws:logs:{aws.region}:{aws.account_id}:log-group:{id}"
    tag_calls = TagCalls("resourceArn", keys="tagKeys")
    properties: ClassVar[Properties] = {
        "name": Property("logGroupName", force_new=True),
        "namePrefix": PREFIX,
        "retentionInDays": Property(default=0),
        "kmsKeyId": Property("kmsKeyId", reset_value=""),
        "logGroupClass": Property("logGroupClass", force_new=True),
        "tags": Property("tags"),
    }

    def _configure(self, aws: Aws, resource_id: str, inputs: Values) -> None:
        if inputs["retentionInDays"]:
            _set_retention(aws, resource_id, inputs["retentionInDays"])

    def _read(self, aws: Aws, resource_id: str) -> Values:
        # This call fails for a missing group; describing it would find nothing, or others with the same prefix.
        tags = self._tags(aws, resource_id)
        # The first by name is the one whose name is the prefix itself.
        group = aws.client("logs").describe_log_groups(logGroupNamePrefix=resource_id, limit=1)["logGroups"][0]
        computed = {"retentionInDays": group.get("retentionInDays", 0), "arn": self._arn(aws, resource_id)}
        return from_api(self.properties, group) | computed | tags

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        logs = aws.client("logs")
        if old["retentionInDays"] != new["retentionInDays"]:
            _set_retention(aws, resource_id, new["retentionInDays"])
        if old.get("kmsKeyId") and not new.get("kmsKeyId"):
            logs.disassociate_kms_key(logGroupName=resource_id)
        elif old.get("kmsKeyId") != new.get("kmsKeyId"):
            logs.associate_kms_key(logGroupName=resource_id, kmsKeyId=new["kmsKeyId"])


def _set_retention(aws: Aws, name: str, days: int) -> None:
    logs = aws.client("logs")
    if days:
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    else:  # 0 days means: keep forever. AWS has no number for that.
        logs.delete_retention_policy(logGroupName=name)
