"""Consumers from tags: grouping, selection, and resources that are listed although they do not exist."""

from types import SimpleNamespace
from typing import Any

import pytest

from consumers.operations import discovery
from consumers.operations.discovery import DiscoveryError, Tagged
from consumers.operations.queues import Depth
from error_texts import ErrorTexts


def resource(arn: str, **tags: str) -> dict[str, Any]:
    return {"ResourceARN": arn, "Tags": [{"Key": f"queue-consumer:{key}", "Value": tags[key]} for key in tags]}


def consumer(name: str, stack: str = "dev", project: str = "poker") -> Tagged:
    return Tagged(name, stack, project, {part: [] for part in discovery.PARTS})


OF_HANDS = {"project": "poker", "stack": "dev", "consumer": "hands"}
DEPLOYED = [consumer("big-pots"), consumer("poker-hands"), consumer("poker-hands", "prod")]


def test_a_resource_without_some_of_its_tags_is_ignored() -> None:
    half = [resource("a"), resource("b", consumer="hands"), resource("c", part="queue"), {"ResourceARN": "d"}]
    assert discovery.group(half) == []
    (one,) = discovery.group([resource("e", consumer="hands", part="queue")])
    assert (one.project, one.stack, one.name) == ("", "", "hands")


def test_parts_that_the_tool_does_not_use_are_ignored() -> None:
    parts = ("idempotency", "alarm-errors", "role")
    assert discovery.group([resource(f"arn:{part}", part=part, **OF_HANDS) for part in parts]) == []


def test_without_names_all_are_chosen_and_a_stack_narrows_them() -> None:
    assert discovery.select(DEPLOYED, [], None) == DEPLOYED
    assert discovery.select(DEPLOYED, [], "prod") == discovery.select(DEPLOYED, [], "poker/prod") == [DEPLOYED[2]]
    assert discovery.select([], [], "prod") == []


@pytest.mark.parametrize(
    ("name", "stack"), [("poker-hand", None), ("xyz", None), ("big-pots", "prod"), ("big-pots", "prd")]
)
def test_an_unknown_name_gets_the_nearest_and_the_existing_ones(
    error_text: ErrorTexts, name: str, stack: str | None
) -> None:
    with pytest.raises(DiscoveryError) as error:
        discovery.select(DEPLOYED, [name], stack)
    error_text(str(error.value))


def test_without_any_consumer_the_error_names_the_command_that_deploys_one() -> None:
    with pytest.raises(DiscoveryError, match=r"no consumer 'hands', nor any other\. Deploy one first: `pulumi up`"):
        discovery.select([], ["hands"], None)


