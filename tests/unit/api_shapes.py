"""The shape of AWS's API that each argument becomes, or the reason for none: the data of `test_bounds`."""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from components.settings.patterns import filter_json
from rule_cases import TOPIC

KEY = "arn:aws:kms:eu-central-1:123456789012:key/~"
DEAD = "arn:aws:sqs:eu-central-1:123456789012:~"
SIGNING = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-~"
POLICY = "arn:aws:iam::123456789012:policy/~"
ACTION = "arn:aws:sns:eu-central-1:123456789012:~"


def filled(template: Any, text: str) -> Any:
    """Return the template with this text instead of each `~`."""
    match template:
        case str():
            return template.replace("~", text)
        case list():
            return [filled(item, text) for item in template]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return {filled(key, text): filled(value, text) for key, value in template.items()}


def first_json(patterns: Any) -> str:
    return filter_json(patterns[0])


def with_own_tags(tags: dict[str, str]) -> dict[str, str]:
    return {**tags, **OWN_TAGS}


class Shape(NamedTuple):
    """A shape of the API, and how to write values for it."""

    name: str
    """`service.Shape`."""
    value: Any = "~"
    """A valid argument, in which `~` stands for text of any length."""
    sent: Callable[[Any], Any] = lambda argument: argument
    """The part of the argument that is sent."""
    filler: str = "a"
    width: int = 3
    """The length of the text when its characters are tested."""
    beside: Mapping[str, Any] = {}
    """Other arguments that this one needs."""
    stricter: str = ""
    """Why some values that the shape accepts are errors."""
    laxer: str = ""
    """Why some values that the shape rejects are accepted."""
    characters: bool = True
    """Whether to test the text's characters; a document escapes them."""


FIRST = itemgetter(0)
SQS = "the model has attributes of queues as text without bounds; these are of the page on CreateQueue"
HERE = "it is not sent to AWS"
UNBOUNDED = "the model sets no bounds"
IN_POLICY = "it becomes a part of a policy document"
MANAGED = "more is for functions on Lambda Managed Instances"
ARN = "the ARN of one kind of resource"
POLLERS = "SQS needs two, and the shape is Kafka's too"
EMPTY = "an empty one is none"
ID = "ids have 17 characters"
JSON_LOGS = {"function": {"log_format": "JSON"}}
ONE_GROUP = {"function": {"vpc": {"security_group_ids": ["sg-1"]}}}
TWO_SUBNETS = {"function": {"vpc": {"subnet_ids": ["subnet-1", "subnet-2"]}}}
ALARM = {"alarms": {"actions": [ACTION.replace("~", "pager")]}}
OWN_TAGS = {f"queue-consumer:{name}": "x" for name in ("consumer", "part", "project", "stack")}
TAGS = Shape("logs.Tags", {"~": "~"}, with_own_tags, width=4)
PATTERN = Shape("lambda.Pattern", [{"body": ["~"]}], first_json, characters=False)
TO_DEAD = Shape("events.ResourceArn", DEAD, stricter=ARN)
GROUP = Shape("events.MessageGroupId", stricter="what SQS takes")

HTTP_API: dict[str, Shape | str] = {
    "jwt.issuer": Shape(
        "apigatewayv2.UriWithLengthBetween1And2048",
        "https://~",
        beside={"jwt": {"audience": ["hands"]}},
        stricter="an https URL",
    ),
    **dict.fromkeys(("jwt.audience", "throttling_rate_limit", "throttling_burst_limit"), UNBOUNDED),
    **dict.fromkeys((f"cors.allow_{part}" for part in ("origins", "methods", "headers")), UNBOUNDED),
    "cors.expose_headers": UNBOUNDED,
    "cors.max_age": Shape(
        "apigatewayv2.IntegerWithLengthBetweenMinus1And86400", beside={"cors": {"allow_origins": ["*"]}}
    ),
    "access_log.retention_in_days": UNBOUNDED,
    "access_log.format": Shape(
        "apigatewayv2.StringWithLengthBetween1And1024",
        "$context.requestId ~",
        stricter="one line",
        laxer="the page on quotas says 3 KB",
    ),
    "access_log.kms_key_arn": Shape("logs.KmsKeyId", KEY, stricter=ARN),
}
HTTP_API_ROUTE: dict[str, Shape | str] = {
    "route_key": UNBOUNDED,
    "message_group_id": Shape("apigatewayv2.StringWithLengthBetween1And512", stricter="what SQS takes"),
}
REQUIRED: dict[str, dict[str, Any]] = {
    "AlarmTopic": {"emails": ["on-call@example.com"]},
    "EventRule": {"event_pattern": {"source": ["poker"]}},
    "HttpApi": {"routes": [{"route_key": "POST /hands"}]},
    "HttpApiRoute": {"route_key": "POST /hands"},
    "HttpRoute": {"route_key": "POST /hands"},
    "Schedule": {"schedule_expression": "rate(1 day)"},
    "Stream": {"source_arn": "arn:aws:kinesis:eu-central-1:123456789012:stream/hands"},
    "TopicSubscription": {"topic": TOPIC},
}
"""The arguments without which a component gets a finding."""

