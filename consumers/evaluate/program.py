"""Runs a Pulumi program, unchanged and without the Pulumi CLI, on a local AWS.

    with local_aws() as aws:
        deployment = deploy(Path("."), aws, stack="dev")
        print(deployment.exports["queueUrl"])

By itself it is made for one run on an empty AWS: it knows no state, so it creates, and neither updates nor deletes.
`provider/update.py` remembers, and does.
"""

import asyncio
import contextlib
import importlib
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from consumers.evaluate.stack_config import ConfigError, StackConfig, read_stack_config
from consumers.local import FOR_THIS_MACHINE
from consumers.local.aws_environment import aws_environment
from consumers.local.emulator import LocalAws
from consumers.resource_table import TABLE, Aws, ResourceError, Values, find

WITHHELD = (
    "the program asks AWS by itself, and gets no credentials where nothing is deployed: give it what it asks for as "
    "configuration."
)


class ProgramError(Exception):
    """The program cannot be run, or has failed. The text is for the user, and needs no traceback."""


@dataclass(frozen=True)
class Registration:
    """A resource as the program registers it, with what the engine would look at."""

    urn: str
    type: str
    name: str
    """The logical one."""
    inputs: Values
    """Secrets in clear."""
    secrets: Values
    """The inputs again, with each secret marked, and with outputs that are secret by themselves."""
    default_tags: Mapping[str, str]
    """Of its provider."""
    refers_to: Mapping[str, frozenset[str]]
    """For each input, the URNs of the resources that it comes from."""
    protect: bool
    retain_on_delete: bool
    delete_before_replace: bool
    aliases: tuple[str, ...]
    """URNs that it may have had before."""
    ignore_changes: tuple[str, ...]
    """Inputs that stay as they were."""
    replace_on_changes: tuple[str, ...]
    """Inputs of which a change replaces it; `*` is any."""


Realize = Callable[[Aws, Registration], tuple[str, Values]]
"""Makes what is registered, and gives its id and outputs. Called from several threads at once."""


def create(aws: Aws, wanted: Registration) -> tuple[str, Values]:
    """Create what is registered."""
    return find(wanted.type, wanted.name).create(aws, wanted.name, wanted.inputs, wanted.default_tags)


@dataclass(frozen=True)
class Made:
    """A resource that was created."""

    type: str
    name: str
    id: str
    outputs: Values
    started: float
    """Seconds after the program was started."""
    seconds: float
    """How long it took."""


@dataclass(frozen=True)
class Message:
    """A line that the program, or a component in it, logged: `pulumi.log.warn("…", self)`."""

    severity: str
    """`info`, `warning` or `error`."""
    text: str
    resource: str
    """The logical name of the resource that it is about; empty where there is none."""


@dataclass(frozen=True)
class Deployment:
    """What came of a run."""

    exports: dict[str, Any]
    """Sorted by name, as the CLI shows them."""
    secret_exports: frozenset[str]
    """Names of the exports that are secrets, and must not be shown."""
    resources: list[Made]
    """In the order in which they were ready."""


def deploy(
    project_folder: Path,
    aws: Aws,
    *,
    stack: str = "dev",
    realize: Realize = create,
    on_resource: Callable[[Made], None] = lambda made: None,
    on_message: Callable[[Message], None] = lambda message: None,
    finding_collector: Any = None,
) -> Deployment:
    """Run the program of a Pulumi project, and `realize` what it registers on `aws`.

    Resources that do not depend on each other are made side by side. `on_resource` hears of each when it is ready,
    one at a time but in any thread; `on_message` hears of what the program logs.

    Raises:
        ProgramError: the configuration is not usable, or the program or a resource has failed. What was created until
            then is still there.
    """
    folder = project_folder.resolve()
    try:
        config = read_stack_config(folder, stack)
    except ConfigError as error:
        raise ProgramError(str(error)) from None
    if (region := config.values.get("aws:region", aws.region)) != aws.region:
        raise ProgramError(f"Stack '{stack}' is for the region {region}, and this local AWS is {aws.region}.")
    from consumers.evaluate.mock_engine import RealMocks  # imports pulumi, as slow as the local AWS is to start

    return _evaluate(folder, config, RealMocks(aws, config.values, realize, on_resource), on_message, finding_collector)


