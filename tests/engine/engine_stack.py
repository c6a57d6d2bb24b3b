"""A Pulumi stack of its own for a test: project, backend, CLI, provider and local AWS."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consumers.local.emulator import LocalAws

ROOT = Path(__file__).parents[2]
TIMEOUT = 120
"""Seconds for one command; each takes one or two."""


@dataclass(frozen=True)
class Result:
    """The result of a command."""

    code: int
    output: str
    steps: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Operation and logical name of each changed resource of AWS, in the order of completion."""
    changed: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Which properties of a resource differ, by its logical name."""


@dataclass(frozen=True)
class Stack:
    """The stack `dev` of a project that is a copy of this one."""

    project: Path
    aws: LocalAws
    environment: dict[str, str]

    def run(self, *arguments: str, code: int | None = 0) -> Result:
        """Run `pulumi` with these arguments, which must end with this code (None: with any)."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert code is None or done.returncode == code, done.stdout
        return Result(done.returncode, done.stdout)

    def deploy(self, command: str = "up", *arguments: str, code: int | None = 0) -> Result:
        """Run `up`, `refresh`, `destroy` or `preview`, and return the engine's steps."""
        events = self.project.parent / "events"
        events.unlink(missing_ok=True)
        confirm = () if command == "preview" else ("--yes", "--skip-preview")
        done = self.run(command, *confirm, f"--event-log={events}", *arguments, code=code)
        lines = events.read_text().splitlines() if events.exists() else []
        done_steps = [json.loads(line)["resOutputsEvent"] for line in lines if "resOutputsEvent" in line]
        begun = [json.loads(line)["resourcePreEvent"] for line in lines if "resourcePreEvent" in line]
        return Result(done.code, done.output, *_steps(done_steps if command != "preview" else begun))

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in clear."""
        return json.loads(self.run("stack", "output", "--json", "--show-secrets").output)

    def resources(self) -> dict[str, Any]:
        """Each resource of AWS in the state, by its logical name. Secrets are encrypted."""
        deployment = json.loads(self.run("stack", "export").output)["deployment"]
        return {_name(entry["urn"]): entry for entry in deployment.get("resources", []) if _is_aws(entry["type"])}

    def ids(self) -> dict[str, str]:
        """The id of each resource of AWS, by its logical name."""
        return {name: resource["id"] for name, resource in self.resources().items()}

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a file of the project."""
        path = self.project / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))


@dataclass(frozen=True)
class Shell:
    """A shell in a copy of the project, with the CLI on its PATH and nothing of this machine's AWS or Pulumi."""

    project: Path
    path: str

    def consumers(self, *arguments: str, code: int = 0) -> str:
        """Run `consumers` with these arguments, which must end with this code, and return its output."""
        process = self.begin(*arguments, stdout=subprocess.PIPE)
        printed = process.communicate(timeout=TIMEOUT)[0].decode()
        assert process.returncode == code, printed
        assert "Traceback" not in printed
        return printed

    def begin(self, *arguments: str, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Run `consumers` without waiting for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "consumers.cli", *arguments],
            cwd=self.project,
            env={"PATH": self.path, "HOME": str(self.project.parent), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
        )


def new_project(folder: Path, program: str | None = None) -> Path:
    """A copy of this project; with another program, if there is one."""
    project = folder / "project"
    for name in ("components", "functions"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    for name in ("__main__.py", "workflow.py", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.workflow.yaml"):
        shutil.copy(ROOT / name, project)
    if program is not None:
        (project / "__main__.py").write_text(textwrap.dedent(program))
        (project / "Pulumi.yaml").write_text("name: test\nruntime: {name: python, options: {virtualenv: .venv}}\n")
        for name in ("workflow.py", "Pulumi.dev.yaml", "Pulumi.workflow.yaml"):
            (project / name).unlink()
    (project / ".venv").symlink_to(sys.prefix)
    return project


def cli_environment(folder: Path, cli: Path) -> dict[str, str]:
    """The CLI's environment: nothing of this machine's Pulumi, AWS or user."""
    (folder / "backend").mkdir()
    return {
        "PATH": os.pathsep.join([str(cli), os.defpath]),
        "HOME": str(folder),
        "PULUMI_HOME": str(folder / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "passphrase",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DEBUG_COMMANDS": "1",  # which has --event-log
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
    }


def kill_with_descendants(process_id: int) -> None:
    """Kill the CLI, and the program and its host, which would wait for it for ever."""
    listed = subprocess.run(["ps", "-A", "-o", "ppid=,pid="], stdout=subprocess.PIPE, text=True, check=True).stdout
    pairs = [(int(parent), int(child)) for parent, child in map(str.split, listed.splitlines())]
    family = [process_id]
    for member in family:  # grows as it goes
        family += [child for parent, child in pairs if parent == member]
    for member in family:
        os.kill(member, signal.SIGKILL)


def _steps(events: list[Mapping[str, Any]]) -> tuple[list[tuple[str, str]], dict[str, set[str]]]:
    unchanged = ("same", "refresh", "read")
    found = [event["metadata"] for event in events]
    found = [step for step in found if _is_aws(step["type"]) and step["op"] not in unchanged]
    steps = [(step["op"], _name(step["urn"])) for step in found]
    changed: dict[str, set[str]] = {}
    for step in found:  # a replacement has several, and its deletion has no differences
        changed.setdefault(_name(step["urn"]), set()).update(step.get("diffs") or ())
    return steps, changed


def _is_aws(resource_type: str) -> bool:
    return resource_type.startswith("aws:")


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
