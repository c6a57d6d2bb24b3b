"""The resources of an HTTP API whose routes send the bodies of requests to queues: for HttpApi and HttpRoute."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import apigatewayv2, cloudwatch, iam

from .. import policies
from ..queue_consumer import QueueConsumer
from ..settings.sources.http_api import METHODS, ApiSettings, RouteSettings
from .children import Children

LOG_FIELDS = {
    "requestId": "requestId",
    "ip": "identity.sourceIp",
    "requestTime": "requestTime",
    "httpMethod": "httpMethod",
    "routeKey": "routeKey",
    "status": "status",
    "protocol": "protocol",
    "responseLength": "responseLength",
    "integrationStatus": "integrationStatus",
    "integrationErrorMessage": "integrationErrorMessage",
}
"""The fields of the access log's default format: AWS's own example, and what SQS answered.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html"""

BROWSER_HEADERS = ("authorization", "content-type")
SIGNED_HEADERS = ("x-amz-content-sha256", "x-amz-date", "x-amz-security-token")


@dataclass(frozen=True)
class Gateway:
    """What all routes of an API share."""

    api: "apigatewayv2.Api"
    authorizer: "apigatewayv2.Authorizer | None"
    """None if IAM authorises requests."""
    log_group: "cloudwatch.LogGroup | None"
    stage: "apigatewayv2.Stage"


def gateway(children: Children[ApiSettings], route_keys: Iterable[str]) -> Gateway:
    """Register an API without routes. Browsers may use the methods of these routes, where CORS does not say others."""
    api = apigatewayv2.Api(
        children.name("api"),
        protocol_type="HTTP",
        cors_configuration=_cors(children, route_keys),
        tags=children.tags("http-api"),
        opts=children.options(),
    )
    log_group = _log_group(children, api)
    return Gateway(api, _authorizer(children, api), log_group, _stage(children, api, log_group))


def route(
    children: Children[RouteSettings],
    consumer: QueueConsumer,
    sender: tuple[iam.Role, iam.RolePolicy],
    parent: Gateway,
    prefix: str = "",
) -> tuple["apigatewayv2.Integration", "apigatewayv2.Route"]:
    """Register a route that sends to the consumer by this role; `prefix` begins the names of both resources."""
    role, role_policy = sender
    integration = apigatewayv2.Integration(
        children.name(f"{prefix}integration"),
        api_id=parent.api.id,
        integration_type="AWS_PROXY",
        integration_subtype="SQS-SendMessage",
        credentials_arn=role.arn,
        payload_format_version="1.0",
        request_parameters=_message(children, consumer),
        opts=children.options(depends_on=[role_policy]),
    )
    authorizer = parent.authorizer
    return integration, apigatewayv2.Route(
        children.name(f"{prefix}route"),
        api_id=parent.api.id,
        route_key=children.settings.route_key or "",
        target=integration.id.apply(lambda resolved: f"integrations/{resolved}"),
        authorization_type="JWT" if authorizer else "AWS_IAM",
        authorizer_id=authorizer.id if authorizer else None,
        opts=children.options(),
    )


def invoke_statement(api: "apigatewayv2.Api", route_keys: Iterable[str]) -> dict[str, Any]:
    """Return the permission to call these routes."""
    paths = [_arn_path(key) for key in route_keys]
    arns = [api.execution_arn.apply(lambda resolved, path=path: f"{resolved}/$default/{path}") for path in paths]
    return policies.allow("", ["execute-api:Invoke"], arns[0] if len(arns) == 1 else arns)


def _arn_path(route_key: str) -> str:
    method, _, path = route_key.partition(" ")
    # A placeholder of the path matches any text.
    end = "/".join("*" if part.startswith("{") else part for part in path.split("/"))
    return f"{'*' if method == 'ANY' else method}{end}"


def _message(children: Children[RouteSettings], consumer: QueueConsumer) -> dict[str, Any]:
    group, settings = children.validated("message_group_id"), consumer.settings
    grouped = {} if group is None else {"MessageGroupId": group}
    # Without content-based deduplication, each request is a message of its own.
    by_request = settings.fifo and not settings.queue.content_based_deduplication
    unique = {"MessageDeduplicationId": "$context.requestId"} if by_request else {}
    return {"QueueUrl": consumer.queue_url, "MessageBody": "$request.body", **grouped, **unique}


def _cors(children: Children[ApiSettings], route_keys: Iterable[str]) -> "apigatewayv2.ApiCorsConfigurationArgs | None":
    cors = children.settings.cors
    if cors is None:
        return None
    return apigatewayv2.ApiCorsConfigurationArgs(
        allow_origins=children.validated("cors.allow_origins"),
        allow_methods=[*cors.allow_methods] or _methods(route_keys),
        allow_headers=children.validated("cors.allow_headers") if cors.allow_headers else _headers(children.settings),
        expose_headers=children.validated("cors.expose_headers") if cors.expose_headers else None,
        max_age=cors.max_age,
        allow_credentials=cors.allow_credentials or None,
    )


def _methods(route_keys: Iterable[str]) -> list[str]:
    methods = {key.partition(" ")[0] for key in route_keys}
    return [*METHODS[1:]] if "ANY" in methods else sorted(methods)


def _headers(settings: ApiSettings) -> list[str]:
    """Return the headers by which a page is authorised: to browsers, `*` does not include Authorization."""
    return [*BROWSER_HEADERS] if settings.jwt else [*BROWSER_HEADERS, *SIGNED_HEADERS]


def _authorizer(children: Children[ApiSettings], api: "apigatewayv2.Api") -> "apigatewayv2.Authorizer | None":
    jwt = children.settings.jwt
    if jwt is None:
        return None
    return apigatewayv2.Authorizer(
        children.name("authorizer"),
        api_id=api.id,
        authorizer_type="JWT",
        identity_sources=["$request.header.Authorization"],
        jwt_configuration=apigatewayv2.AuthorizerJwtConfigurationArgs(
            issuer=children.validated("jwt.issuer"), audiences=[*jwt.audience]
        ),
        opts=children.options(),
    )


def _log_group(children: Children[ApiSettings], api: "apigatewayv2.Api") -> "cloudwatch.LogGroup | None":
    """Register the log group of the access log.

    API Gateway itself lets `delivery.logs.amazonaws.com` write to it. Where AWS does that in the account's resource
    policy, which has 5,120 characters at most, one entry covers all groups with this prefix.
    https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
    """
    group = children.settings.access_log
    if group is None:
        return None
    return cloudwatch.LogGroup(
        children.name("access-log"),
        name=pulumi.Output.concat("/aws/vendedlogs/http-api/", children.name(""), api.id),
        retention_in_days=group.retention_in_days,
        kms_key_id=children.validated("access_log.kms_key_arn"),
        tags=children.tags("access-log"),
        opts=children.options(),
    )


def _stage(
    children: Children[ApiSettings], api: "apigatewayv2.Api", log_group: "cloudwatch.LogGroup | None"
) -> "apigatewayv2.Stage":
    settings = children.settings
    return apigatewayv2.Stage(
        children.name("stage"),
        api_id=api.id,
        name="$default",
        auto_deploy=True,
        access_log_settings=_log_settings(settings, log_group),
        default_route_settings=apigatewayv2.StageDefaultRouteSettingsArgs(
            throttling_rate_limit=settings.throttling_rate_limit,
            throttling_burst_limit=settings.throttling_burst_limit,
        ),
        tags=children.tags("http-api"),
        opts=children.options(),
    )


def _log_settings(
    settings: ApiSettings, log_group: "cloudwatch.LogGroup | None"
) -> "apigatewayv2.StageAccessLogSettingsArgs | None":
    if log_group is None or settings.access_log is None:
        return None
    fields = {name: f"$context.{variable}" for name, variable in LOG_FIELDS.items()}
    # Not sorted: the fields stay in the order of AWS's example.
    text = settings.access_log.format or "{" + ",".join(f'"{name}":"{value}"' for name, value in fields.items()) + "}"
    return apigatewayv2.StageAccessLogSettingsArgs(destination_arn=log_group.arn, format=text)
