"""S3: buckets, and the one notification that a bucket has."""

from typing import Any, ClassVar

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.resource_table.diff_suppress import same_set
from consumers.resource_table.properties import Properties, Property, Values, from_api, from_pairs, to_api, to_pairs
from consumers.resource_table.resource_type import Aws, ResourceType, not_found


class Bucket(ResourceType):
    """`aws.s3.Bucket`, with name and tags only. Its id is its name."""

    token = "aws:s3/bucket:Bucket"
    name_property = "bucket"
    max_name_length = 63
    replacement_loss = "the objects in it are lost."
    service = "s3"
    read_call = "head_bucket"
    arn = "arn:aws:s3:::{id}"
    properties: ClassVar[Properties] = {
        "bucket": Property("Bucket", force_new=True),
        "bucketPrefix": Property(force_new=True, write_only=True),
        "forceDestroy": Property(default=False, write_only=True),
        "tags": Property(),
    }

    def auto_name(self, name: str, inputs: Values, digits: str = "") -> str:
        return super().auto_name(name.lower(), inputs, digits)  # as pulumi-aws does

    def _create(self, aws: Aws, inputs: Values) -> str:
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
        aws.client("s3").create_bucket(Bucket=inputs["bucket"], **({} if aws.region == "us-east-1" else elsewhere))
        return inputs["bucket"]

    def _configure(self, aws: Aws, resource_id: str, inputs: Values) -> None:
        if inputs.get("tags"):
            self._tag(aws, resource_id, inputs["tags"])

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        return {"bucketDomainName": f"{resource_id}.s3.amazonaws.com"}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        return  # only tags change in place; `_delete` reads forceDestroy from the outputs

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        s3 = aws.client("s3")
        if outputs.get("forceDestroy"):
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=resource_id):
                for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    s3.delete_object(Bucket=resource_id, Key=one["Key"], VersionId=one["VersionId"])
        s3.delete_bucket(Bucket=resource_id)

    def _tags(self, aws: Aws, resource_id: str) -> Values:
        try:
            return {"tags": from_pairs(aws.client("s3").get_bucket_tagging(Bucket=resource_id)["TagSet"])}
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchTagSet":  # pyright: ignore[reportTypedDictNotRequiredAccess]
                return {"tags": {}}
            raise

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        self._put_tags(aws, resource_id, self._tags(aws, resource_id)["tags"] | tags)

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        tags = self._tags(aws, resource_id)["tags"]
        self._put_tags(aws, resource_id, {key: value for key, value in tags.items() if key not in keys})

    def _put_tags(self, aws: Aws, name: str, tags: dict[str, str]) -> None:
        aws.client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": to_pairs(tags)})


class BucketNotification(ResourceType):
    """`aws.s3.BucketNotification` to queues and EventBridge. Its id is the bucket's name."""

    token = "aws:s3/bucketNotification:BucketNotification"
    id_properties = ("bucket",)
    properties: ClassVar[Properties] = {
        "bucket": Property(required=True, force_new=True),
        "eventbridge": Property(default=False),
        "queues": Property(
            "QueueConfigurations",
            reset_value=[],
            nested={
                "id": Property("Id"),
                "queueArn": Property("QueueArn", required=True),
                "events": Property("Events", required=True, same=same_set),
                "filterPrefix": Property(),
                "filterSuffix": Property(),
            },
        ),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        self._update(aws, inputs["bucket"], {}, inputs)
        return inputs["bucket"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        answer = aws.client("s3").get_bucket_notification_configuration(Bucket=resource_id)
        queues = [_from_queue(self.properties, one) for one in answer.get("QueueConfigurations", [])]
        eventbridge = "EventBridgeConfiguration" in answer
        if not queues and not eventbridge:
            raise not_found("GetBucketNotificationConfiguration")
        return {"bucket": resource_id, "eventbridge": eventbridge, "queues": queues}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        nested = self.properties["queues"].nested or {}
        queues = [to_api(nested, one) | _filter(one) for one in new.get("queues", [])]
        configuration: Values = {"QueueConfigurations": queues} if queues else {}
        if new.get("eventbridge"):
            configuration["EventBridgeConfiguration"] = {}
        aws.client("s3").put_bucket_notification_configuration(
            Bucket=resource_id, NotificationConfiguration=configuration
        )

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        self._update(aws, resource_id, {}, {})


def _filter(queue: Values) -> Values:
    values = {"prefix": queue.get("filterPrefix"), "suffix": queue.get("filterSuffix")}
    rules = [{"Name": name, "Value": value} for name, value in values.items() if value]
    return {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}


def _from_queue(properties: Properties, queue: dict[str, Any]) -> Values:
    rules = queue.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    filters = {f"filter{rule['Name'].capitalize()}": rule["Value"] for rule in rules}
    return from_api(properties["queues"].nested or {}, queue) | filters
