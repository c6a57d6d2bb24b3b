"""The settings of one consumer, frozen: every argument with its kind, its default and the bounds that AWS sets.

This is the one table of defaults and of single values. What an argument is for stands in `args.py`; what ties two
arguments together stands in `rules/` and `sources/`, and what files decide in `packaging/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    Arn,
)
from .kinds import (
    Anything,
    Boolean,
    Dicts,
    Group,
    InputList,
    InputText,
    InputTexts,
    Integer,
    Kind,
    OneOf,
    Paths,
    Subset,
    Text,
)

DAY = 86_400
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400),
    *(545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
APPLICATION_LOG_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
SYSTEM_LOG_LEVELS = ("DEBUG", "INFO", "WARN")
# A new visibility timeout may end at most 12 hours after the receive, and Lambda may have used 15 minutes of them.
LONGEST_RETRY_DELAY = 43_200 - 900


def argument(default: Any, kind: Kind) -> Any:
    """Declare a setting: its default, and the kind that reads and bounds what a user gives."""
    return field(default=default, metadata={"kind": kind})


def seconds(default: int | None, low: int, high: int, why: str, page: str) -> Any:
    """Declare a setting that is a whole number of seconds."""
    return argument(default, Integer(why, page, low, high, "seconds"))


def texts(secret: bool = False) -> Any:
    """Declare a setting that is a dict of texts, empty by default."""
    return field(default_factory=dict[str, Any], metadata={"kind": InputTexts(secret=secret)})


def arns(most: int | None, item: InputText) -> Any:
    """Declare a setting that is a list of ARNs or names, empty by default."""
    return argument((), InputList(item.why, item.page, item, most))


_QUEUE_RANGE = "SQS allows no other"
MAX_MESSAGE_SIZE = 1_048_576  # bytes; SQS's own default since 2025, where the provider still sends 262,144


def key_reuse() -> Any:
    """Declare the setting of how long SQS uses a data key."""
    return seconds(None, 60, DAY, _QUEUE_RANGE, pages.SQS_KEYS)


_KEY_OF_ROLE = "the role is allowed to decrypt with this key, and permissions name keys, not their aliases"
_KEY_OF_TABLE = "the role is allowed to use this key, and permissions name keys, not their aliases"
_KEY_OF_LOGS = "CloudWatch Logs takes a key by its ARN, not by its alias"
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
    provisioned_concurrent_executions: int | None = argument(
        None, Integer("Lambda sets this lower bound", pages.LAMBDA_PROVISIONED, 1, None, "execution environments")
    )
    snap_start: bool = argument(False, Boolean())


@dataclass(frozen=True)
class ImageConfigSettings:
    """The group `image_config` of the group `function`."""

    commands: tuple[Any, ...] = argument((), InputList(item=InputText(), most=1_500, unique=False))
    entry_points: tuple[Any, ...] = argument((), InputList(item=InputText(), most=1_500, unique=False))
    working_directory: Any = argument(
        None,
        InputText("Lambda takes no longer one", pages.LAMBDA_IMAGE_CONFIG, "1 to 1,000 characters", "(?s:.{1,1000})"),
    )


@dataclass(frozen=True)
class FunctionSettings:
    """The group `function`."""

    name: Any = argument(None, InputText())
    role_name: Any = argument(None, InputText())
    architecture: str = argument(
        "x86_64", OneOf("Lambda runs on these two", pages.LAMBDA_ARCHITECTURE, ("x86_64", "arm64"))
    )
    log_retention_in_days: int = argument(
        30, OneOf("CloudWatch Logs keeps lines for these periods only", pages.LOGS_RETENTION, LOG_RETENTION_DAYS)
    )
    log_format: str = argument("Text", OneOf("Lambda writes these two", pages.LAMBDA_LOGGING, ("Text", "JSON")))
    application_log_level: str | None = argument(
        None, OneOf("Lambda knows these levels", pages.LAMBDA_LOGGING, APPLICATION_LOG_LEVELS)
    )
    system_log_level: str | None = argument(
        None, OneOf("Lambda knows these levels of its own lines", pages.LAMBDA_LOGGING, SYSTEM_LOG_LEVELS)
    )
    log_kms_key_arn: Any = argument(None, KMS_KEY.kind(_KEY_OF_LOGS, pages.LOGS_ENCRYPTION))
    description: Any = argument(
        None,
        InputText("Lambda takes no longer one", pages.LAMBDA_CREATE_FUNCTION, "1 to 256 characters", "(?s:.{1,256})"),
    )
    layers: tuple[Any, ...] = arns(
        5, LAYER_VERSION.kind("Lambda adds versions of at most 5 layers", pages.LAMBDA_LAYERS)
    )
    vpc: VpcSettings | None = argument(None, Group(model=VpcSettings))
    ephemeral_storage: int = argument(
        512, Integer("Lambda offers no other sizes of /tmp", pages.LAMBDA_QUOTAS, 512, 10_240, "MB")
    )
    tracing: bool = argument(False, Boolean())
    environment_kms_key_arn: Any = argument(None, KMS_KEY.kind(_KEY_OF_ROLE, pages.LAMBDA_ENCRYPTION))
    reserved_concurrent_executions: int | None = argument(
        None, Integer("Lambda allows no other", pages.LAMBDA_CONCURRENCY, 0, None, "concurrent invocations")
    )
    alias: AliasSettings | None = argument(None, Group(model=AliasSettings))
    image_config: ImageConfigSettings | None = argument(None, Group(model=ImageConfigSettings))
    code_signing_config_arn: Any = argument(
        None, CODE_SIGNING_CONFIG.kind("Lambda takes no other", pages.LAMBDA_CODE_SIGNING)
    )
    permissions_boundary: Any = argument(None, IAM_POLICY.kind("a boundary is a managed policy", pages.IAM_BOUNDARIES))
    managed_policy_arns: tuple[Any, ...] = arns(
        None, IAM_POLICY.kind("IAM attaches managed policies by their ARNs", pages.IAM_QUOTAS)
    )
    record_metrics: bool = argument(False, Boolean())


def _senders(arn: Arn, page: str) -> Any:
    """Declare the ARNs of what may send to the queue."""
    return arns(None, arn.kind("the queue's policy names senders by their ARNs", page))


@dataclass(frozen=True)
class AllowedSendersSettings:
    """The group `allowed_senders` of the group `queue`."""

    topics: tuple[Any, ...] = _senders(SENDING_TOPICS, pages.SNS_TO_SQS)
    buckets: tuple[Any, ...] = _senders(SENDING_BUCKETS, pages.S3_TO_SQS)
    event_rules: tuple[Any, ...] = _senders(SENDING_RULES, pages.EVENTS_TO_SQS)


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
    max_message_size: int = argument(
        MAX_MESSAGE_SIZE, Integer(_QUEUE_RANGE, pages.SQS_CREATE_QUEUE, 1_024, MAX_MESSAGE_SIZE, "bytes")
    )
    kms_master_key_id: Any = argument(None, InputText())
    kms_data_key_reuse_period_seconds: int | None = key_reuse()
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


@dataclass(frozen=True)
class PollerSettings:
    """The group `mapping.provisioned_pollers`."""

    minimum: int = argument(2, Integer("Lambda allows no other", pages.LAMBDA_SQS_SCALING, 2, 200, "pollers"))
    maximum: int = argument(200, Integer("Lambda allows no other", pages.LAMBDA_SQS_SCALING, 2, 10_000, "pollers"))


@dataclass(frozen=True)
class MappingSettings:
    """The group `mapping`."""

    maximum_batching_window_in_seconds: int = seconds(
        0, 0, 300, "Lambda waits no longer for a batch to fill", pages.LAMBDA_SQS_PARAMETERS
    )
    maximum_concurrency: int | None = argument(
        None,
        Integer("Lambda sets this lower bound for SQS", pages.LAMBDA_SQS_SCALING, 2, None, "concurrent invocations"),
    )
    enabled: bool = argument(True, Boolean())
    provisioned_pollers: PollerSettings | None = argument(None, Group(model=PollerSettings))
    metrics: bool = argument(False, Boolean())


@dataclass(frozen=True)
class RetrySettings:
    """The group `retry`."""

    base_delay_seconds: int = seconds(
        10, 1, LONGEST_RETRY_DELAY, "a visibility timeout ends 12 hours after the receive", pages.SQS_CHANGE_VISIBILITY
    )
    maximum_delay_seconds: int = seconds(
        900, 1, LONGEST_RETRY_DELAY, "a visibility timeout ends 12 hours after the receive", pages.SQS_CHANGE_VISIBILITY
    )


@dataclass(frozen=True)
class IdempotencySettings:
    """The group `idempotency`. `expires_after_seconds` is None only until it is derived."""

    name: Any = argument(None, InputText())
    expires_after_seconds: int = argument(
        None, Integer("a record must outlive the message", pages.POWERTOOLS_IDEMPOTENCY, 1, None, "seconds")
    )
    point_in_time_recovery: bool = argument(True, Boolean())
    kms_key_arn: Any = argument(None, KMS_KEY.kind(_KEY_OF_TABLE, pages.DYNAMODB_ENCRYPTION))


ALARMS = ("dead_letters", "message_age", "errors", "throttles", "duration")
"""The alarms of a consumer: what `leave_out` takes, and the keys of `QueueConsumer.alarms`."""

_METRIC = "the metric knows no other values"


@dataclass(frozen=True)
class AlarmSettings:
    """The group `alarms`. `maximum_message_age_seconds` is None only until it is derived."""

    actions: tuple[Any, ...] = argument((), InputList(item=InputText(), unique=False))
    ok_actions: tuple[Any, ...] = argument((), InputList(item=InputText(), unique=False))
    leave_out: tuple[str, ...] = argument((), Subset("a consumer has these alarms", pages.ALARMS, ALARMS))
    maximum_dead_letters: int = argument(0, Integer(_METRIC, pages.SQS_METRICS, 0, None, "messages"))
    maximum_message_age_seconds: int = seconds(
        None, 1, 14 * DAY - 1, "SQS keeps no message longer than 14 days", pages.SQS_METRICS
    )
    maximum_errors: int = argument(0, Integer(_METRIC, pages.LAMBDA_METRICS, 0, None, "failures a minute"))
    maximum_throttles: int = argument(0, Integer(_METRIC, pages.LAMBDA_METRICS, 0, None, "throttles a minute"))
    maximum_duration_percent: int = argument(
        80, Integer("at 100 the function has been ended already", pages.LAMBDA_METRICS, 1, 99, "percent of the timeout")
    )


@dataclass(frozen=True)
class DeadLetterQueueComponentSettings:
    """All the settings of a dead-letter queue that several consumers share."""

    consumer: str
    """Its own name."""
    given: frozenset[str] = frozenset()
    fifo: bool = argument(False, Boolean())
    name: Any = argument(None, InputText())
    message_retention_seconds: int = seconds(14 * DAY, 60, 14 * DAY, _QUEUE_RANGE, pages.SQS_CREATE_QUEUE)
    kms_master_key_id: Any = argument(None, InputText())
    kms_data_key_reuse_period_seconds: int | None = key_reuse()
    allowed_senders: AllowedSendersSettings = argument(AllowedSendersSettings(), Group(model=AllowedSendersSettings))
    protect: bool = argument(False, Boolean())
    tags: Mapping[str, Any] = texts()


@dataclass(frozen=True)
class Settings:
    """All the settings of one consumer, with defaults and derived values in place.

    `handler` and `runtime` are None only until they are derived; with an image, where they have no meaning, they stay
    empty.
    """

    consumer: str
    given: frozenset[str] = frozenset()
    """The arguments that were given, by their paths: beside a queue that exists, a default means something else."""
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
    timeout: int = seconds(30, 1, 900, "Lambda ends an invocation after 15 minutes at the latest", pages.LAMBDA_QUOTAS)
    memory_size: int = argument(
        128, Integer("Lambda offers no other memory sizes", pages.LAMBDA_QUOTAS, 128, 10_240, "MB")
    )
    environment: Mapping[str, Any] = texts(secret=True)
    policy_statements: tuple[dict[str, Any], ...] = argument((), Dicts(what="IAM policy statements"))
    batch_size: int = argument(
        10,
        Integer("Lambda reads at most that many messages at once", pages.LAMBDA_SQS_PARAMETERS, 1, 10_000, "messages"),
    )
    filters: tuple[dict[str, Any], ...] = argument((), Dicts(what="filter patterns"))
    fifo: bool = argument(False, Boolean())
    max_receive_count: int = argument(5, Integer("SQS allows no other", pages.SQS_DEAD_LETTERS, 1, 1_000, "receives"))
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
        """Whether there is a dead-letter queue that we know of: a queue that exists already may have one unnamed."""
        return self.queue.arn is None or self.dead_letter_queue.arn is not None

    @property
    def receives(self) -> int | None:
        """After how many receives a message moves, where that is known: a queue that exists has a count of its own."""
        return self.max_receive_count if self.queue.arn is None or "max_receive_count" in self.given else None

    @property
    def dead_letter_key(self) -> Any:
        """The KMS key of the dead-letter queue, or None: one that is made here has the queue's."""
        group = self.queue if self.dead_letter_queue.arn is None else self.dead_letter_queue
        return group.kms_master_key_id
