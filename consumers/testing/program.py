"""Runs a Pulumi program with fake resources, and keeps every registration.

Pulumi's own mocks see inputs only, and accept everything. These also show parents, dependencies and options, and refuse
a misspelt property, an unknown type and a duplicate name.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.runtime import MockCallArgs, MockResourceArgs, rpc

from consumers.did_you_mean import did_you_mean
from consumers.evaluate import evaluator, fake_outputs
from consumers.evaluate.mock_engine import ProgramMocks
from consumers.evaluate.own_process import own_process
from consumers.evaluate.results import Message
from consumers.evaluate.stack_config import read_stack_config
from consumers.resource_table import ResourceError, Values, find
from consumers.resource_table.aws_type import AwsType

REGION = "eu-central-1"
Outputs = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Returns the outputs of a resource from its logical name and its inputs."""


@dataclass(frozen=True)
class Registered:
    """A resource as the program registered it."""

    type: str
    """The type token, like `aws:sqs/queue:Queue`."""
    name: str
    """The logical name."""
    inputs: dict[str, Any]
    """As the engine gets them: camelCase; a value that a preview does not know is `Unknown`."""
    parent: str
    """The logical name of its parent."""
    depends_on: set[str]
    """Logical names of the resources that it depends on."""
    property_depends_on: dict[str, set[str]]
    """The same for each input."""
    protect: bool
    custom: bool
    """False for a component."""
    provider: str
    request: Any
    """The engine's whole RegisterResourceRequest."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any], compare=False)
    """What the mocks returned; empty in a preview, and for a resource with an error."""


@dataclass
class Run:
    """The result of a run."""

    resources: dict[str, Registered] = field(default_factory=dict[str, Registered])
    """By logical name, in the order of registration."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the program exported."""
    component_outputs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """What each component registered as its outputs, by logical name."""
    warnings: list[str] = field(default_factory=list[str])
    value: Any = None
    """What the program returned, if it is a function, with Outputs resolved."""
    error: BaseException | None = None

    def of_type(self, suffix: str) -> list[Registered]:
        """Return the resources whose type ends with `suffix`: `of_type("sqs/queue:Queue")`."""
        return [resource for resource in self.resources.values() if resource.type.endswith(suffix)]


def run(program: Callable[[], Any] | Path, **options: Any) -> Run:
    """Run a program and return the result; raise what it raised. See `evaluate` for the options."""
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
    """Run a program and return the result, with what it raised in `error`.

    :param program: a function that registers resources, or the folder of a project, whose `Pulumi.yaml` and
        `Pulumi.STACK.yaml` then provide its name and configuration.
    :param preview: run as `pulumi preview` does: outputs that only a deployment knows are unknown.
    :param config: configuration with the project's name, like `{"shop:timeout": "10"}`. It overrides the files.
    :param known: outputs of types that the test kit does not support, by token:
        `{"aws:ssm/parameter:Parameter": lambda name, inputs: {"arn": f"arn:aws:ssm:…:parameter/{name}"}}`.
    """
    values, process = {"aws:region": region}, nullcontext()
    if isinstance(program, Path):
        folder = program.resolve()
        stack = read_stack_config(folder, stack_name)
        project, program = stack.project, stack.program
        values |= stack.values
        process = own_process(program, folder, None, region)
    values |= config or {}
    result = Run()
    mocks = _FakeAws(result, preview, known or {}, region)
    try:
        with process:
            evaluation = evaluator.evaluate(
                program, mocks, project=project, stack=stack_name, config=values, on_message=mocks.log, preview=preview
            )
        result.value, result.outputs = evaluation.value, evaluation.exports
    except Exception as error:
        result.error = error
    return result


class _FakeAws(ProgramMocks):
    """Returns fake outputs in the form of the AWS provider; in a preview, the inputs only."""

    def __init__(self, run: Run, preview: bool, known: Mapping[str, Outputs], region: str) -> None:
        self._run, self._preview, self._known, self._aws = run, preview, known, fake_outputs.NoAws(region)
        self._lock = threading.Lock()

    def log(self, message: Message) -> None:
        if message.severity != "info":
            self._run.warnings.append(message.text)

    def on_register(self, urn: str, request: Any, aliases: Sequence[str]) -> None:
        if same := self._run.resources.get(request.name):
            raise AssertionError(
                f"{request.name!r} is the name of two resources, {same.type} and {request.type}: rename one, because a "
                "test finds resources by their names"
            )
        self._run.resources[request.name] = Registered(
            type=request.type,
            name=request.name,
            inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
            parent=_name(request.parent),
            depends_on=set(map(_name, request.dependencies)),
            property_depends_on={key: set(map(_name, each.urns)) for key, each in request.propertyDependencies.items()},
            protect=request.protect,
            custom=request.custom,
            provider=request.provider,
            request=request,
        )

    def on_outputs(self, urn: str, outputs: Values) -> None:
        with self._lock:
            assert _name(urn) not in self._run.component_outputs, "a component must register its outputs once"
            self._run.component_outputs[_name(urn)] = outputs

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, Values]:
        inputs: Values = dict(vars(args)["inputs"])
        if not args.custom or args.typ.startswith("pulumi:"):
            return args.name if args.custom else "", inputs
        known = self._known.get(args.typ)
        if not known:
            find(args.typ, args.name)
        if self._preview:
            return "", inputs
        if not known:
            _refuse_misspelt(args, inputs)
        resource_id, outputs = fake_outputs.outputs(self._aws, args.typ, args.name, inputs)
        outputs |= known(args.name, inputs) if known else {}
        self._run.resources[args.name].outputs.update(outputs)
        return resource_id, outputs

    def call(self, args: MockCallArgs) -> Any:
        raise AssertionError(f"the program called {args.token}, which asks AWS")


def _refuse_misspelt(args: MockResourceArgs, inputs: Values) -> None:
    plain = {key: rpc.unwrap_rpc_secret(value) for key, value in inputs.items()}
    if sentences := list(_misspelt(AwsType.of(args.typ), plain)):
        raise ResourceError("\n".join(f"{args.typ} '{args.name}': {sentence}" for sentence in sentences))


def _misspelt(aws_type: AwsType, values: Values, path: str = "") -> Iterator[str]:
    for key, value in values.items():
        if key not in aws_type.inputs:
            yield f"AWS has no property '{path}{key}' here.{did_you_mean(key, aws_type.inputs, 'It has')}"
            continue
        items: list[Any] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
        for item in items:
            if isinstance(item, dict) and (inside := aws_type.find_nested_type(key)):
                yield from _misspelt(inside, item, f"{path}{key}.")  # pyright: ignore[reportUnknownArgumentType]


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
