"""DynamoDB: tables with a simple or composite key, on-demand capacity."""

from typing import ClassVar

from consumers.resource_table.properties import TAG_PAIRS, Properties, Property, Values, from_api, to_api
from consumers.resource_table.resource_type import Aws, ResourceType, TagCalls


class Table(ResourceType):
    """`aws.dynamodb.Table` without indexes and replicas. Its id is its name."""

    token = "aws:dynamodb/table:Table"
    replacement_loss = "its items are lost, and what they kept from happening twice may happen again."
    service = "dynamodb"
    noun = "table"
    arn = "arn:aws:dynamodb:{aws.region}:{aws.account_id}:table/{id}"
    tag_calls = TagCalls(read="list_tags_of_resource")
    properties: ClassVar[Properties] = {
        "name": Property("TableName", force_new=True),
        "billingMode": Property("BillingMode", required=True),
        "hashKey": Property(required=True, force_new=True),
        "rangeKey": Property(force_new=True),
        "attributes": Property(
            "AttributeDefinitions",
            required=True,
            nested={"name": Property("AttributeName", required=True), "type": Property("AttributeType", required=True)},
        ),
        "ttl": Property(
            reset_value={"enabled": False},
            nested={"attributeName": Property("AttributeName"), "enabled": Property("Enabled")},
        ),
        "pointInTimeRecovery": Property(
            reset_value={"enabled": False}, nested={"enabled": Property("PointInTimeRecoveryEnabled", required=True)}
        ),
        "serverSideEncryption": Property(
            "SSESpecification",
            reset_value={"enabled": False},
            nested={"enabled": Property("Enabled", required=True), "kmsKeyArn": Property("KMSMasterKeyId")},
        ),
        "deletionProtectionEnabled": Property("DeletionProtectionEnabled", default=False),
        "streamEnabled": Property(reset_value=False),
        "streamViewType": Property(reset_value=""),
        "tags": TAG_PAIRS,
    }

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        found = super().problems(inputs)
        if inputs.get("streamEnabled") and not inputs.get("streamViewType"):
            found.append(("streamViewType", "a stream requires a 'streamViewType', like NEW_IMAGE."))
        if inputs.get("billingMode", "PAY_PER_REQUEST") != "PAY_PER_REQUEST":
            found.append(("billingMode", "the local AWS supports tables with 'billingMode' PAY_PER_REQUEST only."))
        return found

    def volatile(self, inputs: Values) -> set[str]:
        return {"streamArn", "streamLabel"} if inputs.get("streamEnabled") else set()

    def fake_outputs(self, aws: Aws, arn: str, inputs: Values) -> Values:
        return {"streamArn": f"{arn}/stream/2026-01-01T00:00:00.000"}

    def _create(self, aws: Aws, inputs: Values) -> str:
        keys = [("hashKey", "HASH"), ("rangeKey", "RANGE")]
        schema = [{"AttributeName": inputs[key], "KeyType": kind} for key, kind in keys if inputs.get(key)]
        stream = _stream_parameters(inputs) if inputs.get("streamEnabled") else {}
        aws.client("dynamodb").create_table(**to_api(self.properties, inputs), **stream, KeySchema=schema)
        return inputs["name"]

    def _configure(self, aws: Aws, resource_id: str, inputs: Values) -> None:
        for key, (call, parameter) in _SETTERS.items():
            if (value := inputs.get(key)) is not None:
                specification = to_api(self.properties[key].nested or {}, value)
                self._call(aws, call, {"TableName": resource_id, parameter: specification})

    def _read(self, aws: Aws, resource_id: str) -> Values:
        client = aws.client("dynamodb")
        table = client.describe_table(TableName=resource_id)["Table"]
        keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
        ttl = client.describe_time_to_live(TableName=resource_id)["TimeToLiveDescription"]
        backups = client.describe_continuous_backups(TableName=resource_id)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        attribute = {"attributeName": ttl["AttributeName"]} if "AttributeName" in ttl else {}
        return from_api(self.properties, table | table["BillingModeSummary"]) | {
            "arn": table["TableArn"],
            "hashKey": keys["HASH"],
            **({"rangeKey": keys["RANGE"]} if "RANGE" in keys else {}),
            "ttl": {**attribute, "enabled": ttl["TimeToLiveStatus"] == "ENABLED"},
            "pointInTimeRecovery": {"enabled": recovery == "ENABLED"},
            "serverSideEncryption": _encryption(table.get("SSEDescription", {})),
            **_stream(table),
            **self._tags(aws, resource_id),
        }

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        changed = self.changed(old, new)
        for key in {"deletionProtectionEnabled", "serverSideEncryption"} & changed.keys():
            one = to_api(self.properties, {key: changed[key]})
            aws.client("dynamodb").update_table(TableName=resource_id, **one)
        if {"streamEnabled", "streamViewType"} & changed.keys():
            aws.client("dynamodb").update_table(TableName=resource_id, **_stream_parameters(new))
        if changed.get("ttl") == {"enabled": False}:  # DynamoDB requires the attribute's name to turn it off too
            changed["ttl"] = {**old["ttl"], "enabled": False}
        self._configure(aws, resource_id, changed)


_SETTERS = {
    "ttl": ("update_time_to_live", "TimeToLiveSpecification"),
    "pointInTimeRecovery": ("update_continuous_backups", "PointInTimeRecoverySpecification"),
}
"""The properties with a call of their own: the call, and its parameter."""


def _encryption(description: Values) -> Values:
    if description.get("Status") != "ENABLED":
        return {"enabled": False}
    return {"enabled": True, "kmsKeyArn": description["KMSMasterKeyArn"]}


def _stream_parameters(inputs: Values) -> Values:
    view = {"StreamViewType": inputs["streamViewType"]} if inputs.get("streamEnabled") else {}
    return {"StreamSpecification": {"StreamEnabled": bool(inputs.get("streamEnabled")), **view}}


def _stream(table: Values) -> Values:
    specification = table.get("StreamSpecification", {})
    if not specification.get("StreamEnabled"):
        return {"streamEnabled": False}
    view = {"streamEnabled": True, "streamViewType": specification["StreamViewType"]}
    return view | {"streamArn": table["LatestStreamArn"], "streamLabel": table["LatestStreamLabel"]}
