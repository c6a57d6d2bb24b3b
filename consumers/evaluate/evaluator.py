"""Runs a Pulumi program under mocks: for check, cost, the test kit and the local AWS.

The mocks decide whether a resource is recorded, faked or created: `AwsMocks`, or the test kit's own.
"""

import asyncio
import contextlib
import runpy
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi import runtime
from pulumi.runtime import settings

from consumers.evaluate.mock_engine import Engine, Monitor, ProgramMocks
from consumers.evaluate.results import Message

_runtime: Any = runtime
_settings: Any = settings


@dataclass(frozen=True)
class Evaluation:
    """What a program returned and exported, as plain values."""

    value: Any
    exports: dict[str, Any]
    secret_exports: frozenset[str]


def evaluate(
    program: Callable[[], Any] | Path,
    mocks: ProgramMocks,
    *,
    project: str,
    stack: str,
    config: Mapping[str, str],
    on_message: Callable[[Message], None],
    root: Path | None = None,
    preview: bool = False,
    finding_collector: Any = None,
) -> Evaluation:
    """Run a program, and wait until every resource that it has registered is ready or has failed.

    It raises what the program or `mocks` raise.

    :param program: a function, or a file to run as `__main__`.
    :param root: what `pulumi.get_root_directory()` returns. Default: the working directory.
    """
    monitor = Monitor(mocks, finding_collector)
    with _event_loop() as loop, _sdk(monitor, project, stack, preview):
        _settings.SETTINGS.engine = Engine(on_message)
        _settings.SETTINGS.root_directory = str(root or Path.cwd())
        runtime.set_all_config(dict(config))
        try:
            value = loop.run_until_complete(_run(program))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
    return Evaluation(value, dict(sorted(monitor.exports.items())), frozenset(monitor.secret_exports))


async def _run(program: Callable[[], Any] | Path) -> Any:
    values: list[Any] = []
    await _runtime.run_in_stack(lambda: values.append(_call(program)))
    return await pulumi.Output.from_input(values[0]).future(with_unknowns=False)


def _call(program: Callable[[], Any] | Path) -> Any:
    try:
        if not isinstance(program, Path):
            return program()
        runpy.run_path(str(program), run_name="__main__")
    except KeyboardInterrupt:
        # The SDK would keep waiting: forever, if Ctrl-C came while a resource was half registered.
        if task := asyncio.current_task():
            task.cancel()
        raise


@contextlib.contextmanager
def _sdk(monitor: Monitor, project: str, stack: str, preview: bool) -> Generator[None]:
    """Set the SDK's global state for one run. It needs a current event loop."""
    try:
        # The CLI reports this organization without Pulumi Cloud.
        runtime.set_mocks(monitor.mocks, project, stack, preview, monitor=monitor, organization="organization")
        _settings.set_root_resource(None)  # run_in_stack creates the stack, as under the CLI
        yield
    finally:
        runtime.set_all_config({})
        runtime.reset_options()


@contextlib.contextmanager
def _event_loop() -> Generator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    # After a failure, nobody awaits some of the SDK's tasks; asyncio would print each.
    loop.set_exception_handler(lambda loop, context: None)
    asyncio.set_event_loop(loop)
    try:
        with _threads(loop):  # resources that are being created are finished
            try:
                yield loop
            finally:
                _cancel_tasks(loop)
    finally:
        loop.close()
        asyncio.set_event_loop(None)


@contextlib.contextmanager
def _threads(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """Give each thread of `loop` an event loop, which the SDK's mocks need and would leave open."""
    loops: dict[threading.Thread, asyncio.AbstractEventLoop] = {}

    def start_thread() -> None:
        own = loops[threading.current_thread()] = asyncio.new_event_loop()
        asyncio.set_event_loop(own)

    loop.set_default_executor(ThreadPoolExecutor(initializer=start_thread))
    try:
        yield
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        for thread, each in list(loops.items()):
            thread.join()  # the executor forgets a thread if Ctrl-C comes up while it starts it
            each.close()


def _cancel_tasks(loop: asyncio.AbstractEventLoop) -> None:
    cancelling = loop.create_task(_cancel_other_tasks())
    while not cancelling.done():
        # Each task that awaits the one in which Ctrl-C came up raises it out of the loop again.
        with contextlib.suppress(KeyboardInterrupt):
            loop.run_until_complete(cancelling)


async def _cancel_other_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
