"""Runs the Pulumi CLI against the local AWS: with our provider, a backend in the project, and no downloads."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from consumers.local import FOR_THIS_MACHINE
from consumers.local.aws_environment import aws_environment
from consumers.local.emulator import LocalAws
from consumers.provider import orphaned_processes

STATE = Path(".consumers") / "pulumi"
STACK = "local"
BUILD_SCRIPT = Path("scripts") / "pulumi-cli"
NO_CLI = (
    "There is no `pulumi` on PATH. Install the Pulumi CLI, or, in a clone of this project with Go 1.26 or newer, build "
    "it once with scripts/pulumi-cli. `consumers up` deploys without it."
)


class NoCliError(Exception):
    """There is no Pulumi CLI; the text says how to get one."""


def run(project: Path, arguments: Sequence[str], aws: LocalAws, cli: Path) -> int:
    """Run `pulumi ARGUMENTS` in the folder `project` against the local AWS, and return its exit code.

    Backend, passphrase and stack come from the user's environment, and default to the project's own.
    """
    from consumers.local.background import find
    from consumers.provider.crash_recovery import CreationNotes
    from consumers.provider.provider import serve

    state = (project / STATE).resolve()
    (state / "backend").mkdir(parents=True, exist_ok=True)
    notes = CreationNotes(state / "notes", os.getpid())
    environment = _environment(state, cli, aws, notes.run)
    is_own_backend = environment["PULUMI_BACKEND_URL"] == _url(state)
    with (
        orphaned_processes.guarded(notes.run),
        serve(aws, project.resolve(), notes=notes if is_own_backend else None) as port,
    ):
        environment["PULUMI_DEBUG_PROVIDERS"] = f"aws:{port}"
        _recover(project, environment, state, aws)
        _select_stack(project, environment, arguments)
        code = _run_cli(project, environment, arguments)
    if code < 0:
        orphaned_processes.end(notes.run)  # the CLI was killed; the next run recovers the rest
        return code
    if code and find(project):
        notes.undo(aws, state / "backend")
    notes.clear()
    return code


def find_cli(project: Path) -> Path:
    """Return the folder of `pulumi`. In a clone without one on PATH, `scripts/pulumi-cli` builds it."""
    if on_path := shutil.which("pulumi"):
        return Path(on_path).parent
    script = project.resolve() / BUILD_SCRIPT
    if not script.is_file():
        raise NoCliError(NO_CLI)
    built = subprocess.run([script], stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode:
        raise NoCliError(NO_CLI)
    return Path(built.stdout.strip())


def _environment(state: Path, cli: Path, aws: LocalAws, run: str) -> dict[str, str]:
    ours = {
        "PULUMI_BACKEND_URL": _url(state),
        "PULUMI_HOME": str(state / "home"),
        **({} if "PULUMI_CONFIG_PASSPHRASE_FILE" in os.environ else {"PULUMI_CONFIG_PASSPHRASE": ""}),
    }
    return {
        **ours,
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PATH": os.pathsep.join([os.environ.get("PATH", os.defpath), str(cli)]),
        # Otherwise the CLI downloads the AWS provider, hundreds of megabytes, though ours is attached.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        orphaned_processes.VARIABLE: run,
        **aws_environment(aws),
        **FOR_THIS_MACHINE,
    }


def _select_stack(project: Path, environment: dict[str, str], arguments: Sequence[str]) -> None:
    """Select the stack `local` in a new backend, so that the CLI does not ask for a name."""
    if "PULUMI_STACK" in environment or any(word in ("-s", "--stack", "stack", "login") for word in arguments):
        return
    chosen = ["pulumi", "stack", "--show-name", "--non-interactive"]
    if subprocess.run(chosen, cwd=project, env=environment, capture_output=True, check=False).returncode:
        create = ["pulumi", "stack", "select", "--create", STACK, "--non-interactive"]
        subprocess.run(create, cwd=project, env=environment, stdout=subprocess.DEVNULL, check=False)


def _url(state: Path) -> str:
    # Without the metadata file beside each state, which a kill would leave half written.
    return f"file://{state / 'backend'}?metadata=skip"


def _recover(project: Path, environment: dict[str, str], state: Path, aws: LocalAws) -> None:
    """Clean up after killed updates in the project's own backend."""
    from consumers.provider.crash_recovery import recover

    environment = environment | {"PULUMI_BACKEND_URL": _url(state)}
    clear = ["pulumi", "refresh", "--clear-pending-creates", "--yes", "--skip-preview", "--non-interactive", "--stack"]

    def refresh(stack: str) -> None:
        # The CLI allows no control characters in a stack's name.
        text = f"The last update of the stack {stack} was killed: recovering first.\n"
        sys.stderr.write(text)  # noqa: TID251
        subprocess.run([*clear, stack], cwd=project, env=environment, stdout=subprocess.DEVNULL, check=False)

    recover(state / "backend", state / "notes", aws, refresh)


def _run_cli(project: Path, environment: dict[str, str], arguments: Sequence[str]) -> int:
    """Run the CLI, and return its exit code. It handles Ctrl-C: the first ends its update in order, a second at once.

    A signal that would end only us, and the provider with us, becomes a Ctrl-C for the CLI.
    """
    # The CLI inherits this: SIGHUP from a closed terminal would kill it.
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    process = subprocess.Popen(["pulumi", *arguments], cwd=project, env=environment)
    handlers: dict[signal.Signals, Callable[[int, Any], None]] = {
        signal.SIGINT: lambda number, frame: None,  # the terminal sends it to the CLI too
        signal.SIGTERM: lambda number, frame: process.send_signal(signal.SIGINT),
    }
    if hang_up is not signal.SIG_IGN:  # otherwise we run under nohup
        handlers[signal.SIGHUP] = handlers[signal.SIGTERM]
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        return process.wait()
    finally:
        for number, handler in (before | {signal.SIGHUP: hang_up}).items():
            signal.signal(number, handler)