class Aws:
    """An AWS where the resources `exist` exist, by ARN, and the tags of others are still listed.

    It is the client of each service. A list of a function's mappings is without those of its aliases.
    """

    class exceptions:  # noqa: N801
        class QueueDoesNotExist(Exception): ...

        ResourceNotFoundException = QueueDoesNotExist

    def __init__(
        self, exist: set[str], listed: tuple[dict[str, Any], ...] = (), reads: str = "", by: str = "arn:lambda:hands"
    ) -> None:
        self.exist, self.listed = exist, listed
        self.mappings = [{"UUID": "1", "EventSourceArn": reads, "FunctionArn": by}] if reads else []
        self.redrives: dict[str, str] = {}
        self.calls = list[str]()
        self.recently_deleted = set[str]()
        """A queue keeps its URL for a minute after its deletion."""

    def __call__(self, service: str) -> Any:
        assert service in ("resourcegroupstaggingapi", "lambda", "sqs")
        return self

    def get_paginator(self, call: str) -> Any:
        return SimpleNamespace(paginate={"get_resources": self.pages, "list_event_source_mappings": self.lists}[call])

    def pages(self, TagFilters: list[dict[str, Any]]) -> Any:  # noqa: N803
        parts = ["queue", "dead-letter-queue", "function"]
        assert TagFilters == [{"Key": "queue-consumer:consumer"}, {"Key": "queue-consumer:part", "Values": parts}]
        return ({"ResourceTagMappingList": [one]} for one in self.listed)

    def lists(self, **query: str) -> Any:
        self.calls.append(f"mappings {query}")
        by = {"FunctionName": "FunctionArn", "EventSourceArn": "EventSourceArn"}
        found = [one for one in self.mappings if all(one[by[key]] == value for key, value in query.items())]
        return ({"EventSourceMappings": page} for page in ([], found))

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803
        self.calls.append(f"URL of {QueueName}")
        if f"arn:sqs:{QueueName}" not in self.exist | self.recently_deleted:
            raise self.exceptions.QueueDoesNotExist
        return {"QueueUrl": f"https://sqs/{QueueName}"}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        *counts, policy = AttributeNames
        if QueueUrl.replace("https://sqs/", "arn:sqs:") not in self.exist:
            raise self.exceptions.QueueDoesNotExist
        redrive = f'{{"deadLetterTargetArn":"{self.redrives.get(QueueUrl)}"}}'
        return {
            "Attributes": dict(zip(counts, "321", strict=True))
            | ({policy: redrive} if QueueUrl in self.redrives else {})
        }

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        if FunctionName not in self.exist:
            raise self.exceptions.QueueDoesNotExist
        return {"FunctionName": FunctionName.rpartition(":")[2], "FunctionArn": FunctionName}


LISTED = (
    resource("arn:sqs:old", part="queue", **OF_HANDS),
    resource("arn:sqs:new.fifo", part="queue", **OF_HANDS),
    resource("arn:sqs:dlq", part="dead-letter-queue", **OF_HANDS),
    resource("arn:lambda:hands", part="function", **OF_HANDS),
)


def test_tags_on_every_page_are_read() -> None:
    aws = Aws({"arn:sqs:old", "arn:sqs:dlq", "arn:lambda:hands"}, LISTED, "arn:sqs:old")
    (found,) = discovery.find(aws)
    assert (found.name, found.stack, found.project) == ("hands", "dev", "poker")
    assert (found.queue_url, found.dead_letter_queue_url) == ("https://sqs/old", "https://sqs/dlq")
    assert (found.function_name, found.log_group) == ("hands", "/aws/lambda/hands")
    assert (found.mapping_ids, found.fifo) == (["1"], False)
    assert (found.depth, found.dead_letter_depth) == (Depth(3, 2, 1), Depth(3, 2, 1))


def test_a_queue_that_was_just_deleted_is_none_although_it_still_has_a_url() -> None:
    aws = Aws({"arn:sqs:old", "arn:lambda:hands"}, LISTED, "arn:sqs:old")
    aws.recently_deleted = {"arn:sqs:dlq"}
    (found,) = discovery.find(aws)
    assert (found.dead_letter_queue_url, found.dead_letter_queue_arn, found.dead_letter_depth) == (None, None, None)
    assert found.depth


def test_many_consumers_take_one_list_of_mappings_and_few_urls() -> None:
    names = [f"c{number}" for number in range(discovery.CONCURRENCY + 1)]
    parts = {"queue": "arn:sqs:{}", "dead-letter-queue": "arn:sqs:{}-dlq", "function": "arn:lambda:{}"}
    arns = {(name, part): arn.format(name) for name in names for part, arn in parts.items()}
    listed = [resource(arn, part=part, **OF_HANDS | {"consumer": name}) for (name, part), arn in arns.items()]
    aws = Aws(set(arns.values()), tuple(listed))
    aws.mappings = [
        {"UUID": name, "EventSourceArn": f"arn:sqs:{name}", "FunctionArn": f"arn:lambda:{name}:live"} for name in names
    ]
    found = discovery.find(aws)
    assert [one.mapping_ids for one in found] == [[name] for name in names]
    assert [one.dead_letter_queue_url for one in found] == [f"https://sqs/{name}-dlq" for name in names]
    assert aws.calls.count("mappings {}") == 1
    # Threads that start together may each ask for one.
    assert len([call for call in aws.calls if call.startswith("URL")]) <= discovery.CONCURRENCY


