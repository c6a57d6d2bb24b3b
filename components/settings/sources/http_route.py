"""The settings and rules of an HttpRoute."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import pages
from ..fields import argument, integer
from ..findings import Breach, show
from ..kinds import Group, InputList, InputText, Text
from ..rule import Rules
from ..shapes import complete
from .source import SQS_GROUP, SourceSettings, group_rule, name_rule, required_rule

METHODS = ("ANY", "DELETE", "PATCH", "POST", "PUT")
BODILESS = ("GET", "HEAD", "OPTIONS")
ROUTE = re.compile(rf"({'|'.join(METHODS + BODILESS)}) (?=/)(/([^\s/{{}}?#]+|{{[\w.-]+}}))*(/({{[\w.-]+\+}})?)?")
_THROTTLED = "API Gateway throttles an account at 10,000 requests a second"


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
class HttpRouteSettings(SourceSettings):
    """All the settings of an HttpRoute."""

    route_key: str | None = argument(
        None, Text("API Gateway selects the route by it", pages.HTTP_API_ROUTES, "a method and a path")
    )
    jwt: JwtSettings | None = argument(None, Group(model=JwtSettings))
    throttling_rate_limit: int = integer(100, 1, 10_000, "requests a second", _THROTTLED, pages.HTTP_API_THROTTLING)
    throttling_burst_limit: int = integer(200, 1, 5_000, "requests", _THROTTLED, pages.HTTP_API_THROTTLING)
    message_group_id: Any = argument(None, SQS_GROUP)


rules = Rules[HttpRouteSettings]("HttpRoute")
rules.include(
    name_rule("http-route-name"),
    required_rule("http-route-key-missing", "route_key", pages.HTTP_API_ROUTES),
    group_rule("http-route-group", pages.HTTP_API_SQS),
)


@rules.error("route_key", page=pages.HTTP_API_ROUTES)
def http_route_key(settings: HttpRouteSettings) -> Iterator[Breach]:
    """API Gateway selects a route by the method and the path of a request."""
    if settings.route_key is not None and not ROUTE.fullmatch(settings.route_key):
        method, _, path = settings.route_key.partition(" ")
        likely = f"{method.upper()} /{path.lstrip(' /')}"
        meant = f" (did you mean {show(likely)}?)" if ROUTE.fullmatch(likely) else ""
        yield Breach(show(settings.route_key), "a method, a space and a path, like 'POST /hands'", f"Correct it{meant}")


@rules.error("route_key", page=pages.HTTP_API_SQS)
def http_route_body(settings: HttpRouteSettings) -> Iterator[Breach]:
    """The message is the body of the request, and SQS rejects an empty message."""
    method = (settings.route_key or "").partition(" ")[0]
    if method in BODILESS:
        yield Breach(
            f"{show(settings.route_key)}, whose requests have no body", f"one of {', '.join(METHODS)}", "Use POST"
        )


@rules.error("jwt", page=pages.HTTP_API_JWT)
def http_route_jwt(settings: HttpRouteSettings) -> Iterator[Breach]:
    """A token is valid for its issuer and its audience only."""
    if jwt := settings.jwt:
        values = {"issuer": jwt.issuer, "audience": jwt.audience}
        yield from complete(values, "Add them, or leave jwt out for authorisation by IAM")
