"""The arguments of a QueueConsumer. Each docstring is also what users of other languages read in its schema.

Numbers, booleans, groups and `source` are plain values, checked when the component is constructed. What is marked
`pulumi.Input` may also be an Output, and is checked when it is known.
"""

from typing import Any, NotRequired, TypedDict

import pulumi


class VpcOptions(TypedDict):
    """The network that the function is connected to. It then reaches what its security groups allow, the internet by a
    NAT gateway only. The role gets the permissions that Lambda needs for network interfaces, and the function's own
    code is denied them. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"""

    subnet_ids: NotRequired[list[pulumi.Input[str]]]
    """Ids of subnets, 1 to 16; private ones, in several zones. A public subnet gives no way to the internet."""
    security_group_ids: NotRequired[list[pulumi.Input[str]]]
    """Ids of security groups, 1 to 5. The function receives nothing through them; what counts is what they let out."""
    ipv6_allowed_for_dual_stack: NotRequired[bool]
    """Whether the function may use IPv6 in subnets that have it. Default False, AWS's own."""


class AliasOptions(TypedDict):
    """A name for the newest version of the function, which the mapping then invokes. Every deployment publishes a
    version, which never changes again. https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html"""

    name: NotRequired[pulumi.Input[str]]
    """Name of the alias, 1 to 128 of letters, digits, `-` and `_`, not digits alone. Default `live`."""
    provisioned_concurrent_executions: NotRequired[int]
    """How many execution environments are kept ready, 1 or more, and no more than the function's reserved concurrency.
    They are billed while they are ready. Default none: an environment starts when it is needed, and a queue can wait.
    https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""
    snap_start: NotRequired[bool]
    """Whether environments start from a snapshot of one that is initialized, which is taken when the version is
    published: with Python 3.12, Java 11, .NET 8 or newer, and 512 MB of ephemeral storage; not together with
    provisioned concurrency. What must be unique or fresh in each environment, such as random seeds and connections,
    must not come from the snapshot. Default False. https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""


class ImageConfigOptions(TypedDict):
    """What overrides the image's own Dockerfile.
    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html"""

    commands: NotRequired[list[pulumi.Input[str]]]
    """Instead of CMD: with AWS's base images, the handler. Default: the image's own."""
    entry_points: NotRequired[list[pulumi.Input[str]]]
    """Instead of ENTRYPOINT: with the runtime's client, how it is started. Default: the image's own."""
    working_directory: NotRequired[pulumi.Input[str]]
    """Instead of WORKDIR, as an absolute path. Default: the image's own."""


