"""One table: each Pulumi resource type that the local AWS knows, realised through boto3.

It has two ways in, Pulumi mocks (`evaluate`) and the real engine through a provider, and knows of neither.
"""

from consumers.resource_table.apigateway import Api, Authorizer, Integration, Route, Stage
from consumers.resource_table.cloudwatch import Dashboard, MetricAlarm
from consumers.resource_table.dynamodb import Table
from consumers.resource_table.eventbridge_pipes import Pipe
from consumers.resource_table.events import EventBus, EventRule, EventTarget
from consumers.resource_table.iam import Role, RolePolicy, RolePolicyAttachment
from consumers.resource_table.lambda_ import EventSourceMapping, Function
from consumers.resource_table.lambda_alias import Alias, ProvisionedConcurrencyConfig
from consumers.resource_table.logs import LogGroup
from consumers.resource_table.properties import Property, Values, nearest
from consumers.resource_table.resource_type import Aws, ResourceError, ResourceType, tags_in
from consumers.resource_table.s3 import Bucket, BucketNotification
from consumers.resource_table.scheduler import Schedule
from consumers.resource_table.sns import Topic, TopicSubscription
from consumers.resource_table.sqs import Queue, RedriveAllowPolicy

__all__ = ["TABLE", "Aws", "Property", "ResourceError", "ResourceType", "Values", "find", "nearest", "tags_in"]

TABLE: dict[str, ResourceType] = {
    entry.token: entry
    for entry in (
        *(Role(), RolePolicy(), RolePolicyAttachment(), LogGroup(), Queue(), RedriveAllowPolicy()),
        *(Function(), Alias(), ProvisionedConcurrencyConfig(), EventSourceMapping()),
        *(MetricAlarm(), Dashboard(), Table()),
        *(Topic(), TopicSubscription(), Bucket(), BucketNotification()),
        *(EventBus(), EventRule(), EventTarget(), Schedule()),
        *(Api(), Authorizer(), Integration(), Route(), Stage(), Pipe()),
    )
}


def find(token: str, name: str) -> ResourceType:
    """The type with this token, for the resource with this logical name.

    Raises:
        ResourceError: there is none. The text names the resource and the nearest type.
    """
    if token not in TABLE:
        hint = nearest(token, TABLE, "it realises")
        raise ResourceError(f"{token} '{name}': the local AWS does not realise this resource type, {hint}")
    return TABLE[token]
