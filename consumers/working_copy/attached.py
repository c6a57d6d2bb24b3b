"""The handler of the working copy in place of the deployed function: its variables, its batches, its credentials."""

import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any

from botocore.credentials import RefreshableCredentials  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations.attaching import AttachError
from consumers.operations.received import Message
from consumers.working_copy import events
from consumers.working_copy.access import Access
from consumers.working_copy.copies import WorkingCopy
from consumers.working_copy.debugging import Debugger
from consumers.working_copy.handler_process import HandlerProcess
from consumers.working_copy.host_process import Put
from consumers.working_copy.invocation import failures


class AttachedHandler:
    """Handles batches in a process of its own; a new one where a file was saved, or before the credentials expire."""

    def __init__(
        self,
        load: Callable[[], WorkingCopy],
        access: Callable[[], Access],
        queue_arn: str,
        *,
        debugger: Debugger | None = None,
        on_line: Put = lambda line: None,
    ) -> None:
        """Prepare it. `load` returns the working copy, and `access` who it is. `access` is called before each batch."""
        self._load, self._access, self._queue_arn = load, access, queue_arn
        self.copy = load()
        self._saved = self.copy.saved()
        self._debugger, self._on_line = debugger, on_line
        self._variables: Mapping[str, str] = {}
        self._process: HandlerProcess | None = None
        self._running = ExitStack()

    def __enter__(self) -> "AttachedHandler":
        """Import the handler.

        Raises:
            AttachError: that fails, so that every message would. The same is raised after a save.
        """
        try:
            self._fresh()
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._running.close()

    def __call__(self, messages: Sequence[Message]) -> dict[str, str]:
        """Handle a batch; return the ids of the messages that failed, with their reasons."""
        event = events.event(events.record(message, self._queue_arn) for message in messages)
        return failures(event, self._fresh().invoke(event))

    def _fresh(self) -> HandlerProcess:
        variables, is_saved = self._access().variables, self.copy.saved() != self._saved
        if self._process is None or is_saved or variables != self._variables:
            self._running.close()
            self._process = self._started(variables, is_saved=is_saved)
            self._variables = variables
        return self._process

    def _started(self, variables: Mapping[str, str], *, is_saved: bool) -> HandlerProcess:
        if is_saved:
            self.copy = self._load()
            self._saved = self.copy.saved()
            self._on_line(f"The handler of {self.copy.name} was saved, and is loaded again.")
        process = HandlerProcess(self.copy, variables, debugger=self._debugger, on_line=self._on_line)
        if error := self._running.enter_context(process).start():
            raise AttachError(f"The handler of {self.copy.name} cannot be imported, so nothing is received: {error}")
        return process


def with_environment_of(copy: WorkingCopy, function: Mapping[str, Any]) -> WorkingCopy:
    """Return a copy with the variables of the deployed function; those that only the program has stay.

    Raises:
        AttachError: Lambda cannot decrypt the variables for you.
    """
    deployed = function.get("Environment", {})
    if error := deployed.get("Error"):
        raise AttachError(
            f"Lambda does not return the variables of {function['FunctionName']}: {error.get('Message', error)}. If "
            "they are encrypted with a KMS key of yours, you need kms:Decrypt on it."
        )
    filled = copy.with_deployed(deployed.get("Variables", {}))
    return replace(filled, environment=filled.environment | deployed.get("Variables", {}))


def differences(copy: WorkingCopy, function: Mapping[str, Any], *, is_own_role: bool) -> list[str]:
    """Return the differences from Lambda, a sentence for each."""
    role, vpc = function.get("Role", "").rpartition("/")[2], function.get("VpcConfig", {}).get("VpcId")
    layers = [layer["Arn"].rpartition(":layer:")[2] for layer in function.get("Layers", [])]
    systems = [each["LocalMountPath"] for each in function.get("FileSystemConfigs", [])]
    here = f"{platform.system()} on {platform.machine()}"
    new = sorted(copy.environment.keys() - function.get("Environment", {}).get("Variables", {}).keys())
    found = {
        f"One batch at a time, no memory limit, this machine's runtime: {_runtime(function)} on {here}.": True,
        "The log and the metrics of the handler are here only, not in CloudWatch.": True,
        f"The handler has your credentials, not the role {role}: see --assume-role.": not is_own_role,
        f"It is not in the VPC {vpc}.": vpc,
        f"It has no layers: {', '.join(layers)}.": layers,
        f"It has no file systems: {', '.join(systems)}.": systems,
        f"It has variables that are not deployed: {', '.join(new)}.": new,
    }
    return [text for text, is_so in found.items() if is_so]


def _runtime(function: Mapping[str, Any]) -> str:
    """Return the language's version here, and the deployed one if it is another."""
    deployed, here = function.get("Runtime", ""), "python" + ".".join(platform.python_version_tuple()[:2])
    if not deployed.startswith("python"):
        return f"the installed Node.js for {deployed}"
    return here if deployed == here else f"{here} for {deployed}"


def assumed_role(sts: Any, role: str, session: str) -> Any:
    """Return credentials of botocore for a role, which renew themselves before they expire.

    Raises:
        AttachError: AWS refuses it.
    """

    def fetch() -> dict[str, str]:
        try:
            keys = sts.assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]
        except ClientError as error:
            raise AttachError(
                f"The role {role} cannot be assumed: its trust policy must allow you besides Lambda, and your policies "
                f"sts:AssumeRole on it. Without --assume-role the handler gets your own credentials. AWS says: {error}"
            ) from None
        return {
            "access_key": keys["AccessKeyId"],
            "secret_key": keys["SecretAccessKey"],
            "token": keys["SessionToken"],
            "expiry_time": keys["Expiration"].isoformat(),
        }

    credentials: Any = RefreshableCredentials
    return credentials.create_from_metadata(fetch(), fetch, "sts-assume-role")
