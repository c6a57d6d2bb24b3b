"""The arguments of a QueueConsumer. Each docstring is also what users of other languages read in its schema.

Numbers, booleans, groups and `source` are plain values, validated when the component is constructed. What is marked
`pulumi.Input` may also be an Output, and is validated when it resolves.
"""

from typing import Any, NotRequired, TypedDict

import pulumi


class VpcOptions(TypedDict):
    """The network that the function is connected to. It then reaches what its security groups allow, the internet by a
    NAT gateway only. The role gets the permissions that Lambda needs for network interfaces, and the function's own
    code is denied them. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"""

    subnet_ids: NotRequired[list[pulumi.Input[str]]]
    """Ids of 1 to 16 private subnets, in several zones: at most 16. A public subnet does not give access to the
    internet. Default: none, which is an error."""
    security_group_ids: NotRequired[list[pulumi.Input[str]]]
    """Ids of 1 to 5 security groups: at most 5. Only their outbound rules matter. Default: none, which is an error."""
    ipv6_allowed_for_dual_stack: NotRequired[bool]
    """Whether the function may use IPv6 in subnets that have it. Default: False, AWS's own."""


class AliasOptions(TypedDict):
    """A name for the newest version of the function, which the mapping then invokes. Every deployment publishes a
    version, which never changes again. https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html"""

    name: NotRequired[pulumi.Input[str]]
    """Name of the alias, 1 to 128 of letters, digits, `-` and `_`, not digits alone. Default: `live`."""
    provisioned_concurrent_executions: NotRequired[int]
    """Environments that are always initialized: 1 or more execution environments, at most the function's reserved
    concurrency. AWS bills them all the time. Default: none, because a queue can wait for a cold start.
    https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""
    snap_start: NotRequired[bool]
    """Whether environments start from a snapshot of one that is initialized, which is taken when the version is
    published: with Python 3.12, Java 11, .NET 8 or newer, and 512 MB of ephemeral storage; not together with
    provisioned concurrency. What must be unique or fresh in each environment, such as random seeds and connections,
    must not come from the snapshot. Default: False. https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""


class ImageConfigOptions(TypedDict):
    """What overrides the image's own Dockerfile.
    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html"""

    commands: NotRequired[list[pulumi.Input[str]]]
    """Replaces CMD, at most 1,500 items: with AWS's base images, the handler. Default: the image's own."""
    entry_points: NotRequired[list[pulumi.Input[str]]]
    """Replaces ENTRYPOINT, at most 1,500 items: with the runtime's client, how it is started. Default: the image's
    own."""
    working_directory: NotRequired[pulumi.Input[str]]
    """Replaces WORKDIR: an absolute path of 1 to 1,000 characters. Default: the image's own."""


