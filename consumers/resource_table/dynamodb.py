"""DynamoDB: tables with a simple or composite key, billed by the request."""

from typing import ClassVar

from consumers.resource_table.properties import Properties, Property, Values, from_api, listed, mapped, to_api
from consumers.resource_table.resource_type import Aws, ResourceType


class Table(ResourceType):
    """`aws.dynamodb.Table` without indexes and replicas. Its id is its name."""

    token = "aws:dynamodb/table:Table"
    arn_format = "dynamodb:{region}:{account}:table/{name}"
    lost_with_it = "its items are lost, and what they kept from happening twice may happen again."
    properties: ClassVar[Properties] = {
        "name": Property("TableName", force_new=True),
        "billingMode": Property("BillingMode", required=True),
        "hashKey": Property(required=True, force_new=True),
        "rangeKey": Property(force_new=True),
        "attributes": Property(
            "AttributeDefinitions",
            required=True,
            inside={"name": Property("AttributeName", required=True), "type": Property("AttributeType", required=True)},
        ),
        "ttl": Property(
            reset_value={"enabled": False},
            inside={"attributeName": Property("AttributeName"), "enabled": Property("Enabled")},
        ),
        "pointInTimeRecovery": Property(
            reset_value={"enabled": False}, inside={"enabled": Property("PointInTimeRecoveryEnabled", required=True)}
        ),
        "serverSideEncryption": Property(
            "SSESpecification",
            reset_value={"enabled": False},
            inside={"enabled": Property("Enabled", required=True), "kmsKeyArn": Property("KMSMasterKeyId")},
        ),
        "deletionProtectionEnabled": Property("DeletionProtectionEnabled", default=False),
        "streamEnabled": Property(reset_value=False),
        "streamViewType": Property(reset_value=""),
        "tags": Property(),
    }

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        found = super().problems(inputs)
        if inputs.get("streamEnabled") and not inputs.get("streamViewType"):
            found.append(("streamViewType", "a stream has a 'streamViewType', like NEW_IMAGE."))
        if inputs.get("billingMode", "PAY_PER_REQUEST") != "PAY_PER_REQUEST":
            found.append(("billingMode", "the local AWS realises tables with 'billingMode' PAY_PER_REQUEST only."))
        return found

    def volatile(self, inputs: Values) -> set[str]:
        return {"streamArn", "streamLabel"} if inputs.get("streamEnabled") else set()

    def fake_outputs(self, arn: str, inputs: Values) -> Values:
        return {"streamArn": f"{arn}/stream/2026-01-01T00:00:00.000"}

    def _create(self, aws: Aws, inputs: Values) -> str:
        keys = [("hashKey", "HASH"), ("rangeKey", "RANGE")]
        schema = [{"AttributeName": inputs[key], "KeyType": kind} for key, kind in keys if inputs.get(key)]
        tags = listed(inputs.get("tags", {}))
        streaming = _streaming(inputs) if inputs.get("streamEnabled") else {}
        named = to_api(self.properties, inputs) | streaming
        aws.client("dynamodb").create_table(**named, KeySchema=schema, Tags=tags)
        return inputs["name"]

    def _finish(self, aws: Aws, resource_id: str, inputs: Values) -> None:
        for key, set_it in _SETTERS.items():
            if (wanted := inputs.get(key)) is not None:
                set_it(aws, resource_id, to_api(self.properties[key].inside or {}, wanted))

    def _read(self, aws: Aws, resource_id: str) -> Values:
        client = aws.client("dynamodb")
        table = client.describe_table(TableName=resource_id)["Table"]
        keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
        tags = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
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
            "tags": mapped(tags),
        }

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        changed = self.changed(old, new)
        for key in {"deletionProtectionEnabled", "serverSideEncryption"} & changed.keys():
            one = to_api(self.properties, {key: changed[key]})
            aws.client("dynamodb").update_table(TableName=resource_id, **one)
        if {"streamEnabled", "streamViewType"} & changed.keys():
            aws.client("dynamodb").update_table(TableName=resource_id, **_streaming(new))
        if changed.get("ttl") == {"enabled": False}:  # DynamoDB wants the attribute's name to turn it off too
            changed["ttl"] = {**old["ttl"], "enabled": False}
        self._finish(aws, resource_id, changed)

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("dynamodb").delete_table(TableName=resource_id)

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        aws.client("dynamodb").tag_resource(ResourceArn=_arn(aws, resource_id), Tags=listed(tags))

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        aws.client("dynamodb").untag_resource(ResourceArn=_arn(aws, resource_id), TagKeys=keys)


def _set_ttl(aws: Aws, name: str, wanted: Values) -> None:
    aws.client("dynamodb").update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)


def _set_recovery(aws: Aws, name: str, wanted: Values) -> None:
    aws.client("dynamodb").update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=wanted)


_SETTERS = {"ttl": _set_ttl, "pointInTimeRecovery": _set_recovery}


def _encryption(told: Values) -> Values:
    if told.get("Status") != "ENABLED":
        return {"enabled": False}
    return {"enabled": True, "kmsKeyArn": told["KMSMasterKeyArn"]}


def _streaming(inputs: Values) -> Values:
    view = {"StreamViewType": inputs["streamViewType"]} if inputs.get("streamEnabled") else {}
    return {"StreamSpecification": {"StreamEnabled": bool(inputs.get("streamEnabled")), **view}}


def _stream(table: Values) -> Values:
    told = table.get("StreamSpecification", {})
    if not told.get("StreamEnabled"):
        return {"streamEnabled": False}
    view = {"streamEnabled": True, "streamViewType": told["StreamViewType"]}
    return view | {"streamArn": table["LatestStreamArn"], "streamLabel": table["LatestStreamLabel"]}


def _arn(aws: Aws, name: str) -> str:
    return f"arn:aws:dynamodb:{aws.region}:{aws.account_id}:table/{name}"
