"""The data of a run: registrations, messages and results."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consumers.resource_table import Values


class ProgramError(Exception):
    """The program cannot be run, or has failed. The text is for the user and needs no traceback."""


@dataclass(frozen=True)
class Registration:
    """A custom resource as the program registers it, with the options that the engine acts on."""

    urn: str
    type: str
    name: str
    """The logical name."""
    inputs: Values
    """Secrets in plain text."""
    secrets: Values
    """The same inputs with each secret marked, and with the outputs that are secret by themselves."""
    default_tags: Mapping[str, str]
    """The default tags of its provider."""
    property_dependencies: Mapping[str, frozenset[str]]
    """For each input, the URNs of the resources that it depends on."""
    protect: bool
    retain_on_delete: bool
    delete_before_replace: bool
    aliases: tuple[str, ...]
    """Former URNs."""
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    """Properties; `*` stands for all."""


@dataclass(frozen=True)
class DeployedResource:
    """A resource that was created."""

    type: str
    name: str
    id: str
    outputs: Values


@dataclass(frozen=True)
class Message:
    """A line that the program, or a component in it, logged: `pulumi.log.warn("…", self)`."""

    severity: str
    """`info`, `warning` or `error`."""
    text: str
    resource: str
    """The logical name of the resource that it is about; empty if there is none."""


@dataclass(frozen=True)
class Step:
    """A change of a resource by `consumers up`."""

    action: str
    """`created`, `updated`, `replaced`, `deleted`, or `retained` if `retain_on_delete` was set."""
    type: str
    name: str
    """The logical name."""
    properties: list[str]
    """Those that differ, if the resource existed before."""
    seconds: float


@dataclass(frozen=True)
class Deployment:
    """The result of a run."""

    exports: dict[str, Any]
    """Sorted by name, as the CLI shows them."""
    secret_exports: frozenset[str]
    """Names of the exports that are secrets and must not be shown."""
    resources: list[DeployedResource]
    """In the order in which they were ready."""
