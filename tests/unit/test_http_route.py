"""HttpRoute and Stream: requests and records that become messages, each by a role of its own."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import DeadLetterQueue, HttpRoute, QueueConsumer, Stream
from pulumi_run import ACCOUNT, REGION, Run, run

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands-queue-1a2b3c4"
URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/hands-queue-1a2b3c4"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/hands/stream/2026-01-01T00:00:00.000"
KINESIS = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/hands"
API: dict[str, Any] = {
    "apiEndpoint": "https://a1b2.execute-api.eu-central-1.amazonaws.com",
    "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:a1b2",
}


def made(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return API if name.endswith("-api") else {}


KINDS = ("api:Api", "authorizer:Authorizer", "integration:Integration", "route:Route", "stage:Stage")
KNOWN = {**{f"aws:apigatewayv2/{kind}": made for kind in KINDS}, "aws:pipes/pipe:Pipe": made}


def routed(folder: Path, of_consumer: dict[str, Any] | None = None, **args: Any) -> Run:
    def program() -> Any:
        consumer: Any = {"source": str(folder), **(of_consumer or {})}
        everything: Any = {"route_key": "POST /tables/{table}/hands", **args}
        return HttpRoute("post", QueueConsumer("hands", consumer), everything).invoke_statements()

    return run(program, known=KNOWN)


def streamed(folder: Path, of_consumer: dict[str, Any] | None = None, **args: Any) -> Run:
    def program() -> None:
        consumer: Any = {"source": str(folder), **(of_consumer or {})}
        everything: Any = {"source_arn": TABLE, **args}
        Stream("changes", QueueConsumer("hands", consumer), everything)

    return run(program, known=KNOWN)


def allowed(result: Run, policy: str) -> list[tuple[list[str], str]]:
    return [
        (one["Action"], one["Resource"]) for one in json.loads(result.resources[policy].inputs["policy"])["Statement"]
    ]


def test_the_body_of_a_request_becomes_the_message_by_a_role_that_may_only_send(folder: Path) -> None:
    result = routed(folder)
    assert result.error is None
    integration = result.resources["post-integration"].inputs
    assert integration["integrationSubtype"] == "SQS-SendMessage"
    assert "post-policy" in result.resources["post-integration"].depends_on
    assert integration["requestParameters"] == {"QueueUrl": URL, "MessageBody": "$request.body"}
    assert integration["credentialsArn"].endswith(":role/post-role-1a2b3c4")
    (trust,) = json.loads(result.resources["post-role"].inputs["assumeRolePolicy"])["Statement"]
    assert (trust["Principal"], "Condition" in trust) == ({"Service": "apigateway.amazonaws.com"}, False)
    assert allowed(result, "post-policy") == [(["sqs:SendMessage"], QUEUE)]
    assert result.component_outputs["post"] == {"url": f"{API['apiEndpoint']}/tables/{{table}}/hands"}


def test_without_tokens_iam_decides_and_the_statement_for_callers_names_the_route(folder: Path) -> None:
    result = routed(folder)
    route = result.resources["post-route"].inputs
    assert (route["authorizationType"], route["routeKey"]) == ("AWS_IAM", "POST /tables/{table}/hands")
    assert "post-authorizer" not in result.resources
    arn = f"{API['executionArn']}/$default/POST/tables/*/hands"
    assert result.value == [{"Effect": "Allow", "Action": ["execute-api:Invoke"], "Resource": arn}]
    (statement,) = routed(folder, route_key="ANY /hands").value
    assert statement["Resource"] == f"{API['executionArn']}/$default/*/hands"


def test_with_tokens_their_issuer_and_audience_decide(folder: Path) -> None:
    result = routed(folder, jwt={"issuer": "https://issuer", "audience": ["hands"]})
    assert result.resources["post-authorizer"].inputs["jwtConfiguration"] == {
        "issuer": "https://issuer",
        "audiences": ["hands"],
    }
    assert result.resources["post-route"].inputs["authorizationType"] == "JWT"
    assert "post-authorizer" in result.resources["post-route"].depends_on


def test_a_route_is_throttled_unless_more_is_asked_for(folder: Path) -> None:
    def limits(**args: Any) -> Any:
        return routed(folder, **args).resources["post-stage"].inputs["defaultRouteSettings"]

    assert limits() == {"throttlingRateLimit": 100, "throttlingBurstLimit": 200}
    more = {"throttlingRateLimit": 500, "throttlingBurstLimit": 1_000}
    assert limits(throttling_rate_limit=500, throttling_burst_limit=1_000) == more


@pytest.mark.parametrize("by_content", [False, True])
def test_to_a_fifo_queue_a_request_has_a_group_and_is_a_message_of_its_own(folder: Path, by_content: bool) -> None:
    of_consumer = {"fifo": True, "queue": {"content_based_deduplication": by_content}}
    result = routed(folder, of_consumer, message_group_id="$request.path.table")
    parameters = result.resources["post-integration"].inputs["requestParameters"]
    assert parameters["MessageGroupId"] == "$request.path.table"
    assert parameters.get("MessageDeduplicationId") == (None if by_content else "$context.requestId")


@pytest.mark.parametrize("arn", [TABLE, KINESIS])
def test_a_pipe_reads_this_stream_and_sends_to_this_queue_by_its_role(folder: Path, arn: str) -> None:
    result = streamed(folder, source_arn=arn, dead_letter_queue_arn=DEAD)
    assert result.error is None
    send, unsent, read = allowed(result, "changes-policy")
    assert (send, unsent) == ((["sqs:SendMessage"], QUEUE), (["sqs:SendMessage"], DEAD))
    service = arn.split(":")[2]
    assert read[1] == arn
    assert {f"{service}:GetRecords", f"{service}:GetShardIterator", f"{service}:DescribeStream"} <= set(read[0])
    assert all(action.startswith(f"{service}:") for action in read[0])
    assert f"{service}:ListStreams" not in read[0]  # on a stream's ARN it grants nothing
    pipe = result.resources["changes-pipe"]
    assert (pipe.inputs["source"], pipe.inputs["target"]) == (arn, QUEUE)
    kind = "kinesisStreamParameters" if arn == KINESIS else "dynamodbStreamParameters"
    assert pipe.inputs["sourceParameters"][kind] == {
        "startingPosition": "TRIM_HORIZON",
        "batchSize": 10,
        "maximumRetryAttempts": 185,
        "deadLetterConfig": {"arn": DEAD},
    }
    assert "changes-policy" in pipe.depends_on


def test_a_pipe_may_use_the_key_of_its_dead_letter_queue(folder: Path) -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a2b"

    def program() -> None:
        dead = DeadLetterQueue("dead", {"kms_master_key_id": key})
        consumer = QueueConsumer("hands", {"source": str(folder)})
        Stream("changes", consumer, {"source_arn": TABLE, "dead_letter_queue": dead})

    result = run(program)
    assert result.error is None
    made = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead-dlq-1a2b3c4"
    _, *unsent, _ = allowed(result, "changes-policy")
    assert unsent == [(["sqs:SendMessage"], made), (["kms:GenerateDataKey", "kms:Decrypt"], key)]
    parameters = result.resources["changes-pipe"].inputs["sourceParameters"]["dynamodbStreamParameters"]
    assert parameters["deadLetterConfig"] == {"arn": made}


def test_a_pipe_filters_and_gives_groups_as_it_is_told(folder: Path) -> None:
    fifo = {"message_group_id": "$.dynamodb.Keys.table.S", "message_deduplication_id": "$.eventID"}
    result = streamed(folder, {"fifo": True}, filters=[{"eventName": ["INSERT"]}], **fifo)
    pipe = result.resources["changes-pipe"].inputs
    pattern = '{"eventName":["INSERT"]}'
    assert pipe["sourceParameters"]["filterCriteria"] == {"filters": [{"pattern": pattern}]}
    parameters = pipe["targetParameters"]["sqsQueueParameters"]
    assert parameters == {"messageGroupId": "$.dynamodb.Keys.table.S", "messageDeduplicationId": "$.eventID"}


def test_a_pipe_waits_stands_still_and_makes_the_message_as_it_is_told(folder: Path) -> None:
    told: dict[str, Any] = {"maximum_batching_window_in_seconds": 5, "input_template": "<$.data>", "enabled": False}
    pipe = streamed(folder, **told).resources["changes-pipe"].inputs
    reading = pipe["sourceParameters"]["dynamodbStreamParameters"]
    assert reading["maximumBatchingWindowInSeconds"] == 5
    assert (pipe["targetParameters"], pipe["desiredState"]) == ({"inputTemplate": "<$.data>"}, "STOPPED")
    assert streamed(folder).resources["changes-pipe"].inputs["desiredState"] == "RUNNING"


def test_what_is_no_stream_is_refused_at_once_or_when_it_is_known(folder: Path) -> None:
    wrong = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/hands"
    assert "[source-arn-value]" in str(streamed(folder, source_arn=wrong).error)

    def program() -> None:
        args: Any = {"source_arn": pulumi.Output.from_input(wrong)}
        Stream("changes", QueueConsumer("hands", {"source": str(folder)}), args)

    result = run(program, known=KNOWN)
    assert "Stream 'changes' is refused, 1 error:\n- source_arn: got " in str(result.error)
    assert "changes-pipe" not in result.resources


def test_an_issuer_that_is_an_output_is_judged_when_it_is_known(folder: Path) -> None:
    def program() -> None:
        issuer = pulumi.Output.from_input("issuer.example")
        hands = QueueConsumer("hands", {"source": str(folder)})
        HttpRoute("post", hands, {"route_key": "POST /hands", "jwt": {"issuer": issuer, "audience": ["a"]}})

    text = str(run(program, known=KNOWN).error)
    assert text.startswith(
        "HttpRoute 'post' is refused, 1 error:\n- jwt.issuer: got 'issuer.example'; allowed: an https"
    )
