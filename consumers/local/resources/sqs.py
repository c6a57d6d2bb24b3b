"""SQS."""

from typing import Any, ClassVar

from consumers.local.resources.properties import Properties, Property, Values, from_api, to_api
from consumers.local.resources.resource_type import Aws, ResourceType
from consumers.local.resources.sameness import same_policy


class Queue(ResourceType):
    """`aws.sqs.Queue`. Its id is its URL."""

    token = "aws:sqs/queue:Queue"
    longest_name = 80
    lost_with_it = "the messages in it are lost. Let it run empty first, or keep it with `queue.protect`."
    properties: ClassVar[Properties] = {
        "name": Property(replaces=True),
        "namePrefix": Property(replaces=True, unread=True),
        "fifoQueue": Property("FifoQueue", default=False, replaces=True),
        "contentBasedDeduplication": Property("ContentBasedDeduplication", default=False),
        "deduplicationScope": Property("DeduplicationScope"),
        "fifoThroughputLimit": Property("FifoThroughputLimit"),
        "visibilityTimeoutSeconds": Property("VisibilityTimeout", default=30),
        "messageRetentionSeconds": Property("MessageRetentionPeriod", default=345_600),
        "delaySeconds": Property("DelaySeconds", default=0),
        "receiveWaitTimeSeconds": Property("ReceiveMessageWaitTimeSeconds", default=0),
        # AWS' own default is 1 MiB since 2025; the provider still sends this one.
        "maxMessageSize": Property("MaximumMessageSize", default=262_144),
        "redrivePolicy": Property("RedrivePolicy"),
        "redriveAllowPolicy": Property("RedriveAllowPolicy"),
        "policy": Property("Policy", same=same_policy),
        "sqsManagedSseEnabled": Property("SqsManagedSseEnabled"),
        "kmsMasterKeyId": Property("KmsMasterKeyId", removed=""),
        "kmsDataKeyReusePeriodSeconds": Property("KmsDataKeyReusePeriodSeconds"),
        "tags": Property(),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        # AWS refuses these two on a standard queue even when they are false.
        unsaid = {key for key in ("fifoQueue", "contentBasedDeduplication") if not inputs[key]}
        attributes = self._attributes({key: value for key, value in inputs.items() if key not in unsaid})
        answer = aws.client("sqs").create_queue(
            QueueName=inputs["name"], Attributes=attributes, tags=inputs.get("tags", {})
        )
        return answer["QueueUrl"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        sqs = aws.client("sqs")
        attributes = sqs.get_queue_attributes(QueueUrl=resource_id, AttributeNames=["All"])["Attributes"]
        tags = sqs.list_queue_tags(QueueUrl=resource_id).get("Tags", {})
        arn = attributes["QueueArn"]
        unsaid = {"fifoQueue": False, "contentBasedDeduplication": False, "kmsDataKeyReusePeriodSeconds": 300}
        said = {key: _typed(value) for key, value in from_api(self.properties, attributes).items()}
        return unsaid | said | {"name": arn.split(":")[-1], "arn": arn, "url": resource_id, "tags": tags}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        if attributes := self._attributes(self.changed(old, new)):
            aws.client("sqs").set_queue_attributes(QueueUrl=resource_id, Attributes=attributes)

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("sqs").delete_queue(QueueUrl=resource_id)

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        aws.client("sqs").tag_queue(QueueUrl=resource_id, Tags=tags)

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        aws.client("sqs").untag_queue(QueueUrl=resource_id, TagKeys=keys)

    def name_suffix(self, inputs: Values) -> str:
        return ".fifo" if inputs["fifoQueue"] else ""

    def _attributes(self, values: Values) -> dict[str, str]:
        return {name: _text(value) for name, value in to_api(self.properties, values).items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _typed(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text
