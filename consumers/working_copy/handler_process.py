"""A process with the packaged handler of the working copy, for one invocation after another."""

import importlib.util
import os
import secrets
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from consumers.evaluate.fake_outputs import ACCOUNT
from consumers.evaluate.results import ProgramError
from consumers.working_copy.copies import WorkingCopy
from consumers.working_copy.debugging import Debugger
from consumers.working_copy.host_process import HostProcess, Put
from consumers.working_copy.invocation import Invocation

HOSTS = Path(__file__).parent / "hosts"
SITE = Path(__file__).parents[1] / "local" / "lambda_site"
START_TIMEOUT = 60.0
"""Seconds until the handler's module is imported. Lambda allows 10 s, on a machine that does nothing else."""
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""What Lambda's Python runtimes have installed."""


class HandlerProcess:
    """Runs a handler as Lambda does: one invocation after another, and a new process after a timeout or a crash.

    What differs is in docs/try.md.
    """

    def __init__(
        self,
        copy: WorkingCopy,
        variables: Mapping[str, str],
        *,
        debugger: Debugger | None = None,
        on_line: Put = lambda line: None,
    ) -> None:
        """Prepare it. `variables` decide which AWS the handler calls, and as who: see `aws_environment`.

        `on_line` gets each line that the handler writes, as it writes it; with a debugger, also how to use it, before
        each process.

        Raises:
            ProgramError: the debugger cannot be used here.
        """
        self._copy, self._variables, self._on_line = copy, variables, on_line
        self._debugger = debugger and debugger.prepared(copy.name, copy.settings.runtime)
        self._process: HostProcess | None = None
        self._folders = ExitStack()
        self._root = Path()

    def __enter__(self) -> "HandlerProcess":
        self._root = Path(self._folders.enter_context(tempfile.TemporaryDirectory(prefix="handler-")))
        try:
            self._copy.unpack(self._root / "task", linked=self._debugger is not None)
            self._link_runtime(self._root / "runtime")
        except BaseException:
            self._folders.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()
        self._folders.close()

    def start(self) -> str:
        """Start the process, which imports the handler; return why that fails, or an empty text."""
        return self._started(self._on_line).get("error", "")

    def invoke(self, event: Mapping[str, Any]) -> Invocation:
        """Invoke the handler with one event, and wait for the outcome."""
        request_id, log = str(uuid.uuid4()), list[str]()

        def keep(line: str) -> None:
            log.append(line)
            self._on_line(line)

        start = time.perf_counter()
        answer = self._answer(request_id, event, keep)
        seconds = time.perf_counter() - start
        started = answer.get("started", True)
        return Invocation(request_id, answer.get("reply"), answer.get("error", ""), log, seconds, started)

    def _answer(self, request_id: str, event: Mapping[str, Any], on_line: Put) -> dict[str, Any]:
        timeout = None if self._debugger else float(self._copy.settings.timeout)
        started = self._started(on_line)
        process = self._process
        if process is None:
            return {**started, "started": False}
        deadline = None if timeout is None else time.time() + timeout
        process.send({"event": event, "ctx": {"request_id": request_id, "deadline": deadline}})
        answer = process.receive(on_line, timeout)
        if answer is None:
            self._end()
            return {"error": f"Task timed out after {timeout or 0:.2f} seconds"}
        if answer.get("ended"):
            self._end()
        return answer

    def _started(self, on_line: Put) -> dict[str, Any]:
        """Start the process if none is running, and return its first answer."""
        process = self._process = self._process or self._new()
        started = process.start(on_line, None if self._debugger else START_TIMEOUT)
        if "error" in started:
            self._end()
        return started

    def _new(self) -> HostProcess:
        if self._debugger:  # each time: after a crash or a save, an editor must attach again
            self._on_line(self._debugger.announcement)
        in_terminal = self._debugger is not None and self._debugger.kind == "pdb"
        return HostProcess(self._command(), self._environment(), in_terminal=in_terminal)

    def _end(self) -> None:
        if self._process:
            self._process.end()
            self._process = None

    def _command(self) -> list[str]:
        task, runtime = str(self._root / "task"), str(self._root / "runtime")
        if not self._copy.settings.runtime.startswith("nodejs"):
            # Isolated: an import must not find what is installed here, and not on Lambda.
            return [sys.executable, "-I", "-S", "-X", "utf8", str(HOSTS / "python_host.py"), task, runtime]
        node = shutil.which("node")
        if node is None:
            raise ProgramError(f"{self._copy.name} has the runtime {self._copy.settings.runtime}: install Node.js.")
        # A debugger finds files at their source, and so do imports. Included files are not beside the others there.
        links = ["--preserve-symlinks"] if self._debugger and self._copy.settings.include else []
        return [node, *links, "--require", str(SITE / "site.cjs"), str(HOSTS / "node_host.cjs"), task]

    def _environment(self) -> dict[str, str]:
        """Return the whole environment: of this machine's, what a program needs to start."""
        settings, name = self._copy.settings, f"{self._copy.name}-working-copy"
        own = {
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory_size),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"working-copy/{secrets.token_hex(8)}",
            "AWS_LAMBDA_LOG_FORMAT": settings.function.log_format,
            "AWS_LAMBDA_LOG_LEVEL": settings.function.application_log_level or "INFO",
            "AWS_REGION": self._copy.region,
            "AWS_DEFAULT_REGION": self._copy.region,
            "LAMBDA_TASK_ROOT": str(self._root / "task"),
            "TZ": ":UTC",
            "WORKING_COPY_ACCOUNT": ACCOUNT,
            "_HANDLER": self._copy.handler,
        }
        if settings.function.log_format != "JSON":
            del own["AWS_LAMBDA_LOG_LEVEL"]
        if self._debugger:
            own["WORKING_COPY_DEBUGGER"] = f"{self._debugger.kind}:{self._debugger.port}"
        kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "TERM") if key in os.environ}
        return {**kept, "HOME": str(self._root), **own, **self._copy.environment, **self._variables}

    def _link_runtime(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "sitecustomize.py").symlink_to(SITE / "sitecustomize.py")
        (folder / "python_debuggers.py").symlink_to(HOSTS / "python_debuggers.py")
        for name in (*RUNTIME_PACKAGES, *(("debugpy",) if self._debugger else ())):
            spec = importlib.util.find_spec(name)
            if spec and spec.origin:
                path = Path(spec.origin)
                source = path.parent if path.name == "__init__.py" else path
                (folder / source.name).symlink_to(source)
