"""Evaluates a program without an AWS: records each component with its findings and its resources."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from consumers.evaluate import fake_outputs
from consumers.evaluate.program import deploy
from consumers.evaluate.results import Message, Registration
from consumers.evaluate.stack_config import read_stack_config
from consumers.library import COMPONENTS, Collector, ComponentSettings, Finding, Level, PackagedSettings
from consumers.resource_table import Aws, Values

COMPONENT = "queue-consumer:index:"
FIRST_PARTS = ("queue", "dlq", "function", "alias", "mapping", "role", "policy", "logs")
"""How the names of a consumer's main resources end, in the order of `CheckedComponent.resources`."""


@dataclass
class CheckedComponent:
    """A component of this library, its findings, and the resources that it would have."""

    settings: ComponentSettings
    findings: list[Finding]
    resources: list[Registration] = field(default_factory=list[Registration])
    """The queue, the function and their like first, then the others by name."""
    policies: list[Registration] = field(default_factory=list[Registration])
    """The inline policies of the function's role, the component's own first, then the others by name."""

    @property
    def is_consumer(self) -> bool:
        """Whether it is a QueueConsumer."""
        return isinstance(self.settings, PackagedSettings)

    @property
    def consumer_settings(self) -> PackagedSettings:
        """The settings of a QueueConsumer."""
        assert isinstance(self.settings, PackagedSettings), f"{self.settings.consumer} is a {self.component}"
        return self.settings

    @property
    def errors(self) -> list[Finding]:
        """The findings for which a deployment fails."""
        return [finding for finding in self.findings if finding.level is Level.ERROR]

    @property
    def component(self) -> str:
        """The name of its class, like `Schedule`."""
        return COMPONENTS[type(self.settings)].component

    @property
    def sends_to(self) -> list[str]:
        """The names of the consumers that a source sends to."""
        sources = getattr(self.settings, "listeners", [self.settings])
        targets = (getattr(source, "target", None) for source in sources)
        return list(dict.fromkeys(target.consumer for target in targets if target))

    @property
    def statements(self) -> list[dict[str, Any]]:
        """The policy statements of the function's role, from its own policy and from grants."""
        documents = [json.loads(policy.inputs["policy"]) for policy in self.policies]
        return [statement for document in documents for statement in document["Statement"]]


def check(project: Path, stack: str, on_message: Callable[[Message], None]) -> list[CheckedComponent]:
    """Return every component of the program, including those with errors.

    `on_message` is called for each message that is not one of their findings.

    Raises:
        ProgramError: the program cannot be run, or fails by itself.
    """
    registered: list[Registration] = []

    def record(aws: Aws, registration: Registration) -> tuple[str, Values]:
        registered.append(registration)
        return fake_outputs.outputs(aws, registration.type, registration.name, registration.inputs)

    def pass_on(message: Message) -> None:
        if message.resource not in [one.settings.consumer for one in collector.examined]:
            on_message(message)

    aws = fake_outputs.NoAws(read_stack_config(project, stack).region)
    collector = Collector()
    deploy(project, aws, stack=stack, provision=record, on_message=pass_on, finding_collector=collector)
    checked = [CheckedComponent(one.settings, one.findings) for one in collector.examined]
    by_name = {one.settings.consumer: one for one in reversed(checked)}  # an EventRule comes before its targets
    for resource in registered:
        if owner := _owner(resource, by_name):
            by_name[owner].resources.append(resource)
    policies = [one for one in registered if one.type == "aws:iam/rolePolicy:RolePolicy"]
    for one in checked:
        one.resources.sort(key=partial(_position, one.settings.consumer))
        one.policies = _role_policies(policies, f"{one.settings.consumer}-policy")
    return checked


def _position(component: str, resource: Registration) -> tuple[int, str]:
    """Return what to sort by, because a program registers resources in parallel and so in any order."""
    part = resource.name.removeprefix(f"{component}-")
    return FIRST_PARTS.index(part) if part in FIRST_PARTS else len(FIRST_PARTS), resource.name


def _role_policies(policies: list[Registration], own: str) -> list[Registration]:
    """Return the policies of the role that has the policy `own`, which comes first."""
    roles = [one.inputs["role"] for one in policies if one.name == own]
    return sorted((one for one in policies if one.inputs["role"] in roles), key=lambda one: (one.name != own, one.name))


def _owner(resource: Registration, components: Mapping[str, CheckedComponent]) -> str | None:
    """Return the component of a resource: the one with the longest name that the resource's name begins with."""
    if COMPONENT not in resource.urn:
        return None
    return max((name for name in components if resource.name.startswith(f"{name}-")), key=len, default=None)
