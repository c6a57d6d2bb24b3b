"""HttpApi: an HTTP API whose routes send the bodies of requests to consumers."""

from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_aws import apigatewayv2, iam

from ..queue_consumer import QueueConsumer
from ..resources import http_api, reporting, sources
from ..resources.children import Children
from ..settings.findings import show
from ..settings.sources.http_api import HttpApiRouteSettings, HttpApiSettings


class JwtOptions(TypedDict):
    """Whose tokens may send.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html"""

    issuer: NotRequired[pulumi.Input[str]]
    """URL of the issuer, like `https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf`. Required."""
    audience: NotRequired[list[pulumi.Input[str]]]
    """What a token's `aud` or `client_id` must be, one of these. Required."""


class CorsOptions(TypedDict):
    """Which web pages of other origins may send. API Gateway answers the browser's preflight requests itself.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html"""

    allow_origins: NotRequired[list[pulumi.Input[str]]]
    """Origins of the pages, like `https://app.example.com`, without a path; `https://*`, `http://*` or `*` for more of
    them. Required."""
    allow_methods: NotRequired[list[str]]
    """Methods that pages may use, any of: `*`, `DELETE`, `PATCH`, `POST`, `PUT`, `GET`, `HEAD`, `OPTIONS`. Default: the
    methods of the routes."""
    allow_headers: NotRequired[list[pulumi.Input[str]]]
    """Headers that pages may send, or `*`, which to browsers does not include `authorization`. A header that
    `message_group_id` reads must be among them. Default: the headers `authorization` and `content-type`; and,
    without `jwt`, those of a signature: `x-amz-content-sha256`, `x-amz-date`, `x-amz-security-token`."""
    expose_headers: NotRequired[list[pulumi.Input[str]]]
    """Headers of the response that pages may read, such as `apigw-requestid`, or `*`. Default: none but the ones that
    browsers always show."""
    max_age: NotRequired[int]
    """How long browsers remember the answer to a preflight request: -1 to 86,400 seconds; -1 turns that off. Default:
    300, AWS's example. The AWS provider would send 0 for none, and browsers would ask before each request."""
    allow_credentials: NotRequired[bool]
    """Whether pages may send cookies. Not with the origin `*`. Default: False, because no route reads cookies: a token
    or a signature in the header `authorization` does not need it."""


class AccessLogOptions(TypedDict):
    """The log of all requests, in a log group of its own. Your deployment needs permissions to create log deliveries.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html"""

    retention_in_days: NotRequired[int]
    """How many days CloudWatch Logs keeps the lines, which contain the callers' IP addresses. One of: 1, 3, 5, 7, 14,
    30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653. Default: 30, as for the
    lines of functions."""
    format: NotRequired[str]
    """One line of at most 3,072 characters, with `$context.requestId` and other variables. Default: JSON with
    `requestId`, `ip`, `requestTime`, `httpMethod`, `routeKey`, `status`, `protocol`, `responseLength`,
    `integrationStatus` and `integrationErrorMessage`.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html"""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key that encrypts the log group. The key's own policy must allow CloudWatch Logs to use it.
    Default: CloudWatch Logs' own key.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""


class HttpApiRouteArgs(TypedDict):
    """One route of an HttpApi, and the consumer that it sends to."""

    consumer: QueueConsumer
    """The consumer, the component itself. Several routes may send to one. Required."""
    route_key: NotRequired[str]
    """Method and path, like `POST /hands`; each once in an API. Required."""
    message_group_id: NotRequired[pulumi.Input[str]]
    """The message group, as text or as a part of the request, like `$request.header.x-table`. Required on FIFO queues.
    Default: none."""


class HttpApiArgs(TypedDict):
    """The arguments of an HttpApi."""

    routes: NotRequired[list[HttpApiRouteArgs]]
    """The routes, 1 to 300. Required."""
    jwt: NotRequired[JwtOptions]
    """Whose tokens may send. Default: requests are signed by IAM, by roles that have `invoke_statements`."""
    cors: NotRequired[CorsOptions]
    """Which web pages may send. Default: none; browsers send nothing from pages of other origins."""
    access_log: NotRequired[AccessLogOptions]
    """Logs each request, `{}` with the defaults. Default: no log."""
    throttling_rate_limit: NotRequired[int]
    """Long-term rate limit of all routes together: 1 to 10,000 requests a second. Others get 429. Default: 100, because
    each request becomes a billed message, and AWS's own default is the account's limit."""
    throttling_burst_limit: NotRequired[int]
    """Burst limit of all routes together: 1 to 5,000 requests. Default: 200."""


class HttpApi(pulumi.ComponentResource):
    """An HTTP API whose routes send the bodies of requests to consumers' queues, without a function.

    The routes share the API's domain, authorisation, CORS, throttling and access log; for different ones create several
    APIs. Each consumer has a role by which the API sends to it and to no other. For the requests see `HttpRoute`. The
    underlying resources are the attributes `api`, `authorizer` (None with IAM), `stage`, `log_group` (None without
    `access_log`); `integrations` and `routes` by route key; and `roles` and `role_policies` by consumer.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services.html
    """

    url: pulumi.Output[str]
    """URL of the API, without a slash at its end; a route's path follows it."""

    def __init__(self, name: str, args: HttpApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the API and its routes.

        :raises pulumi.RunError: if any argument is invalid, before any resource is registered.
        """
        settings = reporting.component_settings(HttpApiSettings, name, args)
        routes = [(_route_settings(name, one), one["consumer"]) for one in settings.routes]
        super().__init__("queue-consumer:index:HttpApi", name, None, opts)
        children = Children(self, settings)
        gateway = http_api.gateway(children, [one.route_key or "" for one, _ in routes])
        self.api, self.authorizer = gateway.api, gateway.authorizer
        self.stage, self.log_group = gateway.stage, gateway.log_group
        self.roles: dict[str, iam.Role] = {}
        self.role_policies: dict[str, iam.RolePolicy] = {}
        self.integrations: dict[str, apigatewayv2.Integration] = {}
        self.routes: dict[str, apigatewayv2.Route] = {}
        senders = {consumer: self._sender(children, consumer) for consumer in dict.fromkeys(of for _, of in routes)}
        for route, consumer in routes:
            key = route.route_key or ""
            made = http_api.route(Children(self, route), consumer, senders[consumer], gateway, f"{key}-")
            self.integrations[key], self.routes[key] = made
        self.url = self.api.api_endpoint
        self.register_outputs({"url": self.url})

    def invoke_statements(self, *route_keys: str) -> list[dict[str, Any]]:
        """Return the permissions to call these routes, or all of them, as IAM statements with Outputs.

        :raises pulumi.RunError: if the API has no such route.
        """
        for key in route_keys:
            if key not in self.routes:
                raise pulumi.RunError(f"invoke_statements: got {show(key)}; allowed: {', '.join(self.routes)}.")
        return [http_api.invoke_statement(self.api, route_keys or self.routes)]

    def _sender(self, children: Children[Any], consumer: QueueConsumer) -> tuple[iam.Role, iam.RolePolicy]:
        name = consumer.settings.consumer
        sender = sources.sending_role(children, "apigateway", consumer, prefix=f"{name}-")
        self.roles[name], self.role_policies[name] = sender
        return sender


def _route_settings(name: str, route: dict[str, Any]) -> HttpApiRouteSettings:
    args = {argument: value for argument, value in route.items() if argument != "consumer"}
    sources.require_consumer(HttpApiRouteSettings, f"{name}: {route.get('route_key')}", route.get("consumer"))
    return sources.source_settings(HttpApiRouteSettings, name, route.get("consumer"), args)
