"""Evaluates a program on paper: nothing is deployed, no AWS runs, and each consumer is kept with all that is found."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consumers import library
from consumers.evaluate import fake_outputs
from consumers.evaluate.program import Message, Registration, deploy
from consumers.provider.update import region_of
from consumers.resource_table import Aws, ResourceError, Values

COMPONENT = "queue-consumer:index:"


@dataclass
class Checked:
    """One consumer or source, what is found about it, and what it would be made of."""

    settings: Any
    findings: list[Any]
    resources: list[Registration] = field(default_factory=list[Registration])
    policies: list[Registration] = field(default_factory=list[Registration])
    """The inline ones of the function's role, its own first."""

    @property
    def is_consumer(self) -> bool:
        """Whether it is a QueueConsumer, and not a DeadLetterQueue or what sends."""
        return hasattr(self.settings, "mapping")

    @property
    def component(self) -> str:
        """What it is: `QueueConsumer`, `Schedule`."""
        return library.validation().COMPONENTS[type(self.settings)].component

    @property
    def sends_to(self) -> list[str]:
        """The names of the consumers that a source sends to."""
        sources = getattr(self.settings, "listeners", [self.settings])
        targets = (getattr(source, "target", None) for source in sources)
        return list(dict.fromkeys(target.consumer for target in targets if target))

    @property
    def statements(self) -> list[dict[str, Any]]:
        """What the function's role may do, by its own policy and by grants, as policy statements."""
        documents = [json.loads(policy.inputs["policy"]) for policy in self.policies]
        return [statement for document in documents for statement in document["Statement"]]


class PaperAws:
    """An account in which nothing exists, for a program that is not deployed."""

    account_id = fake_outputs.ACCOUNT

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
        return fake_outputs.outputs(wanted.type, wanted.name, wanted.inputs, aws.region)

    def tell(message: Message) -> None:
        if message.resource not in [one.settings.consumer for one in examined]:  # else it is among the findings
            on_message(message)

    collector = library.validation().Collector()
    examined: list[Any] = collector.examined
    deploy(
        project,
        PaperAws(region_of(project, stack)),
        stack=stack,
        realize=note,
        on_message=tell,
        finding_collector=collector,
    )
    found = [Checked(one.settings, one.findings) for one in examined]
    components = {one.settings.consumer: one for one in reversed(found)}  # of a rule and its targets, the rule
    for resource in registered:
        if owner := _owner(resource, components):
            components[owner].resources.append(resource)
    policies = [one for one in registered if one.type == "aws:iam/rolePolicy:RolePolicy"]
    for one in found:
        one.policies = _of_role(policies, f"{one.settings.consumer}-policy")
    return found


def _of_role(policies: list[Registration], own: str) -> list[Registration]:
    """Those of the role that has the policy `own`, which comes first."""
    roles = [one.inputs["role"] for one in policies if one.name == own]
    return sorted((one for one in policies if one.inputs["role"] in roles), key=lambda one: one.name != own)


def _owner(resource: Registration, components: Mapping[str, Checked]) -> str | None:
    """The component of a resource. A child's name begins with its parent's; of two that fit, the longer one is it."""
    if COMPONENT not in resource.urn:
        return None
    return max(_prefixes(resource.name, components), key=len, default=None)


def _prefixes(name: str, components: Mapping[str, Checked]) -> Iterator[str]:
    return (component for component in components if name.startswith(f"{component}-"))
