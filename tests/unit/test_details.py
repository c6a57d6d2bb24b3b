"""What AWS is asked for the details of a status, and what an AWS that does not answer makes of them."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations import details
from consumers.operations.dead_letters import summary
from consumers.operations.details import CODE_TAG, Reasons
from consumers.operations.discovery import Client, Consumer
from consumers.operations.leases import TAG, Lease

ARN = "arn:aws:lambda:eu-west-1:1:function:f"
LEASE = Lease(1738324800.0, 1738328400.0, "jane@laptop")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListTags")
BROKEN = ClientError({"Error": {"Code": "InternalFailure", "Message": "no"}}, "ListTags")


class Aws:
    """Every service at once: Lambda with a function, and SQS with a move task."""

    def __init__(self, *, tags: dict[str, str] | None = None, error: ClientError | None = None) -> None:
        self.tags, self.error = tags or {}, error
        self.calls: list[str] = []
        self.task: dict[str, Any] = {"Status": "RUNNING"}

    def _called(self, call: str) -> None:
        self.calls.append(call)
        if self.error:
            raise self.error

    def client(self, service: str) -> Any:
        return self

    def list_tags(self, Resource: str) -> dict[str, Any]:  # noqa: N803
        self._called(f"tags of {Resource}")
        return {"Tags": self.tags}

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        self._called(f"configuration of {FunctionName}")
        return {"CodeSha256": "version"}

    def list_message_move_tasks(self, SourceArn: str, MaxResults: int) -> dict[str, Any]:  # noqa: N803
        self._called(f"tasks of {SourceArn}")
        return {"Results": [self.task]}


def consumer(state: str = "Enabled", tags: dict[str, str] | None = None, invokes: str = ARN) -> Consumer:
    function, mapping = {"FunctionArn": ARN, "CodeSha256": "latest"}, {"State": state, "FunctionArn": invokes}
    return Consumer("hands", "dev", "poker", function=function, mappings=[mapping], function_tags=tags or {})


@pytest.mark.parametrize(("state", "lease"), [("Enabled", None), ("Disabled", LEASE), ("Disabling", LEASE)])
def test_a_pause_that_the_mapping_confirms_costs_no_call(state: str, lease: Lease | None) -> None:
    aws = Aws()
    assert details.pause_of(aws.client, consumer(state, {TAG: lease.tag} if lease else {})) == lease
    assert aws.calls == []


@pytest.mark.parametrize(("state", "tags"), [("Enabled", {TAG: LEASE.tag}), ("Disabled", {})])
def test_tags_that_the_mapping_contradicts_are_read_again(state: str, tags: dict[str, str]) -> None:
    now = {} if tags else {TAG: LEASE.tag}
    aws = Aws(tags=now)
    assert details.pause_of(aws.client, consumer(state, tags)) == (LEASE if now else None)
    assert aws.calls == [f"tags of {ARN}"]


def test_code_is_compared_with_the_tag_of_its_deployment() -> None:
    aws = Aws()
    assert details.is_code_deployed(aws.client, consumer(tags={CODE_TAG: "latest"})) is True
    assert aws.calls == []
    assert details.is_code_deployed(aws.client, consumer(tags={CODE_TAG: "other"})) is False
    assert details.is_code_deployed(aws.client, consumer()) is None


def test_a_tag_that_is_older_than_the_deployment_is_read_again() -> None:
    aws = Aws(tags={CODE_TAG: "latest"})
    assert details.is_code_deployed(aws.client, consumer(tags={CODE_TAG: "before"})) is True


def test_with_an_alias_the_code_of_its_version_counts() -> None:
    behind = consumer(tags={CODE_TAG: "latest"}, invokes=f"{ARN}:live")
    aws = Aws(tags=behind.function_tags)
    assert details.is_code_deployed(aws.client, behind) is False
    assert aws.calls[0] == f"configuration of {ARN}:live"
    assert details.is_code_deployed(aws.client, replace(behind, function_tags={CODE_TAG: "version"})) is True


def test_only_a_running_move_task_is_shown() -> None:
    aws = Aws()
    queue = replace(consumer(), dead_letter_queue_arn="arn:dead")
    task = details.running_move_task(aws.client, queue)
    assert task
    assert (task.status, aws.calls) == ("RUNNING", ["tasks of arn:dead"])
    aws.task = {"Status": "COMPLETED"}
    assert details.running_move_task(aws.client, queue) is None
    assert details.running_move_task(aws.client, consumer()) is None


def test_what_the_caller_may_not_ask_is_left_out() -> None:
    client = Aws(error=DENIED).client
    assert details.running_move_task(client, replace(consumer(), dead_letter_queue_arn="arn:dead")) is None
    assert details.pause_of(client, consumer("Disabled")) is None
    assert details.is_code_deployed(client, consumer(tags={CODE_TAG: "latest"}, invokes=f"{ARN}:live")) is None


def test_any_other_failure_is_not_hidden() -> None:
    with pytest.raises(ClientError, match="InternalFailure"):
        details.pause_of(Aws(error=BROKEN).client, consumer("Disabled"))


def test_reasons_are_read_again_only_when_the_number_of_dead_letters_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def top_reason(client: Client, consumer: Consumer) -> str:
        read.append(consumer.name)
        return f"reason {len(read)}"

    monkeypatch.setattr(summary, "top_reason", top_reason)
    reasons = Reasons(Aws().client)
    hands, others = consumer(), replace(consumer(), name="others")
    assert [reasons.top(hands, count) for count in (0, 3, 3, 4, 0)] == [None, "reason 1", "reason 1", "reason 2", None]
    assert reasons.top(others, 3) == "reason 3"
    assert read == ["hands", "hands", "others"]
