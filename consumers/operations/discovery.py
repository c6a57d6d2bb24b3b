"""Finds consumers by the tags that `QueueConsumer` gives its resources: no Pulumi state, no project, is needed.

The tagging API knows queues and functions. A function's log group and its mappings are asked of Lambda, because the
local AWS knows no tags of theirs, and so there is one way for both.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

import difflib
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

TAG = "queue-consumer:"
PARTS = ("queue", "dead-letter-queue", "function")
SIDE_BY_SIDE = 8  # consumers that are asked about at a time

Client = Callable[[str], Any]
"""Gives the boto3 client of a service: `client("sqs")`. It may be called from several threads."""


class DiscoveryError(Exception):
    """The consumer that was asked for is not there, or is not the only one. The text is for the user."""


@dataclass(frozen=True)
class Consumer:
    """A consumer that is deployed. What is None or empty of it does not exist: it may be half made, or half deleted."""

    name: str
    stack: str
    project: str
    queue_arn: str | None = None
    queue_url: str | None = None
    dead_letter_queue_arn: str | None = None
    dead_letter_queue_url: str | None = None
    function: dict[str, Any] = field(default_factory=dict[str, Any])
    """What GetFunctionConfiguration says."""
    mappings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """What ListEventSourceMappings says of the function, and of this queue where there is one."""
    has_own_queue: bool = True
    """Whether the queue was made for it. One that existed already need not have a dead-letter queue."""

    @property
    def fifo(self) -> bool:
        return (self.queue_arn or "").endswith(".fifo")

    @property
    def queue_name(self) -> str | None:
        return self.queue_arn.rpartition(":")[2] if self.queue_arn else None

    @property
    def function_name(self) -> str | None:
        return self.function.get("FunctionName")

    @property
    def function_arn(self) -> str | None:
        return self.function.get("FunctionArn")

    @property
    def log_group(self) -> str | None:
        """The group that the function is told to write to, else the one that Lambda makes for it."""
        default = f"/aws/lambda/{self.function_name}" if self.function else None
        return self.function.get("LoggingConfig", {}).get("LogGroup") or default

    @property
    def mapping_ids(self) -> list[str]:
        return [mapping["UUID"] for mapping in self.mappings]


@dataclass(frozen=True)
class Tagged:
    """The tags of one consumer, and the ARNs that carry them. There are two of a part while one replaces the other."""

    name: str
    stack: str
    project: str
    arns: dict[str, list[str]] = field(compare=False)

    def is_in(self, stack: str | None) -> bool:
        return stack is None or stack in (self.stack, self.full_stack)

    @property
    def full_stack(self) -> str:
        return f"{self.project}/{self.stack}"


def find(client: Client, names: Sequence[str] = (), stack: str | None = None) -> list[Consumer]:
    """Return the consumers of these names (none: all), of one stack (`dev` or `project/dev`) or of all.

    Raises DiscoveryError where a name, or the stack, is not there.
    """
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return list(pool.map(partial(complete, client), select(tagged(client), names, stack)))


def find_one(client: Client, name: str, stack: str | None = None) -> Consumer:
    """Return the one consumer of this name; raise DiscoveryError where it is not there, or in several stacks."""
    chosen = select(tagged(client), [name], stack)
    if len(chosen) > 1:
        stacks = [one.stack for one in chosen]
        said = stacks if len(set(stacks)) == len(stacks) else [one.full_stack for one in chosen]
        raise DiscoveryError(f"'{name}' is in several stacks: {', '.join(said)}. Say which, with --stack {said[0]}.")
    return complete(client, chosen[0])


def tagged(client: Client) -> list[Tagged]:
    """Return everything that carries a consumer's tags, ordered by project, stack and name."""
    filters = [{"Key": f"{TAG}consumer"}, {"Key": f"{TAG}part", "Values": list(PARTS)}]
    pages = client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=filters)
    return group(resource for page in pages for resource in page["ResourceTagMappingList"])


