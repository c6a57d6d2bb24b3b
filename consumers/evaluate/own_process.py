"""Isolates a program that runs in our process: its arguments, modules, working directory and environment."""

import contextlib
import os
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from consumers.local import FOR_THIS_MACHINE
from consumers.local.aws_environment import aws_environment
from consumers.local.emulator import LocalAws


@contextlib.contextmanager
def own_process(program: Path, folder: Path, aws: LocalAws | None, region: str) -> Generator[None]:
    """Set the working directory, `sys.argv`, `sys.path` and environment; afterwards, unload the project's modules.

    The program's own calls go to `aws`; without it, they have no credentials. The shell's credentials are hidden.
    """
    argv, path, modules = sys.argv, sys.path, set(sys.modules)
    regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    variables = FOR_THIS_MACHINE | regions | aws_environment(aws)
    with contextlib.chdir(program.parent), _environment(variables), _no_default_session():
        sys.argv, sys.path = [str(program)], [str(program.parent), *path]
        try:
            yield
        finally:
            sys.argv, sys.path = argv, path
            for name in set(sys.modules) - modules:
                if _is_project_module(sys.modules[name], folder):
                    del sys.modules[name]


def is_project_file(file: str, folder: Path) -> bool:
    """Whether a file belongs to the project in `folder`, and is not a dependency that is installed there."""
    path = Path(file)
    return path.is_relative_to(folder) and not {"site-packages", "dist-packages"} & set(path.parts)


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Generator[None]:
    """Add `variables`, and remove every other `AWS_*` variable."""
    before = dict(os.environ)
    _set_environment({name: text for name, text in before.items() if not name.startswith("AWS_")} | dict(variables))
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(variables: Mapping[str, str]) -> None:
    # Never empty in between: other threads read it.
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


@contextlib.contextmanager
def _no_default_session() -> Generator[None]:
    """Hide boto3's default session, which may hold the shell's credentials from an earlier call."""
    before = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)
    _set_default_session(None)
    try:
        yield
    finally:
        _set_default_session(before)


def _set_default_session(session: Any) -> None:
    if boto3 := sys.modules.get("boto3"):
        vars(boto3)["DEFAULT_SESSION"] = session


def _is_project_module(module: ModuleType, folder: Path) -> bool:
    # Only the project's own: importing pulumi_aws again is slow and would define its classes twice.
    attributes = vars(module)
    file = attributes.get("__file__") or next(iter(attributes.get("__path__", [])), "")
    is_own_tool = attributes["__name__"].partition(".")[0] == __name__.partition(".")[0]
    return bool(file) and not is_own_tool and is_project_file(file, folder)
