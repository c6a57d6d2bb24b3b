"""The topic of alarms, its policy and its subscriptions."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from pulumi_aws import sns

from .. import policies
from ..settings.rules.alarm_topics import AlarmTopicSettings
from .children import Children


def topic(children: Children[AlarmTopicSettings]) -> sns.Topic:
    """Register the topic."""
    return sns.Topic(
        children.name("topic"),
        kms_master_key_id=children.validated("kms_master_key_id"),
        tags=children.tags("alarm-topic"),
        opts=children.options(),
    )


def policy(children: Children[AlarmTopicSettings], topic: sns.Topic) -> sns.TopicPolicy:
    """Register the topic's policy. It is separate, because it names the topic's ARN."""
    document = topic.arn.apply(lambda arn: policies.canonical_json(policies.publish_alarms(arn)))
    return sns.TopicPolicy(children.name("policy"), arn=topic.arn, policy=document, opts=children.options())


def subscriptions(children: Children[AlarmTopicSettings], topic: sns.Topic) -> list[sns.TopicSubscription]:
    """Register a subscription for each e-mail address and each HTTPS endpoint."""
    settings = children.settings
    emails, urls = children.validated("emails"), children.validated("https_endpoints")
    return [
        *(_subscription(children, topic, "email", emails[n], _email(n, one)) for n, one in enumerate(settings.emails)),
        *(
            _subscription(children, topic, "https", urls[n], _url(n, one))
            for n, one in enumerate(settings.https_endpoints)
        ),
    ]


def _subscription(
    children: Children[AlarmTopicSettings], topic: sns.Topic, protocol: str, endpoint: Any, part: str
) -> sns.TopicSubscription:
    return sns.TopicSubscription(
        children.name(f"{protocol}-{part}"),
        topic=topic.arn,
        protocol=protocol,
        endpoint=endpoint,
        opts=children.options(),
    )


# Named after the endpoint. By position, removing one would subscribe the next again, and ask for a new confirmation.


def _email(position: int, email: Any) -> str:
    return email if isinstance(email, str) else str(position)


def _url(position: int, url: Any) -> str:
    if not isinstance(url, str):
        return str(position)
    return f"{urlsplit(url).hostname}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"