class FunctionOptions(TypedDict):
    """What shapes the Lambda function beside its code."""

    name: NotRequired[pulumi.Input[str]]
    """Physical name, 1 to 64 of letters, digits, `-` and `_`. Default: the consumer's name and a random suffix, so that
    two stacks fit into one account. With a name, the log group is `/aws/lambda/<name>`."""
    role_name: NotRequired[pulumi.Input[str]]
    """Physical name of the execution role, 1 to 64 of letters, digits and `_+=,.@-`. Default: automatic."""
    architecture: NotRequired[str]
    """`x86_64` or `arm64`. Default `x86_64`, as AWS's own: a compiled dependency must match. `arm64` costs a
    fifth less.     https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html"""
    log_retention_in_days: NotRequired[int]
    """How long CloudWatch Logs keeps the function's lines, in days: 1, 3, 5, 7, 14, 30, 60, 90, and so on to 3653.
    Default 30: twice as long as a message can lie in the dead-letter queue, so that its failure can still be read.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
    log_format: NotRequired[str]
    """`Text` or `JSON`: how Lambda writes its own lines, and what a Python, Node.js, Java or .NET function logs.
    Default `Text`, AWS's own. `consumers logs` reads both.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html"""
    application_log_level: NotRequired[str]
    """The least level of the function's own lines that is kept: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`.
    Only with log_format `JSON`. Default `INFO`, AWS's own."""
    system_log_level: NotRequired[str]
    """The least level of Lambda's own lines that is kept: `DEBUG`, `INFO` or `WARN`, which drops those on start, end
    and duration. Only with log_format `JSON`. Default `INFO`, AWS's own."""
    log_kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key that encrypts the log group. The key's own policy must allow CloudWatch Logs to use it.
    Default: CloudWatch Logs' own key.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
    description: NotRequired[pulumi.Input[str]]
    """What the function is for, 1 to 256 characters. Default none."""
    layers: NotRequired[list[pulumi.Input[str]]]
    """ARNs of layers' versions that are added to the function's files, at most 5; with them it has at most 250 MB.
    Default none. A handler that `source` does not have is then taken to be in one of them.
    https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html"""
    vpc: NotRequired[VpcOptions]
    """The network that the function is connected to. Default: none of yours, and it reaches the internet."""
    ephemeral_storage: NotRequired[int]
    """Size of `/tmp` in MB, 512 to 10,240. Default 512, AWS's own, which costs nothing.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"""
    tracing: NotRequired[bool]
    """Whether invocations are traced by X-Ray; the role may then send traces. Default False: traces cost by the
    invocation. https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html"""
    environment_kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key that encrypts the environment variables; the role may then decrypt with it. Default: Lambda's
    own key. Whoever deploys must be allowed to use it.
    https://docs.aws.amazon.com/lambda/latest/dg/security-encryption-at-rest.html"""
    reserved_concurrent_executions: NotRequired[int]
    """How many concurrent invocations are kept for this function, and its most, 0 or more. To be given together with
    `mapping.maximum_concurrency`, and not below it: pollers do not look at the reserve, and what they cannot deliver is
    dead-lettered in the end. Default: none, the account's concurrency is shared.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
    alias: NotRequired[AliasOptions]
    """Versions, and an alias on the newest that the mapping invokes. Default: the mapping invokes what was deployed
    last."""
    image_config: NotRequired[ImageConfigOptions]
    """What overrides the Dockerfile of `image_uri`. Default: nothing."""
    code_signing_config_arn: NotRequired[pulumi.Input[str]]
    """ARN of the code signing configuration that the archive must pass: the archive is then one that AWS Signer has
    signed, given as `code`. Default none.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html"""
    permissions_boundary: NotRequired[pulumi.Input[str]]
    """ARN of the managed policy that bounds what the role may do; it must allow what the consumer needs. Default none.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    managed_policy_arns: NotRequired[list[pulumi.Input[str]]]
    """ARNs of managed policies that the role gets too, 10 without a raised quota. Default none; what only this function
    may do is better said in policy_statements. One that is an Output is named by its place: add new ones at the end.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html"""
    record_metrics: NotRequired[bool]
    """Whether `sqs_batch` counts what becomes of the records as metrics of CloudWatch: `Handled`, `Failed`, `Rejected`
    and `NotStarted` in the namespace `QueueConsumer`, by `FunctionName`. A line in the log for each batch; CloudWatch
    bills four custom metrics. Default False: the queue's own metrics tell most of it.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html"""


class AllowedSenders(TypedDict):
    """Which AWS services may send to the queue, each on behalf of the resources that are named here only. It becomes
    the queue's policy, of 8,192 bytes at most, which is some 100 ARNs. Who sends by a role of their own (functions,
    schedules, HTTP routes, streams) needs no entry: see `grant_send`. In a name `*` stands for any text.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-using-identity-based-policies.html"""

    topics: NotRequired[list[pulumi.Input[str]]]
    """ARNs of SNS topics that may send. To a FIFO queue only FIFO topics deliver. Default none.
    https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html"""
    buckets: NotRequired[list[pulumi.Input[str]]]
    """ARNs of S3 buckets that may send, as far as they belong to the queue's own account: another account's are denied,
    which cannot be told here, since the ARN of a bucket names no account. S3 cannot send to FIFO queues. Default none.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html"""
    event_rules: NotRequired[list[pulumi.Input[str]]]
    """ARNs of EventBridge rules that may send. Default none.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"""