class FunctionOptions(TypedDict):
    """Options of the Lambda function."""

    name: NotRequired[pulumi.Input[str]]
    """Physical name, 1 to 64 of letters, digits, `-` and `_`. Default: the consumer's name and a random suffix, so that
    two stacks fit into one account. With a name, the log group is `/aws/lambda/<name>`."""
    role_name: NotRequired[pulumi.Input[str]]
    """Physical name of the execution role, 1 to 64 of letters, digits and `_+=,.@-`. Default: automatic."""
    architecture: NotRequired[str]
    """One of: `x86_64`, `arm64`. Default: `x86_64`, AWS's own. Compiled dependencies must match. `arm64` costs a fifth
    less. https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html"""
    log_retention_in_days: NotRequired[int]
    """How many days CloudWatch Logs keeps the function's lines. One of: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365,
    400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653. Default: 30, twice as long as the dead-letter queue keeps a
    message, so that its failure can still be read.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
    log_format: NotRequired[str]
    """Format of Lambda's own lines, and of what a Python, Node.js, Java or .NET function logs. One of: `Text`, `JSON`.
    Default: `Text`, AWS's own. `consumers logs` reads both.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html"""
    application_log_level: NotRequired[str]
    """Lowest level of the function's lines that is logged. One of: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, `FATAL`.
    Requires log_format `JSON`. Default: none is sent, and AWS uses `INFO`."""
    system_log_level: NotRequired[str]
    """Lowest level of Lambda's own lines that is logged. One of: `DEBUG`, `INFO`, `WARN`. `WARN` drops the lines on
    start, end and duration. Requires log_format `JSON`. Default: none is sent, and AWS uses `INFO`."""
    log_kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key that encrypts the log group. The key's own policy must allow CloudWatch Logs to use it.
    Default: CloudWatch Logs' own key.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
    description: NotRequired[pulumi.Input[str]]
    """What the function is for: 1 to 256 characters. Default: none."""
    layers: NotRequired[list[pulumi.Input[str]]]
    """ARNs of layer versions, at most 5. Function and layers together have at most 250 MB. Default: none. With layers,
    a handler that is missing in `source` is no error, because a layer may contain it.
    https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html"""
    vpc: NotRequired[VpcOptions]
    """The network that the function is connected to. Default: none of yours, and it reaches the internet."""
    ephemeral_storage: NotRequired[int]
    """Size of `/tmp`: 512 to 10,240 MB. Default: 512, AWS's own, which costs nothing.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"""
    tracing: NotRequired[bool]
    """Whether invocations are traced by X-Ray; the role may then send traces. Default: False; traces cost by the
    invocation. https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html"""
    environment_kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key that encrypts the environment variables; the role may then decrypt with it. Default: Lambda's
    own key. Deployments need permission to use it.
    https://docs.aws.amazon.com/lambda/latest/dg/security-encryption-at-rest.html"""
    reserved_concurrent_executions: NotRequired[int]
    """Reserve and limit of the function: 0 or more concurrent invocations. Set it together with
    `mapping.maximum_concurrency`, and not below it: pollers ignore the reserve, and messages that are throttled too
    often are dead-lettered. Default: none, the function shares the account's concurrency.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
    alias: NotRequired[AliasOptions]
    """Versions, and an alias on the newest, which the mapping invokes. Default: the mapping invokes the latest code."""
    image_config: NotRequired[ImageConfigOptions]
    """What overrides the Dockerfile of `image_uri`. Default: nothing."""
    code_signing_config_arn: NotRequired[pulumi.Input[str]]
    """ARN of the code signing configuration that the archive must pass: the archive is then one that AWS Signer has
    signed, passed as `code`. Default: none.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html"""
    permissions_boundary: NotRequired[pulumi.Input[str]]
    """ARN of the managed policy that bounds what the role may do; it must allow what the consumer needs. Default: none.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    managed_policy_arns: NotRequired[list[pulumi.Input[str]]]
    """ARNs of managed policies that the role gets too, 10 without a raised quota. Default: none; prefer
    policy_statements for what only this function may do. An Output is named by its position: add new ones at the end.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html"""
    record_metrics: NotRequired[bool]
    """Whether `sqs_batch` counts what becomes of the records as metrics of CloudWatch: `Handled`, `Failed`, `Rejected`
    and `NotStarted` in the namespace `QueueConsumer`, by `FunctionName`. A line in the log for each batch; CloudWatch
    bills four custom metrics. Default: False; the queue's own metrics show most of it.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html"""
    bytecode: NotRequired[bool]
    """Whether the archive of a Python `source` also contains the bytecode of its files and dependencies, so that a cold
    start does not compile what it imports: imports of large packages take about half the time, and files a quarter more
    space. It requires a Python of the runtime's minor version on every machine that deploys, and the same patch release
    for the same archive. Default: False, because a machine without that Python is refused.
    https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
    keep_unused_files: NotRequired[bool]
    """Whether the archive of a Python `source` also contains those files of its dependencies that no import needs:
    folders named `tests`, type stubs, and the metadata of installers. Licenses, and what a package reads at run time,
    are always packaged. Default: False; they count against Lambda's 250 MB.
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


