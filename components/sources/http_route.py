"""HttpRoute: an HTTP API with one route that sends the body of each request to a consumer."""

from typing import Any, NotRequired, TypedDict

import pulumi

from ..queue_consumer import QueueConsumer
from ..resources import http_api, sources
from ..resources.children import Children
from ..settings.sources.http_route import HttpRouteSettings
from .http_api import AccessLogOptions, CorsOptions, JwtOptions


class HttpRouteArgs(TypedDict):
    """The arguments of an HttpRoute."""

    route_key: NotRequired[str]
    """Method and path, like `POST /hands`. Required."""
    jwt: NotRequired[JwtOptions]
    """Whose tokens may send. Default: requests are signed by IAM, by roles that have `invoke_statements`."""
    cors: NotRequired[CorsOptions]
    """Which web pages may send. Default: none; browsers send nothing from pages of other origins."""
    access_log: NotRequired[AccessLogOptions]
    """Logs each request, `{}` with the defaults. Default: no log."""
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
    learn the result of the message. The API sends by a role of its own, so the queue's policy need not allow it. For
    several routes of one API, use `HttpApi`. The underlying resources are the attributes `api`, `integration`,
    `authorizer` (None with IAM), `route`, `stage`, `log_group` (None without `access_log`), `role` and `role_policy`.
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
        self._route_key = settings.route_key or ""
        self.role, self.role_policy = sender = sources.sending_role(children, "apigateway", consumer)
        gateway = http_api.gateway(children, [self._route_key])
        self.api, self.authorizer = gateway.api, gateway.authorizer
        self.stage, self.log_group = gateway.stage, gateway.log_group
        self.integration, self.route = http_api.route(children, consumer, sender, gateway)
        path = self._route_key.partition(" ")[2]
        self.url = self.api.api_endpoint.apply(lambda endpoint: f"{endpoint}{path}")
        self.register_outputs({"url": self.url})

    def invoke_statements(self) -> list[dict[str, Any]]:
        """Return the permissions to call the route, as IAM statements with Outputs."""
        return [http_api.invoke_statement(self.api, [self._route_key])]
