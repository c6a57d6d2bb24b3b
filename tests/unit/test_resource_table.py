"""The table of resource types against the types that pulumi_aws itself has, and what needs no AWS."""

import importlib
import inspect
import io
import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session  # pyright: ignore[reportMissingTypeStubs]
import pulumi
import pytest
from botocore.stub import Stubber  # pyright: ignore[reportMissingTypeStubs]

from consumers.resource_table import TABLE, ResourceError, find
from consumers.resource_table.archives import zip_bytes
from consumers.resource_table.properties import Properties, Property, from_api, to_api, with_integers
from error_texts import ErrorTexts

EVERY_TYPE = pytest.mark.parametrize("token", TABLE)


def pulumi_type(token: str) -> Any:
    """The class of pulumi_aws for a token like `aws:sqs/queue:Queue`."""
    _, path, name = token.split(":")
    module = path.partition("/")[0]
    return getattr(importlib.import_module(f"pulumi_aws.{module}{'_' if module == 'lambda' else ''}"), name)


def arguments(module: Any, args: str) -> dict[str, inspect.Parameter]:
    """The parameters of one of pulumi_aws' `…Args` classes, by the names that they have outside Python."""
    args_class = getattr(module, args)
    parameters = dict(inspect.signature(args_class.__init__).parameters)
    parameters.pop("__self__")
    pulumi_names = importlib.import_module("pulumi._types").input_type_py_to_pulumi_names(args_class)
    return {pulumi_names.get(name, name): parameter for name, parameter in parameters.items()}


def assert_real(module: Any, args: str, properties: Properties) -> None:
    real = arguments(module, args)
    assert properties.keys() <= real.keys(), args
    required = {name for name, parameter in real.items() if parameter.default is inspect.Parameter.empty}
    assert required <= {name for name, declared in properties.items() if declared.required}, args
    for name, declared in properties.items():
        # A policy may be text too, and is no object of AWS's API.
        nested = re.search(r"'(?!PolicyDocument)(\w+Args)'", str(real[name].annotation))
        assert (declared.nested is not None) == (nested is not None), f"{args}.{name}"
        if declared.nested is not None and nested is not None:
            assert_real(module, nested[1], declared.nested)


@EVERY_TYPE
def test_every_property_is_one_of_pulumi_aws_and_what_that_requires_is_required(token: str) -> None:
    name = token.split(":")[2]
    module = importlib.import_module(pulumi_type(token).__module__.rpartition(".")[0])
    assert_real(module, f"{name}Args", TABLE[token].properties)


@EVERY_TYPE
def test_a_token_is_the_one_that_pulumi_aws_registers(token: str) -> None:
    assert f"'{token}'" in inspect.getsource(pulumi_type(token)._internal_init)


@pytest.mark.parametrize("token", ["aws:sqs/queue:Queu", "random:x"])
def test_a_resource_type_that_is_not_supported_is_an_error_with_the_nearest(error_text: ErrorTexts, token: str) -> None:
    with pytest.raises(ResourceError) as caught:
        find(token, "hands")
    error_text(str(caught.value))


FUNCTION, QUEUE = "aws:lambda/function:Function", "aws:sqs/queue:Queue"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
PROBLEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "several": (
        FUNCTION,
        {"handlr": "a.b", "code": 1, "loggingConfig": {"logGroups": "/g"}, "tracingConfig": "Active"},
    ),
    "in a list": (
        MAPPING,
        {"eventSourceArn": "q", "functionName": "f", "filterCriteria": {"filters": [{"patern": "{}"}]}},
    ),
    "not supported here": (QUEUE, {"region": "eu-west-1"}),
    "an image": (
        FUNCTION,
        {"role": "r", "packageType": "Image", "imageUri": "i", "imageConfig": {"commands": ["a.b"]}},
    ),
    "java": (FUNCTION, {"role": "r", "code": "c", "runtime": "java21"}),
    "dotnet": (FUNCTION, {"role": "r", "code": "c", "runtime": "dotnet8"}),
    "ruby": (FUNCTION, {"role": "r", "code": "c", "runtime": "ruby3.4"}),
    "name and prefix": (QUEUE, {"name": "a", "namePrefix": "b"}),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_each_problem_of_the_properties_is_a_line_of_its_own(error_text: ErrorTexts, problem: str) -> None:
    token, inputs = PROBLEMS[problem]
    with pytest.raises(ResourceError) as caught:
        find(token, "hands").completed("hands", inputs)
    error_text(str(caught.value))


def test_node_is_required_where_a_function_needs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error_text: ErrorTexts
) -> None:
    inputs = {"role": "r", "code": "c", "runtime": "nodejs22.x"}
    monkeypatch.setenv("PATH", str(tmp_path))
    [(path, text)] = TABLE[FUNCTION].problems(inputs)
    assert path == "runtime"
    error_text(text)
    (tmp_path / "node").write_text("#!/bin/sh\n")
    (tmp_path / "node").chmod(0o755)
    assert TABLE[FUNCTION].problems(inputs) == []


def test_an_automatic_name_that_would_be_too_long_is_an_error(error_text: ErrorTexts) -> None:
    role = TABLE["aws:iam/role:Role"]
    assert len(role.auto_name("r" * 56, {})) == 64
    with pytest.raises(ResourceError) as caught:
        role.auto_name("r" * 57, {})
    error_text(str(caught.value))


