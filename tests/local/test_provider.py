"""The provider over gRPC, asked as the engine asks. tests/engine has the engine itself."""

# pyright: reportMissingTypeStubs=false

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from pulumi.runtime import proto
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from consumers.local.emulator import LocalAws
from consumers.provider.provider import serve
from consumers.provider.provider_values import UNKNOWN, Secret, marshalled
from consumers.resource_table import TABLE as TYPES
from consumers.resource_table import Values
from consumers.resource_table.sqs import Queue
from error_texts import ErrorTexts
from provider_engine import Engine, ListeningEngine, code, refusal
from resource_examples import (
    ALIAS,
    ALLOW,
    ATTACHMENT,
    AUTHORIZER,
    DASHBOARD,
    FUNCTION,
    INACTIVE,
    INTEGRATION,
    LOGS,
    MAPPING,
    NOTIFICATION,
    POLICY,
    PROVISIONED,
    QUEUE,
    ROLE,
    ROUTE,
    TRUST,
)


@pytest.fixture(scope="module")
def port(aws: LocalAws) -> Iterator[int]:
    with serve(aws) as port:
        yield port


@pytest.fixture
def engine(port: int, name: str) -> Iterator[Engine]:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        engine = Engine(provider_pb2_grpc.ResourceProviderStub(channel), name)
        engine.configure()
        yield engine


WITHOUT_ARN = {POLICY, ALLOW, ATTACHMENT, DASHBOARD, AUTHORIZER, INTEGRATION, ROUTE, NOTIFICATION, PROVISIONED}


def function_inputs(engine: Engine) -> Values:
    _, role = engine.create(ROLE, engine.checked(ROLE, {"assumeRolePolicy": TRUST}))
    return {"role": role["arn"], "handler": "handler.handle", "runtime": "python3.12", "code": code("one")}


def test_a_resource_is_created_read_updated_and_deleted(engine: Engine) -> None:
    inputs = engine.checked(QUEUE, {"delaySeconds": 1, "tags": {"a": "1"}})
    url, outputs = engine.create(QUEUE, inputs)
    assert engine.checked(QUEUE, {"delaySeconds": 1, "tags": {"a": "1"}}, inputs) == inputs  # also its automatic name
    assert engine.diff(QUEUE, inputs, inputs).changes == proto.DiffResponse.DIFF_NONE
    assert engine.read(QUEUE, url, outputs, inputs) == (url, outputs, inputs)

    changed = engine.checked(QUEUE, {"delaySeconds": 2, "tags": {"b": "2"}}, inputs)
    diff = engine.diff(QUEUE, inputs, changed)
    assert (diff.changes, list(diff.replaces)) == (proto.DiffResponse.DIFF_SOME, [])
    updated = engine.update(QUEUE, url, outputs, inputs, changed)
    assert {key: value for key, value in changed.items() if key != "__defaults"}.items() <= updated.items()
    assert engine.read(QUEUE, url, updated, changed) == (url, updated, changed)

    engine.delete(QUEUE, url, updated)
    assert engine.read(QUEUE, url, updated, changed) == ("", {}, {})
    engine.delete(QUEUE, url, updated)


@pytest.mark.parametrize("token", TYPES)
def test_a_preview_returns_the_inputs_and_creates_nothing(engine: Engine, token: str) -> None:
    required = [key for key, declared in TYPES[token].properties.items() if declared.required]
    inputs = engine.checked(token, dict.fromkeys(required, UNKNOWN))
    resource_id, outputs = engine.create(token, inputs, preview=True)
    assert resource_id == ""
    assert {key: value for key, value in inputs.items() if key != "__defaults"}.items() <= outputs.items()
    unknown = {key for key in ("arn", "url", "uuid", "tagsAll") if outputs.get(key) == UNKNOWN}
    arn = set[str]() if token in WITHOUT_ARN else {"arn"}
    assert unknown == arn | {QUEUE: {"url"}, MAPPING: {"uuid"}}.get(token, set[str]())
    if "name" in inputs and token not in INACTIVE:
        name = {POLICY: "r:", ALIAS: "function:f:"}.get(token, "") + inputs["name"]
        assert engine.read(token, name, {}, {}) == ("", {}, {})


def test_a_preview_of_an_update_keeps_outputs_that_cannot_change(engine: Engine) -> None:
    first = function_inputs(engine)
    old = engine.checked(FUNCTION, first | {"environment": {"variables": {"A": "1"}}})
    resource_id, outputs = engine.create(FUNCTION, old)
    new = engine.checked(FUNCTION, first | {"code": code("two"), "timeout": 9}, old)
    expected = engine.update(FUNCTION, resource_id, outputs, old, new, preview=True)
    assert (expected["arn"], expected["version"], expected["timeout"]) == (outputs["arn"], "$LATEST", 9)
    assert {key for key, value in expected.items() if value == UNKNOWN} == {
        *("codeSha256", "lastModified", "sourceCodeSize", "environment")
    }
    assert engine.read(FUNCTION, resource_id, outputs, old) == (resource_id, outputs, old)


def test_an_unsupported_property_or_type_is_an_error(engine: Engine, error_text: ErrorTexts) -> None:
    error_text("\n".join(engine.refused(QUEUE, {"visibilityTimeout": 1, "region": "eu-west-1", "tags": UNKNOWN})))
    nested = {"loggingConfig": {"logFromat": "JSON"}, "tracingConfig": UNKNOWN, "role": UNKNOWN, "code": UNKNOWN}
    error_text("\n".join(engine.refused(FUNCTION, nested)))
    with refusal() as caught:
        engine.check("aws:ecr/repository:Repository", {})
    assert caught.text.startswith(f"aws:ecr/repository:Repository '{engine.name}': the local AWS ")


