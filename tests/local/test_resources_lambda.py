"""Functions, their aliases and event source mappings on the local AWS, compared with boto3's answers."""

import io
import zipfile
from datetime import UTC
from pathlib import Path

import pulumi
import pytest

from consumers.local.emulator import LocalAws
from consumers.resource_table import ResourceError, Values, find
from error_texts import ErrorTexts
from resource_examples import (
    ALIAS,
    FUNCTION,
    MAPPING,
    QUEUE,
    ROLE,
    TRUST,
    Create,
    code,
    function_inputs,
)

NEW_CODE = "def handle(event, context): return 'new'"


@pytest.fixture
def role(create: Create) -> Values:
    """The outputs of a role that Lambda may assume."""
    return create(ROLE, {"assumeRolePolicy": TRUST})[1]


@pytest.fixture
def needed(name: str, role: Values) -> Values:
    """The required inputs of a function."""
    return {"name": name, **function_inputs(role["arn"])}


@pytest.fixture
def mapping(create: Create, needed: Values) -> Values:
    """The required inputs of a mapping."""
    create(FUNCTION, needed)
    return {"eventSourceArn": create(QUEUE, {})[1]["arn"], "functionName": needed["name"]}


def invoked(aws: LocalAws, function: str, payload: str = "{}") -> str:
    answer = aws.client("lambda").invoke(FunctionName=function, Payload=payload.encode())
    return answer["Payload"].read().decode()


def test_a_function_has_the_providers_outputs(aws: LocalAws, create: Create, name: str, needed: Values) -> None:
    inputs = needed | {
        "timeout": 10.0,
        "memorySize": 256.0,
        "description": "d",
        "architectures": ["arm64"],
        "environment": {"variables": {"A": "1"}},
        "ephemeralStorage": {"size": 1024.0},
        "tracingConfig": {"mode": "Active"},
        "loggingConfig": {
            "logFormat": "JSON",
            "logGroup": "/g",
            "applicationLogLevel": "INFO",
            "systemLogLevel": "WARN",
        },
        "reservedConcurrentExecutions": 5.0,
        "tags": {"a": "1"},
    }
    function_id, outputs = create(FUNCTION, inputs)
    answer = aws.client("lambda").get_function(FunctionName=name)
    found = answer["Configuration"]
    arn = found["FunctionArn"]
    paths = f"arn:aws:apigateway:{aws.region}:lambda:path"
    assert function_id == name
    assert outputs == inputs | {
        "arn": arn,
        "version": "$LATEST",
        "qualifiedArn": f"{arn}:$LATEST",
        "invokeArn": f"{paths}/2015-03-31/functions/{arn}/invocations",
        "qualifiedInvokeArn": f"{paths}/2015-03-31/functions/{arn}:$LATEST/invocations",
        "responseStreamingInvokeArn": f"{paths}/2021-11-15/functions/{arn}/response-streaming-invocations",
        "packageType": found["PackageType"],
        "publish": False,
        "codeSha256": found["CodeSha256"],
        "sourceCodeSize": found["CodeSize"],
        "lastModified": found["LastModified"],
        "layers": [],
        "tagsAll": {"a": "1"},
    }
    assert (found["Timeout"], found["MemorySize"], found["EphemeralStorage"]) == (10, 256, {"Size": 1024})
    assert (found["Environment"], found["Architectures"]) == ({"Variables": {"A": "1"}}, ["arm64"])
    assert (found["LoggingConfig"]["LogGroup"], found["TracingConfig"]) == ("/g", {"Mode": "Active"})
    assert answer["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    assert answer["Tags"] == {"a": "1"}


def test_a_function_is_changed_in_place(aws: LocalAws, create: Create, name: str, needed: Values) -> None:
    old = needed | {"environment": {"variables": {"A": "1"}}, "reservedConcurrentExecutions": 5, "tags": {"a": "1"}}
    create(FUNCTION, old)
    new = needed | {"timeout": 20.0, "architectures": ["arm64"], "publish": True, "tags": {"b": "2"}}
    outputs = find(FUNCTION, name).update(aws, name, old, new)
    answer = aws.client("lambda").get_function(FunctionName=name)
    found = answer["Configuration"]
    assert (found["Timeout"], found["Environment"], found["Architectures"]) == (20, {"Variables": {}}, ["arm64"])
    assert (answer["Tags"], answer.get("Concurrency")) == ({"b": "2"}, None)
    assert (outputs["timeout"], outputs["tags"], outputs["reservedConcurrentExecutions"]) == (20, {"b": "2"}, -1)
    assert (outputs["version"], outputs["qualifiedArn"]) == ("1", f"{found['FunctionArn']}:1")


def test_a_function_loses_each_option_that_it_gives_up(
    aws: LocalAws, create: Create, name: str, needed: Values
) -> None:
    def signature() -> str:
        found = aws.client("lambda").get_function_code_signing_config(FunctionName=name)
        return found["CodeSigningConfigArn"]

    config = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0a1b2c3d4e5f6a7b8"
    key = "arn:aws:kms:us-east-1:000000000000:key/k"
    optional = {"kmsKeyArn": key, "snapStart": {"applyOn": "PublishedVersions"}, "codeSigningConfigArn": config}
    optional |= {"vpcConfig": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}}
    _, made = create(FUNCTION, needed | optional)
    assert optional.items() <= made.items()
    found = aws.client("lambda").get_function_configuration(FunctionName=name)
    assert (found["KMSKeyArn"], found["SnapStart"]["ApplyOn"]) == (key, "PublishedVersions")
    other = needed | {"codeSigningConfigArn": f"{config}0"}
    outputs = find(FUNCTION, name).update(aws, name, needed | optional, other)
    assert not {"kmsKeyArn", "snapStart", "vpcConfig"} & outputs.keys()
    assert signature() == f"{config}0"
    find(FUNCTION, name).update(aws, name, other, needed)
    assert signature() == ""


