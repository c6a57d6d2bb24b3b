"""Runs a Pulumi program under the SDK's mocks, and keeps each request that it makes of the engine.

A plain mock sees a resource's inputs only, and takes whatever it is given. Here a misspelt property, a type that nobody
knows and a resource that is registered twice are errors, as they would be in the engine; and what a resource depends
on, its parent and its options can be looked at. Of two types the engine takes one name, and a test does not:
`resources` is by name.
"""

import asyncio
import logging
import runpy
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc, stack

from consumers.did_you_mean import did_you_mean
from consumers.evaluate import fake_outputs
from consumers.evaluate.program import own_process, threads_of
from consumers.evaluate.stack_config import read_stack_config
from consumers.resource_table import ResourceError, find
from consumers.resource_table.aws_type import AwsType

REGION = "eu-central-1"
Outputs = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Gives the outputs of a resource from its logical name and its inputs."""


@dataclass(frozen=True)
class Registered:
    """One resource as the engine was asked to make it."""

    type: str
    """Its token, like `aws:sqs/queue:Queue`."""
    name: str
    """The logical one."""
    inputs: dict[str, Any]
    """As the engine gets them: camelCase; what is unknown in a preview is `UNKNOWN`."""
    parent: str
    """Logical name of its parent."""
    depends_on: set[str]
    """Logical names of all that it comes after."""
    property_depends_on: dict[str, set[str]]
    """The same, for each input."""
    protect: bool
    custom: bool
    """False for a component."""
    provider: str
    request: Any
    """The engine's whole RegisterResourceRequest."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any], compare=False)
    """What it was given back; empty where it was refused."""


