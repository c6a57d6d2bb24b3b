"""What the tests with the real Pulumi CLI share: a stack for each, with a backend and an AWS of its own."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from consumers.local.emulator import LocalAws, local_aws
from consumers.provider.provider import serve
from engine_stack import ROOT, Shell, Stack, cli_environment, new_project


@pytest.fixture(scope="session")
def cli() -> Path:
    """The folder with a `pulumi` that can run Python programs."""
    found = subprocess.run([ROOT / "scripts" / "pulumi-cli"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(found.stdout.strip())


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    """An AWS where nothing is yet."""
    with local_aws() as running:
        yield running


@pytest.fixture
def new_stack(tmp_path: Path, aws: LocalAws, cli: Path) -> Iterator[Callable[[str | None], Stack]]:
    """Makes the stack of a program, or that of the example."""
    with ExitStack() as ending:

        def new(program: str | None = None) -> Stack:
            project = new_project(tmp_path, program)
            port = ending.enter_context(serve(aws, project))
            environment = cli_environment(tmp_path, cli) | {"PULUMI_DEBUG_PROVIDERS": f"aws:{port}"}
            stack = Stack(project, aws, environment)
            stack.run("stack", "init", "dev")
            return stack

        yield new


@pytest.fixture
def shell(tmp_path: Path, cli: Path) -> Iterator[Shell]:
    project = new_project(tmp_path)
    (project / "Pulumi.local.yaml").write_bytes((ROOT / "Pulumi.local.yaml").read_bytes())
    shell = Shell(project, os.pathsep.join([str(cli), os.defpath]))
    yield shell
    shell.consumers("down", "--yes")
    assert not (project / ".consumers").exists()
