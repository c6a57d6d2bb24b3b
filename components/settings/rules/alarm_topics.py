"""The settings of an AlarmTopic, and the rules on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import pages
from ..arns import KMS_KEY
from ..fields import argument, texts
from ..findings import Breach, show
from ..kinds import InputList, InputText, Unreadable
from ..rule import Rules
from .functions import invalid_component_name, tag_rules

EMAIL = InputText(
    what="an e-mail address like on-call@example.com", form=r"[^\s@<>,:;]+@[^\s@<>,:;.]+(\.[^\s@<>,:;.]+)+"
)
URL = InputText(what="a URL that begins with https://", form=r"https://[^\s/]+(/\S*)?")
MAX_NAME_LENGTH = 256 - len("-topic-1a2b3c4")


@dataclass(frozen=True)
class SecretList(InputList):
    """A list of texts that errors do not contain."""

    def read(self, value: Any) -> tuple[Any, ...]:
        try:
            return super().read(value)
        except Unreadable as error:
            error.breach = Breach("a value that may contain a key", error.breach.allowed, error.breach.fix)
            raise


@dataclass(frozen=True)
class AlarmTopicSettings:
    """All the settings of an AlarmTopic."""

    consumer: str
    """The name of the component."""
    passed: frozenset[str] = frozenset()
    emails: tuple[Any, ...] = argument(
        (), InputList("SNS sends e-mails to plain addresses, once to each", pages.SNS_EMAIL, EMAIL)
    )
    https_endpoints: tuple[Any, ...] = argument(
        (), SecretList("an alarm is sent encrypted, once to each endpoint", pages.SNS_HTTPS, URL)
    )
    kms_master_key_id: Any = argument(None, InputText())
    tags: Mapping[str, Any] = texts()
    ignore_advice: Mapping[str, Any] = texts()


rules = Rules[AlarmTopicSettings]("AlarmTopic")
rules.include(*tag_rules)


@rules.error("name", page=pages.SNS_CREATE_TOPIC)
def alarm_topic_name(settings: AlarmTopicSettings) -> Iterator[Breach]:
    """The topic is named after the component, and names of topics have at most 256 characters."""
    return invalid_component_name(settings.consumer, MAX_NAME_LENGTH)


@rules.error("kms_master_key_id", page=pages.SNS_ALARM_KEY)
def alarm_topic_key(settings: AlarmTopicSettings) -> Iterator[Breach]:
    """CloudWatch may not use SNS's own key, alias/aws/sns, whose policy nobody can change: no alarm would arrive."""
    if KMS_KEY.excludes(settings.kms_master_key_id):
        fix = (
            "Pass the ARN of a customer managed key whose policy lets cloudwatch.amazonaws.com use it, or leave it out"
        )
        yield Breach(show(settings.kms_master_key_id), KMS_KEY.allowed, fix)


@rules.warning("emails", "https_endpoints", page=pages.SNS_EMAIL)
def alarm_topic_without_subscription(settings: AlarmTopicSettings) -> Iterator[Breach]:
    """An alarm on a topic without subscriptions notifies nobody."""
    if not settings.emails and not settings.https_endpoints:
        fix = "Add emails or https_endpoints, or subscribe others yourself and say so in ignore_advice"
        yield Breach("no emails and no https_endpoints", "at least one of them", fix)
