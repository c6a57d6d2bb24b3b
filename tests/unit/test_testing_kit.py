"""The kit with which users test their own programs and handlers."""

import importlib.metadata
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import QueueConsumer
from consumers.resource_table import ResourceError
from consumers.testing import allows, assert_allows, assert_does_not_allow, context, event, failed_ids, record, run
from error_texts import ErrorTexts
from sqs_batch import Record, batch_handler

TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/players"


def consumer() -> None:
    statement = {"Effect": "Allow", "Action": ["dynamodb:Get*", "dynamodb:PutItem"], "Resource": TABLE}
    never = {"Effect": "Deny", "Action": "dynamodb:GetShardIterator", "Resource": "*"}
    QueueConsumer("hands", {"source": "functions/poker_hands", "policy_statements": [statement, never]})


def test_a_run_returns_what_the_program_registered() -> None:
    result = run(consumer)
    assert result.resources["hands-queue"].inputs["visibilityTimeoutSeconds"] == 180
    assert result.resources["hands-queue"].depends_on == {"hands-dlq"}
    assert [one.name for one in result.of_type("sqs/queue:Queue")] == ["hands-dlq", "hands-queue"]


def test_a_project_runs_with_the_configuration_of_a_stack() -> None:
    result = run(Path(), stack_name="dev")
    assert {"poker-hands", "big-pots"} <= result.resources.keys()
    assert result.outputs["queueUrl"].endswith("/PokerHandsQueue")


def test_run_raises_what_the_program_raises() -> None:
    with pytest.raises(pulumi.RunError, match="QueueConsumer 'hands' is refused"):
        run(lambda: QueueConsumer("hands", {"source": "nowhere"}))


def test_an_unknown_type_is_an_error_unless_the_test_provides_its_outputs() -> None:
    def program() -> pulumi.Output[str]:
        return aws.ecr.Repository("news").arn

    with pytest.raises(ResourceError, match="aws:ecr/repository:Repository 'news'"):
        run(program)
    outputs = {"aws:ecr/repository:Repository": lambda name, inputs: {"arn": f"arn of {name}"}}  # type: ignore[var-annotated]
    assert run(program, known=outputs).value == "arn of news"


@pytest.mark.parametrize(
    ("type", "inputs", "error"),
    [
        ("sqs/queue:Queue", {"delaySecond": 1}, "'delaySecond' here. Did you mean 'delaySeconds'?"),
        (
            "lambda/function:Function",
            {"role": "r", "code": "c", "tracingConfig": {"mod": "Active"}, "tags": {"mod": "1"}},
            "'tracingConfig.mod' here. Did you mean 'mode'?",
        ),
    ],
)
def test_a_misspelt_property_is_an_error(type: str, inputs: Any, error: str) -> None:
    with pytest.raises(ResourceError) as caught:
        run(lambda: pulumi.CustomResource(f"aws:{type}", "hands", inputs) and None)
    assert str(caught.value) == f"aws:{type} 'hands': AWS has no property {error}"


def test_two_resources_with_one_name_are_an_error() -> None:
    def program() -> None:
        aws.sns.Topic("hands")
        aws.sqs.Queue("hands")

    error = r"'hands' is the name of two resources, aws:\S+ and aws:\S+: rename one"
    with pytest.raises(AssertionError, match=error):
        run(program)


def test_a_preview_knows_only_the_inputs() -> None:
    assert run(lambda: aws.sqs.Queue("hands").arn, preview=True).value is None
    assert run(lambda: aws.sqs.Queue("hands").arn).value == "arn:aws:sqs:eu-central-1:123456789012:hands-1a2b3c4"


def test_grants_are_read_as_iam_reads_them() -> None:
    result = run(consumer)
    assert allows(result, "hands", "dynamodb:GetItem", TABLE)
    assert allows(result, "hands", "DynamoDB:putitem", TABLE)
    assert not allows(result, "hands", "dynamodb:DeleteItem", TABLE)
    assert not allows(result, "hands", "dynamodb:GetItem", f"{TABLE}2")
    assert not allows(result, "hands", "dynamodb:GetShardIterator", TABLE), "a denial overrides"
    assert allows(result, "hands-role-1a2b3c4", "dynamodb:GetItem", TABLE), "the physical name of the role works too"


