"""HTTP APIs as on AWS, in the server's process: the integration `SQS-SendMessage` and the access log.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
"""

# ministack comes without types, and botocore without most.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import http.client
import json
import os
import re
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import urlencode

from consumers.local import access_log
from consumers.local.access_log import Answer

SUBTYPE = "SQS-SendMessage"
DROPPED = ("integrationSubtype", "credentialsArn")
"""The properties of an integration that ministack drops."""


def keeping_all_properties(service: Any, original: Any) -> Any:
    """Wrap ministack's `original`, which creates or updates an integration, to keep the properties that it drops."""

    def call(api_id: str, *rest: Any) -> Answer:
        answer: Answer = original(api_id, *rest)
        if answer[0] < http.client.BAD_REQUEST:
            integration = service._integrations[api_id][json.loads(answer[2])["integrationId"]]
            integration.update({key: value for key, value in rest[-1].items() if key in DROPPED})
        return answer

    return call


def sending_to_queue(service: Any, original: Any) -> Any:
    """Wrap ministack's `original`, which invokes an integration, to send a message where it is one with SQS."""
    from ministack.core.concurrency import run_reentrant

    async def invoke(integration: dict[str, Any], *request: Any, **scope: Any) -> Answer:
        if integration.get("integrationSubtype") != SUBTYPE:
            return await original(integration, *request, **scope)
        _, stage, _, method, headers, body, query, route_key, path_parameters = request
        context = {**access_log.current.get(), "stage": stage, "httpMethod": method, "routeKey": route_key}
        resolve = partial(
            service._resolve_mapping_atom,
            request_headers=headers,
            request_query=query,
            path_params=path_parameters or {},
            context_vars=context,
            stage_vars={},
        )
        # A body that is not UTF-8 cannot be a message: ministack answers the error with 500.
        form = parameters(integration.get("requestParameters", {}), body.decode(), resolve)
        sending: Any = run_reentrant(_send, form, integration.get("credentialsArn", ""), scope)
        answer: Answer = await sending
        access_log.add_integration(answer)
        return answer

    return invoke


def serving(app: Any, service: Any, original: Any) -> Any:
    """Wrap ministack's `original`, which serves a request to any API, to write the access log.

    It wraps the whole, because ministack refuses a request before it looks for the API.
    """

    async def serve(host: str, path: str, method: str, headers: dict[str, str], *request: Any, **raw: Any) -> Any:
        parsed = app._parse_execute_api_url(host, path)
        owner = service.find_api_scope(parsed[0]) if parsed else None
        if owner is None:
            return await original(host, path, method, headers, *request, **raw)
        api_id = parsed[0]
        stage, path_in_stage = app._resolve_stage_and_path(*parsed)
        variables = access_log.begin(api_id, stage, method, path_in_stage, headers)
        answer: Answer = await original(host, path, method, headers, *request, **raw)
        _log(service, owner, variables, answer)
        return answer

    return serve


def _log(service: Any, owner: tuple[str, str], variables: dict[str, Any], answer: Answer) -> None:
    from ministack.core.responses import request_scope

    with request_scope(*owner):
        api_id, method, path = variables["apiId"], variables["httpMethod"], variables["path"]
        stage = service._stages.get(api_id, {}).get(variables["stage"], {})
        if settings := stage.get("accessLogSettings"):
            route = service._match_route(api_id, method, path)
            access_log.write(settings, variables | ({"routeKey": route["routeKey"]} if route else {}), answer)


def parameters(expressions: dict[str, str], body: str, resolve: Callable[[str], Any]) -> dict[str, str]:
    """Evaluate the integration's parameter mapping. A parameter that the request has no value for is left out.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
    """

    def value(expression: str) -> Any:
        if expression == "$request.body":
            return body
        if expression.startswith("$request.body."):
            return _at_path(body, expression.split(".")[2:])
        return resolve(expression)

    def text(expression: str) -> Any:
        if "${" not in expression:
            return value(expression)
        return re.sub(r"\$\{(.+?)}", lambda found: str(value(f"${found[1]}") or ""), expression)

    values = {name: text(expression) for name, expression in expressions.items()}
    return {name: str(value) for name, value in values.items() if value is not None}


def _at_path(body: str, path: list[str]) -> Any:
    try:
        value = json.loads(body)
        for name in path:
            value = value[name]
    except (ValueError, LookupError, TypeError):
        return None
    return value


def _send(form: dict[str, str], role: str, scope: dict[str, Any]) -> Answer:
    """Call SQS as the integration's role, so that IAM applies as on AWS; return its answer."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    address = f"127.0.0.1:{os.environ['GATEWAY_PORT']}"
    body = urlencode({"Action": "SendMessage", "Version": "2012-11-05", **form})
    request = AWSRequest("POST", f"http://{address}/", {"content-type": "application/x-www-form-urlencoded"}, body)
    SigV4Auth(_credentials(role, scope), "sqs", scope["owner_region"]).add_auth(request)
    with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
        connection.request("POST", "/", body, dict(request.headers.items()))
        answer = connection.getresponse()
        return answer.status, {"Content-Type": answer.getheader("Content-Type", "text/xml")}, answer.read()


def _credentials(role: str, scope: dict[str, Any]) -> Any:
    from botocore.credentials import Credentials
    from ministack.core.lambda_runtime import execution_credentials

    # ministack has temporary credentials of a role for functions only, not for services.
    function = f"arn:aws:lambda:{scope['owner_region']}:{scope['owner_account_id']}:function:api-gateway"
    keys = execution_credentials({"Role": role, "FunctionArn": function, "FunctionName": "api-gateway"})
    return Credentials(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], keys["AWS_SESSION_TOKEN"])