class AllowedSenders(TypedDict):
    """Which AWS services may send to the queue, each on behalf of the resources that are named here only. It becomes
    the queue's policy, of 8,192 bytes at most, which is some 100 ARNs. Senders with a role of their own (functions,
    schedules, HTTP routes, streams) need no entry: see `grant_send`. In a name, `*` matches any text.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-using-identity-based-policies.html"""

    topics: NotRequired[list[pulumi.Input[str]]]
    """ARNs of SNS topics that may send. Only FIFO topics deliver to FIFO queues. Default: none.
    https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html"""
    buckets: NotRequired[list[pulumi.Input[str]]]
    """ARNs of S3 buckets of the queue's account that may send. The policy denies another account's buckets, but no
    error reports them, because the ARN of a bucket contains no account. S3 cannot send to FIFO queues. Default: none.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html"""
    event_rules: NotRequired[list[pulumi.Input[str]]]
    """ARNs of EventBridge rules that may send. Default: none.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"""


class QueueOptions(TypedDict):
    """Options of the queue that producers send to.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""

    name: NotRequired[pulumi.Input[str]]
    """Physical name, 1 to 80 of letters, digits, `-` and `_`; a FIFO queue's has at most 75, and `.fifo` is appended
    where it is missing. Default: automatic."""
    visibility_timeout_seconds: NotRequired[int]
    """How long a received message stays hidden: 0 to 43,200 seconds (12 hours), and at least the function's timeout.
    Default: six times the timeout plus the batching window, as AWS advises, so that Lambda can retry when it is
    throttled. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    message_retention_seconds: NotRequired[int]
    """How long an unread message is kept: 60 to 1,209,600 seconds (14 days). Default: 345,600 (4 days), AWS's own. It
    leaves ten days for a message that is dead-lettered just before it expires."""
    delay_seconds: NotRequired[int]
    """How long a new message stays hidden: 0 to 900 seconds. Default: 0."""
    receive_wait_time_seconds: NotRequired[int]
    """How long a receive waits for a message: 0 to 20 seconds. Default: 20 (long polling). Lambda's pollers always
    wait; other receivers pay for fewer empty receives."""
    content_based_deduplication: NotRequired[bool]
    """Whether a FIFO queue takes the hash of the body as the deduplication id. Default: False; two equal bodies are two
    messages, and senders pass the id. Only on FIFO queues."""
    high_throughput: NotRequired[bool]
    """Whether a FIFO queue counts its quota of messages per second, and looks for duplicates, in each message group
    instead of in the whole queue: up to 70,000 a second, instead of 300 (3,000 in batches). Default: False; equal
    deduplication ids of two groups would then be two messages. Only on FIFO queues.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html"""
    max_message_size: NotRequired[int]
    """Size limit of a message, body and attributes together: 1,024 to 1,048,576 bytes (1 MiB). Default: 1,048,576,
    AWS's own. It applies to both queues, because a dead letter is as large as its message."""
    kms_master_key_id: NotRequired[pulumi.Input[str]]
    """ARN of the customer managed KMS key that encrypts both queues. Default: SQS encrypts them with keys of its own,
    at no cost. The role, and the roles with a grant, also get the permissions on the key. An alias or an id is an
    error, because a policy names keys by their ARN. The key's own policy must let the account's policies decide, and
    name the services that send (SNS, S3, EventBridge). With `arn`: the key of the existing queue.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"""
    kms_data_key_reuse_period_seconds: NotRequired[int]
    """How long SQS uses a data key before it asks KMS again: 60 to 86,400 seconds (a day). Default: SQS's own 300.
    Longer costs less, but a revoked key works longer. Requires `kms_master_key_id`."""
    arn: NotRequired[pulumi.Input[str]]
    """ARN of an existing queue to read. It is never changed: neither its attributes nor its policy nor its redrive
    policy. No queue and no dead-letter queue are created, and arguments that configure them are errors. Four arguments
    then describe the queue: `visibility_timeout_seconds` and `max_receive_count`, for validation and for `sqs_batch`,
    `kms_master_key_id`, for permissions, and `allowed_senders`. `fifo` must match the queue. Default: a queue of this
    consumer's own."""
    allowed_senders: NotRequired[AllowedSenders]
    """Which topics, buckets and EventBridge rules may send. Default: none; roles may, where their own policies say so.
    With `arn`, list the senders that the queue's policy allows: it is never changed, and `sender_statements` returns
    the statements for it."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete or replace queue and dead-letter queue, and so the messages in them. Default:
    False; stacks can be destroyed."""


