"""Finds consumers by the tags that `QueueConsumer` gives its resources, without Pulumi's state or the project.

Tags find queues and functions. Log groups and mappings come from Lambda, because the local AWS does not find them by
tags.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from consumers.did_you_mean import did_you_mean
from consumers.operations.errors import OperationError
from consumers.operations.queues import COUNTS, Depth

TAG_PREFIX = "queue-consumer:"
PARTS = ("queue", "dead-letter-queue", "function")
CONCURRENCY = 8  # consumers that are queried at a time

Client = Callable[[str], Any]
"""Returns the boto3 client of a service: `client("sqs")`. It is thread-safe."""


class DiscoveryError(OperationError):
    """A consumer does not exist, or its name is ambiguous. The text is for the user."""


@dataclass(frozen=True)
class Consumer:
    """A deployed consumer. A missing part is None or empty: it may be half created, or half deleted."""

    name: str
    stack: str
    project: str
    queue_arn: str | None = None
    queue_url: str | None = None
    dead_letter_queue_arn: str | None = None
    dead_letter_queue_url: str | None = None
    function: dict[str, Any] = field(default_factory=dict[str, Any])
    """The answer of GetFunctionConfiguration."""
    mappings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """The function's event source mappings from this queue; from any, where the queue is missing."""
    has_own_queue: bool = True
    """False where it reads an existing queue, which need not have a dead-letter queue."""
    function_tags: dict[str, str] = field(default_factory=dict[str, str])
    """The function's tags as GetResources returns them, which on AWS may be some seconds behind."""
    depth: Depth | None = None
    """The number of messages in the queue, when it was found."""
    dead_letter_depth: Depth | None = None

    @property
    def fifo(self) -> bool:
        return (self.queue_arn or "").endswith(".fifo")

    @property
    def queue_name(self) -> str | None:
        return self.queue_arn.rpartition(":")[2] if self.queue_arn else None

    @property
    def existing_queue_url(self) -> str:
        """The queue's URL; raise DiscoveryError if the queue is missing."""
        if self.queue_url is None:
            raise DiscoveryError(f"{self.name} has no queue: deploy its stack again.")
        return self.queue_url

    @property
    def dead_letter_queue_name(self) -> str | None:
        return self.dead_letter_queue_arn.rpartition(":")[2] if self.dead_letter_queue_arn else None

    @property
    def watched_names(self) -> set[str]:
        """The names of the queues and the function, by which alarms on them are found."""
        return {name for name in (self.queue_name, self.dead_letter_queue_name, self.function_name) if name}

    @property
    def function_name(self) -> str | None:
        return self.function.get("FunctionName")

    @property
    def function_arn(self) -> str | None:
        return self.function.get("FunctionArn")

    @property
    def log_group(self) -> str | None:
        """The function's configured log group, or Lambda's default for it."""
        default = f"/aws/lambda/{self.function_name}" if self.function else None
        return self.function.get("LoggingConfig", {}).get("LogGroup") or default

    @property
    def mapping_ids(self) -> list[str]:
        return [mapping["UUID"] for mapping in self.mappings]


@dataclass(frozen=True)
class Tagged:
    """The tags of one consumer, and the ARNs with these tags. A part has two during its replacement."""

    name: str
    stack: str
    project: str
    arns: dict[str, list[str]] = field(compare=False)
    tags: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]], compare=False)
    """All tags of each of these ARNs."""

    def is_in(self, stack: str | None) -> bool:
        return stack is None or stack in (self.stack, self.full_stack)

    @property
    def full_stack(self) -> str:
        return f"{self.project}/{self.stack}"


def find(client: Client, names: Sequence[str] = (), stack: str | None = None) -> list[Consumer]:
    """Return the consumers with these names (none: all), of one stack (`dev` or `project/dev`) or of all.

    Raises:
        DiscoveryError: a name, or the stack, does not exist.
    """
    return complete(client, select(tagged(client), names, stack))


def find_one(client: Client, name: str, stack: str | None = None) -> Consumer:
    """Return the one consumer of this name; raise DiscoveryError where it is missing, or in several stacks."""
    chosen = select(tagged(client), [name], stack)
    if len(chosen) > 1:
        stacks = [one.stack for one in chosen]
        stacks = stacks if len(set(stacks)) == len(stacks) else [one.full_stack for one in chosen]
        raise DiscoveryError(f"'{name}' is in several stacks: {', '.join(stacks)}. Choose one: --stack {stacks[0]}.")
    return complete(client, chosen)[0]


def tagged(client: Client) -> list[Tagged]:
    """Return all resources with a consumer's tags, by consumer, ordered by project, stack and name."""
    filters = [{"Key": f"{TAG_PREFIX}consumer"}, {"Key": f"{TAG_PREFIX}part", "Values": list(PARTS)}]
    pages = client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=filters)
    return group(resource for page in pages for resource in page["ResourceTagMappingList"])


def group(resources: Iterable[dict[str, Any]]) -> list[Tagged]:
    """Group the resources of GetResources by consumer."""
    found: dict[tuple[str, str, str], Tagged] = {}
    for resource in resources:
        tags = {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}
        # During a deletion, or after a change by hand, some tags may be missing.
        project, stack, name, part = (
            tags.get(f"{TAG_PREFIX}{key}", "") for key in ("project", "stack", "consumer", "part")
        )
        if name and part in PARTS:
            one = found.setdefault((project, stack, name), Tagged(name, stack, project, {part: [] for part in PARTS}))
            one.arns[part].append(resource["ResourceARN"])
            one.tags[resource["ResourceARN"]] = tags
    return [found[key] for key in sorted(found)]


