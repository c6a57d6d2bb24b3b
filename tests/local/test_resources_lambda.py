"""Functions and event source mappings on the local AWS, compared with what boto3 says."""

import io
import json
import zipfile
from datetime import UTC
from pathlib import Path

import pulumi
import pytest

from consumers.local.emulator import LocalAws
from consumers.resource_table import ResourceError, Values, find

QUEUE = "aws:sqs/queue:Queue"
ROLE = "aws:iam/role:Role"
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"


def create(aws: LocalAws, token: str, name: str, inputs: Values) -> tuple[str, Values]:
    return find(token, name).create(aws, name, inputs)


def code(text: str = "def handle(event, context): return event") -> pulumi.AssetArchive:
    return pulumi.AssetArchive({"handler.py": pulumi.StringAsset(text)})


@pytest.fixture
def role(aws: LocalAws, name: str) -> str:
    """The ARN of a role that Lambda may assume."""
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    return create(aws, ROLE, f"{name}-role", {"assumeRolePolicy": trust})[1]["arn"]


@pytest.fixture
def needed(name: str, role: str) -> Values:
    """The inputs that a function cannot do without."""
    return {"name": name, "role": role, "code": code(), "handler": "handler.handle", "runtime": "python3.12"}


@pytest.fixture
def function(aws: LocalAws, name: str, needed: Values) -> str:
    """The name of a function."""
    return create(aws, FUNCTION, name, needed)[0]


def test_a_function_has_the_outputs_of_the_aws_provider(aws: LocalAws, name: str, needed: Values) -> None:
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
    function_id, outputs = create(aws, FUNCTION, name, inputs)
    answer = aws.client("lambda").get_function(FunctionName=name)
    said = answer["Configuration"]
    arn = said["FunctionArn"]
    paths = f"arn:aws:apigateway:{aws.region}:lambda:path"
    assert function_id == name
    assert outputs == inputs | {
        "arn": arn,
        "version": "$LATEST",
        "qualifiedArn": f"{arn}:$LATEST",
        "invokeArn": f"{paths}/2015-03-31/functions/{arn}/invocations",
        "qualifiedInvokeArn": f"{paths}/2015-03-31/functions/{arn}:$LATEST/invocations",
        "responseStreamingInvokeArn": f"{paths}/2021-11-15/functions/{arn}/response-streaming-invocations",
        "packageType": said["PackageType"],
        "publish": False,
        "codeSha256": said["CodeSha256"],
        "sourceCodeSize": said["CodeSize"],
        "lastModified": said["LastModified"],
        "layers": [],
        "tagsAll": {"a": "1"},
    }
    assert (said["Timeout"], said["MemorySize"], said["EphemeralStorage"]) == (10, 256, {"Size": 1024})
    assert (said["Environment"], said["Architectures"]) == ({"Variables": {"A": "1"}}, ["arm64"])
    assert (said["LoggingConfig"]["LogGroup"], said["TracingConfig"]) == ("/g", {"Mode": "Active"})
    assert answer["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    assert answer["Tags"] == {"a": "1"}


def test_a_function_does_what_is_in_its_archive(aws: LocalAws, function: str) -> None:
    answer = aws.client("lambda").invoke(FunctionName=function, Payload=b'{"hand": 1}')
    assert json.loads(answer["Payload"].read()) == {"hand": 1}


def test_a_function_gets_new_code_only_when_it_differs(aws: LocalAws, function: str, needed: Values) -> None:
    before = aws.client("lambda").get_function(FunctionName=function)["Configuration"]
    entry = find(FUNCTION, function)
    same = entry.update(aws, function, needed, needed | {"code": code()})
    assert same["lastModified"] == before["LastModified"]
    assert same["codeSha256"] == before["CodeSha256"]
    other = entry.update(aws, function, needed, needed | {"code": code("def handle(event, context): return 'new'")})
    assert other["codeSha256"] != before["CodeSha256"]
    assert aws.client("lambda").invoke(FunctionName=function)["Payload"].read() == b'"new"'


def test_a_function_is_changed_in_place(aws: LocalAws, name: str, needed: Values) -> None:
    old = needed | {"environment": {"variables": {"A": "1"}}, "reservedConcurrentExecutions": 5, "tags": {"a": "1"}}
    create(aws, FUNCTION, name, old)
    new = needed | {"timeout": 20.0, "architectures": ["arm64"], "publish": True, "tags": {"b": "2"}}
    outputs = find(FUNCTION, name).update(aws, name, old, new)
    answer = aws.client("lambda").get_function(FunctionName=name)
    said = answer["Configuration"]
    assert (said["Timeout"], said["Environment"], said["Architectures"]) == (20, {"Variables": {}}, ["arm64"])
    assert (answer["Tags"], answer.get("Concurrency")) == ({"b": "2"}, None)
    assert (outputs["timeout"], outputs["tags"], outputs["reservedConcurrentExecutions"]) == (20, {"b": "2"}, -1)
    assert (outputs["version"], outputs["qualifiedArn"]) == ("1", f"{said['FunctionArn']}:1")


def test_a_function_in_subnets_says_so_and_one_that_leaves_them_does_not(
    aws: LocalAws, name: str, needed: Values
) -> None:
    inside = needed | {"vpcConfig": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}}
    _, outputs = create(aws, FUNCTION, name, inside)
    assert outputs["vpcConfig"] == inside["vpcConfig"]
    assert "vpcConfig" not in find(FUNCTION, name).update(aws, name, inside, needed)