class QueueOptions(TypedDict):
    """What shapes the queue that producers send to.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""

    name: NotRequired[pulumi.Input[str]]
    """Physical name, 1 to 80 of letters, digits, `-` and `_`; a FIFO queue's has at most 75, and `.fifo` is appended
    where it is missing. Default: automatic."""
    visibility_timeout_seconds: NotRequired[int]
    """How long a message that was received stays hidden, in seconds, 0 to 43,200 (12 hours), and never below the
    function's timeout. Default: 6 x timeout + batching window, as AWS advises, so that Lambda can try again when it is
    throttled. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    message_retention_seconds: NotRequired[int]
    """How long an unread message is kept, in seconds, 60 to 1,209,600 (14 days). Default 345,600 (4 days), as AWS's
    own: it leaves ten days to look at a message that was dead-lettered at the last moment."""
    delay_seconds: NotRequired[int]
    """How long each new message waits before it can be received, in seconds, 0 to 900. Default 0."""
    receive_wait_time_seconds: NotRequired[int]
    """How long a receive waits for a message, in seconds, 0 to 20. Default 20 (long polling): Lambda's pollers wait in
    any case, and everybody else pays for fewer empty receives."""
    content_based_deduplication: NotRequired[bool]
    """Whether a FIFO queue takes the hash of the body as the deduplication id. Default False: two equal bodies are two
    messages, and senders give the id. Only on FIFO queues."""
    high_throughput: NotRequired[bool]
    """Whether a FIFO queue counts its quota of messages per second, and looks for duplicates, in each message group
    instead of in the whole queue: up to 70,000 a second, instead of 300 (3,000 in batches). Default False: equal
    deduplication ids of two groups would then be two messages. Only on FIFO queues.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html"""
    max_message_size: NotRequired[int]
    """The largest message, body and attributes together, in bytes, 1,024 to 1,048,576 (1 MiB). Default 1,048,576, as
    AWS's own. It holds for both queues, since a dead letter is as large as its message."""
    kms_master_key_id: NotRequired[pulumi.Input[str]]
    """ARN of the customer managed KMS key that encrypts both queues; default: SQS encrypts them with keys of its own,
    at no cost. The role, and the roles that are granted something, then also get what they need of the key. An alias or
    an id is refused, because a policy names keys by their ARN. The key's own policy must let the account's policies
    decide, and name the services that send (SNS, S3, EventBridge). Beside `arn`: the key that the queue has.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"""
    kms_data_key_reuse_period_seconds: NotRequired[int]
    """How long SQS uses a data key before it asks KMS again, in seconds, 60 to 86,400 (a day). Default: SQS's own 300;
    longer costs less, and a key that is taken away works longer. Only with `kms_master_key_id`."""
    arn: NotRequired[pulumi.Input[str]]
    """ARN of a queue that exists already: it is read, and nothing about it is changed - neither its attributes nor its
    policy nor its redrive policy. So no queue and no dead-letter queue are made, and what would shape them is refused.
    Four arguments then say what the queue has: `visibility_timeout_seconds` and `max_receive_count`, to be checked
    here and told to `sqs_batch`, `kms_master_key_id`, for the permissions, and `allowed_senders`. `fifo` must be as
    the queue is. Default: a queue of this consumer's own."""
    allowed_senders: NotRequired[AllowedSenders]
    """Which topics, buckets and EventBridge rules may send. Default: none; roles may, where their own policies say so.
    Beside `arn` it says whom that queue's own policy allows, which is left as it is: `sender_statements` returns what
    belongs into it."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete or replace queue and dead-letter queue, and so the messages in them. Default
    False: stacks can be destroyed."""


