"""The evaluator's process, from outside."""

import os
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consumers.working_copy.host_process import HostProcess

SLOW = 30.0
"""Seconds after which a program that still runs is ended where a file has changed meanwhile."""


@dataclass(frozen=True)
class Result:
    """What one run of the program has led to."""

    steps: list[str] = field(default_factory=list[str])
    """Such as `poker-hands-function updated: code`."""
    error: str = ""
    has_aws: bool = False
    """Whether the local AWS runs."""
    written: frozenset[Path] = frozenset()
    """Files that the program has written itself."""
    sources: frozenset[Path] = frozenset()
    """Folders and files that the functions' packages are made of; after an error, some of them."""


class WarmEvaluator:
    """A process that has imported everything, and runs the program whenever it is asked to."""

    def __init__(self, project: Path, stack: str, port: int | None, on_message: Callable[[str], object]) -> None:
        self._project, self._stack, self._port, self._on_message = project.resolve(), stack, port, on_message
        self._process: HostProcess | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Let the process import everything, before it is needed."""
        self._started()

    def run(self, changed: Iterable[Path]) -> Result:
        """Bring the local AWS to what the program declares now, unless a `changed` file cannot be compiled."""
        process = self._started()
        process.start(self._on_message, None)
        request = {"project": str(self._project), "stack": self._stack, "port": self._port}
        process.send({**request, "changed": sorted(map(str, changed))})
        found: dict[str, dict[str, Any]] = {}
        while "done" not in found:
            answer = process.receive(self._on_message, None) or {}
            if "error" in answer:  # it has ended: the program exited, crashed, or was too slow
                self.end()
                reason = answer["error"].partition("error: ")[2]
                return Result(error=f"The program ended the process that runs it: {reason}")
            if answer["kind"] == "message":
                self._on_message(answer["text"])
            found[answer["kind"]] = answer
        return _result(found)

    def end(self) -> None:
        """End the process, whatever it does. The next run starts a new one."""
        with self._lock:
            process, self._process = self._process, None
        if process:
            process.end()

    def _started(self) -> HostProcess:
        with self._lock:
            if self._process is None:
                # -P: the working directory is no place to import the tool from.
                command = [sys.executable, "-P", "-m", "consumers.dev.evaluator"]
                self._process = HostProcess(command, {**os.environ, "PYTHONUNBUFFERED": "1"}, in_terminal=False)
            return self._process


def _result(found: dict[str, dict[str, Any]]) -> Result:
    return Result(
        steps=found.get("updated", {}).get("steps", []),
        error=found.get("failed", {}).get("text", ""),
        has_aws="aws" in found,
        written=frozenset(map(Path, found["done"]["written"])),
        sources=frozenset(map(Path, found["done"]["sources"])),
    )
