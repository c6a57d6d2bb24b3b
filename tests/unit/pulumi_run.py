"""Runs a Pulumi program under the SDK's own mocks, and keeps each request that it made of the engine.

A mock sees a resource's inputs only. What it depends on, its parent and its options are in the request.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc, stack

REGION, ACCOUNT = "eu-central-1", "123456789012"


@dataclass(frozen=True)
class Registered:
    """One resource as the engine was asked to make it."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    depends_on: set[str]
    property_depends_on: dict[str, set[str]]
    protect: bool
    custom: bool
    provider: str
    request: Any


@dataclass
class Run:
    """What a program did: what it registered by name, in order, what it exported, and what it warned of."""

    resources: dict[str, Registered] = field(default_factory=dict[str, Registered])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    component_outputs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    warnings: list[str] = field(default_factory=list[str])
    value: Any = None
    error: BaseException | None = None

    def of_type(self, suffix: str) -> list[Registered]:
        return [resource for resource in self.resources.values() if resource.type.endswith(suffix)]


def name_of(urn: str) -> str:
    return urn.rpartition("::")[2]


class _Aws(mocks.Mocks):
    """Outputs as the AWS provider gives them after an update; in a preview only what the program itself said."""

    def __init__(self, preview: bool) -> None:
        self.preview = preview

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs: dict[str, Any] = args.inputs  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if self.preview or not args.custom:
            return ("" if self.preview else args.name), dict(inputs)
        name: str = inputs.get("name") or f"{args.name}-1a2b3c4"
        service = args.typ.split(":")[1].split("/")[0]
        known = {
            "name": name,
            "arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}",
            "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}",
            "uuid": "0b1c2d3e",
            "version": "7",
        }
        return name, {**known, **inputs}

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"the program called {args.token}, which asks AWS")


class _Monitor(mocks.MockMonitor):
    def __init__(self, run: Run, preview: bool) -> None:
        super().__init__(_Aws(preview))
        self.run, self.lock = run, threading.Lock()

    def RegisterResource(self, request: Any) -> Any:
        with self.lock:
            if request.type != "pulumi:pulumi:Stack":
                self._keep(request)
        return super().RegisterResource(request)  # pyright: ignore[reportUnknownMemberType]

    def _keep(self, request: Any) -> None:
        assert request.name not in self.run.resources, f"{request.name} is registered twice"
        self.run.resources[request.name] = Registered(
            request.type,
            request.name,
            rpc.deserialize_properties(request.object, keep_unknowns=True),
            name_of(request.parent),
            {name_of(urn) for urn in request.dependencies},
            {key: {name_of(urn) for urn in value.urns} for key, value in request.propertyDependencies.items()},
            request.protect,
            request.custom,
            request.provider,
            request,
        )

    def RegisterResourceOutputs(self, request: Any) -> Any:
        outputs = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
        with self.lock:
            assert name_of(request.urn) not in self.run.component_outputs, "outputs are registered once"
            self.run.component_outputs[name_of(request.urn)] = outputs
        return super().RegisterResourceOutputs(request)  # pyright: ignore[reportUnknownMemberType]


class _Warnings(logging.Handler):
    def __init__(self, run: Run) -> None:
        super().__init__(logging.WARNING)
        self.run = run

    def emit(self, record: logging.LogRecord) -> None:
        self.run.warnings.append(record.getMessage())


def run(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    project: str = "shop",
    stack_name: str = "test",
    config: Mapping[str, str] | None = None,
) -> Run:
    """Run `program` and return what it did; what it raised is in `error`, what it returned, resolved, in `value`."""
    result = Run()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    logger = logging.getLogger(f"{__name__}.{id(result)}")
    logger.addHandler(_Warnings(result))
    logger.propagate = False
    monitor = _Monitor(result, preview)
    mocks.set_mocks(monitor.mocks, project, stack_name, preview, logger, monitor)
    pulumi.runtime.set_all_config(dict(config or {}))
    try:
        loop.run_until_complete(stack.run_pulumi_func(lambda: _call(program, result)))
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


def _call(program: Callable[[], Any], result: Run) -> None:
    result.value = program()


async def _resolved(value: Any) -> Any:
    return await pulumi.Output.from_input(value).future(with_unknowns=False) if value is not None else None


async def _exports() -> dict[str, Any]:
    root: Any = pulumi.runtime.get_root_resource()
    return {name: await _resolved(value) for name, value in root.outputs.items()} if root else {}
