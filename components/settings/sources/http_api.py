"""The settings and rules of an HttpApi and its routes. HttpRoute, an HTTP API with one route, shares most of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import pages
from ..arns import KMS_KEY
from ..fields import argument, integer
from ..findings import Breach, show
from ..kinds import Boolean, Dicts, Group, InputList, InputText, OneOf, Subset, Text
from ..model import LOG_RETENTION_DAYS
from ..rule import Rules
from ..rules.functions import AUTO_NAME_SUFFIX
from ..shapes import complete
from .source import MAX_NAME_LENGTH, SQS_GROUP, SourceSettings, group_rule, name_rule, required_rule

METHODS = ("ANY", "DELETE", "PATCH", "POST", "PUT")
BODILESS = ("GET", "HEAD", "OPTIONS")
ROUTE = re.compile(rf"({'|'.join(METHODS + BODILESS)}) (?=/)(/([^\s/{{}}?#]+|{{[\w.-]+}}))*(/({{[\w.-]+\+}})?)?")
MAX_ROUTES = 300
MAX_ROLE_NAMES = 64 - AUTO_NAME_SUFFIX - len("--role")
"""The characters that the names of an API and a consumer have together, because a role is named after both."""
_THROTTLED = "API Gateway throttles an account at 10,000 requests a second"
_COMPARED = "browsers compare it with the requests of pages"
_HEADERS = InputList(
    _COMPARED, pages.HTTP_API_CORS, InputText(what="a header's name or '*'", form=r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
)
_ORIGIN = InputText(
    what="'*', 'https://*', 'http://*', or an origin like 'https://app.example.com', without a path",
    form=r"\*|https?://\*|[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#*,]+",
)


@dataclass(frozen=True)
class JwtSettings:
    """The group `jwt`."""

    issuer: Any = argument(
        None,
        InputText(
            "API Gateway verifies tokens with the keys of their issuer",
            pages.HTTP_API_JWT,
            "an https URL, at most 2,048 characters",
            r"https://\S{1,2040}",
        ),
    )
    audience: tuple[Any, ...] = argument((), InputList(item=InputText(), unique=False))


@dataclass(frozen=True)
class CorsSettings:
    """The group `cors`."""

    allow_origins: tuple[Any, ...] = argument(
        (), InputList("API Gateway compares it with a page's origin, which has no path", pages.HTTP_API_CORS, _ORIGIN)
    )
    allow_methods: tuple[str, ...] = argument(
        (), Subset(_COMPARED, pages.HTTP_API_CORS, ("*", *METHODS[1:], *BODILESS))
    )
    allow_headers: tuple[Any, ...] = argument((), _HEADERS)
    expose_headers: tuple[Any, ...] = argument((), _HEADERS)
    max_age: int = integer(300, -1, 86_400, "seconds", "API Gateway rejects other ages", pages.HTTP_API_CORS)
    allow_credentials: bool = argument(False, Boolean())


@dataclass(frozen=True)
class AccessLogSettings:
    """The group `access_log`."""

    retention_in_days: int = argument(
        30, OneOf("CloudWatch Logs supports these periods only", pages.LOGS_RETENTION, LOG_RETENTION_DAYS)
    )
    format: str | None = argument(
        None,
        Text(
            "API Gateway rejects other formats",
            pages.HTTP_API_LOGGING,
            "one line of at most 3,072 characters with $context.requestId",
            r"(?=.*\$context\.requestId)[^\r\n]{1,3072}",
        ),
    )
    kms_key_arn: Any = argument(None, KMS_KEY.kind("CloudWatch Logs requires the ARN of a key", pages.LOGS_ENCRYPTION))


@dataclass(frozen=True)
class ApiSettings(SourceSettings):
    """The settings of an API, which all of its routes share."""

    jwt: JwtSettings | None = argument(None, Group(model=JwtSettings))
    cors: CorsSettings | None = argument(None, Group(model=CorsSettings))
    access_log: AccessLogSettings | None = argument(None, Group(model=AccessLogSettings))
    throttling_rate_limit: int = integer(100, 1, 10_000, "requests a second", _THROTTLED, pages.HTTP_API_THROTTLING)
    throttling_burst_limit: int = integer(200, 1, 5_000, "requests", _THROTTLED, pages.HTTP_API_THROTTLING)


@dataclass(frozen=True)
class RouteSettings(SourceSettings):
    """The settings of one route."""

    route_key: str | None = argument(
        None, Text("API Gateway selects the route by it", pages.HTTP_API_ROUTES, "a method and a path")
    )
    message_group_id: Any = argument(None, SQS_GROUP)


@dataclass(frozen=True)
class HttpApiRouteSettings(RouteSettings):
    """The settings of a route of an HttpApi, whose name they have."""


@dataclass(frozen=True)
class HttpApiSettings(ApiSettings):
    """All the settings of an HttpApi, but those of its routes."""

    routes: tuple[dict[str, Any], ...] = argument((), Dicts(what="routes"))


api_rules = Rules[ApiSettings]("HttpApi")
route_rules = Rules[RouteSettings]("HttpApiRoute")
route_rules.include(
    required_rule("http-route-key-missing", "route_key", pages.HTTP_API_ROUTES),
    group_rule("http-route-group", pages.HTTP_API_SQS),
)


@route_rules.error("route_key", page=pages.HTTP_API_ROUTES)
def http_route_key(settings: RouteSettings) -> Iterator[Breach]:
    """API Gateway selects a route by the method and the path of a request."""
    if settings.route_key is not None and not ROUTE.fullmatch(settings.route_key):
        method, _, path = settings.route_key.partition(" ")
        likely = f"{method.upper()} /{path.lstrip(' /')}"
        meant = f" (did you mean {show(likely)}?)" if ROUTE.fullmatch(likely) else ""
        yield Breach(show(settings.route_key), "a method, a space and a path, like 'POST /hands'", f"Correct it{meant}")


@route_rules.error("route_key", page=pages.HTTP_API_SQS)
def http_route_body(settings: RouteSettings) -> Iterator[Breach]:
    """The message is the body of the request, and SQS rejects an empty message."""
    method = (settings.route_key or "").partition(" ")[0]
    if method in BODILESS:
        yield Breach(
            f"{show(settings.route_key)}, whose requests have no body", f"one of {', '.join(METHODS)}", "Use POST"
        )


@api_rules.error("jwt", page=pages.HTTP_API_JWT)
def http_route_jwt(settings: ApiSettings) -> Iterator[Breach]:
    """A token is valid for its issuer and its audience only."""
    if jwt := settings.jwt:
        values = {"issuer": jwt.issuer, "audience": jwt.audience}
        yield from complete(values, "Add them, or leave jwt out for authorisation by IAM")


@api_rules.error("cors.allow_origins", page=pages.HTTP_API_CORS)
def http_cors_origins(settings: ApiSettings) -> Iterator[Breach]:
    """Without an allowed origin, browsers send nothing."""
    if settings.cors and not settings.cors.allow_origins:
        yield Breach("none", "the origins of the pages that may send", "Add one, or leave cors out")


@api_rules.error("cors.allow_credentials", "cors.allow_origins", page=pages.HTTP_API_CORS)
def http_cors_credentials(settings: ApiSettings) -> Iterator[Breach]:
    """API Gateway rejects credentials for every origin, because any page could then act for its visitors."""
    if settings.cors and settings.cors.allow_credentials and "*" in settings.cors.allow_origins:
        fix = "List the origins, or leave allow_credentials out: tokens and signatures in headers do not need it"
        yield Breach("True with '*' in allow_origins", "only with other origins", fix)


http_api_route_rules = Rules[HttpApiRouteSettings]("HttpApiRoute")
http_api_route_rules.include(*route_rules)


@http_api_route_rules.error("name", page=pages.IAM_QUOTAS)
def http_api_role_name(settings: HttpApiRouteSettings) -> Iterator[Breach]:
    """A role is named after the API and each consumer, and names of roles have at most 64 characters."""
    names = settings.consumer, settings.target.consumer
    if len(settings.consumer) <= MAX_NAME_LENGTH and len("".join(names)) > MAX_ROLE_NAMES:
        got = f"{show(names[0])} with {show(names[1])}, {len(''.join(names))} characters"
        yield Breach(got, f"at most {MAX_ROLE_NAMES} characters together", "Shorten one of the names")


http_api_rules = Rules[HttpApiSettings]("HttpApi")
http_api_rules.include(name_rule("http-api-name"), *api_rules)


@http_api_rules.error("routes", page=pages.HTTP_API_QUOTAS)
def http_api_routes(settings: HttpApiSettings) -> Iterator[Breach]:
    """An API has at most 300 integrations, one for each route, and without a route it sends nothing."""
    if not 1 <= len(settings.routes) <= MAX_ROUTES:
        yield Breach(
            f"{len(settings.routes)} routes", f"1 to {MAX_ROUTES} routes", "Add a route, or use a second HttpApi"
        )


@http_api_rules.error("routes", page=pages.HTTP_API_ROUTES)
def http_api_route_twice(settings: HttpApiSettings) -> Iterator[Breach]:
    """API Gateway rejects a second route with the same method and path."""
    keys = [show(one.get("route_key")) for one in settings.routes if "route_key" in one]
    for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
        yield Breach(f"{key} {keys.count(key)} times", "each route_key once", "Remove or change the others")