OF_CONSUMERS = ("cloudwatch", "dynamodb", "iam", "lambda", "sqs")
"""The modules that consumers are made of; those of what feeds them would take half as long again."""


def warm_up() -> None:
    """Import what `deploy` needs, for a thread that does so while the local AWS starts. That takes half a second."""
    importlib.import_module("consumers.evaluate.mock_engine")
    for token in TABLE:
        _, path, name = token.split(":")
        module = path.partition("/")[0]
        if module not in OF_CONSUMERS:
            continue
        # Not the import, but the first look at an attribute loads one of these modules.
        getattr(importlib.import_module(f"pulumi_aws.{module}{'_' if module == 'lambda' else ''}"), name)


def _evaluate(
    folder: Path, config: StackConfig, mocks: Any, on_message: Any, finding_collector: Any = None
) -> Deployment:
    from consumers.evaluate.mock_engine import RealEngine, RealMonitor

    monitor = RealMonitor(mocks, finding_collector)
    failure: BaseException | None = None
    aws = mocks.aws if isinstance(mocks.aws, LocalAws) else None
    with own_process(config.program, folder, aws, mocks.aws.region), _event_loop() as loop:
        try:
            with _sdk(config, {"aws:region": mocks.aws.region}, monitor, RealEngine(on_message), folder):
                loop.run_until_complete(_run(config.program))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        except (Exception, SystemExit) as error:
            failure = error
    if failure:  # not before whatever else is being created has failed too, or is ready
        raise ProgramError("\n".join(dict.fromkeys([*mocks.faults, _text_of(failure, folder)]))) from failure
    return Deployment(dict(sorted(monitor.exports.items())), frozenset(monitor.secret_exports), mocks.made)


async def _run(program: Path) -> None:
    from pulumi import runtime

    run: Any = runtime.run_in_stack
    await run(lambda: _run_file(program))


def _run_file(program: Path) -> None:
    try:
        runpy.run_path(str(program), run_name="__main__")
    except KeyboardInterrupt:
        # The SDK would go on waiting, and for ever if Ctrl-C came while a resource was only half registered.
        if task := asyncio.current_task():
            task.cancel()
        raise


@contextlib.contextmanager
def _sdk(config: StackConfig, defaults: dict[str, str], monitor: Any, engine: Any, folder: Path) -> Generator[None]:
    """The SDK's global state, set for one run. There must be an event loop before."""
    from pulumi import runtime
    from pulumi.runtime import settings

    state: Any = settings
    try:
        # The organization is the one that the CLI reports without Pulumi Cloud.
        runtime.set_mocks(
            monitor.mocks, config.project, config.stack, False, monitor=monitor, organization="organization"
        )
        state.SETTINGS.engine, state.SETTINGS.root_directory = engine, str(folder)
        state.set_root_resource(None)  # run_in_stack makes it, as under the CLI
        runtime.set_all_config({**defaults, **config.values})
        yield
    finally:
        runtime.set_all_config({})
        runtime.reset_options()


@contextlib.contextmanager
def _event_loop() -> Generator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    # After a failure some of the SDK's tasks have no one left to hear of it; asyncio would print each.
    loop.set_exception_handler(lambda loop, context: None)
    asyncio.set_event_loop(loop)
    try:
        with threads_of(loop):  # what is being created gets ready
            try:
                yield loop
            finally:
                _end(loop)
    finally:
        loop.close()
        asyncio.set_event_loop(None)


def _end(loop: asyncio.AbstractEventLoop) -> None:
    ending = loop.create_task(_end_all_tasks())
    while not ending.done():
        # Ctrl-C comes out of the loop again from each task that waits for the one in which it came up.
        with contextlib.suppress(KeyboardInterrupt):
            loop.run_until_complete(ending)


