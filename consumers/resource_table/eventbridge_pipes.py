"""EventBridge Pipes. The local AWS would take them and carry nothing to a queue, so it is not asked to.

They are in the state of the stack alone, so that a program with them runs unchanged; `consumers status` says of each
consumer which of its sources is one of these.
"""

import secrets
from typing import ClassVar

from consumers.resource_table.properties import Properties, Property, Values
from consumers.resource_table.resource_type import NO_TAGS, Aws, ResourceType, Tags

_READING = (
    *("batchSize", "maximumBatchingWindowInSeconds", "maximumRetryAttempts", "maximumRecordAgeInSeconds"),
    *("parallelizationFactor", "onPartialBatchItemFailure"),
)
_STREAM = Property(
    inside={
        "startingPosition": Property(required=True, force_new=True),
        **dict.fromkeys(_READING, Property()),
        "deadLetterConfig": Property(inside={"arn": Property()}),
    }
)
_FILTERS = Property(inside={"pattern": Property(required=True)})
_QUEUE = Property(inside={"messageGroupId": Property(), "messageDeduplicationId": Property()})


class Pipe(ResourceType):
    """`aws.pipes.Pipe` from a stream to a queue, of which nothing is made. Its id is invented."""

    token = "aws:pipes/pipe:Pipe"
    arn_format = "pipes:{region}:{account}:pipe/{name}"
    longest_name = 64
    properties: ClassVar[Properties] = {
        "name": Property(force_new=True, unread=True),
        "roleArn": Property(required=True, unread=True),
        "source": Property(required=True, force_new=True, unread=True),
        "target": Property(required=True, unread=True),
        "description": Property(unread=True),
        "desiredState": Property(unread=True),
        "sourceParameters": Property(
            unread=True,
            inside={
                "filterCriteria": Property(inside={"filters": _FILTERS}),
                "dynamodbStreamParameters": _STREAM,
                "kinesisStreamParameters": _STREAM,
            },
        ),
        "targetParameters": Property(unread=True, inside={"inputTemplate": Property(), "sqsQueueParameters": _QUEUE}),
        "tags": Property(unread=True),
    }

    def known_id(self, aws: Aws, inputs: Values) -> str | None:
        return None

    def _create(self, aws: Aws, inputs: Values) -> str:
        return secrets.token_hex(5)

    def _read(self, aws: Aws, resource_id: str) -> Values:
        return {"arn": f"arn:aws:pipes:{aws.region}:{aws.account_id}:pipe/{resource_id}"}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        return

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        return

    def _retag(self, aws: Aws, resource_id: str, old: dict[str, str], new: dict[str, str]) -> None:
        return

    def _outputs(self, aws: Aws, resource_id: str, inputs: Values, default_tags: Tags = NO_TAGS) -> Values:
        tags = {"tagsAll": {**default_tags, **inputs.get("tags", {})}} if "tags" in inputs else {}
        return inputs | self._read(aws, resource_id) | tags