def test_a_missing_grant_is_reported_with_the_existing_ones() -> None:
    result = run(consumer)
    assert_allows(result, "hands", "dynamodb:GetItem", TABLE)
    with pytest.raises(AssertionError, match=r"hands may not s3:GetObject on \*\. It may: .*dynamodb:PutItem on arn"):
        assert_allows(result, "hands", "s3:GetObject", "*")
    assert_does_not_allow(result, "hands", "s3:GetObject", "*")
    with pytest.raises(AssertionError, match="hands may dynamodb:PutItem"):
        assert_does_not_allow(result, "hands", "dynamodb:PutItem", TABLE)


def test_a_denial_of_a_role_without_policies_proves_nothing_and_fails() -> None:
    with pytest.raises(AssertionError, match="hadns has no policies at all"):
        assert_does_not_allow(run(consumer), "hadns", "s3:GetObject", "*")


def test_a_handler_accepts_the_events_of_the_kit() -> None:
    seen: list[tuple[Any, int, str | None]] = []

    @batch_handler
    def handle(record: Record) -> None:
        seen.append((record.json, record.receive_count, record.group_id))
        if record.json == "bad":
            raise ValueError

    bad = record('"bad"', message_id="the bad one")
    reply = handle(event(record({"id": 1}, receive_count=2), bad, record([], group_id="a")), context())
    assert seen == [({"id": 1}, 2, None), ("bad", 1, None), ([], 1, "a")]
    assert failed_ids(reply) == ["the bad one"]


def test_a_fifo_record_has_the_attributes_that_sqs_and_the_sender_add() -> None:
    one = record("{}", queue_arn="arn:aws:sqs:eu-west-1:123456789012:hands.fifo", group_id="table-7")
    assert {"SequenceNumber", "MessageDeduplicationId", "MessageGroupId"} <= one["attributes"].keys()
    assert "SequenceNumber" not in record()["attributes"]
    attributes = Record(record(message_attributes={"kind": "hand", "raw": b"x"})).message_attributes
    assert (attributes["kind"]["stringValue"], attributes["raw"]["binaryValue"]) == ("hand", "eA==")


def test_only_the_test_advances_the_clock_of_a_context() -> None:
    now = context(10)
    now.spend(9.5)
    assert now.get_remaining_time_in_millis() == 500


# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
SUCCESSES: list[Any] = [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}]
WHOLE_BATCH: list[Any] = [[{"id": "1"}], [{"itemIdentifier": ""}], [{"itemIdentifier": None}], ["1"], {"1": "2"}]


@pytest.mark.parametrize("reply", SUCCESSES)
def test_a_reply_without_failures_is_a_success_as_on_lambda(reply: Any) -> None:
    assert failed_ids(reply) == []


@pytest.mark.parametrize("reply", [*({"batchItemFailures": failures} for failures in WHOLE_BATCH), {"a": object()}])
def test_a_reply_for_which_lambda_returns_the_whole_batch_fails(reply: Any, error_text: ErrorTexts) -> None:
    with pytest.raises(AssertionError) as raised:
        failed_ids(reply)
    error_text(str(raised.value))


def test_an_id_that_is_not_in_the_event_fails() -> None:
    reply = {"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "a"}]}
    both = event(record(message_id="a"), record(message_id="b"))
    assert failed_ids(reply, both) == failed_ids(reply) == ["b", "a"]
    with pytest.raises(AssertionError, match="'b' is no message of this batch"):
        failed_ids(reply, event(record(message_id="a")))


def test_pytest_loads_the_fixtures_by_their_entry_point(request: pytest.FixtureRequest) -> None:
    (entry,) = importlib.metadata.entry_points(group="pytest11", name="consumers")
    assert entry.load().local_aws is not None
    assert request.config.pluginmanager.has_plugin("consumers")


def test_a_policy_that_is_a_dict_becomes_json_as_on_aws() -> None:
    def program() -> pulumi.Output[str]:
        trust: Any = pulumi.Output.secret({"Version": "2012-10-17", "Statement": []})
        role = aws.iam.Role("ann", assume_role_policy=trust)
        return role.assume_role_policy

    assert run(program).value == '{"Statement":[],"Version":"2012-10-17"}'
