"""What the page works on: one region of an account, or a project's local AWS."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from consumers.local.aws_environment import aws_environment
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

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the commands that the page runs.

        Where a project has no local AWS, some commands work on an account. Those of a page of a local AWS must not
        when that has ended meanwhile: they get its credentials only.
        """
        if self.local is None:
            return dict(os.environ)
        others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return others | aws_environment(self.local)