class DeadLetterQueueOptions(TypedDict):
    """What shapes the queue that takes the messages which failed too often."""

    name: NotRequired[pulumi.Input[str]]
    """Physical name, by the same rules as the queue's. Default: automatic."""
    message_retention_seconds: NotRequired[int]
    """How long a dead letter is kept, in seconds, 60 to 1,209,600. Default 1,209,600 (14 days), the most there is: on
    standard queues a message keeps the age that it had, so never less than the queue's own retention.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html"""
    arn: NotRequired[pulumi.Input[str]]
    """ARN of a dead-letter queue that exists already, such as the `arn` of a `DeadLetterQueue` that several consumers
    share: none is made, and messages move there. It is of the queue's type, account and region, and what would shape it
    is refused. Beside `queue.arn` it names the dead-letter queue that the queue has, so that the function may send
    there; without it such a consumer has none, and the outputs `dead_letter_queue_…` are empty. Default: a dead-letter
    queue of this consumer's own."""
    kms_master_key_id: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key that the dead-letter queue named by `arn` is encrypted with, for the permissions. Only beside
    `arn`: one that is made here has the queue's key. Default: SQS's own keys."""
    restricted: NotRequired[bool]
    """Whether only this queue may use the dead-letter queue that is made here. Default False: any queue of the account
    and region may, as on AWS. It is a resource of its own, since it names the queue, and with the AWS provider a third
    wait of 25 s. While it is True, SQS refuses a new queue in place of this one, as after a change of its name: take it
    away in a deployment before.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    allow_rejects: NotRequired[bool]
    """Whether the function may send to the dead-letter queue itself: `sqs_batch` does so for a message that it rejects,
    and on FIFO queues for a poison message on its last receive, so that the rest of its group goes on. Default: whether
    the function in `source` imports `sqs_batch`; False with `code`, which is not looked into, and where there is no
    dead-letter queue (see `queue.arn`)."""


class ProvisionedPollers(TypedDict):
    """Pollers that are kept ready for this queue alone: they scale three times as fast, and are billed by the hour.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

    minimum: NotRequired[int]
    """How many pollers there are at least, 2 to 200. Default 2, as AWS's own. One does up to 10 invocations at a time,
    or 1 MB a second."""
    maximum: NotRequired[int]
    """How many pollers there are at most, 2 to 10,000, and not below the minimum; above 2,000 with a raised quota.
    Default 200, as AWS's own."""


class MappingOptions(TypedDict):
    """What shapes the event source mapping, which polls the queue and invokes the function.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""

    maximum_batching_window_in_seconds: NotRequired[int]
    """How long to wait for a batch to fill, in seconds, 0 to 300; at least 1 where batch_size is above 10; none on FIFO
    queues. Default 0: messages are handled as they come."""
    maximum_concurrency: NotRequired[int]
    """At how many concurrent invocations the pollers stop scaling up, 2 to 1,000; more gets a warning, because Lambda
    takes it from accounts with a raised quota only. Default: no limit but the account's. It holds back pollers; a
    function's reserved concurrency would throttle them, which uses up receives.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
    enabled: NotRequired[bool]
    """Whether messages are read. Default True; False pauses the consumer while the queue goes on collecting."""
    provisioned_pollers: NotRequired[ProvisionedPollers]
    """Pollers that are kept ready, for queues whose load jumps; not together with maximum_concurrency. Default: none,
    Lambda shares its pollers and starts with five. On standard and FIFO queues."""
    metrics: NotRequired[bool]
    """Whether CloudWatch gets the mapping's own counts of messages - polled, filtered out, invoked, failed, deleted.
    Default False: each is a metric of its own, and is billed.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""


class RetryOptions(TypedDict):
    """How long a message that failed stays hidden before it is tried again; `sqs_batch` sets it. Without this group a
    message comes back after the queue's whole visibility timeout.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html"""

    base_delay_seconds: NotRequired[int]
    """The delay after the first receive, in seconds, 1 to 42,300; it doubles with every receive, with jitter. Default
    10: most outages that a retry can heal last longer than a second."""
    maximum_delay_seconds: NotRequired[int]
    """The longest delay, in seconds, 1 to 42,300, and not below the base. Default 900."""


