"""What `attach` takes from the deployed function, what it prints about it, and its credentials."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.evaluate.fake_outputs import ACCOUNT
from consumers.operations import attaching, received
from consumers.operations.attaching import AttachError
from consumers.operations.discovery import Consumer
from consumers.operations.received import Received
from consumers.working_copy import attached
from consumers.working_copy.access import Access
from consumers.working_copy.attached import AttachedHandler, assumed_role, differences, with_environment_of
from consumers.working_copy.copies import WorkingCopy
from error_texts import ErrorTexts

QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:hands"


def working_copy(**environment: str) -> WorkingCopy:
    settings: Any = SimpleNamespace(consumer="hands", package=SimpleNamespace(files={}))
    return WorkingCopy(settings, None, "handler.handle", "eu-west-1", environment)


def test_variables_are_those_of_the_deployed_function_and_only_new_ones_are_the_programs() -> None:
    copy = working_copy(TABLE="new", QUEUE=f"https://sqs/{ACCOUNT}/hands", ADDED="1")
    function = {"Environment": {"Variables": {"TABLE": "old", "QUEUE": "https://sqs/1/hands", "GONE": "2"}}}
    found = with_environment_of(copy, function).environment
    assert found == {"TABLE": "old", "QUEUE": "https://sqs/1/hands", "ADDED": "1", "GONE": "2"}


def test_variables_that_lambda_cannot_decrypt_are_an_error(error_text: ErrorTexts) -> None:
    error = {"ErrorCode": "KMSAccessDeniedException", "Message": "Lambda was unable to decrypt your variables."}
    with pytest.raises(AttachError) as raised:
        with_environment_of(working_copy(), {"FunctionName": "hands", "Environment": {"Error": error}})
    error_text(str(raised.value))


def test_it_names_what_differs_from_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.python_version_tuple", lambda: ("3", "12", "1"))
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    function: dict[str, Any] = {
        "Runtime": "python3.13",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/service/hands-role",
        "VpcConfig": {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"]},
        "Layers": [{"Arn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:tables:3"}],
        "FileSystemConfigs": [{"LocalMountPath": "/mnt/hands"}],
        "Environment": {"Variables": {"TABLE": "t"}},
    }
    assert differences(working_copy(TABLE="t", ADDED="1"), function, is_own_role=False) == [
        "One batch at a time, no memory limit, this machine's runtime: python3.12 for python3.13 on Darwin on arm64.",
        "The log and the metrics of the handler are here only, not in CloudWatch.",
        "The handler has your credentials, not the role hands-role: see --assume-role.",
        "It is not in the VPC vpc-1.",
        "It has no layers: tables:3.",
        "It has no file systems: /mnt/hands.",
        "It has variables that are not deployed: ADDED.",
    ]


def test_it_names_no_difference_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.python_version_tuple", lambda: ("3", "13", "1"))
    function: dict[str, Any] = {"Runtime": "python3.13", "VpcConfig": {"VpcId": "", "SubnetIds": []}}
    first, second = differences(working_copy(), function, is_own_role=True)
    assert "this machine's runtime: python3.13 on " in first
    assert second == "The log and the metrics of the handler are here only, not in CloudWatch."
    node = differences(working_copy(), {"Runtime": "nodejs22.x"}, is_own_role=True)[0]
    assert "this machine's runtime: the installed Node.js for nodejs22.x on " in node


# --- credentials ---


class Process:
    """Stands in for the process of a handler."""

    made: list[Mapping[str, str]]
    error = ""

    def __init__(self, copy: WorkingCopy, variables: Mapping[str, str], **_: Any) -> None:
        self.made.append(variables)
        self.is_ended = False

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.is_ended = True

    def start(self) -> str:
        return self.error

    def invoke(self, event: Any) -> Any:
        return SimpleNamespace(reply={}, error="", log=[], event=event)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, str]]:
    Process.made, Process.error = [], ""
    monkeypatch.setattr(attached, "HandlerProcess", Process)
    return Process.made


def test_new_credentials_get_a_new_process_before_the_next_batch(made: list[Mapping[str, str]]) -> None:
    keys = [{"AWS_ACCESS_KEY_ID": key} for key in ("A", "A", "A", "B")]
    left = list(keys)
    with AttachedHandler(working_copy, lambda: Access("AWS", left.pop(0)), QUEUE) as handler:
        for number in range(3):
            assert handler([{"MessageId": str(number), "Body": "{}"}]) == {}
    assert made == [keys[0], keys[-1]]


def test_a_handler_that_cannot_be_imported_receives_nothing(
    made: list[Mapping[str, str]], monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    monkeypatch.setattr(Process, "error", "Runtime.ImportModuleError: No module named 'x'")
    with pytest.raises(AttachError) as raised:
        AttachedHandler(working_copy, lambda: Access("AWS", {}), QUEUE).__enter__()
    error_text(str(raised.value))


class Sts:
    """Gives keys that expire so many seconds from now."""

    def __init__(self, *seconds: float) -> None:
        self.left, self.calls = list(seconds), 0

    def assume_role(self, **request: str) -> dict[str, Any]:
        self.calls += 1
        if not self.left:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
        keys = {"AccessKeyId": f"KEY{self.calls}", "SecretAccessKey": "secret", "SessionToken": "token"}
        return {"Credentials": {**keys, "Expiration": datetime.now(UTC) + timedelta(seconds=self.left.pop(0))}}


def test_a_role_is_assumed_again_before_its_credentials_expire() -> None:
    sts = Sts(60, 3600)
    credentials = assumed_role(sts, "arn:aws:iam::1:role/hands", "me")
    assert [credentials.get_frozen_credentials().access_key for _ in range(2)] == ["KEY2", "KEY2"]
    assert sts.calls == 2


def test_a_role_that_cannot_be_assumed_is_one_clear_error(error_text: ErrorTexts) -> None:
    with pytest.raises(AttachError) as raised:
        assumed_role(Sts(), "arn:aws:iam::1:role/hands", "me")
    error_text(str(raised.value))


# --- settings of the mapping, and visibility ---


def test_batches_have_the_settings_of_the_deployed_mapping() -> None:
    filters = {"Filters": [{"Pattern": '{"body": {"a": [1]}}'}, {"Pattern": '{"body": {"b": [2]}}'}]}
    deployed = {"UUID": "1", "BatchSize": 500, "MaximumBatchingWindowInSeconds": 20, "FilterCriteria": filters}
    found = attaching.Mapping.of(Consumer("hands", "dev", "test", mappings=[deployed]))
    assert found == attaching.Mapping(500, 20, ({"body": {"a": [1]}}, {"body": {"b": [2]}}))
    assert attaching.Mapping.of(Consumer("hands", "dev", "test", mappings=[{"UUID": "1"}])) == attaching.Mapping()


def test_the_counts_leave_out_what_did_not_happen() -> None:
    assert attaching.summary(attaching.Counts(handled=1200)) == "Messages: 1,200 handled."
    assert attaching.summary(attaching.Counts(1, 2, 3, 4)) == (
        "Messages: 1 handled, 2 failed, 3 deleted that its filters exclude, 4 handled but not deleted, which will come "
        "again."
    )


class Sqs:
    """Notes the visibility timeouts that it is asked for."""

    def __init__(self) -> None:
        self.seconds: list[int] = []

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.seconds += [entry["VisibilityTimeout"] for entry in Entries]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


@pytest.mark.parametrize(
    ("age", "extended"), [(0, []), (25, [30]), (received.LONGEST - 70, [10]), (received.LONGEST, [])]
)
def test_visibility_is_extended_when_a_third_is_left_and_until_sqs_ends_it(age: int, extended: list[int]) -> None:
    sqs, now = Sqs(), time.time()
    messages = Received(sqs, "url", 30)
    messages.add([{"MessageId": "1", "ReceiptHandle": "r"}], now)
    messages.extend_due(now + age)
    assert sqs.seconds == extended
