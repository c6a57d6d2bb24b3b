"""What the page works on: one region of an account, or a project's local AWS."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from consumers.local.emulator import LocalAws
from consumers.operations.discovery import Client


@dataclass(frozen=True)
class Site:
    """An AWS, and what the page may do there."""

    title: str
    """`AWS account 123456789012, eu-west-1` or `the local AWS, us-east-1`."""
    client: Client
    options: Sequence[str]
    """The options with which other commands work on the same AWS: `--profile prod`."""
    project: Path
    """The folder of the program, whose handlers `try` runs."""
    stack: str | None = None
    """The stack to show, as `dev` or `project/dev`; None: all."""
    local: LocalAws | None = None
    is_writable: bool = False
    """Whether actions are offered. Without it, the page only reads."""
