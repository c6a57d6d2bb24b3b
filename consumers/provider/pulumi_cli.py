"""The Pulumi CLI with the local AWS behind it: our provider attached, a backend of its own, nothing downloaded."""

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
from consumers.provider import orphans

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

    What the user's environment says of backend, passphrase and stack holds; what it does not say is the project's own.
    """
    from consumers.local.background import find
    from consumers.provider.provider import serve
    from consumers.provider.repair import Notes

    state = (project / STATE).resolve()
    (state / "backend").mkdir(parents=True, exist_ok=True)
    notes = Notes(state / "notes", os.getpid())
    environment = _environment(state, cli, aws, notes.run)
    is_own_backend = environment["PULUMI_BACKEND_URL"] == _url(state)
    with orphans.guarded(notes.run), serve(aws, project.resolve(), notes=notes if is_own_backend else None) as port:
        environment["PULUMI_DEBUG_PROVIDERS"] = f"aws:{port}"
        _repair(project, environment, state, aws)
        _select_stack(project, environment, arguments)
        code = _run_cli(project, environment, arguments)
    if code < 0:
        orphans.end(notes.run)  # the CLI was killed; the next run repairs the rest
        return code
    if code and find(project):
        notes.undo(aws, state / "backend")
    notes.clear()
    return code


def find_cli(project: Path) -> Path:
    """Return the folder that holds `pulumi`, built before by `scripts/pulumi-cli` where it is not on PATH."""
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
        # Or the CLI fetches the AWS provider, hundreds of megabytes, though ours is attached.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        orphans.VARIABLE: run,
        **aws_environment(aws),
        **FOR_THIS_MACHINE,
    }


def _select_stack(project: Path, environment: dict[str, str], arguments: Sequence[str]) -> None:
    """Choose the stack `local` in a new backend, so that nobody is asked for a name."""
    if "PULUMI_STACK" in environment or any(word in ("-s", "--stack", "stack", "login") for word in arguments):
        return
    chosen = ["pulumi", "stack", "--show-name", "--non-interactive"]
    if subprocess.run(chosen, cwd=project, env=environment, capture_output=True, check=False).returncode:
        create = ["pulumi", "stack", "select", "--create", STACK, "--non-interactive"]
        subprocess.run(create, cwd=project, env=environment, stdout=subprocess.DEVNULL, check=False)


def _url(state: Path) -> str:
    # Without a second file of metadata beside each, which is half written when the CLI is killed as it writes it.
    return f"file://{state / 'backend'}?metadata=skip"


def _repair(project: Path, environment: dict[str, str], state: Path, aws: LocalAws) -> None:
    """Take away what killed updates have left in the project's own backend."""
    from consumers.provider.repair import repair

    environment = environment | {"PULUMI_BACKEND_URL": _url(state)}
    clear = ["pulumi", "refresh", "--clear-pending-creates", "--yes", "--skip-preview", "--non-interactive", "--stack"]

    def refresh(stack: str) -> None:
        # The CLI lets no control character into a stack's name.
        text = f"The last update of the stack {stack} was killed: what it left is put right first.\n"
        sys.stderr.write(text)  # noqa: TID251
        subprocess.run([*clear, stack], cwd=project, env=environment, stdout=subprocess.DEVNULL, check=False)

    repair(state / "backend", state / "notes", aws, refresh)


def _run_cli(project: Path, environment: dict[str, str], arguments: Sequence[str]) -> int:
    """Run the CLI, and return its exit code. Ctrl-C is for it: it ends its update in order, and a second one at once.

    What would end us alone, and the provider with us, becomes a Ctrl-C for the CLI too.
    """
    # The CLI inherits this. A closed terminal hangs it up as well, which would kill it.
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    process = subprocess.Popen(["pulumi", *arguments], cwd=project, env=environment)
    handlers: dict[signal.Signals, Callable[[int, Any], None]] = {
        signal.SIGINT: lambda number, frame: None,  # the terminal has sent it to the CLI as well
        signal.SIGTERM: lambda number, frame: process.send_signal(signal.SIGINT),
    }
    if hang_up is not signal.SIG_IGN:  # else this is under nohup
        handlers[signal.SIGHUP] = handlers[signal.SIGTERM]
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        return process.wait()
    finally:
        for number, handler in (before | {signal.SIGHUP: hang_up}).items():
            signal.signal(number, handler)
