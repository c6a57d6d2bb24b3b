"""The arguments of a QueueConsumer. Each docstring is also what users of other languages read in its schema.

Numbers, booleans, groups and `source` are plain values, checked when the component is constructed. What is marked
`pulumi.Input` may also be an Output, and is checked when it is known.
"""

from typing import Any, NotRequired, TypedDict

import pulumi


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
    allow_rejects: NotRequired[bool]
    """Whether the function may send to the dead-letter queue itself: `sqs_batch` does so for a message that it rejects,
    and on FIFO queues for a poison message on its last receive, so that the rest of its group goes on. Default: whether
    the function in `source` imports `sqs_batch`; False with `code`, which is not looked into."""


class MappingOptions(TypedDict):
    """What shapes the event source mapping, which polls the queue and invokes the function.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""

    maximum_batching_window_in_seconds: NotRequired[int]
    """How long to wait for a batch to fill, in seconds, 0 to 300; at least 1 where batch_size is above 10; none on FIFO
    queues. Default 0: messages are handled as they come."""
    maximum_concurrency: NotRequired[int]
    """At how many concurrent invocations the pollers stop to scale up, 2 or more. Default: no limit but the account's.
    It holds back pollers; a function's reserved concurrency would throttle them, which uses up receives.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
    enabled: NotRequired[bool]
    """Whether messages are read. Default True; False pauses the consumer while the queue goes on collecting."""


class RetryOptions(TypedDict):
    """How long a message that failed stays hidden before it is tried again; `sqs_batch` sets it. Without this group a
    message comes back after the queue's whole visibility timeout.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html"""

    base_delay_seconds: NotRequired[int]
    """The delay after the first receive, in seconds, 1 to 42,300; it doubles with every receive, with jitter. Default
    10: most outages that a retry can heal last longer than a second."""
    maximum_delay_seconds: NotRequired[int]
    """The longest delay, in seconds, 1 to 42,300, and not below the base. Default 900."""


class QueueConsumerArgs(TypedDict):
    """The arguments of a QueueConsumer: what most people set at the top, the rest in groups named after the part that
    they shape. Exactly one of `source` and `code` is given; everything else has a default."""

    source: NotRequired[str]
    """Path of the folder with the function's code, relative to the program. It is packaged without caches, tests and
    editors' files, and `.lambdaignore` in it names more to leave out. What its `requirements.txt`, or `pyproject.toml`,
    asks for is installed into the archive, where `runtime` is a Python: from wheels for that Python and
    `function.architecture`. 50 MB as an archive, 250 MB of files at most.
    https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
    include: NotRequired[list[str]]
    """Paths of folders and files that several functions share, relative to the program. Each is packaged at the
    archive's root under its own name: `lib/shared` as `shared`, which the function imports as `shared`. Default none.
    Names that are in `source` already are refused. What an included folder depends on, the function's own
    requirements name. https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
    code: NotRequired[pulumi.Input[pulumi.Archive]]
    """The function's code as an archive that was made elsewhere, for any runtime."""
    handler: NotRequired[str]
    """What Lambda calls, as `file.function`, 128 characters at most. Default `handler.handle`. In a Python `source` it
    must exist. https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html"""
    runtime: NotRequired[str]
    """Identifier of the Lambda runtime. Default `python3.13`.
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
    """Patterns on the message's body, `{"body": {...}}` each; the function gets what matches any of them. What matches
    none is deleted, not dead-lettered. At most 5 patterns, 10 with a raised quota. Default none: everything passes.
    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html"""
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
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags on every resource that can have them, beside those that name consumer, stack and project. Default none."""
    ignore_advice: NotRequired[dict[str, str]]
    """Advice that does not fit here, by the id at the end of its warning, with the reason. Default none. Refusals
    cannot be turned off."""
