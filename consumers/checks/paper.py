"""Evaluates a program on paper: nothing is deployed, no AWS runs, and each consumer is kept with all that is found."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consumers import library
from consumers.local.program import Message, Registration, deploy
from consumers.local.resources import Aws, ResourceError, Values
from consumers.local.update import region_of

ACCOUNT = "123456789012"
SUFFIX = "-1234567"  # as long as what Pulumi appends to automatic names
COMPONENT = "queue-consumer:index:QueueConsumer$"


@dataclass
class Checked:
    """One consumer, what is found about it, and what it would be made of."""

    settings: Any
    findings: list[Any]
    resources: list[Registration] = field(default_factory=list[Registration])

    @property
    def statements(self) -> list[dict[str, Any]]:
        """What the function's role may do, as policy statements."""
        policies = [one for one in self.resources if one.type == "aws:iam/rolePolicy:RolePolicy"]
        return [statement for policy in policies for statement in json.loads(policy.inputs["policy"])["Statement"]]


class PaperAws:
    """An account in which nothing exists, for a program that is not deployed."""

    account_id = ACCOUNT

    def __init__(self, region: str) -> None:
        self.region = region

    def client(self, service: str) -> Any:
        """Refuse: there is nothing to ask."""
        raise ResourceError(f"The program asks AWS ({service}) for what exists already, which a check cannot know.")


def check(project: Path, stack: str, on_message: Callable[[Message], None]) -> list[Checked]:
    """Return every consumer of the program, also those that are refused.

    Raises:
        ProgramError: the program cannot be run, or fails by itself.
    """
    registered: list[Registration] = []

    def note(aws: Aws, wanted: Registration) -> tuple[str, Values]:
        registered.append(wanted)
        return _outputs(aws, wanted)

    def tell(message: Message) -> None:
        if message.resource not in [one.settings.consumer for one in examined]:  # else it is among the findings
            on_message(message)

    with library.settings().collecting() as examined:
        deploy(project, PaperAws(region_of(project, stack)), stack=stack, realize=note, on_message=tell)
    found = {one.settings.consumer: Checked(one.settings, one.findings) for one in examined}
    for resource in registered:
        if owner := _owner(resource, found):
            found[owner].resources.append(resource)
    return list(found.values())


def _owner(resource: Registration, consumers: Mapping[str, Checked]) -> str | None:
    """The consumer of a resource. A child's name begins with its consumer's; of two that fit, the longer one is it."""
    if COMPONENT not in resource.urn:
        return None
    return max(_prefixes(resource.name, consumers), key=len, default=None)


def _prefixes(name: str, consumers: Mapping[str, Checked]) -> Iterator[str]:
    return (consumer for consumer in consumers if name.startswith(f"{consumer}-"))


def _outputs(aws: Aws, wanted: Registration) -> tuple[str, Values]:
    """What AWS would give, as far as other resources and policies use it."""
    service = wanted.type.split(":")[1].partition("/")[0]
    name = wanted.inputs.get("name") or f"{wanted.name}{SUFFIX}"
    kind = {"lambda": "function:", "iam": "role/", "cloudwatch": "log-group:", "dynamodb": "table/"}.get(service, "")
    place = f"{'logs' if service == 'cloudwatch' else service}:{'' if service == 'iam' else aws.region}"
    known = {
        "name": name,
        "arn": f"arn:aws:{place}:{aws.account_id}:{kind}{name}",
        "url": f"https://sqs.{aws.region}.amazonaws.com/{aws.account_id}/{name}",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, wanted.urn)),
    }
    return name, {**known, **wanted.inputs}
