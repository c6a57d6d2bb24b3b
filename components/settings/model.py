"""The settings of one consumer: the default, the type and the bounds of every argument.

`args.py` documents the arguments. Rules on combinations are in `rules/`, rules on files in `packaging/rules/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import pages
from .arns import (
    CODE_SIGNING_CONFIG,
    IAM_POLICY,
    KMS_KEY,
    LAYER_VERSION,
    SENDING_BUCKETS,
    SENDING_RULES,
    SENDING_TOPICS,
)
from .fields import argument, arns, integer, seconds, senders, texts
from .kinds import (
    Anything,
    Boolean,
    Dicts,
    Group,
    InputList,
    InputText,
    OneOf,
    Paths,
    Subset,
    Text,
)

DAY = 86_400
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
APPLICATION_LOG_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
SYSTEM_LOG_LEVELS = ("DEBUG", "INFO", "WARN")
# A visibility timeout ends at most 12 hours after the receive, and the invocation may have used 15 minutes of them.
MAX_RETRY_DELAY = 43_200 - 900
MAX_MESSAGE_SIZE = 1_048_576  # bytes; SQS's own default since 2025, where the provider still sends 262,144

_QUEUE_RANGE = "SQS rejects other values"
_LAMBDA_RANGE = "Lambda rejects other values"
_RETRY_RANGE = "a visibility timeout ends 12 hours after the receive"
_KEY_OF_ROLE = "the role gets permission to decrypt with this key, and permissions name keys, not aliases"
_KEY_OF_TABLE = "the role gets permission to use this key, and permissions name keys, not aliases"
_KEY_OF_FILTERS = "operators get permission to decrypt with this key, and permissions name keys, not aliases"
_KEY_OF_LOGS = "CloudWatch Logs accepts the ARN of a key, not an alias"
_VPC = "Lambda connects a function to at most 16 subnets and 5 security groups"


@dataclass(frozen=True)
class VpcSettings:
    """The group `vpc` of the group `function`."""

    subnet_ids: tuple[Any, ...] = arns(
        16, InputText(_VPC, pages.LAMBDA_VPC, "the id of a subnet", "subnet-[0-9a-z]{1,64}")
    )
    security_group_ids: tuple[Any, ...] = arns(
        5, InputText(_VPC, pages.LAMBDA_VPC, "the id of a security group", "sg-[0-9a-zA-Z]{1,64}")
    )
    ipv6_allowed_for_dual_stack: bool = argument(False, Boolean())


@dataclass(frozen=True)
class AliasSettings:
    """The group `alias` of the group `function`."""

    name: Any = argument("live", InputText())
    provisioned_concurrent_executions: int | None = integer(
        None, 1, None, "execution environments", _LAMBDA_RANGE, pages.LAMBDA_PROVISIONED
    )
    snap_start: bool = argument(False, Boolean())


@dataclass(frozen=True)
class ImageConfigSettings:
    """The group `image_config` of the group `function`."""

    commands: tuple[Any, ...] = argument((), InputList(item=InputText(), maximum=1_500, unique=False))
    entry_points: tuple[Any, ...] = argument((), InputList(item=InputText(), maximum=1_500, unique=False))
    working_directory: Any = argument(
        None,
        InputText("Lambda rejects longer text", pages.LAMBDA_IMAGE_CONFIG, "1 to 1,000 characters", "(?s:.{1,1000})"),
    )


@dataclass(frozen=True)
class FunctionSettings:
    """The group `function`."""

    name: Any = argument(None, InputText())
    role_name: Any = argument(None, InputText())
    architecture: str = argument(
        "x86_64", OneOf("Lambda runs on these architectures", pages.LAMBDA_ARCHITECTURE, ("x86_64", "arm64"))
    )
    log_retention_in_days: int = argument(
        30, OneOf("CloudWatch Logs supports these periods only", pages.LOGS_RETENTION, LOG_RETENTION_DAYS)
    )
    log_format: str = argument("Text", OneOf("Lambda supports these formats", pages.LAMBDA_LOGGING, ("Text", "JSON")))
    application_log_level: str | None = argument(
        None, OneOf("Lambda supports these levels", pages.LAMBDA_LOGGING, APPLICATION_LOG_LEVELS)
    )
    system_log_level: str | None = argument(
        None, OneOf("Lambda supports these levels for its own lines", pages.LAMBDA_LOGGING, SYSTEM_LOG_LEVELS)
    )
    log_kms_key_arn: Any = argument(None, KMS_KEY.kind(_KEY_OF_LOGS, pages.LOGS_ENCRYPTION))
    description: Any = argument(
        None,
        InputText("Lambda rejects longer text", pages.LAMBDA_CREATE_FUNCTION, "1 to 256 characters", "(?s:.{1,256})"),
    )
    layers: tuple[Any, ...] = arns(5, LAYER_VERSION.kind("a function has at most 5 layers", pages.LAMBDA_LAYERS))
    vpc: VpcSettings | None = argument(None, Group(model=VpcSettings))
    ephemeral_storage: int = integer(512, 512, 10_240, "MB", _LAMBDA_RANGE, pages.LAMBDA_QUOTAS)
    tracing: bool = argument(False, Boolean())
    environment_kms_key_arn: Any = argument(None, KMS_KEY.kind(_KEY_OF_ROLE, pages.LAMBDA_ENCRYPTION))
    reserved_concurrent_executions: int | None = integer(
        None, 0, None, "concurrent invocations", _LAMBDA_RANGE, pages.LAMBDA_CONCURRENCY
    )
    alias: AliasSettings | None = argument(None, Group(model=AliasSettings))
    image_config: ImageConfigSettings | None = argument(None, Group(model=ImageConfigSettings))
    code_signing_config_arn: Any = argument(
        None, CODE_SIGNING_CONFIG.kind("Lambda rejects other ARNs", pages.LAMBDA_CODE_SIGNING)
    )
    permissions_boundary: Any = argument(None, IAM_POLICY.kind("a boundary is a managed policy", pages.IAM_BOUNDARIES))
    managed_policy_arns: tuple[Any, ...] = arns(
        None, IAM_POLICY.kind("IAM attaches managed policies by their ARNs", pages.IAM_QUOTAS)
    )
    record_metrics: bool = argument(False, Boolean())
    bytecode: bool = argument(False, Boolean())
    keep_unused_files: bool = argument(False, Boolean())


@dataclass(frozen=True)
class AllowedSendersSettings:
    """The group `allowed_senders` of the group `queue`."""

    topics: tuple[Any, ...] = senders(SENDING_TOPICS, pages.SNS_TO_SQS)
    buckets: tuple[Any, ...] = senders(SENDING_BUCKETS, pages.S3_TO_SQS)
    event_rules: tuple[Any, ...] = senders(SENDING_RULES, pages.EVENTS_TO_SQS)


@dataclass(frozen=True)
class QueueSettings:
    """The group `queue`. `visibility_timeout_seconds` is None only until it is derived."""

    name: Any = argument(None, InputText())
    visibility_timeout_seconds: int = seconds(None, 0, 43_200, _QUEUE_RANGE, pages.SQS_CREATE_QUEUE)
    message_retention_seconds: int = seconds(4 * DAY, 60, 14 * DAY, _QUEUE_RANGE, pages.SQS_CREATE_QUEUE)
    delay_seconds: int = seconds(0, 0, 900, _QUEUE_RANGE, pages.SQS_CREATE_QUEUE)
    receive_wait_time_seconds: int = seconds(20, 0, 20, _QUEUE_RANGE, pages.SQS_CREATE_QUEUE)
    content_based_deduplication: bool = argument(False, Boolean())
    high_throughput: bool = argument(False, Boolean())
    max_message_size: int = integer(
        MAX_MESSAGE_SIZE, 1_024, MAX_MESSAGE_SIZE, "bytes", _QUEUE_RANGE, pages.SQS_CREATE_QUEUE
    )
    kms_master_key_id: Any = argument(None, InputText())
    kms_data_key_reuse_period_seconds: int | None = seconds(None, 60, DAY, _QUEUE_RANGE, pages.SQS_KEYS)
    arn: Any = argument(None, InputText())
    allowed_senders: AllowedSendersSettings = argument(AllowedSendersSettings(), Group(model=AllowedSendersSettings))
    protect: bool = argument(False, Boolean())


@dataclass(frozen=True)
class DeadLetterQueueSettings:
    """The group `dead_letter_queue`. `allow_rejects` is None only until it is derived."""

    name: Any = argument(None, InputText())
    message_retention_seconds: int = seconds(14 * DAY, 60, 14 * DAY, _QUEUE_RANGE, pages.SQS_CREATE_QUEUE)
    arn: Any = argument(None, InputText())
    kms_master_key_id: Any = argument(None, InputText())
    restricted: bool = argument(False, Boolean())
    allow_rejects: bool = argument(None, Boolean())
    reasons: bool = argument(False, Boolean())


@dataclass(frozen=True)
class PollerSettings:
    """The group `mapping.provisioned_pollers`."""

    minimum: int = integer(2, 2, 200, "pollers", _LAMBDA_RANGE, pages.LAMBDA_SQS_SCALING)
    maximum: int = integer(200, 2, 10_000, "pollers", _LAMBDA_RANGE, pages.LAMBDA_SQS_SCALING)


@dataclass(frozen=True)
class MappingSettings:
    """The group `mapping`."""

    maximum_batching_window_in_seconds: int = seconds(
        0, 0, 300, "Lambda waits at most 5 minutes for a full batch", pages.LAMBDA_SQS_PARAMETERS
    )
    maximum_concurrency: int | None = integer(
        None, 2, None, "concurrent invocations", _LAMBDA_RANGE, pages.LAMBDA_SQS_SCALING
    )
    enabled: bool = argument(True, Boolean())
    provisioned_pollers: PollerSettings | None = argument(None, Group(model=PollerSettings))
    metrics: bool = argument(False, Boolean())
    kms_key_arn: Any = argument(None, KMS_KEY.kind(_KEY_OF_FILTERS, pages.LAMBDA_FILTER_KEY))


@dataclass(frozen=True)
class RetrySettings:
    """The group `retry`."""

    base_delay_seconds: int = seconds(10, 1, MAX_RETRY_DELAY, _RETRY_RANGE, pages.SQS_CHANGE_VISIBILITY)
    maximum_delay_seconds: int = seconds(900, 1, MAX_RETRY_DELAY, _RETRY_RANGE, pages.SQS_CHANGE_VISIBILITY)


@dataclass(frozen=True)
class IdempotencySettings:
    """The group `idempotency`. `expires_after_seconds` is None only until it is derived."""

    name: Any = argument(None, InputText())
    expires_after_seconds: int = integer(
        None, 1, None, "seconds", "a record must outlive the message", pages.POWERTOOLS_IDEMPOTENCY
    )
    point_in_time_recovery: bool = argument(True, Boolean())
    kms_key_arn: Any = argument(None, KMS_KEY.kind(_KEY_OF_TABLE, pages.DYNAMODB_ENCRYPTION))


ALARMS = ("dead_letters", "message_age", "errors", "throttles", "duration")
"""The alarms that a consumer has unless they are left out: what `leave_out` takes."""

_METRIC = "a count is never negative"


@dataclass(frozen=True)
class AlarmSettings:
    """The group `alarms`. `maximum_message_age_seconds` is None only until it is derived."""

    actions: tuple[Any, ...] = argument((), InputList(item=InputText(), unique=False))
    ok_actions: tuple[Any, ...] = argument((), InputList(item=InputText(), unique=False))
    leave_out: tuple[str, ...] = argument((), Subset("a consumer has these alarms only", pages.ALARMS, ALARMS))
    maximum_dead_letters: int = integer(0, 0, None, "messages", _METRIC, pages.SQS_METRICS)
    maximum_message_age_seconds: int = seconds(
        None, 1, 14 * DAY - 1, "SQS keeps no message longer than 14 days", pages.SQS_METRICS
    )
    maximum_errors: int = integer(0, 0, None, "failures a minute", _METRIC, pages.LAMBDA_METRICS)
    maximum_throttles: int = integer(0, 0, None, "throttles a minute", _METRIC, pages.LAMBDA_METRICS)
    maximum_duration_percent: int = integer(
        80,
        1,
        99,
        "percent of the timeout",
        "at 100 percent Lambda has already ended the invocation",
        pages.LAMBDA_METRICS,
    )
    maximum_noisy_groups: int | None = integer(None, 0, None, "message groups", _METRIC, pages.SQS_METRICS)
    maximum_quiet_backlog: int | None = integer(None, 0, None, "messages", _METRIC, pages.SQS_METRICS)

    @property
    def on_fair_queue(self) -> bool:
        """Whether an alarm watches the message groups of a fair queue."""
        return self.maximum_noisy_groups is not None or self.maximum_quiet_backlog is not None


@dataclass(frozen=True)
class DeadLetterQueueComponentSettings:
    """All settings of a dead-letter queue that several consumers share."""

    consumer: str
    """The name of the component."""
    passed: frozenset[str] = frozenset()
    fifo: bool = argument(False, Boolean())
    name: Any = argument(None, InputText())
    message_retention_seconds: int = seconds(14 * DAY, 60, 14 * DAY, _QUEUE_RANGE, pages.SQS_CREATE_QUEUE)
    kms_master_key_id: Any = argument(None, InputText())
    kms_data_key_reuse_period_seconds: int | None = seconds(None, 60, DAY, _QUEUE_RANGE, pages.SQS_KEYS)
    allowed_senders: AllowedSendersSettings = argument(AllowedSendersSettings(), Group(model=AllowedSendersSettings))
    protect: bool = argument(False, Boolean())
    tags: Mapping[str, Any] = texts()


@dataclass(frozen=True)
class Settings:
    """All the settings of one consumer, with defaults and derived values in place.

    `handler` and `runtime` are None only until they are derived; with an image they are empty.
    """

    consumer: str
    passed: frozenset[str] = frozenset()
    """Paths of the arguments that the user passed, such as `queue.arn`."""
    source: str | None = argument(None, Text(what="the path of a folder"))
    include: tuple[str, ...] = argument((), Paths())
    code: Any = argument(None, Anything())
    image_uri: Any = argument(
        None,
        InputText(
            "Lambda runs images of private Amazon ECR repositories only",
            pages.LAMBDA_IMAGES,
            "the URI of an image, like <account>.dkr.ecr.<region>.amazonaws.com/hands:1",
            r"\d{12}\.dkr[.-]ecr\.[a-z0-9-]+\.[a-z0-9.-]+/\S+",
        ),
    )
    handler: str = argument(None, Text(what="'file.function'"))
    runtime: str = argument(None, Text(what="the identifier of a Lambda runtime"))
    timeout: int = seconds(30, 1, 900, "Lambda ends an invocation after 15 minutes", pages.LAMBDA_QUOTAS)
    memory_size: int = integer(128, 128, 10_240, "MB", _LAMBDA_RANGE, pages.LAMBDA_QUOTAS)
    environment: Mapping[str, Any] = texts(secret=True)
    policy_statements: tuple[dict[str, Any], ...] = argument((), Dicts(what="IAM policy statements"))
    batch_size: int = integer(
        10, 1, 10_000, "messages", "a batch has at most 10,000 messages", pages.LAMBDA_SQS_PARAMETERS
    )
    filters: tuple[dict[str, Any], ...] = argument((), Dicts(what="filter patterns"))
    fifo: bool = argument(False, Boolean())
    max_receive_count: int = integer(5, 1, 1_000, "receives", _QUEUE_RANGE, pages.SQS_DEAD_LETTERS)
    function: FunctionSettings = argument(FunctionSettings(), Group(model=FunctionSettings))
    queue: QueueSettings = argument(QueueSettings(), Group(model=QueueSettings))
    dead_letter_queue: DeadLetterQueueSettings = argument(
        DeadLetterQueueSettings(), Group(model=DeadLetterQueueSettings)
    )
    mapping: MappingSettings = argument(MappingSettings(), Group(model=MappingSettings))
    retry: RetrySettings | None = argument(None, Group(model=RetrySettings))
    idempotency: IdempotencySettings | None = argument(None, Group(model=IdempotencySettings))
    alarms: AlarmSettings | None = argument(None, Group(model=AlarmSettings))
    tags: Mapping[str, Any] = texts()
    ignore_advice: Mapping[str, Any] = texts()

    @property
    def has_dead_letter_queue(self) -> bool:
        """Whether a dead-letter queue is created or named. An existing queue may have one that is not named."""
        return self.queue.arn is None or self.dead_letter_queue.arn is not None

    @property
    def receives(self) -> int | None:
        """The queue's max_receive_count; None for an existing queue if the user did not pass it."""
        return self.max_receive_count if self.queue.arn is None or "max_receive_count" in self.passed else None

    @property
    def dead_letter_key(self) -> Any:
        """The KMS key of the dead-letter queue, or None. If it is created here, it has the key of the queue."""
        group = self.queue if self.dead_letter_queue.arn is None else self.dead_letter_queue
        return group.kms_master_key_id
