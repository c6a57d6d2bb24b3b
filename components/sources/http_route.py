"""HttpRoute: an HTTP API with one route that sends the body of each request to a consumer."""

from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_aws import apigatewayv2

from .. import policies
from ..queue_consumer import QueueConsumer
from ..resources import sources
from ..resources.children import Children
from ..settings.sources.http_route import HttpRouteSettings


class JwtOptions(TypedDict):
    """Whose tokens may send.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html"""

    issuer: NotRequired[pulumi.Input[str]]
    """URL of the issuer, like `https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf`. Required."""
    audience: NotRequired[list[pulumi.Input[str]]]
    """What a token's `aud` or `client_id` must be, one of these. Required."""


class HttpRouteArgs(TypedDict):
    """The arguments of an HttpRoute."""

    route_key: NotRequired[str]
    """Method and path, like `POST /hands`. Required."""
    jwt: NotRequired[JwtOptions]
    """Whose tokens may send. Default: requests are signed by IAM, by roles that have `invoke_statements`."""
    throttling_rate_limit: NotRequired[int]
    """Long-term rate limit: 1 to 10,000 requests a second. Others get 429. Default: 100, because each request becomes a
    billed message, and AWS's own default is the account's limit."""
    throttling_burst_limit: NotRequired[int]
    """Burst limit: 1 to 5,000 requests. Default: 200."""
    message_group_id: NotRequired[pulumi.Input[str]]
    """The message group, as text or as a part of the request, like `$request.header.x-table`. Required on FIFO queues;
    on standard ones it keeps queues fair. Default: none."""


class HttpRoute(pulumi.ComponentResource):
    """An HTTP API with one route that sends the body of each request to a consumer's queue, without a function.

    The response comes when SQS has the message; an empty body, or one above 1 MiB, gets an error. The caller does not
    learn the result of the message. The API sends by a role of its own, so the queue's policy need not allow it. The
    underlying resources are the attributes `api`, `integration`, `authorizer` (None with IAM), `route`, `stage`, `role`
    and `role_policy`.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services.html
    """

    url: pulumi.Output[str]
    """URL of the route, with the placeholders of its path."""

    def __init__(
        self, name: str, consumer: QueueConsumer, args: HttpRouteArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Register the API and its route, which sends to `consumer`.

        :raises pulumi.RunError: if any argument is invalid, before any resource is registered.
        """
        settings = sources.source_settings(HttpRouteSettings, name, consumer, args)
        super().__init__("queue-consumer:index:HttpRoute", name, None, opts)
        children = Children(self, settings)
        self._method, _, self._path = (settings.route_key or "").partition(" ")
        self.role, self.role_policy = sources.sending_role(children, "apigateway", consumer)
        self.api = apigatewayv2.Api(
            children.name("api"), protocol_type="HTTP", tags=children.tags("http-api"), opts=children.options()
        )
        self.integration = apigatewayv2.Integration(
            children.name("integration"),
            api_id=self.api.id,
            integration_type="AWS_PROXY",
            integration_subtype="SQS-SendMessage",
            credentials_arn=self.role.arn,
            payload_format_version="1.0",
            request_parameters=_message(children, consumer),
            opts=children.options(depends_on=[self.role_policy]),
        )
        self.authorizer = _authorizer(children, self.api)
        self.route = apigatewayv2.Route(
            children.name("route"),
            api_id=self.api.id,
            route_key=settings.route_key or "",
            target=self.integration.id.apply(lambda resolved: f"integrations/{resolved}"),
            authorization_type="JWT" if self.authorizer else "AWS_IAM",
            authorizer_id=self.authorizer.id if self.authorizer else None,
            opts=children.options(),
        )
        self.stage = _stage(children, self.api)
        self.url = self.api.api_endpoint.apply(lambda endpoint: f"{endpoint}{self._path}")
        self.register_outputs({"url": self.url})

    def invoke_statements(self) -> list[dict[str, Any]]:
        """Return the permissions to call the route, as IAM statements with Outputs."""
        verb = "*" if self._method == "ANY" else self._method
        # A placeholder of the path matches any text.
        end = "/".join("*" if part.startswith("{") else part for part in self._path.split("/"))
        arn = self.api.execution_arn.apply(lambda resolved: f"{resolved}/$default/{verb}{end}")
        return [policies.allow("", ["execute-api:Invoke"], arn)]


def _message(children: Children[HttpRouteSettings], consumer: QueueConsumer) -> dict[str, Any]:
    group, settings = children.validated("message_group_id"), consumer.settings
    grouped = {} if group is None else {"MessageGroupId": group}
    # Without content-based deduplication, each request is a message of its own.
    by_request = settings.fifo and not settings.queue.content_based_deduplication
    unique = {"MessageDeduplicationId": "$context.requestId"} if by_request else {}
    return {"QueueUrl": consumer.queue_url, "MessageBody": "$request.body", **grouped, **unique}


def _authorizer(children: Children[HttpRouteSettings], api: "apigatewayv2.Api") -> "apigatewayv2.Authorizer | None":
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


def _stage(children: Children[HttpRouteSettings], api: "apigatewayv2.Api") -> "apigatewayv2.Stage":
    settings = children.settings
    return apigatewayv2.Stage(
        children.name("stage"),
        api_id=api.id,
        name="$default",
        auto_deploy=True,
        default_route_settings=apigatewayv2.StageDefaultRouteSettingsArgs(
            throttling_rate_limit=settings.throttling_rate_limit,
            throttling_burst_limit=settings.throttling_burst_limit,
        ),
        tags=children.tags("http-api"),
        opts=children.options(),
    )
