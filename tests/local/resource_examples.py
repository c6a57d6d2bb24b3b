"""The table's resource types by token, and for each: inputs, and others that it can be updated to."""

import json
from collections.abc import Callable
from typing import Any

import pulumi

from consumers.resource_table import Values

QUEUE, ALLOW = "aws:sqs/queue:Queue", "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
ROLE, POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
FUNCTION, ALIAS = "aws:lambda/function:Function", "aws:lambda/alias:Alias"
PROVISIONED = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
ALARM, DASHBOARD = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/dashboard:Dashboard"
TABLE = "aws:dynamodb/table:Table"
TOPIC, SUBSCRIPTION = "aws:sns/topic:Topic", "aws:sns/topicSubscription:TopicSubscription"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
BUCKET, NOTIFICATION = "aws:s3/bucket:Bucket", "aws:s3/bucketNotification:BucketNotification"
BUS, RULE = "aws:cloudwatch/eventBus:EventBus", "aws:cloudwatch/eventRule:EventRule"
TARGET, SCHEDULE = "aws:cloudwatch/eventTarget:EventTarget", "aws:scheduler/schedule:Schedule"
API, AUTHORIZER = "aws:apigatewayv2/api:Api", "aws:apigatewayv2/authorizer:Authorizer"
INTEGRATION, ROUTE = "aws:apigatewayv2/integration:Integration", "aws:apigatewayv2/route:Route"
STAGE, PIPE = "aws:apigatewayv2/stage:Stage", "aws:pipes/pipe:Pipe"
INACTIVE = {PIPE}
"""The types that the local AWS records and does not run."""

FORCE_NEW: dict[str, set[str]] = {
    "aws:iam/role:Role": {"name", "namePrefix", "path"},
    "aws:iam/rolePolicy:RolePolicy": {"name", "namePrefix", "role"},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {"role", "policyArn"},
    "aws:cloudwatch/logGroup:LogGroup": {"name", "namePrefix", "logGroupClass"},
    "aws:sqs/queue:Queue": {"name", "namePrefix", "fifoQueue"},
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": {"queueUrl"},
    "aws:lambda/function:Function": {"name", "packageType"},
    "aws:lambda/alias:Alias": {"name", "functionName"},
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": {"functionName", "qualifier"},
    "aws:lambda/eventSourceMapping:EventSourceMapping": {"eventSourceArn"},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"name"},
    "aws:cloudwatch/dashboard:Dashboard": {"dashboardName"},
    "aws:dynamodb/table:Table": {"name", "hashKey", "rangeKey"},
    "aws:s3/bucket:Bucket": {"bucket", "bucketPrefix"},
    "aws:s3/bucketNotification:BucketNotification": {"bucket"},
    "aws:cloudwatch/eventBus:EventBus": {"name"},
    "aws:cloudwatch/eventRule:EventRule": {"name", "namePrefix", "eventBusName"},
    "aws:cloudwatch/eventTarget:EventTarget": {"targetId", "rule", "eventBusName"},
    "aws:apigatewayv2/api:Api": {"protocolType"},
    "aws:apigatewayv2/authorizer:Authorizer": {"apiId"},
    "aws:apigatewayv2/integration:Integration": {"apiId", "integrationType", "integrationSubtype"},
    "aws:apigatewayv2/route:Route": {"apiId"},
    "aws:apigatewayv2/stage:Stage": {"apiId", "name"},
    "aws:pipes/pipe:Pipe": {"name", "source"},
    "aws:scheduler/schedule:Schedule": {"name", "namePrefix", "groupName"},
    "aws:sns/topic:Topic": {"name", "namePrefix", "fifoTopic"},
    "aws:sns/topicPolicy:TopicPolicy": {"arn"},
    "aws:sns/topicSubscription:TopicSubscription": {"topic", "protocol", "endpoint"},
}
"""The properties with "Forces new resource" in the documentation of the Terraform provider, which pulumi-aws wraps."""

LOG_ARN = "arn:aws:logs:us-east-1:000000000000:log-group:requests"
ANY_ROLE, XRAY = "arn:aws:iam::000000000000:role/anybody", "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
Create = Callable[..., tuple[str, Values]]


