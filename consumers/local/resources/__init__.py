"""One table: each Pulumi resource type that the local AWS knows, realised through boto3.

It has two ways in, Pulumi mocks (`program.py`) and the real engine through a provider, and knows of neither.
"""

from consumers.local.resources.apigateway import Api, Authorizer, Integration, Route, Stage
from consumers.local.resources.cloudwatch import Dashboard, MetricAlarm
from consumers.local.resources.dynamodb import Table
from consumers.local.resources.eventbridge_pipes import Pipe
from consumers.local.resources.events import EventBus, EventRule, EventTarget
from consumers.local.resources.iam import Role, RolePolicy, RolePolicyAttachment
from consumers.local.resources.lambda_ import EventSourceMapping, Function
from consumers.local.resources.lambda_alias import Alias, ProvisionedConcurrencyConfig
from consumers.local.resources.logs import LogGroup
from consumers.local.resources.properties import Property, Values, nearest
from consumers.local.resources.resource_type import Aws, ResourceError, ResourceType, tags_in
from consumers.local.resources.s3 import Bucket, BucketNotification
from consumers.local.resources.scheduler import Schedule
from consumers.local.resources.sns import Topic, TopicSubscription
from consumers.local.resources.sqs import Queue, RedriveAllowPolicy

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
