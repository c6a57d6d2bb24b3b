"""The settings and rules of an HttpRoute: those of an API and of its route."""

from dataclasses import dataclass

from ..rule import Rules
from .http_api import ApiSettings, RouteSettings, api_rules, route_rules
from .source import name_rule


@dataclass(frozen=True)
class HttpRouteSettings(RouteSettings, ApiSettings):
    """All the settings of an HttpRoute."""


rules = Rules[HttpRouteSettings]("HttpRoute")
rules.include(name_rule("http-route-name"), *route_rules, *api_rules)
