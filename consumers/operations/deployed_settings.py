"""The settings of a deployed consumer that shape its speed and its cost, as AWS has them."""

from dataclasses import dataclass
from typing import Any

from consumers.operations.discovery import Client, Consumer
from consumers.operations.errors import OperationError


class IncompleteError(OperationError):
    """A part of the consumer is missing. The text is for the user."""


@dataclass(frozen=True)
class DeployedSettings:
    """The settings of what the event source mapping invokes: the function, or the version behind its alias."""

    memory_mb: int
    architecture: str
    """`x86_64` or `arm64`."""
    timeout_seconds: int
    batch_size: int
    window_seconds: int
    """The batching window; 0 for none."""
    visibility_seconds: int
    fifo: bool
    has_alias: bool
    """Whether an alias is invoked, which may have provisioned concurrency."""
    region: str


def invoked_function(client: Client, consumer: Consumer) -> dict[str, Any]:
    """Return the configuration of what the mapping invokes; of the function where it has none."""
    target = consumer.mappings[0].get("FunctionArn") if consumer.mappings else None
    if target in (None, consumer.function_arn):
        return consumer.function
    # The mapping invokes an alias, which somebody may have moved to another version.
    return client("lambda").get_function_configuration(FunctionName=target)


def read(client: Client, consumer: Consumer) -> DeployedSettings:
    """Return the settings of a consumer; raise IncompleteError if its queue, function or mapping is missing."""
    if not (consumer.function_arn and consumer.mappings and consumer.queue_url):
        raise IncompleteError(
            f"{consumer.name} lacks its queue, function or event source mapping: deploy its stack again."
        )
    mapping = consumer.mappings[0]
    config = invoked_function(client, consumer)
    attributes = client("sqs").get_queue_attributes(QueueUrl=consumer.queue_url, AttributeNames=["VisibilityTimeout"])
    return DeployedSettings(
        memory_mb=config["MemorySize"],
        architecture=config.get("Architectures", ["x86_64"])[0],
        timeout_seconds=config["Timeout"],
        batch_size=mapping.get("BatchSize", 10),
        window_seconds=mapping.get("MaximumBatchingWindowInSeconds", 0),
        visibility_seconds=int(attributes["Attributes"]["VisibilityTimeout"]),
        fifo=consumer.fifo,
        has_alias=config is not consumer.function,
        region=consumer.function_arn.split(":")[3],
    )