def test_of_two_queues_while_one_is_replaced_the_one_that_is_read_is_chosen() -> None:
    both = {"arn:sqs:old", "arn:sqs:new.fifo", "arn:lambda:hands"}
    for read in ("arn:sqs:old", "arn:sqs:new.fifo"):
        found = discovery.find_one(Aws(both, LISTED, read), "hands")
        assert (found.queue_arn, found.fifo, found.mapping_ids) == (read, read.endswith("fifo"), ["1"])


def test_of_two_of_a_part_while_one_is_replaced_the_one_that_exists_is_chosen() -> None:
    listed = (*LISTED, resource("arn:lambda:renamed", part="function", **OF_HANDS))
    found = discovery.find_one(Aws({"arn:sqs:new.fifo", "arn:lambda:renamed"}, listed), "hands")
    assert (found.queue_arn, found.function_arn) == ("arn:sqs:new.fifo", "arn:lambda:renamed")


@pytest.mark.parametrize("own", [True, False])
def test_a_queue_without_our_tags_is_found_by_the_mapping_and_its_dead_letter_queue_by_its_redrive_policy(
    own: bool,
) -> None:
    queue = [resource("arn:sqs:theirs", part="queue", **OF_HANDS)] if own else []
    listed = (*queue, resource("arn:lambda:hands", part="function", **OF_HANDS))
    aws = Aws({"arn:sqs:theirs", "arn:sqs:shared", "arn:lambda:hands"}, listed, "arn:sqs:theirs")
    found = discovery.find_one(aws, "hands")
    assert (found.queue_arn, found.dead_letter_queue_arn) == ("arn:sqs:theirs", None)
    assert found.has_own_queue is own
    aws.redrives["https://sqs/theirs"] = "arn:sqs:shared"
    found = discovery.find_one(aws, "hands")
    assert (found.queue_url, found.dead_letter_queue_url) == ("https://sqs/theirs", "https://sqs/shared")
    assert found.mapping_ids == ["1"]


@pytest.mark.parametrize(("by", "ids"), [("arn:lambda:hands:live", ["1"]), ("arn:lambda:hands2", [])])
def test_a_mapping_may_be_to_an_alias_of_the_function_but_not_to_another(by: str, ids: list[str]) -> None:
    found = discovery.find_one(Aws({"arn:sqs:old", "arn:lambda:hands"}, LISTED, "arn:sqs:old", by), "hands")
    assert (found.queue_arn, found.mapping_ids) == ("arn:sqs:old", ids)


def test_a_resource_that_is_listed_but_deleted_is_none() -> None:
    found = discovery.find_one(Aws(set(), LISTED), "hands")
    assert (found.queue_url, found.queue_arn, found.dead_letter_queue_url) == (None, None, None)
    assert (found.function_name, found.function_arn, found.log_group, found.mapping_ids) == (None, None, None, [])


def test_a_name_in_several_stacks_is_an_error_without_the_stack() -> None:
    other = resource("arn:sqs:b", part="queue", **{**OF_HANDS, "stack": "prod"})
    aws = Aws(set(), (*LISTED, other))
    assert [one.stack for one in discovery.find(aws, ["hands"])] == ["dev", "prod"]
    assert [one.stack for one in discovery.find(aws, ["hands"], "prod")] == ["prod"]
    assert discovery.find_one(aws, "hands", "prod").stack == "prod"
    with pytest.raises(DiscoveryError, match=r"'hands' is in several stacks: dev, prod\. Choose one: --stack dev"):
        discovery.find_one(aws, "hands")
    twin = resource("arn:sqs:b", part="queue", **{**OF_HANDS, "project": "chess"})
    with pytest.raises(DiscoveryError, match="several stacks: chess/dev, poker/dev"):
        discovery.find_one(Aws(set(), (*LISTED, twin)), "hands")