def test_a_function_gets_the_layers_that_it_names(aws: LocalAws, name: str, needed: Values) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("python/helper.py", "VALUE = 'from the layer'")
    layer = aws.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": buffer.getvalue()})
    archive = code("import helper\ndef handle(event, context): return helper.VALUE")
    _, outputs = create(aws, FUNCTION, name, needed | {"code": archive, "layers": [layer["LayerVersionArn"]]})
    assert outputs["layers"] == [layer["LayerVersionArn"]]
    assert aws.client("lambda").invoke(FunctionName=name)["Payload"].read() == b'"from the layer"'


def test_a_mapping_has_the_outputs_of_the_aws_provider(aws: LocalAws, name: str, function: str) -> None:
    _, queue = create(aws, QUEUE, name, {})
    inputs = {
        "eventSourceArn": queue["arn"],
        "functionName": function,
        "batchSize": 5.0,
        "maximumBatchingWindowInSeconds": 1.0,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "filterCriteria": {"filters": [{"pattern": '{"body":{"a":[1]}}'}]},
        "scalingConfig": {"maximumConcurrency": 5.0},
        "tags": {"a": "1"},
    }
    mapping_id, outputs = create(aws, MAPPING, name, inputs)
    said = aws.client("lambda").get_event_source_mapping(UUID=mapping_id)
    assert outputs == inputs | {
        "functionName": said["FunctionArn"],
        "functionArn": said["FunctionArn"],
        "uuid": mapping_id,
        "arn": said["EventSourceMappingArn"],
        "enabled": True,
        "state": said["State"],
        "stateTransitionReason": said["StateTransitionReason"],
        "lastModified": said["LastModified"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastProcessingResult": said["LastProcessingResult"],
        "tagsAll": {"a": "1"},
    }
    assert (said["BatchSize"], said["ScalingConfig"]) == (5, {"MaximumConcurrency": 5})
    assert said["FilterCriteria"] == {"Filters": [{"Pattern": '{"body":{"a":[1]}}'}]}


def test_a_mapping_is_changed_in_place(aws: LocalAws, name: str, function: str) -> None:
    _, queue = create(aws, QUEUE, name, {})
    needed = {"eventSourceArn": queue["arn"], "functionName": function}
    old = needed | {"scalingConfig": {"maximumConcurrency": 5}, "functionResponseTypes": ["ReportBatchItemFailures"]}
    mapping_id, _ = create(aws, MAPPING, name, old)
    new = needed | {"enabled": False, "batchSize": 3.0, "tags": {"b": "2"}}
    outputs = find(MAPPING, name).update(aws, mapping_id, old, new)
    said = aws.client("lambda").get_event_source_mapping(UUID=mapping_id)
    assert (said["State"], said["BatchSize"], said["FunctionResponseTypes"]) == ("Disabled", 3, [])
    assert said["ScalingConfig"] == {}
    assert (outputs["enabled"], outputs["batchSize"], outputs["tags"]) == (False, 3, {"b": "2"})


@pytest.mark.parametrize(
    "extra",
    [
        {"provisionedPollerConfig": {"minimumPollers": 2.0, "maximumPollers": 10.0}},
        {"metricsConfig": {"metrics": ["EventCount"]}},
    ],
)
def test_what_ministack_does_not_keep_of_a_mapping_is_still_in_its_outputs(
    aws: LocalAws, name: str, function: str, extra: Values
) -> None:
    _, queue = create(aws, QUEUE, name, {})
    _, outputs = create(aws, MAPPING, name, {"eventSourceArn": queue["arn"], "functionName": function, **extra})
    assert extra.items() <= outputs.items()


def test_a_missing_archive_is_said_with_the_function_that_wants_it(aws: LocalAws, tmp_path: Path, role: str) -> None:
    missing = tmp_path / "gone.zip"
    inputs = {"role": role, "code": pulumi.FileArchive(str(missing)), "handler": "a.b", "runtime": "python3.12"}
    with pytest.raises(ResourceError) as caught:
        find(FUNCTION, "hands").create(aws, "hands", inputs)
    assert str(caught.value) == (
        f"aws:lambda/function:Function 'hands': [Errno 2] No such file or directory: '{missing}'"
    )
