"""Which shape of AWS's API each argument becomes, or why it becomes none: the data of `test_bounds`."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from components.settings.patterns import filter_json

KEY = "arn:aws:kms:eu-central-1:123456789012:key/~"
DEAD = "arn:aws:sqs:eu-central-1:123456789012:~"
POLICY = "arn:aws:iam::123456789012:policy/~"
ACTION = "arn:aws:sns:eu-central-1:123456789012:~"


def same(value: Any) -> Any:
    return value


def one(value: Any) -> list[Any]:
    return [value]


def first(values: Any) -> Any:
    return values[0]


def first_json(patterns: Any) -> str:
    return filter_json(patterns[0])


def name(text: str) -> dict[str, str]:
    return {text: "$.x"}


def tag(text: str) -> dict[str, str]:
    return {text: text}


def with_own_tags(tags: dict[str, str]) -> dict[str, str]:
    return {**tags, **OWN_TAGS}


def field(of: str) -> Callable[[str], dict[str, list[str]]]:
    return lambda text: {of: [text]}


def fields(of: str) -> Callable[[str], list[dict[str, list[str]]]]:
    return lambda text: [{of: [text]}]


class Shape(NamedTuple):
    """A shape of the API, and how to write values for it."""

    name: str
    """`service.Shape`."""
    text: str = "~"
    """A value that is taken, in which `~` stands for text of any length."""
    value: Callable[[Any], Any] = same
    """The argument that has this text in it."""
    sent: Callable[[Any], Any] = same
    """What is sent of the argument."""
    filler: str = "a"
    width: int = 3
    """How long the text is where its characters are tried."""
    beside: Mapping[str, Any] = {}
    """Other arguments that this one needs."""
    stricter: str = ""
    """Why values are refused here that the shape takes."""
    laxer: str = ""
    """Why values are taken here that the shape refuses."""
    characters: bool = True
    """Whether the text's characters are tried: those of a document are escaped."""


SQS = "the model has attributes of queues as text without bounds; these are of the page on CreateQueue"
HERE = "it is not sent to AWS"
UNBOUNDED = "the model sets no bounds"
IN_POLICY = "it becomes a part of a policy document"
MANAGED = "more is for functions on Lambda Managed Instances"
ARN = "the ARN of one kind of resource"
POLLERS = "SQS needs two, and the shape is Kafka's too"
EMPTY = "an empty one is none"
ALARM = {"alarms": {"actions": [ACTION.replace("~", "pager")]}}
OWN_TAGS = {f"queue-consumer:{name}": "x" for name in ("consumer", "part", "project", "stack")}
TAGS = Shape("logs.Tags", value=tag, sent=with_own_tags, width=4)
PATTERN = Shape("lambda.Pattern", value=fields("body"), sent=first_json)
TO_DEAD = Shape("events.ResourceArn", DEAD, stricter=ARN)
GROUP = Shape("events.MessageGroupId", stricter="what SQS takes")