class IdempotencyOptions(TypedDict):
    """A DynamoDB table that remembers what was handled, for a handler that uses Powertools' idempotency utility: the
    function may read and write it, and has `IDEMPOTENCY_TABLE` and `IDEMPOTENCY_EXPIRES_AFTER_SECONDS` in its
    environment. DynamoDB bills it by the request. `queue.protect` protects it too.
    https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/"""

    name: NotRequired[pulumi.Input[str]]
    """Physical name of the table, 3 to 255 of letters, digits, `_`, `.` and `-`. Default: automatic."""
    expires_after_seconds: NotRequired[int]
    """How long the handler is to remember a message, in seconds, 1 or more. Default: the retention of dead-letter queue
    and queue together, 18 days by their defaults, since a message may be redriven at its last moment and wait again."""
    point_in_time_recovery: NotRequired[bool]
    """Whether the table can be restored to any second of the last 35 days. Default True: without its records, all that
    is redriven has its effect a second time. DynamoDB bills it by the size of the table.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html"""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the customer managed KMS key that encrypts the table; the role may then use that key. Whoever deploys must
    be allowed to use it, and to create grants for it. Default: DynamoDB encrypts with a key of its own, at no cost.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html"""


class AlarmOptions(TypedDict):
    """CloudWatch alarms on one consumer: five, of which each can be left out. Each has a threshold, and is heard when
    its metric is above it. Their descriptions say what to look at first. CloudWatch bills each alarm by the month.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html"""

    actions: NotRequired[list[pulumi.Input[str]]]
    """ARNs of what is told when an alarm is heard, 1 to 5: an SNS topic, a Lambda function, and what else CloudWatch
    takes. Required: an alarm without an action is one that nobody hears of.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
    ok_actions: NotRequired[list[pulumi.Input[str]]]
    """ARNs of what is told when it is over, at most 5. Default none."""
    leave_out: NotRequired[list[str]]
    """Alarms that are not made, any of `dead_letters`, `message_age`, `errors`, `throttles` and `duration`; at
    most four. Default none."""
    maximum_dead_letters: NotRequired[int]
    """How many messages may lie in the dead-letter queue, 0 or more. Default 0: each is a message that failed for good,
    and it is deleted when its retention is over."""
    maximum_message_age_seconds: NotRequired[int]
    """How old the oldest message may become, in seconds, 1 or more and less than the queue's retention: what the team
    promises. Default: as long as a message can be tried before it is dead-lettered, which is max_receive_count x the
    visibility timeout or the longest delay of `retry`; what is older waits because the consumer does not keep up. At
    least 300 seconds, as a burst may take that long, and at most half of the retention, to leave time to act.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"""
    maximum_errors: NotRequired[int]
    """How many invocations may fail in a minute, 0 or more. Default 0: `sqs_batch` fails no invocation for a message,
    so an error is a timeout, too little memory, or code that cannot be loaded.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
    maximum_throttles: NotRequired[int]
    """How many invocations may be throttled in a minute, 0 or more. Default 0; heard after 3 of 5 minutes, as a minute
    of it is how Lambda's pollers find a limit; throttles that last use up receives and dead-letter good messages."""
    maximum_duration_percent: NotRequired[int]
    """How much of its timeout the slowest hundredth of the invocations may take, in percent, 1 to 99. Default 80: it
    leaves a fifth before Lambda ends them and the whole batch comes back. Heard after 3 of 5 minutes."""


