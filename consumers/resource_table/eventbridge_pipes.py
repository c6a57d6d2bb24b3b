"""EventBridge Pipes. The local AWS accepts a pipe but never delivers to a queue, so none is created there.

A pipe exists in the stack's state only, so that a program with one runs unchanged; `consumers status` names the sources
of a consumer that are inactive because of this.
"""

import secrets
from typing import ClassVar

from consumers.resource_table.properties import Properties, Property, Values
from consumers.resource_table.resource_type import Aws, ResourceType

_STREAM_SETTINGS = (
    "batchSize",
    "maximumBatchingWindowInSeconds",
    "maximumRetryAttempts",
    "maximumRecordAgeInSeconds",
    "parallelizationFactor",
    "onPartialBatchItemFailure",
)
_STREAM = Property(
    nested={
        "startingPosition": Property(required=True, force_new=True),
        **dict.fromkeys(_STREAM_SETTINGS, Property()),
        "deadLetterConfig": Property(nested={"arn": Property()}),
    }
)
_FILTERS = Property(nested={"pattern": Property(required=True)})
_QUEUE = Property(nested={"messageGroupId": Property(), "messageDeduplicationId": Property()})


class Pipe(ResourceType):
    """`aws.pipes.Pipe` from a stream to a queue. It is never created on the local AWS. Its id is random."""

    token = "aws:pipes/pipe:Pipe"
    max_name_length = 64
    arn = "arn:aws:pipes:{aws.region}:{aws.account_id}:pipe/{id}"
    properties: ClassVar[Properties] = {
        "name": Property(force_new=True, write_only=True),
        "roleArn": Property(required=True, write_only=True),
        "source": Property(required=True, force_new=True, write_only=True),
        "target": Property(required=True, write_only=True),
        "description": Property(write_only=True),
        "desiredState": Property(write_only=True),
        "sourceParameters": Property(
            write_only=True,
            nested={
                "filterCriteria": Property(nested={"filters": _FILTERS}),
                "dynamodbStreamParameters": _STREAM,
                "kinesisStreamParameters": _STREAM,
            },
        ),
        "targetParameters": Property(
            write_only=True, nested={"inputTemplate": Property(), "sqsQueueParameters": _QUEUE}
        ),
        "tags": Property(write_only=True),
    }

    def find_id(self, aws: Aws, inputs: Values) -> str | None:
        return None

    def _create(self, aws: Aws, inputs: Values) -> str:
        return secrets.token_hex(5)

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        return

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        return

    def _retag(self, aws: Aws, resource_id: str, old: dict[str, str], new: dict[str, str]) -> None:
        return

    def _outputs(self, aws: Aws, resource_id: str, inputs: Values) -> Values:
        tags = {"tagsAll": inputs["tags"]} if "tags" in inputs else {}
        return inputs | {"arn": self._arn(aws, resource_id)} | tags
