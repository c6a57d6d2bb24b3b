"""The table that remembers what was handled, so that a message which comes twice has its effect once."""

from typing import Any

from pulumi_aws import dynamodb

from ..settings import Settings
from .children import Children


def key(children: Children) -> Any:
    """Return the ARN of the KMS key that encrypts the table, None without one."""
    group = children.settings.idempotency
    return group and children.validated("idempotency.kms_key_arn", group.kms_key_arn)


def table(children: Children, key: Any) -> "dynamodb.Table | None":
    """Register the table, keyed as Powertools' DynamoDBPersistenceLayer has it by default."""
    group, protect = children.settings.idempotency, children.settings.queue.protect
    if group is None:
        return None
    return dynamodb.Table(
        children.name("idempotency"),
        name=children.validated("idempotency.name", group.name),
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        ttl={"attribute_name": "expiration", "enabled": True},
        point_in_time_recovery={"enabled": group.point_in_time_recovery},
        # Said without a key too: AWS's provider keeps an encryption that a program no longer says.
        server_side_encryption={"enabled": key is not None, "kms_key_arn": key},
        deletion_protection_enabled=protect,
        tags=children.tags("idempotency"),
        opts=children.options(protect=protect or None),
    )


def variables(known: Settings, table: "dynamodb.Table | None") -> dict[str, Any]:
    """Return what the handler needs to use the table."""
    if known.idempotency is None or table is None:
        return {}
    expires = str(known.idempotency.expires_after_seconds)
    return {"IDEMPOTENCY_TABLE": table.name, "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": expires}