def select(deployed: Sequence[Tagged], names: Sequence[str], stack: str | None) -> list[Tagged]:
    """Return the consumers with these names (none: all) in this stack; raise DiscoveryError if one is missing."""
    in_stack = [one for one in deployed if one.is_in(stack)]
    if deployed and not in_stack:
        raise DiscoveryError(_missing(f"stack '{stack}'", stack or "", [one.stack for one in deployed]))
    require(names, [one.name for one in in_stack], f" in the stack '{stack}'" if stack else "")
    return [one for one in in_stack if not names or one.name in names]


def require(names: Sequence[str], existing: Sequence[str], where: str = "") -> None:
    """Raise DiscoveryError for the first name that does not exist; its text suggests the nearest one."""
    for name in names:
        if name not in existing:
            raise DiscoveryError(_missing(f"consumer '{name}'{where}", name, existing))


def _missing(what: str, name: str, existing: Iterable[str]) -> str:
    names = sorted(set(existing))
    if not names:
        return f"There is no {what}, nor any other. Deploy one first: `pulumi up` or, on this machine, `consumers up`."
    return f"There is no {what}.{did_you_mean(name, names)} There is: {', '.join(names)}."


def complete(client: Client, found: Sequence[Tagged]) -> list[Consumer]:
    """Query the details of the consumers' parts. Omits a listed part that no longer exists."""
    # All mappings in one call: Lambda allows 15 such calls a second in an account, and needs two for each consumer.
    listed = _by_function(_all_mappings(client("lambda"))) if len(found) > CONCURRENCY else None
    parts = _Parts(client("lambda"), client("sqs"), listed)
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return list(pool.map(parts.complete, found))


def _all_mappings(lambda_: Any, **query: str) -> list[dict[str, Any]]:
    pages = lambda_.get_paginator("list_event_source_mappings").paginate(**query)
    return [mapping for page in pages for mapping in page["EventSourceMappings"]]


def _by_function(mappings: Iterable[dict[str, Any]]) -> Mapping[str, list[dict[str, Any]]]:
    """Return the mappings of each function and its aliases, by the function's ARN."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for mapping in mappings:
        arn = mapping["FunctionArn"]
        for function in (arn, arn.rpartition(":")[0]):  # the second one of an alias
            found[function].append(mapping)
    return found


@dataclass(frozen=True)
class _Queue:
    """A queue that exists; without an ARN, none."""

    arn: str | None = None
    url: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def depth(self) -> Depth | None:
        return Depth.of(self.attributes) if self.arn else None

    @property
    def dead_letter_queues(self) -> list[str]:
        """The ARN of the queue that its redrive policy names, if any."""
        policy = self.attributes.get("RedrivePolicy")
        return [json.loads(policy)["deadLetterTargetArn"]] if policy else []


class _Parts:
    """Queries the parts of consumers, in several threads."""

    def __init__(self, lambda_: Any, sqs: Any, listed: Mapping[str, list[dict[str, Any]]] | None) -> None:
        self._lambda, self._sqs, self._listed = lambda_, sqs, listed
        self._url_prefixes: dict[str, str] = {}

    def complete(self, found: Tagged) -> Consumer:
        function, mappings = self._function(found.arns["function"], found.arns["queue"])
        sources = [mapping.get("EventSourceArn") for mapping in mappings]
        # During a replacement there are two queues: take the one that the function reads.
        # An existing queue, and a dead-letter queue that several consumers share, do not have this consumer's tags.
        own = sorted(found.arns["queue"], key=lambda arn: arn not in sources)
        queue = self._queue(own or [arn for arn in sources if arn])
        dead = self._queue(found.arns["dead-letter-queue"] or queue.dead_letter_queues)
        mappings_of_queue = [mapping for mapping in mappings if queue.arn in (None, mapping.get("EventSourceArn"))]
        parts = (queue.arn, queue.url, dead.arn, dead.url, function, mappings_of_queue)
        return Consumer(
            *(found.name, found.stack, found.project, *parts),
            has_own_queue=bool(own) or queue.arn is None,
            function_tags=found.tags.get(function.get("FunctionArn", ""), {}),
            depth=queue.depth,
            dead_letter_depth=dead.depth,
        )

    def _function(
        self, arns: Sequence[str], queue_arns: Sequence[str]
    ) -> tuple[dict[str, Any], Sequence[dict[str, Any]]]:
        for arn in arns:
            with suppress(self._lambda.exceptions.ResourceNotFoundException):
                return self._lambda.get_function_configuration(FunctionName=arn), self._mappings(arn, queue_arns)
        return {}, []

    def _mappings(self, function_arn: str, queue_arns: Sequence[str]) -> Sequence[dict[str, Any]]:
        """Return the mappings of a function and its aliases. A list by function name may leave out those of aliases."""
        if self._listed is not None:
            return self._listed.get(function_arn, [])
        queries = ({"FunctionName": function_arn}, *({"EventSourceArn": arn} for arn in queue_arns))
        found = {each["UUID"]: each for query in queries for each in _all_mappings(self._lambda, **query)}
        return _by_function(found.values()).get(function_arn, [])

    def _queue(self, arns: Sequence[str]) -> _Queue:
        """Return the first of these queues that exists."""
        names = [*COUNTS, "RedrivePolicy"]
        for arn in arns:
            with suppress(self._sqs.exceptions.QueueDoesNotExist):
                url = self._url(arn)
                answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
                return _Queue(arn, url, answer["Attributes"])
        return _Queue()

    def _url(self, arn: str) -> str:
        """Return the URL of a queue. SQS is asked for one per account and region: the others differ in the name."""
        place, _, name = arn.rpartition(":")
        if place not in self._url_prefixes:
            self._url_prefixes[place] = self._sqs.get_queue_url(QueueName=name)["QueueUrl"].removesuffix(name)
        return self._url_prefixes[place] + name
