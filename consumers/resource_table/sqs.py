"""SQS."""

from contextlib import suppress
from typing import Any, ClassVar

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.resource_table.diff_suppress import same_policy
from consumers.resource_table.properties import Properties, Property, Values, as_text, from_api, to_api
from consumers.resource_table.resource_type import NO_TAGS, Aws, ResourceType, Tags


class Queue(ResourceType):
    """`aws.sqs.Queue`. Its id is its URL."""

    token = "aws:sqs/queue:Queue"
    longest_name = 80
    lost_with_it = "the messages in it are lost. Let it run empty first, or keep it with `queue.protect`."
    properties: ClassVar[Properties] = {
        "name": Property(force_new=True),
        "namePrefix": Property(force_new=True, unread=True),
        "fifoQueue": Property("FifoQueue", default=False, force_new=True),
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
        "kmsMasterKeyId": Property("KmsMasterKeyId", reset_value=""),
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
        attributes = self._attributes(self.changed(old, new))
        if attributes.get("KmsMasterKeyId"):
            attributes["SqsManagedSseEnabled"] = "false"  # AWS turns it off by itself
        if attributes:
            aws.client("sqs").set_queue_attributes(QueueUrl=resource_id, Attributes=attributes)

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("sqs").delete_queue(QueueUrl=resource_id)

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        aws.client("sqs").tag_queue(QueueUrl=resource_id, Tags=tags)

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        aws.client("sqs").untag_queue(QueueUrl=resource_id, TagKeys=keys)

    def name_suffix(self, inputs: Values) -> str:
        return ".fifo" if inputs["fifoQueue"] else ""

    def known_id(self, aws: Aws, inputs: Values) -> str | None:
        with suppress(ClientError):
            return aws.client("sqs").get_queue_url(QueueName=inputs["name"])["QueueUrl"]
        return None

    def _attributes(self, values: Values) -> dict[str, str]:
        return {name: as_text(value) for name, value in to_api(self.properties, values).items()}


class RedriveAllowPolicy(ResourceType):
    """`aws.sqs.RedriveAllowPolicy`. Its id is the queue's URL. The local AWS keeps it, and does not enforce it."""

    token = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
    properties: ClassVar[Properties] = {
        "queueUrl": Property(required=True, force_new=True),
        "redriveAllowPolicy": Property("RedriveAllowPolicy", required=True, same=same_policy),
    }

    def read(self, aws: Aws, resource_id: str, default_tags: Tags = NO_TAGS) -> Values | None:
        outputs = super().read(aws, resource_id, default_tags)  # None where the queue is gone, too
        return outputs if outputs and "redriveAllowPolicy" in outputs else None

    def _create(self, aws: Aws, inputs: Values) -> str:
        self._set(aws, inputs["queueUrl"], inputs["redriveAllowPolicy"])
        return inputs["queueUrl"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        sqs = aws.client("sqs")
        attributes = sqs.get_queue_attributes(QueueUrl=resource_id, AttributeNames=["All"])["Attributes"]
        return {"queueUrl": resource_id} | from_api(self.properties, attributes)

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        self._set(aws, resource_id, new["redriveAllowPolicy"])

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        self._set(aws, resource_id, "")

    def known_id(self, aws: Aws, inputs: Values) -> str | None:
        return inputs["queueUrl"]

    def _set(self, aws: Aws, url: str, policy: str) -> None:
        aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": policy})


def _typed(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text