NO_SHAPE_OR: dict[str, dict[str, Shape | str]] = {
    "QueueConsumer": {
        **dict.fromkeys(("source", "include", "code", "ignore_advice"), HERE),
        "image_uri": UNBOUNDED,
        "handler": Shape("lambda.Handler", "~.handle", stricter="what a handler of the language is"),
        "runtime": Shape("lambda.Runtime", beside={"handler": "Hands.handle"}),
        "timeout": Shape("lambda.Timeout", stricter=MANAGED),
        "memory_size": Shape("lambda.MemorySize", stricter=MANAGED),
        "environment": Shape("lambda.EnvironmentVariables", value=name),
        "policy_statements": IN_POLICY,
        "batch_size": Shape("lambda.BatchSize", beside={"mapping": {"maximum_batching_window_in_seconds": 1}}),
        "filters": PATTERN._replace(characters=False),
        "max_receive_count": SQS,
        "function.name": Shape("lambda.FunctionName", stricter="a name without region, account and alias"),
        "function.role_name": Shape("iam.roleNameType"),
        "function.architecture": Shape("lambda.Architecture"),
        "function.log_retention_in_days": UNBOUNDED,
        "function.log_format": Shape("lambda.LogFormat"),
        "function.application_log_level": Shape(
            "lambda.ApplicationLogLevel", beside={"function": {"log_format": "JSON"}}
        ),
        "function.system_log_level": Shape("lambda.SystemLogLevel", beside={"function": {"log_format": "JSON"}}),
        "function.log_kms_key_arn": Shape("logs.KmsKeyId", KEY, stricter=ARN),
        "function.description": Shape("lambda.Description", stricter=EMPTY),
        "function.layers": Shape(
            "lambda.LayerVersionArn",
            "arn:aws:lambda:eu-central-1:123456789012:layer:~:1",
            one,
            first,
            stricter="names of layers have 140 characters at most",
        ),
        "function.vpc.subnet_ids": Shape(
            "lambda.SubnetIds",
            "subnet-~",
            one,
            beside={"function": {"vpc": {"security_group_ids": ["sg-1"]}}},
            stricter="ids have 17 characters",
        ),
        "function.vpc.security_group_ids": Shape(
            "lambda.SecurityGroupIds",
            "sg-~",
            one,
            beside={"function": {"vpc": {"subnet_ids": ["subnet-1", "subnet-2"]}}},
            stricter="ids have 17 characters",
        ),
        "function.ephemeral_storage": Shape("lambda.EphemeralStorageSize", stricter=MANAGED),
        "function.environment_kms_key_arn": Shape("lambda.KMSKeyArn", KEY, stricter=ARN),
        "function.reserved_concurrent_executions": Shape("lambda.ReservedConcurrentExecutions"),
        "function.alias.name": Shape("lambda.Alias"),
        "function.alias.provisioned_concurrent_executions": Shape("lambda.PositiveInteger"),
        "function.image_config.commands": Shape("lambda.StringList", value=one),
        "function.image_config.entry_points": Shape("lambda.StringList", value=one),
        "function.image_config.working_directory": Shape("lambda.WorkingDirectory", stricter=EMPTY),
        "function.code_signing_config_arn": Shape(
            "lambda.CodeSigningConfigArn",
            "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-~",
            width=17,
        ),
        "function.permissions_boundary": Shape("iam.arnType", POLICY, stricter=ARN),
        "function.managed_policy_arns": Shape("iam.arnType", POLICY, one, first, stricter=ARN),
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
        **dict.fromkeys(("retry.base_delay_seconds", "retry.maximum_delay_seconds"), SQS),
        "idempotency.name": Shape("dynamodb.TableName"),
        "idempotency.expires_after_seconds": HERE,
        "idempotency.kms_key_arn": UNBOUNDED,
        "alarms.actions": Shape("cloudwatch.ResourceList", ACTION, one, stricter="any ARN"),
        "alarms.ok_actions": Shape("cloudwatch.ResourceList", ACTION, one, beside=ALARM, stricter="any ARN"),
        "alarms.leave_out": HERE,
        **dict.fromkeys(("alarms.maximum_dead_letters", "alarms.maximum_message_age_seconds"), UNBOUNDED),
        **dict.fromkeys(("alarms.maximum_errors", "alarms.maximum_throttles"), UNBOUNDED),
        "alarms.maximum_duration_percent": UNBOUNDED,
        "tags": TAGS,
    },
    "DeadLetterQueue": {
        **dict.fromkeys(("name", "message_retention_seconds", "kms_master_key_id"), SQS),
        "kms_data_key_reuse_period_seconds": SQS,
        **dict.fromkeys((f"allowed_senders.{kind}" for kind in ("topics", "buckets", "event_rules")), IN_POLICY),
        "tags": TAGS,
    },
    "BucketEvents": {"bucket": UNBOUNDED},
    "EventRule": {
        "event_pattern": Shape(
            "events.EventPattern",
            value=field("source"),
            sent=filter_json,
            characters=False,
        ),
        "event_bus_name": Shape("events.EventBusNameOrArn", stricter="names of buses have 256 characters at most"),
    },
    "EventTarget": {
        "message_group_id": GROUP,
        "dead_letter_queue_arn": TO_DEAD,
        "maximum_event_age_in_seconds": Shape("events.MaximumEventAgeInSeconds"),
        "maximum_retry_attempts": Shape("events.MaximumRetryAttempts"),
        "input_path": Shape("events.TargetInputPath", "$.~"),
        "input_transformer.input_paths": Shape(
            "events.TransformerPaths",
            value=name,
            beside={"input_transformer": {"input_template": '"hands"'}},
        ),
        "input_transformer.input_template": Shape("events.TransformerInput"),
    },
    "HttpRoute": {
        "route_key": UNBOUNDED,
        "jwt.issuer": Shape(
            "apigatewayv2.UriWithLengthBetween1And2048",
            "https://~",
            beside={"jwt": {"audience": ["hands"]}},
            stricter="an https URL",
        ),
        **dict.fromkeys(("jwt.audience", "throttling_rate_limit", "throttling_burst_limit"), UNBOUNDED),
        "message_group_id": Shape("apigatewayv2.StringWithLengthBetween1And512", stricter="what SQS takes"),
    },
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
        "filters": PATTERN._replace(name="pipes.EventPattern", value=fields("eventName"), characters=False),
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
