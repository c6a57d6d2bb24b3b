"""The settings and rules of an HttpRoute."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import pages
from ..findings import Breach, show
from ..kinds import Group, InputList, InputText, Text
from ..model import argument
from ..rule import error
from .source import GROUP_OF_SQS, SourceSettings, group_rule, name_rule, required_rule, whole

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
            "its tokens are trusted",
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
        None, Text("requests are found by it", pages.HTTP_API_ROUTES, "a method and a path")
    )
    jwt: JwtSettings | None = argument(None, Group(model=JwtSettings))
    throttling_rate_limit: int = whole(
        1, 10_000, "requests a second", _THROTTLED, pages.HTTP_API_THROTTLING, default=100
    )
    throttling_burst_limit: int = whole(1, 5_000, "requests", _THROTTLED, pages.HTTP_API_THROTTLING, default=200)
    message_group_id: Any = argument(None, GROUP_OF_SQS)


@error(
    "http-route-key",
    "route_key",
    why="API Gateway finds a route by its method and its path",
    page=pages.HTTP_API_ROUTES,
)
def http_route_key(s: Any) -> Iterator[Breach]:
    if s.route_key is not None and not ROUTE.fullmatch(s.route_key):
        method, _, path = s.route_key.partition(" ")
        likely = f"{method.upper()} /{path.lstrip(' /')}"
        meant = f" (did you mean {show(likely)}?)" if ROUTE.fullmatch(likely) else ""
        yield Breach(show(s.route_key), "a method, a space and a path, like 'POST /hands'", f"Correct it{meant}")


@error(
    "http-route-body",
    "route_key",
    why="the message is the body of the request, and SQS takes no empty one",
    page=pages.HTTP_API_SQS,
)
def http_route_body(s: Any) -> Iterator[Breach]:
    method = (s.route_key or "").partition(" ")[0]
    if method in BODILESS:
        yield Breach(f"{show(s.route_key)}, whose requests have no body", f"one of {', '.join(METHODS)}", "Take POST")


@error(
    "http-route-jwt",
    "jwt",
    why="a token counts where its issuer and its audience are the right ones",
    page=pages.HTTP_API_JWT,
)
def http_route_jwt(s: Any) -> Iterator[Breach]:
    missing = [name for name in ("issuer", "audience") if s.jwt and not getattr(s.jwt, name)]
    if missing:
        yield Breach(f"no {' and no '.join(missing)}", "both", "Add them, or leave jwt out for authorisation by IAM")


RULES = (
    name_rule("http-route-name"),
    required_rule("http-route-key-missing", "route_key", pages.HTTP_API_ROUTES),
    *(http_route_key, http_route_body, http_route_jwt),
    group_rule("http-route-group", pages.HTTP_API_SQS),
)