def test_a_name_is_made_of_the_engines_seed_and_lasts(engine: Engine) -> None:
    inputs = engine.checked(QUEUE, {"fifoQueue": True})
    assert inputs == engine.checked(QUEUE, {"fifoQueue": True})
    assert inputs["name"].startswith(f"{engine.name}-")
    assert inputs["name"].endswith(".fifo")
    assert engine.checked(QUEUE, {"fifoQueue": True, "delaySeconds": 1}, inputs, b"other")["name"] == inputs["name"]
    assert engine.checked(QUEUE, {"fifoQueue": True}, None, b"other")["name"] != inputs["name"]
    fixed = engine.checked(QUEUE, {"name": "fixed"})
    assert engine.checked(QUEUE, {}, fixed)["name"].startswith(engine.name)


def test_only_a_fixed_name_is_freed_before_the_replacement_is_created(engine: Engine) -> None:
    def replacement(**naming: Any) -> bool:
        old = engine.checked(QUEUE, naming)
        diff = engine.diff(QUEUE, old, engine.checked(QUEUE, naming | {"fifoQueue": True}, old))
        assert list(diff.replaces) == ["fifoQueue"]
        assert diff.detailedDiff["fifoQueue"].kind == proto.PropertyDiff.UPDATE_REPLACE
        return diff.deleteBeforeReplace

    assert replacement(name="fixed")
    assert not replacement()
    assert not replacement(namePrefix="prefix")


def test_a_secret_is_not_in_an_error_of_aws(engine: Engine) -> None:
    inputs = engine.checked(LOGS, {"name": "no such name!", "kmsKeyId": Secret("no such name")})
    with refusal() as caught:
        engine.create(LOGS, inputs | {"name": {"not": "a name, no such name"}})
    assert "no such name" not in caught.text
    assert "[secret]" in caught.text


def test_a_warning_goes_to_the_engine_and_belongs_to_the_resource(aws: LocalAws, name: str) -> None:
    listening, server = ListeningEngine(), grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(listening, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    with serve(aws, engine=address) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        engine = Engine(provider_pb2_grpc.ResourceProviderStub(channel), name)
        engine.diff(QUEUE, {"delaySeconds": 1}, {"delaySeconds": 2})
        engine.diff(QUEUE, {"fifoQueue": True}, {})
    server.stop(None).wait()
    text = f"'{name}' is replaced, because fifoQueue cannot change in place: {Queue.replacement_loss}"
    assert listening.logged == [(engine_pb2.WARNING, engine.urn(QUEUE), text)]


def test_two_connections_are_two_providers(port: int, engine: Engine) -> None:
    engine.configure(region="eu-west-1")
    with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.use_local_subchannel_pool", 1)]) as channel:
        other = Engine(provider_pb2_grpc.ResourceProviderStub(channel), engine.name)
        with refusal() as caught:
            other.check(QUEUE, {})
        assert caught.text == "the local AWS: the engine has not configured this provider; run pulumi again."
        other.configure()
        regions = [each.create(QUEUE, each.checked(QUEUE, {}))[1]["region"] for each in (engine, other)]
    assert regions == ["eu-west-1", "us-east-1"]


def test_the_configuration_is_checked_and_compared(engine: Engine, error_text: ErrorTexts) -> None:
    def failures(**news: Any) -> list[str]:
        answer = engine.stub.CheckConfig(proto.CheckRequest(news=marshalled(news)))
        return [failure.reason for failure in answer.failures]

    def diff(old: Values, new: Values) -> tuple[Any, list[str], list[str]]:
        request = proto.DiffRequest(old_inputs=marshalled(old), news=marshalled(new))
        answer = engine.stub.DiffConfig(request)
        return answer.changes, list(answer.diffs), list(answer.replaces)

    assert failures(region="us-east-1", endpoints="[]", skipCredentialsValidation="true", version="7") == []
    error_text("\n".join(failures(regoin="us-east-1") + failures(ignoreTags="{}")))
    none, some = proto.DiffResponse.DIFF_NONE, proto.DiffResponse.DIFF_SOME
    assert diff({"endpoints": "a"}, {"endpoints": "b"}) == (none, [], [])
    assert diff({}, {"defaultTags": "{}"}) == (some, ["defaultTags"], [])
    assert diff({"region": "a"}, {"region": "b", "defaultTags": "{}"}) == (some, ["region", "defaultTags"], ["region"])


def test_functions_and_methods_have_an_answer_or_an_error(engine: Engine, error_text: ErrorTexts) -> None:
    token = "aws:index/getCallerIdentity:getCallerIdentity"
    answer = engine.stub.Invoke(proto.InvokeRequest(tok=token))
    assert getattr(answer, "return")["accountId"] == "000000000000"
    with refusal() as caught:
        engine.stub.Invoke(proto.InvokeRequest(tok="aws:index/getRegio:getRegio"))
    error_text(caught.text)
    with refusal() as caught:
        engine.stub.Construct(proto.ConstructRequest())
    assert caught.code == grpc.StatusCode.UNIMPLEMENTED
    error_text(caught.text)
