"""S3: buckets, and the one notification that a bucket has."""

from typing import Any, ClassVar

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.resource_table.diff_suppress import same_set
from consumers.resource_table.properties import Properties, Property, Values, from_api, listed, mapped, to_api
from consumers.resource_table.resource_type import Aws, ResourceType, gone


class Bucket(ResourceType):
    """`aws.s3.Bucket`, by its name alone. Its id is its name."""

    token = "aws:s3/bucket:Bucket"
    arn_format = "s3:::{name}"
    naming = "bucket"
    longest_name = 63
    lost_with_it = "the objects in it are lost."
    properties: ClassVar[Properties] = {
        "bucket": Property(force_new=True),
        "bucketPrefix": Property(force_new=True, unread=True),
        "forceDestroy": Property(default=False, unread=True),
        "tags": Property(),
    }

    def auto_name(self, name: str, inputs: Values, digits: str = "") -> str:
        return super().auto_name(name.lower(), inputs, digits)  # as pulumi-aws does

    def _create(self, aws: Aws, inputs: Values) -> str:
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
        aws.client("s3").create_bucket(Bucket=inputs["bucket"], **({} if aws.region == "us-east-1" else elsewhere))
        return inputs["bucket"]

    def _finish(self, aws: Aws, resource_id: str, inputs: Values) -> None:
        if inputs.get("tags"):
            self._put_tags(aws, resource_id, inputs["tags"])

    def _read(self, aws: Aws, resource_id: str) -> Values:
        aws.client("s3").head_bucket(Bucket=resource_id)
        domain = f"{resource_id}.s3.amazonaws.com"
        known = {"bucket": resource_id, "arn": f"arn:aws:s3:::{resource_id}", "bucketDomainName": domain}
        return known | {"tags": _tags(aws, resource_id)}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        return  # tags are all there is, besides what `_delete` looks at

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        s3 = aws.client("s3")
        if outputs.get("forceDestroy"):
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=resource_id):
                for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    s3.delete_object(Bucket=resource_id, Key=one["Key"], VersionId=one["VersionId"])
        s3.delete_bucket(Bucket=resource_id)

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        self._put_tags(aws, resource_id, {**_tags(aws, resource_id), **tags})

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        kept = {key: value for key, value in _tags(aws, resource_id).items() if key not in keys}
        self._put_tags(aws, resource_id, kept)

    def _put_tags(self, aws: Aws, name: str, tags: dict[str, str]) -> None:
        aws.client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed(tags)})


class BucketNotification(ResourceType):
    """`aws.s3.BucketNotification` to queues and EventBridge. Its id is the bucket's name."""

    token = "aws:s3/bucketNotification:BucketNotification"
    properties: ClassVar[Properties] = {
        "bucket": Property(required=True, force_new=True),
        "eventbridge": Property(default=False),
        "queues": Property(
            "QueueConfigurations",
            reset_value=[],
            inside={
                "id": Property("Id"),
                "queueArn": Property("QueueArn", required=True),
                "events": Property("Events", required=True, same=same_set),
                "filterPrefix": Property(),
                "filterSuffix": Property(),
            },
        ),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        self._put(aws, inputs)
        return self.known_id(aws, inputs)

    def _read(self, aws: Aws, resource_id: str) -> Values:
        said = aws.client("s3").get_bucket_notification_configuration(Bucket=resource_id)
        queues = [_from_queue(self.properties, one) for one in said.get("QueueConfigurations", [])]
        known = {"bucket": resource_id, "eventbridge": "EventBridgeConfiguration" in said}
        if not queues and not known["eventbridge"]:
            raise gone("GetBucketNotificationConfiguration")
        return known | {"queues": queues}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        self._put(aws, new)

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        self._put(aws, {"bucket": resource_id})

    def known_id(self, aws: Aws, inputs: Values) -> str:
        return inputs["bucket"]

    def _put(self, aws: Aws, inputs: Values) -> None:
        inside = self.properties["queues"].inside or {}
        queues = [to_api(inside, one) | _filter(one) for one in inputs.get("queues", [])]
        configuration: Values = {"QueueConfigurations": queues} if queues else {}
        if inputs.get("eventbridge"):
            configuration["EventBridgeConfiguration"] = {}
        aws.client("s3").put_bucket_notification_configuration(
            Bucket=inputs["bucket"], NotificationConfiguration=configuration
        )


def _filter(queue: Values) -> Values:
    named = {"prefix": queue.get("filterPrefix"), "suffix": queue.get("filterSuffix")}
    rules = [{"Name": name, "Value": value} for name, value in named.items() if value]
    return {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}


def _from_queue(properties: Properties, queue: dict[str, Any]) -> Values:
    rules = queue.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    filters = {f"filter{rule['Name'].capitalize()}": rule["Value"] for rule in rules}
    return from_api(properties["queues"].inside or {}, queue) | filters


def _tags(aws: Aws, name: str) -> dict[str, str]:
    try:
        return mapped(aws.client("s3").get_bucket_tagging(Bucket=name)["TagSet"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":  # pyright: ignore[reportTypedDictNotRequiredAccess]
            return {}
        raise
