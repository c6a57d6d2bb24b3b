"""HttpRoute and Stream: requests and stream records become messages, each through a role of its own."""

from pathlib import Path
from typing import Any

import pytest

from components import DeadLetterQueue, HttpRoute, QueueConsumer, Stream
from consumer_run import DEAD_ARN, KEY_ARN, Later, outputs, statements
from error_texts import ErrorTexts
from pulumi_run import ACCOUNT, REGION, Run, inputs_of, run

URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/hands-queue-1a2b3c4"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/hands/stream/2026-01-01T00:00:00.000"
KINESIS = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/hands"
API: dict[str, Any] = {
    "apiEndpoint": "https://a1b2.execute-api.eu-central-1.amazonaws.com",
    "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:a1b2",
}
KINDS = ("api:Api", "authorizer:Authorizer", "integration:Integration", "route:Route", "stage:Stage")


def api_outputs(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return API if name.endswith("-api") else {}


KNOWN = {**{f"aws:apigatewayv2/{kind}": api_outputs for kind in KINDS}, "aws:pipes/pipe:Pipe": api_outputs}


def routed(folder: Path, of_consumer: dict[str, Any] | None = None, **args: Any) -> Run:
    def program() -> Any:
        consumer: Any = {"source": str(folder), **(of_consumer or {})}
        everything = outputs({"route_key": "POST /tables/{table}/hands", **args})
        return HttpRoute("post", QueueConsumer("hands", consumer), everything).invoke_statements()

    return run(program, known=KNOWN)


def streamed(folder: Path, of_consumer: dict[str, Any] | None = None, **args: Any) -> Run:
    def program() -> None:
        consumer: Any = {"source": str(folder), **(of_consumer or {})}
        Stream("changes", QueueConsumer("hands", consumer), outputs({"source_arn": TABLE, **args}))

    return run(program, known=KNOWN)


def allowed(result: Run, policy: str) -> list[tuple[list[str], str]]:
    return [(statement["Action"], statement["Resource"]) for statement in statements(result, policy)]


def test_the_request_body_becomes_the_message_through_a_role_that_may_only_send(
    folder: Path, error_text: ErrorTexts
) -> None:
    result = routed(folder)
    error_text(inputs_of(result, "post-"))
    assert "post-policy" in result.resources["post-integration"].depends_on
    assert result.component_outputs["post"] == {"url": f"{API['apiEndpoint']}/tables/{{table}}/hands"}


def test_without_jwt_iam_authorizes_and_the_statement_for_callers_names_the_route(folder: Path) -> None:
    result = routed(folder)
    route = result.resources["post-route"].inputs
    assert (route["authorizationType"], route["routeKey"]) == ("AWS_IAM", "POST /tables/{table}/hands")
    assert "post-authorizer" not in result.resources
    arn = f"{API['executionArn']}/$default/POST/tables/*/hands"
    assert result.value == [{"Effect": "Allow", "Action": ["execute-api:Invoke"], "Resource": arn}]
    (statement,) = routed(folder, route_key="ANY /hands").value
    assert statement["Resource"] == f"{API['executionArn']}/$default/*/hands"


def test_jwt_authorizes_by_issuer_and_audience_and_the_throttling_can_be_set(
    folder: Path, error_text: ErrorTexts
) -> None:
    jwt = {"issuer": "https://issuer", "audience": ["hands"]}
    result = routed(folder, jwt=jwt, throttling_rate_limit=500, throttling_burst_limit=1_000)
    for part in ("authorizer", "route", "stage"):
        error_text(inputs_of(result, f"post-{part}"))
    assert "post-authorizer" in result.resources["post-route"].depends_on


@pytest.mark.parametrize("by_content", [False, True])
def test_a_request_to_a_fifo_queue_has_a_group_and_deduplicates_by_content_or_request(
    folder: Path, by_content: bool
) -> None:
    of_consumer = {"fifo": True, "queue": {"content_based_deduplication": by_content}}
    result = routed(folder, of_consumer, message_group_id="$request.path.table")
    parameters = result.resources["post-integration"].inputs["requestParameters"]
    assert parameters["MessageGroupId"] == "$request.path.table"
    assert parameters.get("MessageDeduplicationId") == (None if by_content else "$context.requestId")


@pytest.mark.parametrize("arn", [TABLE, KINESIS], ids=["a table", "Kinesis"])
def test_the_role_of_a_pipe_may_read_its_stream_and_send_to_its_queues(
    folder: Path, arn: str, error_text: ErrorTexts
) -> None:
    result = streamed(folder, source_arn=arn, dead_letter_queue_arn=DEAD_ARN)
    error_text(inputs_of(result, "changes-"))
    assert "changes-policy" in result.resources["changes-pipe"].depends_on


def test_a_pipe_may_use_the_key_of_its_dead_letter_queue(folder: Path) -> None:
    def program() -> None:
        dead = DeadLetterQueue("dead", {"kms_master_key_id": KEY_ARN})
        consumer = QueueConsumer("hands", {"source": str(folder)})
        Stream("changes", consumer, {"source_arn": TABLE, "dead_letter_queue": dead})

    result = run(program)
    assert result.error is None
    made = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead-dlq-1a2b3c4"
    _, *unsent, _ = allowed(result, "changes-policy")
    assert unsent == [(["sqs:SendMessage"], made), (["kms:GenerateDataKey", "kms:Decrypt"], KEY_ARN)]
    parameters = result.resources["changes-pipe"].inputs["sourceParameters"]["dynamodbStreamParameters"]
    assert parameters["deadLetterConfig"] == {"arn": made}


def test_the_arguments_of_a_stream_reach_the_pipe(folder: Path, error_text: ErrorTexts) -> None:
    fifo = {"message_group_id": "$.dynamodb.Keys.table.S", "message_deduplication_id": "$.eventID"}
    more: Any = {"filters": [{"eventName": ["INSERT"]}], "input_template": "<$.data>", "enabled": False}
    result = streamed(folder, {"fifo": True}, maximum_batching_window_in_seconds=5, **fifo, **more)
    error_text(inputs_of(result, "changes-pipe"))


@pytest.mark.parametrize("is_output", [False, True])
def test_an_arn_of_something_other_than_a_stream_is_an_error(folder: Path, is_output: bool) -> None:
    table = TABLE.partition("/stream")[0]
    result = streamed(folder, source_arn=Later(table) if is_output else table)
    assert "[source-arn-value]" in str(result.error)
    assert "changes-pipe" not in result.resources


def test_an_issuer_that_is_an_output_is_checked_when_it_resolves(folder: Path) -> None:
    result = routed(folder, jwt={"issuer": Later("issuer.example"), "audience": ["a"]})
    assert "[jwt-issuer-value]" in str(result.error)
