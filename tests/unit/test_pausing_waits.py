"""Pausing where AWS takes its time: a mapping that changes slowly, records that arrive late, updates that collide."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations import ages, pausing
from consumers.operations.discovery import Consumer
from consumers.operations.errors import OperationError
from consumers.operations.leases import TAG, Lease
from consumers.operations.pausing import PauseError, Wait
from error_texts import ErrorTexts

LEASE = Lease(1738324800.0, 1738328400.0, "jane@laptop")
CONSUMER = Consumer(
    *("hands", "dev", "poker", "arn:queue", "url"),
    function={"FunctionArn": "arn:function"},
    mappings=[{"UUID": "1"}],
)


class Aws:
    """Lambda and SQS at once; each look gives the next state, or the next number in flight, and the last one stays."""

    class exceptions:  # noqa: N801
        class ResourceInUseException(Exception): ...

        class ResourceConflictException(Exception): ...

    def __init__(self, *states: str, in_flight: tuple[int, ...] = (0,), visible: int = 0) -> None:
        self.states, self.in_flight, self.visible = list(states), list(in_flight), visible
        self.refusals: list[type[Exception] | Exception] = []
        self.tags: dict[str, str] = {}
        self.calls: list[str] = []

    def client(self, service: str) -> Any:
        return self

    def list_tags(self, Resource: str) -> dict[str, Any]:  # noqa: N803
        return {"Tags": self.tags}

    def tag_resource(self, Resource: str, Tags: dict[str, str]) -> None:  # noqa: N803
        self.calls.append("tag")
        self.tags |= Tags

    def untag_resource(self, Resource: str, TagKeys: list[str]) -> None:  # noqa: N803
        self.calls.append("untag")

    def get_event_source_mapping(self, UUID: str) -> dict[str, str]:  # noqa: N803
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        self.calls.append(state)
        return {"State": state}

    def update_event_source_mapping(self, UUID: str, Enabled: bool) -> None:  # noqa: N803
        if self.refusals:
            raise self.refusals.pop()
        self.calls.append("enable" if Enabled else "disable")

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        if AttributeNames == ["MessageRetentionPeriod"]:
            return {"Attributes": {"MessageRetentionPeriod": "345600"}}
        in_flight = self.in_flight.pop(0) if len(self.in_flight) > 1 else self.in_flight[0]
        self.calls.append(f"{in_flight} in flight")
        return {"Attributes": dict(zip(AttributeNames, map(str, (self.visible, in_flight, 0)), strict=True))}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pausing, "POLL", 0)
    monkeypatch.setattr(ages, "oldest", lambda cloudwatch, names: {})  # pyright: ignore


def test_the_lease_is_written_before_the_mapping_is_disabled_and_removed_after_it_is_enabled() -> None:
    aws = Aws("Enabled")
    pausing.pause(aws.client, CONSUMER, LEASE, Wait(60))
    assert [call for call in aws.calls if "in flight" not in call] == ["Enabled", "tag", "disable"]
    aws = Aws("Enabling", "Enabling", "Enabled")
    aws.tags = {TAG: LEASE.tag}
    assert pausing.resume(aws.client, CONSUMER, Wait(60)) == LEASE
    assert aws.calls == ["enable", "Enabling", "Enabling", "Enabled", "untag"]


def test_a_mapping_is_waited_for_until_lambda_says_that_it_is_disabled() -> None:
    aws, told = Aws("Enabled", "Disabling", "Disabling", "Disabled"), list[str]()
    pausing.wait_for_state(aws.client, CONSUMER, "Disabled", Wait(60, told.append))
    assert told == [f"mapping: {state}" for state in ("Enabled", "Disabling", "Disabling", "Disabled")]


def test_a_record_that_arrives_after_disabled_is_waited_for() -> None:
    aws = Aws(in_flight=(0, 0, 4, 4, 0, 0, 0))
    pausing.wait_until_idle(aws.client, CONSUMER, Wait(60))
    assert len(aws.calls) == 7


@pytest.mark.parametrize("error", [Aws.exceptions.ResourceInUseException, Aws.exceptions.ResourceConflictException])
def test_an_update_that_collides_with_another_is_tried_again(error: type[Exception]) -> None:
    aws = Aws("Enabled")
    aws.refusals = [error, error]
    pausing.pause(aws.client, CONSUMER, LEASE, Wait(60))
    assert aws.calls[-1] == "disable"


def test_an_update_that_is_refused_for_too_long_is_an_error(error_text: ErrorTexts) -> None:
    aws = Aws("Enabled")
    aws.refusals = [Aws.exceptions.ResourceInUseException] * 1_000_000
    with pytest.raises(PauseError) as error:
        pausing.pause(aws.client, CONSUMER, LEASE, Wait(0.01))
    error_text(str(error.value))


def test_a_mapping_that_takes_too_long_is_an_error_and_the_lease_stays(error_text: ErrorTexts) -> None:
    aws = Aws("Enabling")
    aws.tags = {TAG: LEASE.tag}
    with pytest.raises(PauseError) as error:
        pausing.resume(aws.client, CONSUMER, Wait(0.01))
    error_text(str(error.value))
    assert "untag" not in aws.calls


DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "UpdateEventSourceMapping")


@pytest.mark.parametrize(("state", "last"), [("Enabled", "untag"), ("Disabling", "Disabling")])
def test_an_update_that_is_denied_leaves_a_lease_only_if_something_is_disabled(state: str, last: str) -> None:
    aws = Aws("Enabled", state)
    aws.refusals = [DENIED]
    with pytest.raises(ClientError, match="AccessDenied"):
        pausing.pause(aws.client, CONSUMER, LEASE, Wait(60))
    assert aws.calls[-1] == last


MISSING: dict[str, Callable[[Aws, Consumer], object]] = {
    "pause": lambda aws, gone: pausing.pause(aws.client, gone, LEASE, Wait(60)),
    "resume": lambda aws, gone: pausing.resume(aws.client, gone, Wait(60)),
    "drain": lambda aws, gone: pausing.wait_until_empty(aws.client, gone, Wait(60)),
    "idle": lambda aws, gone: pausing.wait_until_idle(aws.client, gone, Wait(60)),
}


@pytest.mark.parametrize("command", MISSING)
def test_a_consumer_that_is_half_deleted_is_an_error(error_text: ErrorTexts, command: str) -> None:
    with pytest.raises(OperationError) as error:
        MISSING[command](Aws("Enabled"), Consumer("hands", "dev", "poker"))
    error_text(str(error.value))


def test_without_an_age_the_retention_alone_is_checked_and_a_warning_says_so() -> None:
    warned: list[str] = []
    pausing.pause(Aws("Enabled", visible=3).client, CONSUMER, LEASE, Wait(60, warn=warned.append))
    assert warned == ["CloudWatch has no age of the oldest message, so this pause is compared with the retention only."]
    pausing.pause(Aws("Enabled").client, CONSUMER, LEASE, Wait(60, warn=warned.append))
    assert len(warned) == 1
