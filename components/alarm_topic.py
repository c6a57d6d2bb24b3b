"""AlarmTopic: the SNS topic that sends the alarms of a stack to people."""

from typing import NotRequired, TypedDict

import pulumi

from .resources import alarm_topics, reporting
from .resources.children import Children
from .settings.rules.alarm_topics import AlarmTopicSettings


class AlarmTopicArgs(TypedDict):
    """The arguments of an AlarmTopic."""

    emails: NotRequired[list[pulumi.Input[str]]]
    """E-mail addresses that get a mail for each alarm, none twice. SNS first sends a mail with a link to each, and
    sends no alarm before somebody opens it. It deletes a subscription that is not confirmed after 2 days; `pulumi up
    --refresh` then sends a new link. `consumers status` names those that are not confirmed. Default: none. A plain
    address names its resource; an Output is named by its position, so add new ones at the end.
    https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html"""
    https_endpoints: NotRequired[list[pulumi.Input[str]]]
    """URLs that get a POST request for each alarm, none twice: the CloudWatch integration of an incident service, which
    confirms the subscription by itself. Such a URL often contains a key: pass it as a secret, as
    `config.require_secret` returns it. Default: none. A plain URL names its resource by its host and hash; an Output is
    named by its position. https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html"""
    kms_master_key_id: NotRequired[pulumi.Input[str]]
    """ARN of the customer managed KMS key that encrypts the topic's messages at rest. Its policy must allow
    `cloudwatch.amazonaws.com` the actions `kms:Decrypt` and `kms:GenerateDataKey*`, or no alarm arrives. The alias
    `alias/aws/sns` is an error for that reason. Default: none; alarms contain names and numbers, but no message.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags besides those that name component, stack and project. Default: none."""
    ignore_advice: NotRequired[dict[str, str]]
    """Reasons to ignore warnings, by the id at the end of each warning. Default: none. Errors cannot be ignored."""


class AlarmTopic(pulumi.ComponentResource):
    """An SNS topic that sends alarms to e-mail addresses and HTTPS endpoints. Consumers get its ARN, as
    `alarms={"actions": [topic.arn]}`, and as `ok_actions` for alarms that resolve. Create one per stack.

    Only alarms of the topic's own account may publish, and only with TLS. For other kinds of subscriptions use the ARN
    with an `aws.sns.TopicSubscription`. In Python the underlying resources are attributes: `topic`, `policy`, and
    `subscriptions`, a list.
    """

    arn: pulumi.Output[str]
    """ARN of the topic, for `alarms.actions` and `alarms.ok_actions`."""
    name: pulumi.Output[str]
    """Physical name of the topic."""

    def __init__(self, name: str, args: AlarmTopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the topic, its policy, and a subscription for each address and endpoint.

        :param name: prefix of all names: a letter, then letters, digits, `-` and `_`, at most 242 characters.
        :raises pulumi.RunError: if any argument is invalid, before any resource is registered; the text lists every
            error.
        """
        settings, findings = reporting.component_findings(AlarmTopicSettings, name, args)
        super().__init__("queue-consumer:index:AlarmTopic", name, None, opts)
        reporting.log_warnings(findings, self)
        self.settings, children = settings, Children(self, settings)
        self.topic = alarm_topics.topic(children)
        self.policy = alarm_topics.policy(children, self.topic)
        self.subscriptions = alarm_topics.subscriptions(children, self.topic)
        self.arn, self.name = self.topic.arn, self.topic.name
        self.register_outputs({"arn": self.arn, "name": self.name})
