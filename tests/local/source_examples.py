"""For each type of resource that feeds queues: inputs, and others that it can be updated to."""

import json
from typing import Any

from consumers.resource_table import TABLE, Values

NOT_LIVE = {"aws:pipes/pipe:Pipe"}
_PLACES = ("aws:apigatewayv2/", "aws:s3/", "aws:sns/", "aws:scheduler/", "aws:cloudwatch/event", "aws:pipes/")
FEEDING = {token for token in TABLE if token.startswith(_PLACES)}
WITH_ARN = FEEDING - {
    *(f"aws:apigatewayv2/{kind}" for kind in ("authorizer:Authorizer", "integration:Integration", "route:Route")),
    "aws:s3/bucketNotification:BucketNotification",
}
QUEUE, BUCKET, TOPIC = "aws:sqs/queue:Queue", "aws:s3/bucket:Bucket", "aws:sns/topic:Topic"
RULE, BUS = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventBus:EventBus"
PATTERNS = [json.dumps({"source": [source]}, separators=(",", ":")) for source in ("poker", "bridge")]
API = "aws:apigatewayv2/api:Api"
OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]}
ANYBODY = "arn:aws:iam::000000000000:role/anybody"


def example(engine: Any, token: str) -> tuple[Values, Values]:
    """The inputs of a resource of this type, and others that it can be updated to."""
    if token in NOT_LIVE:
        pipe = {"roleArn": ANYBODY, "source": "s", "target": "t"}
        return pipe, pipe | {"description": "new"}
    if token == BUCKET:
        name = {"bucket": engine.name.replace("_", "-")}
        return name | {"tags": {"a": "1"}}, name | {"tags": {"b": "2"}}
    if token in (TOPIC, BUS):
        return {"tags": {"a": "1"}}, {"tags": {"b": "2"}}
    if token == RULE:
        _, bus = engine.create(BUS, engine.checked(BUS, {}))
        rule = {"eventBusName": bus["name"], "eventPattern": PATTERNS[0]}
        return rule, rule | {"eventPattern": PATTERNS[1], "state": "DISABLED"}
    if token.startswith("aws:apigatewayv2/"):
        return of_http(engine, token)
    # S3 looks whether it may send.
    _, queue = engine.create(QUEUE, engine.checked(QUEUE, {"policy": json.dumps(OPEN)}))
    if token == "aws:scheduler/schedule:Schedule":
        return schedule(queue["arn"])
    if token == "aws:cloudwatch/eventTarget:EventTarget":
        _, rule = engine.create(RULE, engine.checked(RULE, example(engine, RULE)[0]))
        target = {"rule": rule["name"], "eventBusName": rule["eventBusName"], "arn": queue["arn"]}
        return target | {"inputPath": "$.detail"}, target | {"inputPath": "$.detail.chips"}
    if token == "aws:sns/topicSubscription:TopicSubscription":
        _, topic = engine.create(TOPIC, engine.checked(TOPIC, {}))
        subscription = {"topic": topic["arn"], "protocol": "sqs", "endpoint": queue["arn"]}
        return subscription, subscription | {"rawMessageDelivery": True, "filterPolicy": '{"a":["x"]}'}
    _, bucket = engine.create(BUCKET, engine.checked(BUCKET, {"bucket": engine.name.replace("_", "-")}))
    heard = {"id": "hands", "queueArn": queue["arn"], "events": ["s3:ObjectCreated:*"]}
    notification = {"bucket": bucket["bucket"], "queues": [heard]}
    return notification, notification | {"queues": [heard | {"filterPrefix": "hands/"}]}


def of_http(engine: Any, token: str) -> tuple[Values, Values]:
    api = {"protocolType": "HTTP", "description": "d", "tags": {"a": "1"}}
    if token == API:
        return api, {"protocolType": "HTTP", "tags": {"b": "2"}}
    # Not the only one: a part is to be found in its own.
    _, (api_id, _) = (engine.create(API, engine.checked(API, api)) for _ in range(2))
    part, parameters = {"apiId": api_id}, {"QueueUrl": "q", "MessageBody": "$request.body"}
    sending = {"integrationType": "AWS_PROXY", "integrationSubtype": "SQS-SendMessage", "credentialsArn": ANYBODY}
    jwt = {"authorizerType": "JWT", "jwtConfiguration": {"issuer": "https://example.com", "audiences": ["poker"]}}
    headers = [{"identitySources": [f"$request.header.{name}"]} for name in ("Authorization", "x-token")]
    limits = {"throttlingRateLimit": 9}
    first, second = {
        "Authorizer": (jwt | headers[0], headers[1]),
        "Integration": ({**sending, "requestParameters": parameters}, {"requestParameters": {**parameters, "A": "b"}}),
        "Route": ({"routeKey": "POST /a", "target": "integrations/1"}, {"routeKey": "ANY /b/{c}"}),
        "Stage": ({"name": "$default", "tags": {"a": "1"}}, {"tags": {"b": "2"}, "defaultRouteSettings": limits}),
    }[token.rpartition(":")[2]]
    return part | first, part | first | second


def schedule(queue_arn: str) -> tuple[Values, Values]:
    target = {"arn": queue_arn, "roleArn": ANYBODY, "input": "{}"}
    nightly = {"scheduleExpression": "cron(0 3 * * ? *)", "flexibleTimeWindow": {"mode": "OFF"}, "target": target}
    return nightly, nightly | {"state": "DISABLED", "target": target | {"input": "go"}}