@dataclass
class Run:
    """What a program did."""

    resources: dict[str, Registered] = field(default_factory=dict[str, Registered])
    """By logical name, in their order."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    """What it exported."""
    component_outputs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    warnings: list[str] = field(default_factory=list[str])
    value: Any = None
    """What the program returned, where it is a function; Outputs are resolved."""
    error: BaseException | None = None

    def of_type(self, suffix: str) -> list[Registered]:
        """Return the resources whose type ends with `suffix`: `of_type("sqs/queue:Queue")`."""
        return [resource for resource in self.resources.values() if resource.type.endswith(suffix)]


def run(program: Callable[[], Any] | Path, **options: Any) -> Run:
    """Run a program under mocks and return what it did; raise what it raised. See `evaluate` for the options."""
    result = evaluate(program, **options)
    if result.error:
        raise result.error
    return result


def evaluate(
    program: Callable[[], Any] | Path,
    *,
    preview: bool = False,
    project: str = "test",
    stack_name: str = "test",
    config: Mapping[str, str] | None = None,
    known: Mapping[str, Outputs] | None = None,
    region: str = REGION,
) -> Run:
    """Run a program under mocks and return what it did, and in `error` what it raised.

    :param program: a function that makes resources, or the folder of a project, whose `Pulumi.yaml` and
        `Pulumi.STACK.yaml` then give its name and configuration.
    :param preview: as `pulumi preview` would: what only the deployment tells is unknown.
    :param config: configuration, with the project's name: `{"shop:timeout": "10"}`. It goes before that of the files.
    :param known: types of the program that these mocks do not know, by token, each with what gives its outputs:
        `{"aws:ssm/parameter:Parameter": lambda name, inputs: {"arn": f"arn:aws:ssm:…:parameter/{name}"}}`.
    """
    if isinstance(program, Path):
        of_stack = read_stack_config(program.resolve(), stack_name)
        project, config = of_stack.project, {**of_stack.values, **(config or {})}
        program = partial(_run_file, of_stack.program, program.resolve(), region)
    result = Run()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    logger = logging.getLogger(f"{__name__}.{id(result)}")
    logger.addHandler(_Warnings(result))
    logger.propagate = False
    monitor = _Monitor(result, _Aws(result, preview, known or {}, region))
    mocks.set_mocks(monitor.mocks, project, stack_name, preview, logger, monitor)
    pulumi.runtime.set_all_config({"aws:region": region, **(config or {})})
    try:
        with threads_of(loop):
            loop.run_until_complete(stack.run_pulumi_func(partial(_call, program, result)))
            result.value = loop.run_until_complete(_resolved(result.value))
            result.outputs = loop.run_until_complete(_exports())
    except Exception as error:
        result.error = error
    finally:
        pulumi.runtime.set_all_config({})
        pulumi.runtime.settings.reset_options()
        loop.close()
        asyncio.set_event_loop(None)
    return result


class _Aws(mocks.Mocks):
    """Outputs as the AWS provider gives them after an update; in a preview only what the program itself said."""

    def __init__(self, run: Run, preview: bool, known: Mapping[str, Outputs], region: str) -> None:
        self._run, self._preview, self._known, self._region = run, preview, known, region

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs: dict[str, Any] = dict(args.inputs)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        if not args.custom or args.typ.startswith("pulumi:"):
            return args.name if args.custom else "", inputs
        known = self._known.get(args.typ)
        entry = None if known else find(args.typ, args.name)
        if self._preview:
            return "", inputs
        if entry:
            given = {key: rpc.unwrap_rpc_secret(value) for key, value in inputs.items()}
            if wrong := list(_misspelt(AwsType.of(args.typ), given)):
                raise ResourceError("\n".join(f"{args.typ} '{args.name}': {sentence}" for sentence in wrong))
        resource_id, outputs = fake_outputs.outputs(args.typ, args.name, inputs, self._region)
        outputs |= known(args.name, inputs) if known else {}
        self._run.resources[args.name].outputs.update(outputs)
        return resource_id, outputs

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"the program called {args.token}, which asks AWS")


class _Monitor(mocks.MockMonitor):
    def __init__(self, run: Run, aws: _Aws) -> None:
        super().__init__(aws)
        self._run, self._lock = run, threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's own name
        with self._lock:
            if request.type != "pulumi:pulumi:Stack":
                self._keep(request)
        return super().RegisterResource(request)  # pyright: ignore[reportUnknownMemberType]

    def _keep(self, request: Any) -> None:
        if same := self._run.resources.get(request.name):
            raise AssertionError(
                f"{request.name!r} is the name of two resources, {same.type} and {request.type}: a test finds them by "
                "their names, so give each one of its own"
            )
        self._run.resources[request.name] = Registered(
            request.type,
            request.name,
            rpc.deserialize_properties(request.object, keep_unknowns=True),
            _name_of(request.parent),
            {_name_of(urn) for urn in request.dependencies},
            {key: {_name_of(urn) for urn in value.urns} for key, value in request.propertyDependencies.items()},
            request.protect,
            request.custom,
            request.provider,
            request,
        )

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the engine's own name
        outputs = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
        with self._lock:
            assert _name_of(request.urn) not in self._run.component_outputs, "outputs are registered once"
            self._run.component_outputs[_name_of(request.urn)] = outputs
        return super().RegisterResourceOutputs(request)  # pyright: ignore[reportUnknownMemberType]


class _Warnings(logging.Handler):
    def __init__(self, run: Run) -> None:
        super().__init__(logging.WARNING)
        self._run = run

    def emit(self, record: logging.LogRecord) -> None:
        self._run.warnings.append(record.getMessage())


def _misspelt(aws_type: AwsType, values: Any, path: str = "") -> Iterator[str]:
    """Yield a sentence for each property that AWS does not have."""
    for key, value in values.items():
        if key not in aws_type.inputs:
            yield f"AWS has no property '{path}{key}' here.{did_you_mean(key, aws_type.inputs, 'It has')}"
            continue
        for item in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
            if isinstance(item, dict) and (inside := aws_type.objects_in(key)):
                yield from _misspelt(inside, item, f"{path}{key}.")


def _name_of(urn: str) -> str:
    return urn.rpartition("::")[2]


def _call(program: Callable[[], Any], result: Run) -> None:
    result.value = program()


def _run_file(file: Path, folder: Path, region: str) -> None:
    with own_process(file, folder, None, region):
        runpy.run_path(str(file), run_name="__main__")


async def _resolved(value: Any) -> Any:
    return await pulumi.Output.from_input(value).future(with_unknowns=False) if value is not None else None


async def _exports() -> dict[str, Any]:
    root: Any = pulumi.runtime.get_root_resource()
    return {name: await _resolved(value) for name, value in root.outputs.items()} if root else {}
