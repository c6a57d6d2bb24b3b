"""API Gateway's `SQS-SendMessage`, in the process of the local AWS. ministack takes it for a function and answers 502.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
"""

# ministack comes without types, and botocore without most.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import http.client
import json
import os
import re
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

SUBTYPE = "SQS-SendMessage"
FORGOTTEN = ("integrationSubtype", "credentialsArn")
"""What ministack does not keep of an integration."""

Answer = tuple[int, dict[str, str], bytes]


def keeping(service: Any, original: Any) -> Any:
    """`original`, which keeps also what ministack forgets of an integration."""

    def call(api_id: str, *rest: Any) -> Answer:
        answer: Answer = original(api_id, *rest)
        if answer[0] < http.client.BAD_REQUEST:
            integration = service._integrations[api_id][json.loads(answer[2])["integrationId"]]
            integration.update({key: value for key, value in rest[-1].items() if key in FORGOTTEN})
        return answer

    return call


def sending(service: Any, original: Any) -> Any:
    """`original`, which sends what is posted to an integration with a queue."""
    from ministack.core.concurrency import run_reentrant

    async def invoke(integration: dict[str, Any], *request: Any, **scope: Any) -> Answer:
        if integration.get("integrationSubtype") != SUBTYPE:
            return await original(integration, *request, **scope)
        _, stage, _, method, headers, body, query, route_key, path_parameters = request
        resolve = partial(
            service._resolve_mapping_atom,
            request_headers=headers,
            request_query=query,
            path_params=path_parameters or {},
            context_vars={
                "requestId": str(uuid.uuid4()),
                "stage": stage,
                "httpMethod": method,
                "routeKey": route_key,
            },
            stage_vars={},
        )
        # A body that is no UTF-8 is no message: ministack answers the error with 500.
        form = parameters(integration.get("requestParameters", {}), body.decode(), resolve)
        return await run_reentrant(_send, form, integration.get("credentialsArn", ""), scope)

    return invoke


def parameters(expressions: dict[str, str], body: str, resolve: Callable[[str], Any]) -> dict[str, str]:
    """The parameters of a call, by what the integration says of each. One whose part the request lacks is left out.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
    """

    def value(expression: str) -> Any:
        if expression == "$request.body":
            return body
        if expression.startswith("$request.body."):
            return _inside(body, expression.split(".")[2:])
        return resolve(expression)

    def text(expression: str) -> Any:
        if "${" not in expression:
            return value(expression)
        return re.sub(r"\$\{(.+?)}", lambda found: str(value(f"${found[1]}") or ""), expression)

    values = {name: text(expression) for name, expression in expressions.items()}
    return {name: str(value) for name, value in values.items() if value is not None}


def _inside(body: str, path: list[str]) -> Any:
    try:
        value = json.loads(body)
        for name in path:
            value = value[name]
    except (ValueError, LookupError, TypeError):
        return None
    return value


def _send(form: dict[str, str], role: str, scope: dict[str, Any]) -> Answer:
    """Ask SQS as the integration's role, which is then judged as on AWS; its answer is the request's."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    address = f"127.0.0.1:{os.environ['GATEWAY_PORT']}"
    body = urlencode({"Action": "SendMessage", "Version": "2012-11-05", **form})
    request = AWSRequest("POST", f"http://{address}/", {"content-type": "application/x-www-form-urlencoded"}, body)
    SigV4Auth(_credentials(role, scope), "sqs", scope["owner_region"]).add_auth(request)
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("POST", "/", body, dict(request.headers.items()))
        answer = connection.getresponse()
        return answer.status, {"Content-Type": answer.getheader("Content-Type", "text/xml")}, answer.read()
    finally:
        connection.close()


def _credentials(role: str, scope: dict[str, Any]) -> Any:
    from botocore.credentials import Credentials
    from ministack.core.lambda_runtime import execution_credentials

    # What ministack gives a function of this role; it has nothing for a service.
    function = f"arn:aws:lambda:{scope['owner_region']}:{scope['owner_account_id']}:function:api-gateway"
    keys = execution_credentials({"Role": role, "FunctionArn": function, "FunctionName": "api-gateway"})
    return Credentials(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], keys["AWS_SESSION_TOKEN"])