def test_a_table_that_gets_a_stream_gets_a_new_stream_arn() -> None:
    table = TABLE["aws:dynamodb/table:Table"]
    assert (table.volatile({"streamEnabled": True}), table.volatile({})) == ({"streamArn", "streamLabel"}, set())


def test_whole_numbers_become_integers_at_any_depth_and_nothing_else_changes() -> None:
    assert repr(with_integers({"a": [1.0, 2.5, {"b": 3.0}], "c": True, "d": "1.0"})) == (
        "{'a': [1, 2.5, {'b': 3}], 'c': True, 'd': '1.0'}"
    )


def test_the_way_to_the_api_and_back_keeps_objects_and_lists() -> None:
    properties = {
        "filterCriteria": Property(
            "FilterCriteria", nested={"filters": Property("Filters", nested={"p": Property("P")})}
        ),
        "tags": Property("Tags"),
        "code": Property(),
    }
    values = {"filterCriteria": {"filters": [{"p": "1"}, {"p": "2"}]}, "tags": {"a": "b"}}
    answer = {"FilterCriteria": {"Filters": [{"P": "1"}, {"P": "2"}]}, "Tags": {"a": "b"}}
    assert to_api(properties, {**values, "code": "x"}) == answer
    assert from_api(properties, {**answer, "UUID": "u", "Code": None}) == values


@dataclass
class OneClient:
    """An AWS with one client, whatever is asked for."""

    only: Any
    region: str = "us-east-1"
    account_id: str = "000000000000"

    def client(self, service: str) -> Any:
        return self.only


@pytest.mark.parametrize(
    ("old", "new", "call", "extra"),
    [
        ({}, {"kmsKeyId": "k"}, "associate_kms_key", {"kmsKeyId": "k"}),
        ({"kmsKeyId": "k"}, {"kmsKeyId": "other"}, "associate_kms_key", {"kmsKeyId": "other"}),
        ({"kmsKeyId": "k"}, {}, "disassociate_kms_key", {}),
    ],
)
def test_a_log_groups_key_is_changed_by_calls_that_ministack_does_not_have(
    monkeypatch: pytest.MonkeyPatch, old: dict[str, str], new: dict[str, str], call: str, extra: dict[str, str]
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    session: Any = botocore.session.Session()
    logs = session.create_client("logs", "us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    aws = OneClient(logs)
    stub: Any = Stubber(logs)
    group = {"logGroupName": "g", "arn": "arn:g:*"} | new
    stub.add_response(call, {}, {"logGroupName": "g", **extra})
    stub.add_response("list_tags_for_resource", {"tags": {}})
    stub.add_response("describe_log_groups", {"logGroups": [group]})
    with stub:
        outputs = TABLE["aws:cloudwatch/logGroup:LogGroup"].update(aws, "g", old, new)
        stub.assert_no_pending_responses()
    assert outputs.get("kmsKeyId") == new.get("kmsKeyId")


def contents(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code" / "inner").mkdir(parents=True)
    (tmp_path / "code" / "handler.py").write_text("one")
    (tmp_path / "code" / "inner" / "run.sh").write_text("two")
    (tmp_path / "code" / "inner" / "run.sh").chmod(0o755)
    return tmp_path / "code"


def test_a_folder_becomes_a_zip_file(folder: Path) -> None:
    packed = zip_bytes(pulumi.FileArchive(str(folder)))
    assert contents(packed) == {"handler.py": b"one", "inner/run.sh": b"two"}
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
    assert modes == {"handler.py": 0o644, "inner/run.sh": 0o755}


def test_a_zip_file_is_uploaded_unchanged(folder: Path, tmp_path: Path) -> None:
    packed = zip_bytes(pulumi.FileArchive(str(folder)))
    (tmp_path / "code.zip").write_bytes(packed)
    assert zip_bytes(pulumi.FileArchive(str(tmp_path / "code.zip"))) == packed


def test_assets_and_archives_go_to_their_places_in_an_archive(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "code.zip").write_bytes(zip_bytes(pulumi.FileArchive(str(folder))))
    archive = pulumi.AssetArchive(
        {
            "text.py": pulumi.StringAsset("three"),
            "lib/file.py": pulumi.FileAsset(str(folder / "handler.py")),
            "all": pulumi.FileArchive(str(folder)),
            "packed": pulumi.FileArchive(str(tmp_path / "code.zip")),
            "nested": pulumi.AssetArchive({"deep.py": pulumi.StringAsset("four")}),
        }
    )
    assert contents(zip_bytes(archive)) == {
        "text.py": b"three",
        "lib/file.py": b"one",
        "all/handler.py": b"one",
        "all/inner/run.sh": b"two",
        "packed/handler.py": b"one",
        "packed/inner/run.sh": b"two",
        "nested/deep.py": b"four",
    }
    assert zip_bytes(archive) == zip_bytes(archive)


def test_another_kind_of_archive_is_an_error(tmp_path: Path, error_text: ErrorTexts) -> None:
    (tmp_path / "code.tar").write_bytes(b"no zip")
    for archive in (pulumi.FileArchive(str(tmp_path / "code.tar")), pulumi.RemoteArchive("https://example.com/a.zip")):
        with pytest.raises(ValueError) as caught:
            zip_bytes(archive)
        error_text(str(caught.value))
