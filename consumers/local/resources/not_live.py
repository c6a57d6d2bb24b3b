"""Pipes. The local AWS would take them and carry nothing to a queue, so it is not asked to.

They are in the state of the stack alone, so that a program with them runs unchanged; `consumers status` says of each
consumer which of its sources is one of these.
"""

import secrets
from typing import ClassVar

from consumers.local.resources.properties import Properties, Property, Values
from consumers.local.resources.resource_type import NO_TAGS, Aws, ResourceType, Tags

_REPLACING = {"protocolType", "apiId", "integrationType", "integrationSubtype", "source", "startingPosition"}
_FIXED_NAME = Property(replaces=True, unread=True)


def _kept(*required: str, optional: tuple[str, ...] = (), **more: Property) -> Properties:
    names = (*required, *optional)
    kept = {name: Property(required=name in required, replaces=name in _REPLACING, unread=True) for name in names}
    return {**kept, **more}


def _inside(*names: str, required: tuple[str, ...] = (), **more: Property) -> Property:
    return Property(unread=True, inside=_kept(*required, optional=names, **more))


class NotLive(ResourceType):
    """A type that nothing is made of. Its id is invented."""

    def known_id(self, aws: Aws, inputs: Values) -> str | None:
        return None

    def _create(self, aws: Aws, inputs: Values) -> str:
        return secrets.token_hex(5)

    def _read(self, aws: Aws, resource_id: str) -> Values:
        return {}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        return

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        return

    def _retag(self, aws: Aws, resource_id: str, old: dict[str, str], new: dict[str, str]) -> None:
        return

    def _outputs(self, aws: Aws, resource_id: str, inputs: Values, default_tags: Tags = NO_TAGS) -> Values:
        tags = {"tagsAll": {**default_tags, **inputs.get("tags", {})}} if "tags" in inputs else {}
        return inputs | self._read(aws, resource_id) | tags


_READING = (
    *("batchSize", "maximumBatchingWindowInSeconds", "maximumRetryAttempts", "maximumRecordAgeInSeconds"),
    *("parallelizationFactor", "onPartialBatchItemFailure"),
)
_STREAM = _inside(*_READING, required=("startingPosition",), deadLetterConfig=_inside("arn"))


class Pipe(NotLive):
    """`aws.pipes.Pipe` from a stream to a queue."""

    token = "aws:pipes/pipe:Pipe"
    longest_name = 64
    properties: ClassVar[Properties] = _kept(
        *("roleArn", "source", "target"),
        optional=("description", "desiredState", "tags"),
        name=_FIXED_NAME,
        sourceParameters=_inside(
            filterCriteria=_inside(filters=_inside(required=("pattern",))),
            dynamodbStreamParameters=_STREAM,
            kinesisStreamParameters=_STREAM,
        ),
        targetParameters=_inside(
            "inputTemplate", sqsQueueParameters=_inside("messageGroupId", "messageDeduplicationId")
        ),
    )

    def _read(self, aws: Aws, resource_id: str) -> Values:
        return {"arn": f"arn:aws:pipes:{aws.region}:{aws.account_id}:pipe/{resource_id}"}