class QueueConsumerArgs(TypedDict):
    """The arguments of a QueueConsumer: what most people set at the top, the rest in groups named after the part that
    they shape. Exactly one of `source`, `code` and `image_uri` is given; everything else has a default."""

    source: NotRequired[str]
    """Path of the folder with the function's code, relative to the program. It is packaged without caches, tests and
    editors' files, and `.lambdaignore` in it names more to leave out. Secrets, and links out of the folder, are
    refused. What its `requirements.txt`, or `pyproject.toml`, asks for is installed into the archive, where `runtime`
    is a Python: from wheels for that Python and `function.architecture`. 50 MB as an archive, 250 MB of files at most.
    https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
    include: NotRequired[list[str]]
    """Paths of folders and files that several functions share, relative to the program. Each is packaged at the
    archive's root under its own name: `lib/shared` as `shared`, which the function imports as `shared`. Default none.
    Names that are in `source` already are refused. What an included folder depends on, the function's own
    requirements name. https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
    code: NotRequired[pulumi.Input[pulumi.Archive]]
    """The function's code as an archive that was made elsewhere, for any runtime."""
    image_uri: NotRequired[pulumi.Input[str]]
    """URI of the function's container image, in a private Amazon ECR repository of the same region. It has runtime and
    handler in it; `function.image_config` overrides how it starts.
    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html"""
    handler: NotRequired[str]
    """What Lambda calls, 128 characters at most: `file.function` in Python, Node.js and Ruby, `package.Class::method`
    in Java, `Assembly::Namespace.Class::Method` in .NET; `provided` runtimes run the file `bootstrap`. Default
    `handler.handle`. In `source` its file must exist, and the name in it where the language is Python or Node.js. Not
    with an image. https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html"""
    runtime: NotRequired[str]
    """Identifier of the Lambda runtime, in any language: `python3.13`, `nodejs22.x`, `java21`, `dotnet8`, `ruby3.4`,
    `provided.al2023`, and so on. Default `python3.13`. Not with an image.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""
    timeout: NotRequired[int]
    """How long one invocation, so one batch, may take, in seconds, 1 to 900. Default 30: AWS's own 3 seconds are short
    for ten messages. The queue's visibility timeout follows it."""
    memory_size: NotRequired[int]
    """The function's memory in MB, 128 to 10,240; its share of a processor grows with it. Default 128, AWS's own."""
    environment: NotRequired[dict[str, pulumi.Input[str]]]
    """The function's environment variables, 4 KB together. Default none. Names that Lambda reserves are refused, and
    those that begin with `SQS_BATCH_`. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    policy_statements: NotRequired[list[dict[str, Any]]]
    """What the function may do beyond reading its queue and writing its log, as IAM statements (`Effect`, `Action`,
    `Resource`, …) whose values may be Outputs. Default none.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"""
    batch_size: NotRequired[int]
    """How many messages one invocation gets at most, 1 to 10,000; 10 on FIFO queues. Default 10."""
    filters: NotRequired[list[dict[str, Any]]]
    """Patterns on the message's body, such as `{"body": {"won": [True], "chips": [{"numeric": [">", 0]}]}}`; the
    function gets what matches any of them. What matches none is deleted by Lambda, unseen: not dead-lettered, not
    logged. That goes for a body that is no JSON too, unless the pattern is one for text, `{"body": ["ping"]}`. A field
    has a list of values, or of `{operator: value}` with prefix, suffix, equals-ignore-case, anything-but, numeric,
    exists; `$or` takes a list of patterns. At most 5 patterns, 10 with a raised quota. Default none: everything passes.
    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html"""
    fifo: NotRequired[bool]
    """Whether queue and dead-letter queue are FIFO: in order within each message group, sent once within 5 minutes.
    Default False. A queue cannot change its type: changing this replaces it, and its messages are lost."""
    max_receive_count: NotRequired[int]
    """After how many receives without success a message moves to the dead-letter queue, 1 to 1,000. Default 5, as AWS
    advises: throttled invocations count as receives.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    function: NotRequired[FunctionOptions]
    """The Lambda function beside its code."""
    queue: NotRequired[QueueOptions]
    """The queue that producers send to."""
    dead_letter_queue: NotRequired[DeadLetterQueueOptions]
    """The queue that takes the messages which failed too often."""
    mapping: NotRequired[MappingOptions]
    """The event source mapping, which polls the queue and invokes the function."""
    retry: NotRequired[RetryOptions]
    """Retries with exponential backoff by `sqs_batch`. Default: none, a message waits for its visibility timeout."""
    idempotency: NotRequired[IdempotencyOptions]
    """A table that remembers what was handled, so that a message which comes twice has its effect once. An empty group
    turns it on. Default: there is none, and the handler's effects are idempotent by themselves."""
    alarms: NotRequired[AlarmOptions]
    """CloudWatch alarms on dead letters, message age, errors, throttles and duration. Default: none are made."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags on every resource that can have them, beside those that name consumer, stack and project. Default none."""
    ignore_advice: NotRequired[dict[str, str]]
    """Advice that does not fit here, by the id at the end of its warning, with the reason. Default none. Refusals
    cannot be turned off."""