def test_a_function_gets_the_layers_that_it_names(aws: LocalAws, create: Create, name: str, needed: Values) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("python/helper.py", "VALUE = 'from the layer'")
    layer = aws.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": buffer.getvalue()})
    archive = code("import helper\ndef handle(event, context): return helper.VALUE")
    _, outputs = create(FUNCTION, needed | {"code": archive, "layers": [layer["LayerVersionArn"]]})
    assert outputs["layers"] == [layer["LayerVersionArn"]]
    assert invoked(aws, name) == '"from the layer"'


def test_a_missing_archive_is_an_error_that_names_the_function(
    aws: LocalAws, create: Create, tmp_path: Path, error_text: ErrorTexts
) -> None:
    missing = pulumi.FileArchive(str(tmp_path / "gone.zip"))
    with pytest.raises(ResourceError) as caught:
        create(FUNCTION, function_inputs("a") | {"code": missing}, "hands")
    error_text(str(caught.value))


def test_an_alias_follows_the_newest_version(aws: LocalAws, create: Create, name: str, needed: Values) -> None:
    versioned = needed | {"publish": True, "code": code("def handle(event, context): return 'old'")}
    _, made = create(FUNCTION, versioned)
    inputs = {"name": "live", "functionName": name, "functionVersion": made["version"]}
    alias_id, alias = create(ALIAS, inputs)
    assert alias_id == alias["arn"] == f"{made['arn']}:live"
    assert alias["invokeArn"].endswith(f"/functions/{alias_id}/invocations")
    same = find(FUNCTION, name).update(aws, name, versioned, dict(versioned))
    assert (same["version"], same["lastModified"]) == (made["version"], made["lastModified"])
    updated = find(FUNCTION, name).update(aws, name, versioned, versioned | {"code": code(NEW_CODE)})
    assert (made["version"], updated["version"]) == ("1", "2")
    assert invoked(aws, alias_id) == '"old"'
    find(ALIAS, name).update(aws, alias_id, inputs, inputs | {"functionVersion": updated["version"]})
    assert invoked(aws, alias_id) == '"new"'


def test_a_mapping_has_the_providers_outputs(aws: LocalAws, create: Create, mapping: Values) -> None:
    inputs = mapping | {
        "batchSize": 5.0,
        "maximumBatchingWindowInSeconds": 1.0,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "filterCriteria": {"filters": [{"pattern": '{"body":{"a":[1]}}'}]},
        "scalingConfig": {"maximumConcurrency": 5.0},
        "tags": {"a": "1"},
        # ministack does not keep these three.
        "kmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k",
        "provisionedPollerConfig": {"minimumPollers": 2.0, "maximumPollers": 10.0},
        "metricsConfig": {"metrics": ["EventCount"]},
    }
    mapping_id, outputs = create(MAPPING, inputs)
    found = aws.client("lambda").get_event_source_mapping(UUID=mapping_id)
    assert outputs == inputs | {
        "functionName": found["FunctionArn"],
        "functionArn": found["FunctionArn"],
        "uuid": mapping_id,
        "arn": found["EventSourceMappingArn"],
        "enabled": True,
        "state": found["State"],
        "stateTransitionReason": found["StateTransitionReason"],
        "lastModified": found["LastModified"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastProcessingResult": found["LastProcessingResult"],
        "tagsAll": {"a": "1"},
    }
    assert (found["BatchSize"], found["ScalingConfig"]) == (5, {"MaximumConcurrency": 5})
    assert found["FilterCriteria"] == {"Filters": [{"Pattern": '{"body":{"a":[1]}}'}]}


def test_a_mapping_is_changed_in_place(aws: LocalAws, create: Create, name: str, mapping: Values) -> None:
    old = mapping | {"scalingConfig": {"maximumConcurrency": 5}, "functionResponseTypes": ["ReportBatchItemFailures"]}
    mapping_id, _ = create(MAPPING, old)
    new = mapping | {"enabled": False, "batchSize": 3.0, "tags": {"b": "2"}}
    outputs = find(MAPPING, name).update(aws, mapping_id, old, new)
    found = aws.client("lambda").get_event_source_mapping(UUID=mapping_id)
    assert (found["State"], found["BatchSize"], found["FunctionResponseTypes"]) == ("Disabled", 3, [])
    assert found["ScalingConfig"] == {}
    assert (outputs["enabled"], outputs["batchSize"], outputs["tags"]) == (False, 3, {"b": "2"})