class DeadLetterQueueOptions(TypedDict):
    """Options of the queue that receives the messages which failed too often."""

    name: NotRequired[pulumi.Input[str]]
    """Physical name, by the same rules as the queue's. Default: automatic."""
    message_retention_seconds: NotRequired[int]
    """How long a dead letter is kept: 60 to 1,209,600 seconds. Default: 1,209,600 (14 days), the maximum. On standard
    queues a message keeps its age, so this must not be less than the queue's retention.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html"""
    arn: NotRequired[pulumi.Input[str]]
    """ARN of an existing dead-letter queue, such as the `arn` of a `DeadLetterQueue` that several consumers share: none
    is created, and messages move there. It must have the queue's type, account and region, and arguments that configure
    it are errors. With `queue.arn`, pass the dead-letter queue of that queue, so that the function may send there;
    otherwise the outputs `dead_letter_queue_…` are empty. Default: a dead-letter queue of this consumer's own."""
    kms_master_key_id: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key of the dead-letter queue in `arn`, for permissions. Only with `arn`: a new dead-letter queue
    has the queue's key. Default: SQS's own keys."""
    restricted: NotRequired[bool]
    """Whether only this queue may use the dead-letter queue. Default: False; any queue of the account and region may,
    as on AWS. It is a separate resource, for which the AWS provider waits another 25 s. While it is True, SQS rejects a
    replacement of the queue, such as after a change of its name: remove it in a deployment before.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    allow_rejects: NotRequired[bool]
    """Whether the function may send to the dead-letter queue itself: `sqs_batch` does so for a message that it rejects,
    and on FIFO queues for a poison message on its last receive, so that the rest of its group goes on. Default: whether
    the function in `source` imports `sqs_batch`, or `reasons` is True; False with `code`, which is not inspected, and
    without a dead-letter queue (see `queue.arn`)."""
    reasons: NotRequired[bool]
    """Whether dead letters say why they failed on standard queues too: on a message's last receive, `sqs_batch` sends
    it to the dead-letter queue itself, with the attribute `Rejected`, instead of leaving that to SQS. Default: False,
    because it has a price: a batch that fails for good makes one more call to SQS, and such a letter has a message id
    and an age of its own, and was not moved by SQS, so a redrive must name its destination. What a timeout or a crash
    ends carries no reason. On FIFO queues `allow_rejects` includes it.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html"""


class ProvisionedPollers(TypedDict):
    """Pollers that are kept ready for this queue alone: they scale three times as fast, and are billed by the hour.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

    minimum: NotRequired[int]
    """Minimum: 2 to 200 pollers. Default: 2, AWS's own. A poller handles up to 10 concurrent invocations, or 1 MB a
    second."""
    maximum: NotRequired[int]
    """Maximum: 2 to 10,000 pollers, at least the minimum; above 2,000 with a raised quota. Default: 200, AWS's own."""


