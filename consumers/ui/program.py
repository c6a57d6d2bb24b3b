"""What the program of the working copy says about a consumer: `consumers check` and `cost`, each in its own process."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 120.0
"""Seconds that a program has."""


@dataclass(frozen=True)
class Evaluated:
    """What follows from the settings of one stack's program, by the name of the consumer."""

    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    costs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    problem: str = ""


class Program:
    """The program in a folder. Each stack of it is evaluated once, and again on demand."""

    def __init__(self, folder: Path, on_end: Callable[[], None]) -> None:
        self._folder, self._on_end = folder, on_end
        self._lock = threading.Lock()
        self._found: dict[str, Evaluated | None] = {}

    @property
    def exists(self) -> bool:
        """Whether there is a program at all."""
        return (self._folder / "Pulumi.yaml").exists()

    def refusal(self, project: str, stack: str) -> str:
        """Return why this folder has no program of a deployed project; an empty text if it has."""
        from consumers.evaluate.stack_config import ConfigError, read_stack_config

        if not self.exists:
            return f"There is no Pulumi program in {self._folder}: start the page in its folder, or pass --project."
        try:
            found = read_stack_config(self._folder, stack).project
        except ConfigError:
            return ""  # its evaluation says what is wrong
        if found != project:
            return (
                f"The program in {self._folder} is the project {found}, not {project}: start the page in the folder of "
                f"{project}, or pass --project."
            )
        return ""

    def evaluated(self, stack: str) -> Evaluated | None:
        """Return what is known of a stack; None while it is being evaluated, which this begins."""
        with self._lock:
            if stack not in self._found:
                self._found[stack] = None
                threading.Thread(target=self._evaluate, args=(stack,), daemon=True, name="program").start()
            return self._found[stack]

    def forget(self) -> None:
        """Evaluate again what is asked for next."""
        with self._lock:
            self._found = {stack: found for stack, found in self._found.items() if found is None}

    def _evaluate(self, stack: str) -> None:
        try:
            checks = self._run("check", stack)
            costs: Any = {"consumers": []} if _has_errors(checks) else self._run("cost", stack)
            found = Evaluated(_by_name(checks), _by_name(costs["consumers"]))
        except _Failed as error:
            found = Evaluated(problem=str(error))
        except Exception as error:  # else the page would say forever that it is being evaluated
            found = Evaluated(problem=f"The program cannot be evaluated: {type(error).__name__}: {error}")
        with self._lock:
            self._found[stack] = found
        self._on_end()

    def _run(self, command: str, stack: str) -> Any:
        options = ("--json", "--stack", stack, "--project", str(self._folder))
        call = [sys.executable, "-P", "-m", "consumers", command, *options]
        ran = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        try:
            return json.loads(ran.stdout)
        except ValueError:
            raise _Failed(ran.stderr.decode("utf-8", "replace").strip()) from None


class _Failed(Exception):
    """The command printed no JSON. The text is its error."""


def _has_errors(checks: list[dict[str, Any]]) -> bool:
    return any(finding["level"] == "error" for one in checks for finding in one["findings"])


def _by_name(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in found}