def document(**statement: Any) -> str:
    """A policy of one statement, as compact JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}, separators=(",", ":"))


TRUST = document(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
ALARM_INPUTS: Values = {
    "namespace": "AWS/SQS",
    "metricName": "ApproximateNumberOfMessagesVisible",
    "statistic": "Maximum",
    "dimensions": {"QueueName": "hands"},
    "comparisonOperator": "GreaterThanThreshold",
    "threshold": 0.0,
    "period": 60.0,
    "evaluationPeriods": 5.0,
    "datapointsToAlarm": 3.0,
    "treatMissingData": "ignore",
}
TABLE_INPUTS: Values = {
    "billingMode": "PAY_PER_REQUEST",
    "hashKey": "id",
    "attributes": [{"name": "id", "type": "S"}],
    "ttl": {"attributeName": "expiration", "enabled": True},
    "pointInTimeRecovery": {"enabled": True},
    "deletionProtectionEnabled": False,
    "tags": {"a": "1"},
}


def code(text: str = "def handle(event, context): return event") -> pulumi.AssetArchive:
    return pulumi.AssetArchive({"handler.py": pulumi.StringAsset(text)})


def function_inputs(role_arn: str) -> Values:
    """The required inputs of a function."""
    return {"role": role_arn, "code": code(), "handler": "handler.handle", "runtime": "python3.12"}


def example(create: Create, name: str, token: str) -> tuple[Values, Values]:
    """The inputs of a resource of this type, and changes to them. What it depends on is created."""
    if token in _INDEPENDENT:
        return _INDEPENDENT[token]
    if token in (DASHBOARD, BUCKET):
        named = {"dashboardName": f"{name}-dashboard"} if token == DASHBOARD else {"bucket": bucket_name(name)}
        return named | _CHANGES[token][0], _CHANGES[token][1]
    if token.startswith("aws:apigatewayv2/"):
        _, (api_id, _) = (create(API, {"protocolType": "HTTP"}) for _ in range(2))  # found in its own API
        first, change = _CHANGES[token]
        return {"apiId": api_id} | first, change
    if token.startswith("aws:iam/"):
        first, change = _CHANGES[token]
        return {"role": create(ROLE, {"assumeRolePolicy": TRUST})[1]["name"]} | first, change
    if token.startswith("aws:lambda/"):
        return _example_of_lambda(create, token)
    url, queue = create(QUEUE, {"policy": document(Principal="*", Action="sqs:SendMessage", Resource="*")})
    return _example_with_queue(create, name, token, url, queue["arn"])


def bucket_name(name: str) -> str:
    return name.replace("_", "-").lower()


_INDEPENDENT: dict[str, tuple[Values, Values]] = {
    QUEUE: ({"delaySeconds": 1, "tags": {"a": "1"}}, {"delaySeconds": 2, "tags": {"b": "2"}}),
    LOGS: ({"retentionInDays": 7}, {"retentionInDays": 14}),
    ROLE: ({"assumeRolePolicy": TRUST}, {"description": "d"}),
    ALARM: (ALARM_INPUTS, {"threshold": 5, "alarmActions": ["arn:aws:sns:us-east-1:1:t"]}),
    TABLE: (TABLE_INPUTS, {"ttl": {"attributeName": "end", "enabled": True}, "tags": {"b": "2"}}),
    TOPIC: ({"tags": {"a": "1"}}, {"tags": {"b": "2"}}),
    BUS: ({"tags": {"a": "1"}}, {"tags": {"b": "2"}}),
    API: (
        {"protocolType": "HTTP", "description": "d", "tags": {"a": "1"}},
        {"tags": {"b": "2"}, "corsConfiguration": {"allowOrigins": ["https://app.example"], "maxAge": 9}},
    ),
    PIPE: ({"roleArn": ANY_ROLE, "source": "s", "target": "t"}, {"description": "new"}),
}
_PARAMETERS = {"QueueUrl": "q", "MessageBody": "$request.body"}
_CHANGES: dict[str, tuple[Values, Values]] = {
    DASHBOARD: ({"dashboardBody": '{"widgets":[]}'}, {"dashboardBody": '{"start":"-PT3H","widgets":[]}'}),
    BUCKET: ({"tags": {"a": "1"}}, {"tags": {"b": "2"}}),
    POLICY: (
        {"policy": document(Action="sqs:*", Resource="*")},
        {"policy": document(Effect="Deny", Action="*", Resource="*")},
    ),
    ATTACHMENT: ({"policyArn": XRAY}, {}),
    AUTHORIZER: (
        {
            "authorizerType": "JWT",
            "jwtConfiguration": {"issuer": "https://example.com", "audiences": ["poker"]},
            "identitySources": ["$request.header.Authorization"],
        },
        {"identitySources": ["$request.header.x-token"]},
    ),
    INTEGRATION: (
        {
            "integrationType": "AWS_PROXY",
            "integrationSubtype": "SQS-SendMessage",
            "credentialsArn": ANY_ROLE,
            "requestParameters": _PARAMETERS,
        },
        {"requestParameters": {**_PARAMETERS, "A": "b"}, "credentialsArn": f"{ANY_ROLE}-2"},
    ),
    ROUTE: ({"routeKey": "POST /a", "target": "integrations/1"}, {"routeKey": "ANY /b/{c}"}),
    STAGE: (
        {"name": "$default", "tags": {"a": "1"}},
        {
            "tags": {"b": "2"},
            "defaultRouteSettings": {"throttlingRateLimit": 9},
            "accessLogSettings": {"destinationArn": LOG_ARN, "format": "$context.requestId"},
        },
    ),
}


def _example_of_lambda(create: Create, token: str) -> tuple[Values, Values]:
    function = function_inputs(create(ROLE, {"assumeRolePolicy": TRUST})[1]["arn"])
    if token == FUNCTION:
        return function, {"code": code("def handle(event, context): return 'new'"), "timeout": 9}
    _, made = create(FUNCTION, function | {"publish": True})
    if token == MAPPING:
        first = {"eventSourceArn": create(QUEUE, {})[1]["arn"], "functionName": made["arn"], "tags": {"a": "1"}}
        return first, {"batchSize": 5, "tags": {"b": "2"}}
    alias = {"name": "live", "functionName": made["name"], "functionVersion": "$LATEST"}
    if token == ALIAS:
        return alias, {"functionVersion": made["version"]}
    create(ALIAS, alias)
    ready = {"functionName": made["name"], "qualifier": "live", "provisionedConcurrentExecutions": 1}
    return ready, {"provisionedConcurrentExecutions": 2}


def _example_with_queue(create: Create, name: str, token: str, url: str, arn: str) -> tuple[Values, Values]:
    if token == ALLOW:
        denied, allowed = (f'{{"redrivePermission":"{who}"}}' for who in ("denyAll", "allowAll"))
        return {"queueUrl": url, "redriveAllowPolicy": denied}, {"redriveAllowPolicy": allowed}
    if token == SCHEDULE:
        target = {"arn": arn, "roleArn": ANY_ROLE, "input": "{}"}
        window = {"mode": "OFF"}
        nightly = {"scheduleExpression": "cron(0 3 * * ? *)", "flexibleTimeWindow": window, "target": target}
        return nightly, {"state": "DISABLED", "target": target | {"input": "go"}}
    if token in (RULE, TARGET):
        _, bus = create(BUS, {})
        rule = {"eventBusName": bus["name"], "eventPattern": '{"source":["poker"]}'}
        if token == RULE:
            return rule, {"eventPattern": '{"source":["bridge"]}', "state": "DISABLED"}
        target = {"rule": create(RULE, rule)[1]["name"], "eventBusName": bus["name"], "arn": arn}
        return target | {"inputPath": "$.detail"}, {"inputPath": "$.detail.chips"}
    if token == TOPIC_POLICY:
        first, other = (
            document(Principal="*", Action=f"sns:{action}", Resource="*") for action in ("Publish", "Subscribe")
        )
        return {"arn": create(TOPIC, {})[1]["arn"], "policy": first}, {"policy": other}
    if token == SUBSCRIPTION:
        subscription = {"topic": create(TOPIC, {})[1]["arn"], "protocol": "sqs", "endpoint": arn}
        return subscription, {"rawMessageDelivery": True, "filterPolicy": '{"a":["x"]}'}
    assert token == NOTIFICATION, f"{token} has no example"
    _, bucket = create(BUCKET, {"bucket": bucket_name(name)})
    listener = {"id": "hands", "queueArn": arn, "events": ["s3:ObjectCreated:*"]}
    return {"bucket": bucket["bucket"], "queues": [listener]}, {"queues": [listener | {"filterPrefix": "hands/"}]}