class MappingOptions(TypedDict):
    """Options of the event source mapping, which polls the queue and invokes the function.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""

    maximum_batching_window_in_seconds: NotRequired[int]
    """How long to wait for a full batch: 0 to 300 seconds; at least 1 if batch_size is above 10; 0 on FIFO queues.
    Default: 0, messages are handled at once."""
    maximum_concurrency: NotRequired[int]
    """Limit at which the pollers stop scaling up: 2 or more concurrent invocations. Above 1,000 is a warning, because
    Lambda allows it with a raised quota only. Default: no limit but the account's. It limits the pollers; a function's
    reserved concurrency would throttle them, which uses up receives.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
    enabled: NotRequired[bool]
    """Whether messages are read. Default: True; False pauses the consumer while the queue goes on collecting."""
    provisioned_pollers: NotRequired[ProvisionedPollers]
    """Pollers that are kept ready, for queues whose load jumps; not together with maximum_concurrency. Default: none,
    Lambda shares its pollers and starts with five. On standard and FIFO queues."""
    metrics: NotRequired[bool]
    """Whether CloudWatch gets the mapping's own counts of messages - polled, filtered out, invoked, failed, deleted.
    Default: False; each is a metric of its own, and is billed.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the customer managed KMS key that encrypts `filters`, a key of the queue's region. Its own policy must
    allow `kms:Decrypt` to `lambda.<region>.amazonaws.com`, or Lambda cannot filter. Deployments need `kms:Decrypt`,
    `kms:DescribeKey` and `kms:GenerateDataKey` on it; `grant_operate` includes them. The function's role needs none.
    Default: a key of AWS's own; everybody who may read the mapping can read its filters.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filter-criteria-encryption"""


class RetryOptions(TypedDict):
    """How long a message that failed stays hidden before it is tried again; `sqs_batch` sets it. Without this group a
    message comes back after the queue's whole visibility timeout.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html"""

    base_delay_seconds: NotRequired[int]
    """Delay after the first receive: 1 to 42,300 seconds. It doubles with each receive, with jitter. Default: 10,
    because most outages that a retry survives last longer than a second."""
    maximum_delay_seconds: NotRequired[int]
    """Longest delay: 1 to 42,300 seconds, at least the base. Default: 900."""


