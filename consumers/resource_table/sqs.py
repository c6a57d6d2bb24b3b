"""SQS: queues, and their redrive-allow policies."""

from contextlib import suppress
from typing import Any, ClassVar

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.resource_table.diff_suppress import policy_property
from consumers.resource_table.properties import PREFIX, TAG_MAP, Properties, Property, Values, from_api, to_attributes
from consumers.resource_table.resource_type import Aws, ResourceType, TagCalls


class Queue(ResourceType):
    """`aws.sqs.Queue`. Its id is its URL."""

    token = "aws:sqs/queue:Queue"
    max_name_length = 80
    replacement_loss = "the messages in it are lost. Let it run empty first, or keep it with `queue.protect`."
    service = "sqs"
    noun = "queue"
    id_parameter = "QueueUrl"
    tag_calls = TagCalls("QueueUrl", "list_queue_tags", "tag_queue", "untag_queue")
    properties: ClassVar[Properties] = {
        "name": Property(force_new=True),
        "namePrefix": PREFIX,
        "fifoQueue": Property("FifoQueue", default=False, force_new=True),
        "contentBasedDeduplication": Property("ContentBasedDeduplication", default=False),
        "deduplicationScope": Property("DeduplicationScope"),
        "fifoThroughputLimit": Property("FifoThroughputLimit"),
        "visibilityTimeoutSeconds": Property("VisibilityTimeout", default=30),
        "messageRetentionSeconds": Property("MessageRetentionPeriod", default=345_600),
        "delaySeconds": Property("DelaySeconds", default=0),
        "receiveWaitTimeSeconds": Property("ReceiveMessageWaitTimeSeconds", default=0),
        # AWS's own default is 1 MiB since 2025; the provider still sends this one.
        "maxMessageSize": Property("MaximumMessageSize", default=262_144),
        "redrivePolicy": Property("RedrivePolicy"),
        "redriveAllowPolicy": Property("RedriveAllowPolicy"),
        "policy": policy_property("Policy"),
        "sqsManagedSseEnabled": Property("SqsManagedSseEnabled"),
        "kmsMasterKeyId": Property("KmsMasterKeyId", reset_value=""),
        "kmsDataKeyReusePeriodSeconds": Property("KmsDataKeyReusePeriodSeconds"),
        "tags": TAG_MAP,
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        # AWS refuses these two on a standard queue even when they are false.
        omitted = {"tags", *(key for key in ("fifoQueue", "contentBasedDeduplication") if not inputs[key])}
        attributes = to_attributes(self.properties, {k: v for k, v in inputs.items() if k not in omitted})
        tags = inputs.get("tags", {})
        return aws.client("sqs").create_queue(QueueName=inputs["name"], Attributes=attributes, tags=tags)["QueueUrl"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        attributes = _attributes(aws, resource_id)
        arn = attributes["QueueArn"]
        defaults = {"fifoQueue": False, "contentBasedDeduplication": False, "kmsDataKeyReusePeriodSeconds": 300}
        actual = {key: _typed(value) for key, value in from_api(self.properties, attributes).items()}
        named = {"name": arn.split(":")[-1], "arn": arn, "url": resource_id}
        return defaults | actual | named | self._tags(aws, resource_id)

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        attributes = to_attributes(self.properties, self.changed(old, new))
        if attributes.get("KmsMasterKeyId"):
            attributes["SqsManagedSseEnabled"] = "false"  # AWS turns it off by itself
        if attributes:
            aws.client("sqs").set_queue_attributes(QueueUrl=resource_id, Attributes=attributes)

    def name_suffix(self, inputs: Values) -> str:
        return ".fifo" if inputs["fifoQueue"] else ""

    def find_id(self, aws: Aws, inputs: Values) -> str | None:
        with suppress(ClientError):
            return aws.client("sqs").get_queue_url(QueueName=inputs["name"])["QueueUrl"]
        return None


class RedriveAllowPolicy(ResourceType):
    """`aws.sqs.RedriveAllowPolicy`. Its id is the queue's URL. The local AWS keeps it, and does not enforce it."""

    token = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
    id_properties = ("queueUrl",)
    properties: ClassVar[Properties] = {
        "queueUrl": Property(required=True, force_new=True),
        "redriveAllowPolicy": policy_property("RedriveAllowPolicy", required=True),
    }

    def read(self, aws: Aws, resource_id: str) -> Values | None:
        outputs = super().read(aws, resource_id)  # None where the queue is gone, too
        return outputs if outputs and "redriveAllowPolicy" in outputs else None

    def _create(self, aws: Aws, inputs: Values) -> str:
        self._update(aws, inputs["queueUrl"], {}, inputs)
        return inputs["queueUrl"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        return {"queueUrl": resource_id} | from_api(self.properties, _attributes(aws, resource_id))

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        attributes = to_attributes(self.properties, new)
        aws.client("sqs").set_queue_attributes(QueueUrl=resource_id, Attributes=attributes)

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        self._update(aws, resource_id, {}, {"redriveAllowPolicy": ""})


def _attributes(aws: Aws, url: str) -> dict[str, str]:
    return aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def _typed(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text
