"""Installs all patches of ministack's internals, and names the one version that they are written for.

Each function names ministack's own behaviour and why it differs from AWS. All patches run in the server's process but
one: `lambda_site/sitecustomize.py` reads the request id from a local variable of ministack's worker.
"""

# ministack comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import json
import re
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from typing import Any

from consumers.local.pipe import Pipe

VERSION = "1.5.33"
"""The same as in `pyproject.toml`, whose extra `local` pins it."""

PATCHED = {
    "ministack.app": ("_handle_execute_api_request", "_parse_execute_api_url", "_resolve_stage_and_path"),
    "ministack.core.concurrency": ("run_reentrant",),
    "ministack.core.iam_actions": ("extract_iam_action", "extract_resource_arn"),
    "ministack.core.lambda_runtime": (
        "Worker._spawn",
        "Worker._read_stderr",
        "Worker._drain_stderr",
        "Worker._drain_stderr_bounded",
        "execution_credentials",
    ),
    "ministack.services.apigateway": (
        "_create_integration",
        "_update_integration",
        "_invoke_lambda_proxy",
        "_integrations",
        "_resolve_mapping_atom",
        "_apis",
        "_cors_response_headers",
        "_match_route",
        "_stages",
        "find_api_scope",
    ),
    "ministack.services.cloudwatch_logs": ("_compile_filter_pattern", "_create_log_stream", "_put_log_events"),
    "ministack.services.lambda_svc": ("_esm_wake", "_execute_function_warm", "_poll_loop", "execution_credentials"),
    "ministack.services.sns": ("_send_subscription_confirmation",),
    "ministack.services.sqs": (
        "_Err",
        "_HANDLERS",
        "_act_receive_message",
        "_act_send_message",
        "_act_send_message_batch",
        "_collect_msgs",
        "_delete_messages_for_esm",
        "_dlq_sweep",
        "_ensure_msg_fields",
        "_expire_retained",
        "_get_q",
        "_prune_dedup",
        "_queue_by_arn",
        "_queues",
        "_validate_batch_entries",
        "esm_wake",
        "new_uuid",
    ),
}
"""The internals of ministack that are replaced or used, by module. A test checks that each exists."""

REQUEST_ID_IN = "_ms_ctx"
"""The local variable of ministack's worker that `sitecustomize.py` reads."""


def install() -> None:
    """Install the patches that every local AWS needs."""
    _authorize_batches_like_iam()
    _authorize_mappings_like_iam()
    _log_import_errors()
    _pass_log_settings()
    _list_sources_of_dead_letters()
    _move_messages()
    _keep_trace_headers_of_batches()
    _index_messages()
    _filter_logs_by_any_term()
    call_no_https_endpoint()
    read_all_log_lines()
    poll_in_time()


@cache
def support_http_apis() -> None:
    """ministack treats the integration `SQS-SendMessage` as a function, drops its subtype and role, and answers 502.

    It does not know origins like `https://*`, and writes no access log.
    """
    from ministack import app
    from ministack.services import apigateway

    from consumers.local import cors, http_api

    service: Any = apigateway
    application: Any = app
    application._handle_execute_api_request = http_api.serving(
        application, service, application._handle_execute_api_request
    )
    service._cors_response_headers = cors.with_patterns(service._cors_response_headers)
    service._create_integration = http_api.keeping_all_properties(service, service._create_integration)
    service._update_integration = http_api.keeping_all_properties(service, service._update_integration)
    service._invoke_lambda_proxy = http_api.sending_to_queue(service, service._invoke_lambda_proxy)


def _authorize_batches_like_iam() -> None:
    """ministack requires `sqs:SendMessageBatch`, which IAM lacks: `sqs:SendMessage` covers both calls.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    from ministack.core import iam_actions

    original: Any = iam_actions.extract_iam_action

    def action_of(service: str, *request: Any) -> str | None:
        action: str | None = original(service, *request)
        return action.removesuffix("Batch") if action and service == "sqs" else action

    iam_actions.extract_iam_action = action_of


def _authorize_mappings_like_iam() -> None:
    """ministack requires `lambda:ListEventSourceMappings` to get a mapping, and nothing to update or delete one."""
    from ministack.core import iam_actions

    original: Any = iam_actions.extract_iam_action
    verbs = {"GET": "Get", "PUT": "Update", "DELETE": "Delete"}

    def action_of(service: str, method: str, path: str, *request: Any) -> str | None:
        is_mapping = service == "lambda" and re.fullmatch(r"/[^/]+/event-source-mappings/[^/]+/?", path)
        if is_mapping and method in verbs:
            return f"lambda:{verbs[method]}EventSourceMapping"
        return original(service, method, path, *request)

    iam_actions.extract_iam_action = action_of


def _log_import_errors() -> None:
    """Where a function's module cannot be imported, AWS writes the error to the function's log; ministack does not.

    Of a process that ends during an invocation AWS logs `Runtime.ExitError`, and ministack `Worker process died`.
    """
    from ministack.services import lambda_svc

    original: Any = lambda_svc._execute_function_warm  # pyright: ignore[reportPrivateUsage]

    def execute(*invocation: Any) -> dict[str, Any]:
        result: dict[str, Any] = original(*invocation)
        if result.get("error") and not result.get("log"):
            result["log"] = f"[ERROR] {result['body']['errorMessage']}"
        if result.get("error"):
            exited = "Error: Runtime exited without providing a reason\nRuntime.ExitError"
            result["log"] = result["log"].replace("Worker process died", exited)
        return result

    lambda_svc._execute_function_warm = execute  # pyright: ignore[reportPrivateUsage]


def call_no_https_endpoint() -> None:
    """ministack calls an HTTPS endpoint to confirm its subscription. Here it may be a pager of a production stack.

    A subscription that is not confirmed gets no message, so the endpoint is never called.
    """
    from ministack.services import sns

    original: Any = sns._send_subscription_confirmation  # pyright: ignore[reportPrivateUsage]

    async def confirm(topic_arn: str, subscription: dict[str, Any]) -> None:
        if subscription["protocol"] != "https":
            await original(topic_arn, subscription)

    sns._send_subscription_confirmation = confirm  # pyright: ignore[reportPrivateUsage]


def _pass_log_settings() -> None:
    """AWS passes log format and level to the function's environment; ministack does not."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    original: Any = lambda_runtime.execution_credentials

    def environment(config: dict[str, Any]) -> dict[str, str]:
        settings = config.get("LoggingConfig") or {}
        variables = {"AWS_LAMBDA_LOG_FORMAT": settings.get("LogFormat") or "Text"}
        if variables["AWS_LAMBDA_LOG_FORMAT"] == "JSON":
            variables["AWS_LAMBDA_LOG_LEVEL"] = settings.get("ApplicationLogLevel") or "INFO"
        return {**original(config), **variables}

    lambda_runtime.execution_credentials = environment
    lambda_svc.execution_credentials = environment


