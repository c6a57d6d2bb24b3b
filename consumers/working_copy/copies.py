"""A consumer of the program as it is on disk now, evaluated without an AWS."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consumers.evaluate import dry_run, fake_outputs
from consumers.evaluate.results import Message, ProgramError
from consumers.evaluate.stack_config import read_stack_config
from consumers.operations.discovery import require
from consumers.resource_table.archives import zip_bytes

if TYPE_CHECKING:
    from consumers.library import PackagedSettings

FUNCTION = "aws:lambda/function:Function"
FAKE = (fake_outputs.ACCOUNT, fake_outputs.SUFFIX)
"""What every fake output has in it."""
QUEUE_VARIABLES = (
    "SQS_BATCH_DEAD_LETTER_QUEUE_URL",
    "SQS_BATCH_DEAD_LETTER_REASONS",
    "SQS_BATCH_RETRY_BASE_DELAY_SECONDS",
    "SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS",
)
"""The variables for which `sqs_batch` sends messages or changes their visibility."""


@dataclass(frozen=True)
class WorkingCopy:
    """What runs one consumer's handler."""

    settings: "PackagedSettings"
    code: Any
    """The function's archive, which Pulumi would upload."""
    handler: str
    """As Lambda has it: `handler.handle`, `index.handler`."""
    region: str
    environment: dict[str, str]
    """The function's variables. Outputs of resources in them are fake, unless `with_deployed` has filled them in."""
    folder: Path = Path()
    """Where the program runs: relative paths of the settings begin here."""
    stack: str = ""
    """The stack that deploys it, as `project/dev`."""

    @property
    def name(self) -> str:
        return self.settings.consumer

    @property
    def queue_arn(self) -> str:
        """A fake ARN of the consumer's queue."""
        end = ".fifo" if self.settings.fifo else ""
        return f"arn:aws:sqs:{self.region}:{fake_outputs.ACCOUNT}:{self.name}-queue{end}"

    @property
    def code_sha256(self) -> str:
        """The archive's hash, as Lambda gives it for the function's code."""
        return base64.b64encode(hashlib.sha256(zip_bytes(self.code)).digest()).decode()

    def with_deployed(self, variables: Mapping[str, str]) -> "WorkingCopy":
        """Return a copy with the values of the deployed function where this program only has fake outputs."""
        filled = {name: value for name, value in variables.items() if _is_fake(self.environment.get(name, ""))}
        return replace(self, environment=self.environment | filled)

    def without_queues(self) -> "WorkingCopy":
        """Return a copy whose `sqs_batch` calls no queue: it neither sends dead letters nor delays retries."""
        kept = {name: value for name, value in self.environment.items() if name not in QUEUE_VARIABLES}
        return replace(self, environment=kept)

    def with_pretended_queues(self) -> "WorkingCopy":
        """Return a copy whose `sqs_batch` replies as if SQS had done what it asks for, and calls no queue."""
        return replace(self, environment=self.environment | {"WORKING_COPY_QUEUES": "pretended"})

    def saved(self) -> dict[Path, tuple[int, int]]:
        """Return when each file of the program's own was saved, and its size: what changes when somebody saves."""
        return {path: found for path in self.settings.package.files.values() if (found := _saved(path))}

    def unpack(self, folder: Path, *, linked: bool) -> None:
        """Write the archive's files into `folder`; with `linked`, the program's own as links, for editors."""
        with zipfile.ZipFile(io.BytesIO(zip_bytes(self.code))) as archive:
            archive.extractall(folder)
        for name, path in self.settings.package.files.items() if linked else ():
            (folder / name).unlink()
            (folder / name).symlink_to((self.folder / path).resolve())


def load(
    project: Path, stack: str, name: str, on_message: Callable[[Message], None] = lambda message: None
) -> WorkingCopy:
    """Evaluate the program of `project`, and return the consumer `name`. `on_message` gets what the program logs.

    Raises:
        ProgramError: the program fails, the consumer has errors, or its handler cannot run on this machine.
        DiscoveryError: the program has no consumer of this name.
    """
    consumers = {one.settings.consumer: one for one in dry_run.check(project, stack, on_message) if one.is_consumer}
    require([name], [*consumers], " in the program")
    found = consumers[name]
    if found.errors:
        raise ProgramError("\n".join(f"{name}: {error}" for error in found.errors))
    inputs = next(one.inputs for one in found.resources if one.type == FUNCTION)
    _check_runtime(name, inputs)
    variables = inputs.get("environment", {}).get("variables", {})
    environment = {key: str(value) for key, value in variables.items()}
    config = read_stack_config(project, stack)
    settings, folder, own = found.consumer_settings, config.program.parent, f"{config.project}/{stack}"
    return WorkingCopy(settings, inputs["code"], inputs["handler"], config.region, environment, folder, own)


def find_project(folder: Path) -> Path | None:
    """Return the folder of the program above `folder`: the next one with a Pulumi.yaml, upwards."""
    resolved = folder.resolve()
    return next((one for one in (resolved, *resolved.parents) if (one / "Pulumi.yaml").is_file()), None)


def _check_runtime(name: str, inputs: Mapping[str, Any]) -> None:
    if "code" not in inputs:
        raise ProgramError(f"{name} is a container image: its handler runs with Docker only, and not here.")
    if not inputs["runtime"].startswith(("python3", "nodejs")):
        raise ProgramError(f"{name} has the runtime {inputs['runtime']}: handlers in Python and Node.js run here.")


def _is_fake(value: str) -> bool:
    return any(mark in value for mark in FAKE)


def _saved(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