NO_SHAPE_OR: dict[str, dict[str, Shape | str]] = {
    "QueueConsumer": {
        **dict.fromkeys(("source", "include", "code", "ignore_advice"), HERE),
        "image_uri": UNBOUNDED,
        "handler": Shape("lambda.Handler", "~.handle", stricter="what a handler of the language is"),
        "runtime": Shape("lambda.Runtime", beside={"handler": "Hands.handle"}),
        "timeout": Shape("lambda.Timeout", stricter=MANAGED),
        "memory_size": Shape("lambda.MemorySize", stricter=MANAGED),
        "environment": Shape("lambda.EnvironmentVariables", {"~": "$.x"}),
        "policy_statements": IN_POLICY,
        "batch_size": Shape("lambda.BatchSize", beside={"mapping": {"maximum_batching_window_in_seconds": 1}}),
        "filters": PATTERN,
        "max_receive_count": SQS,
        "function.name": Shape("lambda.FunctionName", stricter="a name without region, account and alias"),
        "function.role_name": Shape("iam.roleNameType"),
        "function.architecture": Shape("lambda.Architecture"),
        "function.log_retention_in_days": UNBOUNDED,
        "function.log_format": Shape("lambda.LogFormat"),
        "function.application_log_level": Shape("lambda.ApplicationLogLevel", beside=JSON_LOGS),
        "function.system_log_level": Shape("lambda.SystemLogLevel", beside=JSON_LOGS),
        "function.log_kms_key_arn": Shape("logs.KmsKeyId", KEY, stricter=ARN),
        "function.description": Shape("lambda.Description", stricter=EMPTY),
        "function.layers": Shape(
            "lambda.LayerVersionArn",
            ["arn:aws:lambda:eu-central-1:123456789012:layer:~:1"],
            FIRST,
            stricter="names of layers have 140 characters at most",
        ),
        "function.vpc.subnet_ids": Shape(
            "lambda.SubnetIds",
            ["subnet-~"],
            beside={"function": {"vpc": {"security_group_ids": ["sg-1"]}}},
            stricter=ID,
        ),
        "function.vpc.security_group_ids": Shape("lambda.SecurityGroupIds", ["sg-~"], beside=TWO_SUBNETS, stricter=ID),
        "function.ephemeral_storage": Shape("lambda.EphemeralStorageSize", stricter=MANAGED),
        "function.environment_kms_key_arn": Shape("lambda.KMSKeyArn", KEY, stricter=ARN),
        "function.reserved_concurrent_executions": Shape("lambda.ReservedConcurrentExecutions"),
        "function.alias.name": Shape("lambda.Alias"),
        "function.alias.provisioned_concurrent_executions": Shape("lambda.PositiveInteger"),
        "function.image_config.commands": Shape("lambda.StringList", ["~"]),
        "function.image_config.entry_points": Shape("lambda.StringList", ["~"]),
        "function.image_config.working_directory": Shape("lambda.WorkingDirectory", stricter=EMPTY),
        "function.code_signing_config_arn": Shape("lambda.CodeSigningConfigArn", SIGNING, width=17),
        "function.permissions_boundary": Shape("iam.arnType", POLICY, stricter=ARN),
        "function.managed_policy_arns": Shape("iam.arnType", [POLICY], FIRST, stricter=ARN),
        **dict.fromkeys(("queue.name", "queue.visibility_timeout_seconds", "queue.message_retention_seconds"), SQS),
        **dict.fromkeys(("queue.delay_seconds", "queue.receive_wait_time_seconds", "queue.max_message_size"), SQS),
        **dict.fromkeys(("queue.kms_master_key_id", "queue.kms_data_key_reuse_period_seconds"), SQS),
        "queue.arn": HERE,
        **dict.fromkeys((f"queue.allowed_senders.{kind}" for kind in ("topics", "buckets", "event_rules")), IN_POLICY),
        **dict.fromkeys(("dead_letter_queue.name", "dead_letter_queue.message_retention_seconds"), SQS),
        **dict.fromkeys(("dead_letter_queue.arn", "dead_letter_queue.kms_master_key_id"), HERE),
        "mapping.maximum_batching_window_in_seconds": Shape("lambda.MaximumBatchingWindowInSeconds"),
        "mapping.maximum_concurrency": Shape(
            "lambda.MaximumConcurrency", laxer="a warning: Lambda has taken more from accounts with a raised quota"
        ),
        "mapping.provisioned_pollers.minimum": Shape("lambda.MinimumNumberOfPollers", stricter=POLLERS),
        "mapping.provisioned_pollers.maximum": Shape("lambda.MaximumNumberOfPollers", stricter=POLLERS),
        "mapping.kms_key_arn": Shape(
            "lambda.KMSKeyArn", KEY, beside={"filters": [{"body": {"won": [True]}}]}, stricter=ARN
        ),
        **dict.fromkeys(("retry.base_delay_seconds", "retry.maximum_delay_seconds"), SQS),
        "idempotency.name": Shape("dynamodb.TableName"),
        "idempotency.expires_after_seconds": HERE,
        "idempotency.kms_key_arn": UNBOUNDED,
        "alarms.actions": Shape("cloudwatch.ResourceList", [ACTION], stricter="any ARN"),
        "alarms.ok_actions": Shape("cloudwatch.ResourceList", [ACTION], beside=ALARM, stricter="any ARN"),
        "alarms.leave_out": HERE,
        **dict.fromkeys(("alarms.maximum_dead_letters", "alarms.maximum_message_age_seconds"), UNBOUNDED),
        **dict.fromkeys(("alarms.maximum_errors", "alarms.maximum_throttles"), UNBOUNDED),
        **dict.fromkeys(("alarms.maximum_noisy_groups", "alarms.maximum_quiet_backlog"), UNBOUNDED),
        "alarms.maximum_duration_percent": UNBOUNDED,
        "tags": TAGS,
    },
    "DeadLetterQueue": {
        **dict.fromkeys(("name", "message_retention_seconds", "kms_master_key_id"), SQS),
        "kms_data_key_reuse_period_seconds": SQS,
        **dict.fromkeys((f"allowed_senders.{kind}" for kind in ("topics", "buckets", "event_rules")), IN_POLICY),
        "tags": TAGS,
    },
    "AlarmTopic": {
        **dict.fromkeys(("emails", "https_endpoints", "kms_master_key_id"), UNBOUNDED),
        "tags": TAGS,
        "ignore_advice": HERE,
    },
    "BucketEvents": {"bucket": UNBOUNDED},
    "EventRule": {
        "event_pattern": Shape("events.EventPattern", {"source": ["~"]}, filter_json, characters=False),
        "event_bus_name": Shape("events.EventBusNameOrArn", stricter="names of buses have 256 characters at most"),
    },
    "EventTarget": {
        "message_group_id": GROUP,
        "dead_letter_queue_arn": TO_DEAD,
        "maximum_event_age_in_seconds": Shape("events.MaximumEventAgeInSeconds"),
        "maximum_retry_attempts": Shape("events.MaximumRetryAttempts"),
        "input_path": Shape("events.TargetInputPath", "$.~"),
        "input_transformer.input_paths": Shape(
            "events.TransformerPaths", {"~": "$.x"}, beside={"input_transformer": {"input_template": '"hands"'}}
        ),
        "input_transformer.input_template": Shape("events.TransformerInput"),
    },
    "HttpApi": {"routes": HERE, **HTTP_API},
    "HttpApiRoute": HTTP_API_ROUTE,
    "HttpRoute": {**HTTP_API, **HTTP_API_ROUTE},
    "Schedule": {
        "message_group_id": Shape("scheduler.MessageGroupId", stricter="what SQS takes"),
        "dead_letter_queue": HERE,
        "dead_letter_queue_arn": Shape(
            "scheduler.DeadLetterConfigArnString", DEAD, stricter="names have 80 characters"
        ),
        "maximum_event_age_in_seconds": Shape("scheduler.MaximumEventAgeInSeconds"),
        "maximum_retry_attempts": Shape("scheduler.MaximumRetryAttempts"),
        "schedule_expression": Shape(
            "scheduler.ScheduleExpression", "cron(~0 3 * * ? *)", filler="0", stricter="its page has its grammar"
        ),
        "schedule_expression_timezone": Shape("scheduler.ScheduleExpressionTimezone", stricter="names that there are"),
        "message": Shape("scheduler.TargetInput"),
        "flexible_time_window_in_minutes": Shape("scheduler.MaximumWindowInMinutes", laxer="0 is the mode OFF"),
        "group_name": Shape("scheduler.ScheduleGroupName"),
    },
    "Stream": {
        "source_arn": Shape(
            "pipes.ArnOrUrl", "arn:aws:kinesis:eu-central-1:123456789012:stream/~", stricter="of two services"
        ),
        "starting_position": Shape("pipes.DynamoDBStreamStartPosition"),
        "filters": PATTERN._replace(name="pipes.EventPattern", value=[{"eventName": ["~"]}]),
        "batch_size": Shape("pipes.LimitMax10000", stricter="SQS takes ten messages at once"),
        "maximum_batching_window_in_seconds": Shape("pipes.MaximumBatchingWindowInSeconds"),
        "maximum_retry_attempts": Shape("pipes.MaximumRetryAttemptsESM", stricter="-1 is without an end"),
        "maximum_record_age_in_seconds": Shape(
            "pipes.MaximumRecordAgeInSeconds", stricter="60 is the least but for -1"
        ),
        "dead_letter_queue": HERE,
        "dead_letter_queue_arn": Shape("pipes.Arn", DEAD, stricter=ARN),
        "input_template": Shape("pipes.InputTemplate", stricter=EMPTY),
        "message_group_id": Shape("pipes.MessageGroupId", stricter="what SQS takes"),
        "message_deduplication_id": Shape("pipes.MessageDeduplicationId", stricter=EMPTY),
    },
    "TopicSubscription": {
        "topic": UNBOUNDED,
        "filter_policy": UNBOUNDED,
        "filter_policy_scope": UNBOUNDED,
        "dead_letter_queue_arn": UNBOUNDED,
    },
}