def group(resources: Iterable[dict[str, Any]]) -> list[Tagged]:
    """Group what GetResources lists by consumer."""
    found: dict[tuple[str, str, str], Tagged] = {}
    for resource in resources:
        tags = {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}
        # Tags go one by one when a resource is deleted, or changed by hand.
        project, stack, name, part = (tags.get(f"{TAG}{key}", "") for key in ("project", "stack", "consumer", "part"))
        if name and part in PARTS:
            one = found.setdefault((project, stack, name), Tagged(name, stack, project, {part: [] for part in PARTS}))
            one.arns[part].append(resource["ResourceARN"])
    return [found[key] for key in sorted(found)]


def select(known: Sequence[Tagged], names: Sequence[str], stack: str | None) -> list[Tagged]:
    """Return those of these names (none: all) and of this stack; raise DiscoveryError where one is not there."""
    here = [one for one in known if one.is_in(stack)]
    if known and not here:
        raise DiscoveryError(_unknown(f"stack '{stack}'", stack or "", [one.stack for one in known]))
    require(names, [one.name for one in here], f" in the stack '{stack}'" if stack else "")
    return [one for one in here if not names or one.name in names]


def require(names: Sequence[str], known: Sequence[str], where: str = "") -> None:
    """Raise DiscoveryError, with the nearest, for the first of the names that is not known."""
    for name in names:
        if name not in known:
            raise DiscoveryError(_unknown(f"consumer '{name}'{where}", name, known))


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = sorted(set(known))
    if not names:
        return f"There is no {what}, nor any other. Deploy one first: `pulumi up` or, on this machine, `consumers up`."
    near = difflib.get_close_matches(name, names, 1)
    return f"There is no {what}.{f' Did you mean {near[0]!r}?' if near else ''} There is: {', '.join(names)}."


def complete(client: Client, found: Tagged) -> Consumer:
    """Ask for what the tags do not tell. What is listed and does not exist, as after a deletion, is left out."""
    function, mappings = _function(client("lambda"), found.arns["function"])
    sources = [mapping.get("EventSourceArn") for mapping in mappings]
    # While a queue is replaced there are two, and the right one is the one that is read.
    # An existing queue that a consumer reads, and a dead-letter queue that several share, do not carry its tags.
    sqs, queues = client("sqs"), sorted(found.arns["queue"], key=lambda arn: arn not in sources)
    queue_arn, queue_url = _queue(sqs, queues or [arn for arn in sources if arn])
    dead_arn, dead_url = _queue(sqs, found.arns["dead-letter-queue"] or _redriven_to(sqs, queue_url))
    of_queue = [mapping for mapping in mappings if queue_arn in (None, mapping.get("EventSourceArn"))]
    parts = (queue_arn, queue_url, dead_arn, dead_url, function, of_queue)
    return Consumer(found.name, found.stack, found.project, *parts, has_own_queue=bool(queues) or queue_arn is None)


def _function(lambda_: Any, arns: Sequence[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    for arn in arns:
        try:
            function = lambda_.get_function_configuration(FunctionName=arn)
            pages = lambda_.get_paginator("list_event_source_mappings").paginate(FunctionName=arn)
            return function, [mapping for page in pages for mapping in page["EventSourceMappings"]]
        except lambda_.exceptions.ResourceNotFoundException:
            continue
    return {}, []


def _redriven_to(sqs: Any, url: str | None) -> list[str]:
    if url is None:
        return []
    try:
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    except sqs.exceptions.QueueDoesNotExist:  # for a minute after its deletion a queue still has a URL
        return []
    policy = answer.get("Attributes", {}).get("RedrivePolicy")
    return [json.loads(policy)["deadLetterTargetArn"]] if policy else []


def _queue(sqs: Any, arns: Sequence[str]) -> tuple[str | None, str | None]:
    """Return the ARN and the URL of the first of these queues that exists."""
    for arn in arns:
        try:
            return arn, sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        except sqs.exceptions.QueueDoesNotExist:
            continue
    return None, None
