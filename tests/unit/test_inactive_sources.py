"""Which roles of a local AWS make a source that it does not carry to a queue."""

from typing import Any

import pytest

from components import policies
from consumers.operations import inactive_sources

ACCOUNT = "123456789012"
QUEUE, OTHER = (f"arn:aws:sqs:eu-central-1:{ACCOUNT}:{name}" for name in ("hands", "hands-2"))
PIPES = policies.service_trust("pipes", ACCOUNT)


class Iam:
    """IAM with these roles, by their names: who assumes one, what its policies allow, its tags."""

    def __init__(self, **roles: tuple[Any, list[dict[str, Any]], dict[str, str]]) -> None:
        self.roles = roles
        self.lists = 0

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_roles"
        return self

    def paginate(self) -> list[Any]:
        """Return a page for each role: an account has more of them than come in one answer."""
        self.lists += 1
        pages = [{"RoleName": name, "AssumeRolePolicyDocument": trust} for name, (trust, _, _) in self.roles.items()]
        return [{"Roles": [role]} for role in pages]

    def list_role_policies(self, RoleName: str) -> Any:  # noqa: N803 - boto3's own names
        return {"PolicyNames": [str(place) for place, _ in enumerate(self.roles[RoleName][1])]}

    def get_role_policy(self, RoleName: str, PolicyName: str) -> Any:  # noqa: N803
        return {"PolicyDocument": self.roles[RoleName][1][int(PolicyName)]}

    def list_role_tags(self, RoleName: str) -> Any:  # noqa: N803
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.roles[RoleName][2].items()]}


def sources(iam: Any, queue_arn: str | None) -> list[str]:
    arns = [queue_arn] if queue_arn else []
    return inactive_sources.sources(lambda service: iam if service == "iam" else None, arns).get(queue_arn or "", [])


def sending_to(*queues: str) -> list[dict[str, Any]]:
    return [policies.document(policies.send(queue)) for queue in queues]


def test_a_source_is_what_a_service_that_is_not_live_may_send_by_and_is_named_by_its_tag() -> None:
    tags = {"team": "cards", "queue-consumer:consumer": "changes"}
    assert sources(Iam(role=(PIPES, sending_to(OTHER, QUEUE), tags)), QUEUE) == ["stream 'changes'"]


def test_a_source_without_the_tag_is_named_by_its_role_and_all_are_in_order() -> None:
    roles = {name: (PIPES, sending_to(QUEUE), dict[str, str]()) for name in ("later", "early")}
    assert sources(Iam(**roles), QUEUE) == ["stream 'early'", "stream 'later'"]


def test_the_roles_are_read_once_for_all_queues() -> None:
    iam = Iam(one=(PIPES, sending_to(QUEUE), {}), both=(PIPES, sending_to(OTHER, QUEUE), {}))
    found = inactive_sources.sources({"iam": iam}.__getitem__, [QUEUE, OTHER])
    assert found == {QUEUE: ["stream 'both'", "stream 'one'"], OTHER: ["stream 'both'"]}
    assert iam.lists == 1


@pytest.mark.parametrize("queues", [(), (OTHER,), ("*",)])
def test_a_role_that_does_not_name_this_queue_is_no_source_of_it(queues: tuple[str, ...]) -> None:
    assert sources(Iam(role=(PIPES, sending_to(*queues), {})), QUEUE) == []


@pytest.mark.parametrize("trust", [policies.lambda_trust(), policies.service_trust("scheduler", ACCOUNT)])
def test_a_function_and_a_service_that_is_live_are_none(trust: dict[str, Any]) -> None:
    assert sources(Iam(role=(trust, sending_to(QUEUE), {})), QUEUE) == []


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", []),
        ({"AWS": "*"}, []),
        ({"Service": ["lambda.amazonaws.com"]}, []),
        ({"Service": ["lambda.amazonaws.com", "pipes.amazonaws.com"]}, ["stream 'role'"]),
    ],
)
@pytest.mark.parametrize("is_list", [True, False])
def test_a_programs_own_role_may_say_who_assumes_it_in_every_way_that_iam_takes(
    principal: Any, expected: list[str], is_list: bool
) -> None:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    trust = {"Statement": [statement] if is_list else statement}
    assert sources(Iam(role=(trust, sending_to(QUEUE), {})), QUEUE) == expected


def test_a_consumer_without_a_queue_has_no_sources_and_iam_is_not_asked() -> None:
    assert sources(None, None) == []