class IdempotencyOptions(TypedDict):
    """A DynamoDB table that remembers what was handled, for a handler that uses Powertools' idempotency utility: the
    function may read and write it, and has `IDEMPOTENCY_TABLE` and `IDEMPOTENCY_EXPIRES_AFTER_SECONDS` in its
    environment. DynamoDB bills it by the request. `queue.protect` protects it too.
    https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/"""

    name: NotRequired[pulumi.Input[str]]
    """Physical name of the table, 3 to 255 of letters, digits, `_`, `.` and `-`. Default: automatic."""
    expires_after_seconds: NotRequired[int]
    """How long the handler remembers a message: 1 or more seconds. Default: the retention of dead-letter queue and
    queue together, which is 18 days by default, because a message redriven just before it expires waits once more."""
    point_in_time_recovery: NotRequired[bool]
    """Whether the table can be restored to any second of the last 35 days. Default: True; without its records, all that
    is redriven has its effect a second time. DynamoDB bills it by the size of the table.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html"""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the customer managed KMS key that encrypts the table; the role may then use that key. Deployments need
    permission to use it, and to create grants for it. Default: DynamoDB encrypts with a key of its own, at no cost.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html"""


class AlarmOptions(TypedDict):
    """Five CloudWatch alarms on one consumer, each of which can be left out, and two more on fair queues, which a
    threshold turns on. An alarm fires when its metric is above its threshold. Its description says what to check first.
    CloudWatch bills each alarm by the month.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html"""

    actions: NotRequired[list[pulumi.Input[str]]]
    """ARNs of 1 to 5 actions when an alarm fires: an SNS topic, a Lambda function, or another that CloudWatch supports.
    Required, because an alarm without an action notifies nobody.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
    ok_actions: NotRequired[list[pulumi.Input[str]]]
    """ARNs of at most 5 actions when an alarm resolves. Default: none."""
    leave_out: NotRequired[list[str]]
    """Alarms that are not created, at most four. Any of: `dead_letters`, `message_age`, `errors`, `throttles`,
    `duration`. Default: none."""
    maximum_dead_letters: NotRequired[int]
    """Threshold of `dead_letters`: 0 or more messages in the dead-letter queue. Default: 0, because each has failed for
    good, and SQS deletes it after its retention."""
    maximum_message_age_seconds: NotRequired[int]
    """Threshold of `message_age`: the oldest message is 1 to 1,209,599 seconds old, less than the queue's retention.
    Default: as long as a message can be retried before it is dead-lettered, which is max_receive_count x the visibility
    timeout or the longest delay of `retry`; an older message waits because the consumer does not keep up. The default
    is at least 300 seconds, because a burst may take that long, and at most half of the retention, to leave time to
    act. CloudWatch leaves out messages that were received three times or more, so this alarm cannot see poison:
    `dead_letters` does, and `errors` sees invocations that fail as a whole.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"""
    maximum_errors: NotRequired[int]
    """Threshold of `errors`: 0 or more failures a minute. Default: 0, because `sqs_batch` fails no invocation for a
    message, so an error is a timeout, too little memory, or code that cannot be loaded.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
    maximum_throttles: NotRequired[int]
    """Threshold of `throttles`: 0 or more throttles a minute. Default: 0. The alarm fires after 3 of 5 minutes, because
    Lambda's pollers find a limit by a minute of throttles; lasting ones use up receives and dead-letter good
    messages."""
    maximum_duration_percent: NotRequired[int]
    """Threshold of `duration`: the slowest hundredth of the invocations takes 1 to 99 percent of the timeout. Default:
    80, which leaves a fifth before Lambda ends them and the whole batch comes back. The alarm fires after 3 of 5
    minutes."""
    maximum_noisy_groups: NotRequired[int]
    """Threshold of `noisy_groups`: 0 or more message groups that SQS counts as noisy. A standard queue is a fair queue
    for messages with a group id: a group that takes more than a tenth of the messages in flight, or of the processing
    time, is noisy, and SQS delivers the messages of the others first. The alarm fires after 3 of 5 minutes. Default:
    none, and there is no such alarm, because only your producers know whether they send group ids. Also adds the fair
    queue to a `ConsumersDashboard`. Only on standard queues.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html"""
    maximum_quiet_backlog: NotRequired[int]
    """Threshold of `quiet_backlog`: 0 or more messages that wait and belong to no noisy group. Above it, the groups
    that are not noisy wait too. Set it to what the consumer handles in the time that they may wait. The alarm fires
    after 3 of 5 minutes. Default: none, and there is no such alarm, because the number depends on the load. Also adds
    the fair queue to a `ConsumersDashboard`. Only on standard queues.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"""


class QueueConsumerArgs(TypedDict):
    """The arguments of a QueueConsumer: the most frequent ones at the top, the others in groups named after their part
    of the consumer. Pass exactly one of `source`, `code` and `image_uri`; everything else has a default."""

    source: NotRequired[str]
    """Path of the folder with the function's code, relative to the program. It is packaged without caches, tests and
    editor files; its `.lambdaignore` names more files to leave out. Secrets, and links out of the folder, are errors.
    With a Python runtime, the requirements in `requirements.txt` or `pyproject.toml` are installed into the archive,
    from wheels for that runtime and `function.architecture`. At most 50 MB as an archive, and 250 MB of files. Default:
    none. https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
    include: NotRequired[list[str]]
    """Paths of folders and files that several functions share, relative to the program. Each is packaged at the
    archive's root under its own name: `lib/shared` as `shared`, which the function imports as `shared`. Default: none.
    Names that `source` already contains are errors. The function's own requirements must contain the dependencies of
    included folders. https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
    code: NotRequired[pulumi.Input[pulumi.Archive]]
    """The function's code as an existing archive, for any runtime. Default: none."""
    image_uri: NotRequired[pulumi.Input[str]]
    """URI of the function's container image, in a private Amazon ECR repository of the same region. The image contains
    runtime and handler; `function.image_config` overrides how it starts. Default: none.
    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html"""
    handler: NotRequired[str]
    """What Lambda calls, 128 characters at most: `file.function` in Python, Node.js and Ruby, `package.Class::method`
    in Java, `Assembly::Namespace.Class::Method` in .NET; `provided` runtimes run the file `bootstrap`. Default:
    `handler.handle`. In `source` its file must exist, and the name in it where the language is Python or Node.js. Not
    with an image. https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html"""
    runtime: NotRequired[str]
    """Identifier of the Lambda runtime, in any language: `python3.13`, `nodejs22.x`, `java21`, `dotnet8`, `ruby3.4`,
    `provided.al2023`, and so on. Default: `python3.13`. Not with an image.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""
    timeout: NotRequired[int]
    """How long one invocation, so one batch, may take: 1 to 900 seconds. Default: 30, because AWS's own 3 seconds are
    short for ten messages. The queue's visibility timeout follows it."""
    memory_size: NotRequired[int]
    """The function's memory: 128 to 10,240 MB. Its CPU share grows with it. Default: 128, AWS's own."""
    environment: NotRequired[dict[str, pulumi.Input[str]]]
    """The function's environment variables, 4 KB together. Default: none. Names that Lambda reserves, and names that
    begin with `SQS_BATCH_`, are errors. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    policy_statements: NotRequired[list[dict[str, Any]]]
    """What the function may do beyond reading its queue and writing its log, as IAM statements (`Effect`, `Action`,
    `Resource`, …) whose values may be Outputs. Default: none.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"""
    batch_size: NotRequired[int]
    """Maximum of one batch: 1 to 10,000 messages; at most 10 on FIFO queues. Default: 10."""
    filters: NotRequired[list[dict[str, Any]]]
    """Patterns on the message's body, such as `{"body": {"won": [True], "chips": [{"numeric": [">", 0]}]}}`; the
    function gets messages that match any of them. Lambda deletes all others: they are neither dead-lettered nor logged.
    The same goes for a body that is not JSON, unless a pattern is for text, `{"body": ["ping"]}`. A field has a list of
    values, or of `{operator: value}` with prefix, suffix, equals-ignore-case, anything-but, numeric, exists; `$or`
    takes a list of patterns. At most 5 patterns, 10 with a raised quota. Default: none; the function gets all messages.
    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html"""
    fifo: NotRequired[bool]
    """Whether queue and dead-letter queue are FIFO: in order within each message group, sent once within 5 minutes.
    Default: False. A queue cannot change its type: changing this replaces it, and its messages are lost."""
    max_receive_count: NotRequired[int]
    """When a message moves to the dead-letter queue: after 1 to 1,000 receives. Default: 5, as AWS advises, because
    throttled invocations count as receives.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    function: NotRequired[FunctionOptions]
    """The Lambda function, apart from its code."""
    queue: NotRequired[QueueOptions]
    """The queue that producers send to."""
    dead_letter_queue: NotRequired[DeadLetterQueueOptions]
    """The queue that receives the messages which failed too often."""
    mapping: NotRequired[MappingOptions]
    """The event source mapping, which polls the queue and invokes the function."""
    retry: NotRequired[RetryOptions]
    """Retries with exponential backoff by `sqs_batch`. Default: none, a message waits for its visibility timeout."""
    idempotency: NotRequired[IdempotencyOptions]
    """A table that remembers what was handled, so that a message which comes twice has its effect once. An empty group
    turns it on. Default: there is none, and the handler's effects are idempotent by themselves."""
    alarms: NotRequired[AlarmOptions]
    """CloudWatch alarms on dead letters, message age, errors, throttles and duration, and on the message groups of fair
    queues. Default: none are created."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags on every resource that can have them, besides those that name consumer, stack and project. Default: none."""
    ignore_advice: NotRequired[dict[str, str]]
    """Reasons to ignore warnings, by the id at the end of each warning. Default: none. Errors cannot be ignored."""
