"""The table of handled messages, so that a message that is delivered twice takes effect once."""

from typing import Any

from pulumi_aws import dynamodb

from ..settings import Settings
from .children import Children


def key(children: Children[Settings]) -> Any:
    """Return the ARN of the table's KMS key, or None."""
    group = children.settings.idempotency
    return group and children.validated("idempotency.kms_key_arn")


def table(children: Children[Settings], key: Any) -> "dynamodb.Table | None":
    """Register the table, with the keys of Powertools' DynamoDBPersistenceLayer."""
    group, protect = children.settings.idempotency, children.settings.queue.protect
    if group is None:
        return None
    return dynamodb.Table(
        children.name("idempotency"),
        name=children.validated("idempotency.name"),
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        ttl={"attribute_name": "expiration", "enabled": True},
        point_in_time_recovery={"enabled": group.point_in_time_recovery},
        # Always set it: the provider never resets a removed attribute.
        server_side_encryption={"enabled": key is not None, "kms_key_arn": key},
        deletion_protection_enabled=protect,
        tags=children.tags("idempotency"),
        opts=children.options(protect=protect or None),
    )


def variables(settings: Settings, table: "dynamodb.Table | None") -> dict[str, Any]:
    """Return the environment variables that tell the handler about the table."""
    if settings.idempotency is None or table is None:
        return {}
    expires = str(settings.idempotency.expires_after_seconds)
    return {"IDEMPOTENCY_TABLE": table.name, "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": expires}