def _list_sources_of_dead_letters() -> None:
    """ministack answers ListDeadLetterSourceQueues with InvalidAction."""
    from ministack.services import sqs

    service: Any = sqs

    def sources(data: dict[str, Any], url: str) -> dict[str, Any]:
        queue = service._get_q(data.get("QueueUrl", url), "sqs:ListDeadLetterSourceQueues")
        arn = json.dumps(queue["attributes"]["QueueArn"])
        policies = {url: each["attributes"].get("RedrivePolicy", "") for url, each in service._queues.items()}
        return {"queueUrls": [url for url, policy in policies.items() if arn in policy]}

    service._HANDLERS["ListDeadLetterSourceQueues"] = sources


def _move_messages() -> None:
    """ministack answers the three actions of message move tasks with InvalidAction, and cannot authorize them.

    They name a queue by its ARN, or by a task's handle, where ministack looks for a URL.
    """
    from ministack.core import iam_actions
    from ministack.services import sqs

    from consumers.local.move_tasks import MoveTasks, source_arn

    service: Any = sqs
    original: Any = iam_actions.extract_resource_arn

    def resource_of(name: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        if name == "sqs" and "MessageMoveTask" in headers.get("x-amz-target", ""):
            data: dict[str, str] = json.loads(body)
            return data.get("SourceArn") or source_arn(data.get("TaskHandle", "")) or "*"
        return original(name, method, path, headers, body, *rest)

    iam_actions.extract_resource_arn = resource_of
    service._HANDLERS.update(MoveTasks(service).handlers())


def _keep_trace_headers_of_batches() -> None:
    """ministack's SendMessageBatch drops `MessageSystemAttributes`, whose one attribute is the trace header.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatchRequestEntry.html
    """
    from ministack.services import sqs

    service: Any = sqs
    original, send = service._act_send_message_batch, service._act_send_message

    def send_batch(data: dict[str, Any], url: str) -> dict[str, Any]:
        entries = iter(data.get("Entries", []))

        def send_entry(parameters: dict[str, Any], url: str) -> dict[str, Any]:
            system = next(entries).get("MessageSystemAttributes")  # ministack sends the entries in their order
            return send({**parameters, "MessageSystemAttributes": system}, url)

        service._act_send_message = send_entry
        try:
            return original(data, url)
        finally:
            service._act_send_message = send

    service._HANDLERS["SendMessageBatch"] = send_batch


def _index_messages() -> None:
    """ministack scans all messages of a queue for each receive, delete and visibility change.

    Reading 100,000 dead letters takes it many minutes.
    """
    from ministack.services import sqs

    from consumers.local.queue_index import IndexedQueues

    IndexedQueues(sqs).install()


def _filter_logs_by_any_term() -> None:
    """In a filter pattern, ministack takes the `?` of a term as a part of its text: on AWS one such term must match.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    """
    from ministack.services import cloudwatch_logs

    service: Any = cloudwatch_logs
    original: Any = service._compile_filter_pattern

    def compiled(pattern: str) -> Callable[[str], bool]:
        terms = re.findall(r'\?"([^"]*)"', pattern)
        return (lambda line: any(term in line for term in terms)) if terms else original(pattern)

    service._compile_filter_pattern = compiled


def read_all_log_lines() -> None:
    """When a function replies, its output is in a pipe, and ministack waits 50 ms for the thread that reads it.

    On a busy machine that thread runs later: the lines come in the next invocation's log, or in none.
    """
    from ministack.core import lambda_runtime

    original: Any = lambda_runtime.Worker

    class Worker(original):
        def _spawn(self) -> None:
            self._pipe = Future[Pipe]()
            super()._spawn()

        def _read_stderr(self) -> None:
            pipe = Pipe(self._proc.stderr, self._stderr_queue.put)
            self._pipe.set_result(pipe)
            pipe.read()

        def _drain_stderr(self) -> str:
            self._pipe.result().take()
            return super()._drain_stderr()

        _drain_stderr_bounded = _drain_stderr

    lambda_runtime.Worker = Worker


def poll_in_time() -> None:
    """ministack polls once a second for messages that become visible again, or are due in their dead-letter queue.

    While any queue gets messages, it also waits up to 50 ms after each batch of a queue that has more.
    """
    from ministack.services import lambda_svc

    from consumers.local.poller_wake import PollerWake

    service: Any = lambda_svc
    service._esm_wake = PollerWake(service._esm_wake)