@contextlib.contextmanager
def threads_of(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """Threads for the run of `loop`, each with an event loop that is closed in the end, when all is ready.

    The SDK's mocks need one in each thread, and would make one that nobody closes: Python complains of that at times.
    """
    opened: list[asyncio.AbstractEventLoop] = []

    def begin() -> None:
        opened.append(asyncio.new_event_loop())
        asyncio.set_event_loop(opened[-1])

    loop.set_default_executor(ThreadPoolExecutor(initializer=begin))
    try:
        yield
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        for each in opened:
            each.close()


async def _end_all_tasks() -> None:
    pending = asyncio.all_tasks() - {asyncio.current_task()}
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)


@contextlib.contextmanager
def own_process(program: Path, folder: Path, aws: LocalAws | None, region: str) -> Generator[None]:
    """The working directory, path, modules and variables that the program would have in a process of its own.

    Its own calls to AWS go to `aws`; without it they have no credentials. Those of the shell it never sees.
    """
    argv, path, modules = sys.argv, sys.path, set(sys.modules)
    regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    variables = FOR_THIS_MACHINE | regions | aws_environment(aws)
    with contextlib.chdir(program.parent), _variables(variables), _no_default_session():
        sys.argv, sys.path = [str(program)], [str(program.parent), *path]
        try:
            yield
        finally:
            sys.argv, sys.path = argv, path
            for name in set(sys.modules) - modules:
                if _is_of_project(sys.modules[name], folder):
                    del sys.modules[name]


@contextlib.contextmanager
def _variables(wanted: Mapping[str, str]) -> Generator[None]:
    """The environment with these variables, and without any other `AWS_*` one."""
    before = dict(os.environ)
    _set_environment({name: text for name, text in before.items() if not name.startswith("AWS_")} | dict(wanted))
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(wanted: Mapping[str, str]) -> None:
    # Not cleared first: other threads read it.
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(wanted)


@contextlib.contextmanager
def _no_default_session() -> Generator[None]:
    """Without boto3's session of this process, which may have the shell's credentials from an earlier call."""
    boto3: Any = sys.modules.get("boto3")
    before = getattr(boto3, "DEFAULT_SESSION", None)
    _set_default_session(None)
    try:
        yield
    finally:
        _set_default_session(before)


def _set_default_session(session: Any) -> None:
    if boto3 := sys.modules.get("boto3"):
        vars(boto3)["DEFAULT_SESSION"] = session


def _is_of_project(module: ModuleType, folder: Path) -> bool:
    # Only the project's: importing pulumi_aws again costs time, and would make its classes twice.
    attributes = vars(module)
    file = attributes.get("__file__") or next(iter(attributes.get("__path__", [])), "")
    is_own_tool = attributes["__name__"].partition(".")[0] == __name__.partition(".")[0]
    return bool(file) and not is_own_tool and _is_in(file, folder)


def _is_in(file: str, folder: Path) -> bool:
    path = Path(file)
    return path.is_relative_to(folder) and not {"site-packages", "dist-packages"} & set(path.parts)


def _text_of(error: BaseException, folder: Path) -> str:
    from pulumi import RunError

    if isinstance(error, RunError | ResourceError):
        return str(error)
    if isinstance(error, SyntaxError):
        return f"{_short(error.filename or '?', folder)}:{error.lineno}: {type(error).__name__}: {error.msg}"
    text = f"the program ended itself, with {error.code!r}" if isinstance(error, SystemExit) else str(error)
    text = WITHHELD if type(error).__name__ == "NoCredentialsError" else text
    frames = traceback.extract_tb(error.__traceback__)
    place = next((frame for frame in reversed(frames) if _is_in(frame.filename, folder)), frames[-1])
    return f"{_short(place.filename, folder)}:{place.lineno}: {type(error).__name__}: {text}"


def _short(file: str, folder: Path) -> str:
    return str(Path(file).relative_to(folder)) if Path(file).is_relative_to(folder) else file
