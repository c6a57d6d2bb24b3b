"""CORS of HTTP APIs, in the server's process: which web pages may send.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

# ministack comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

Cors = Mapping[str, Any]
_API_PATH = re.compile(r"/_aws/execute-api/([^/]+)/")


def is_allowed(cors: Cors, origin: str) -> bool:
    """Whether a configuration allows an origin: by itself, or by `*`, `https://*` or `http://*`."""
    scheme = origin.partition("://")[0]
    names = {"*", f"{scheme}://*", origin} if scheme in ("http", "https") else {"*", origin}
    return bool({name.lower() for name in names} & {allowed.lower() for allowed in cors.get("allowOrigins", ())})


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request is a browser's question before a request from a page."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def allows_page(path: str, origin: str) -> bool:
    """Whether this is the path of an HTTP API that allows pages of this origin."""
    # It is imported when the first API is created.
    service: Any = sys.modules.get("ministack.services.apigateway")
    found = _API_PATH.match(path)
    return service is not None and found is not None and is_allowed(configuration(service, found[1]), origin)


def configuration(service: Any, api_id: str) -> Cors:
    """Return an API's CORS configuration, empty without one."""
    from ministack.core.responses import request_scope

    owner = service.find_api_scope(api_id)
    if owner is None:
        return {}
    with request_scope(*owner):
        return service._apis[api_id].get("corsConfiguration") or {}


def with_patterns(original: Callable[[Cors, str], dict[str, str]]) -> Callable[[Cors, str], dict[str, str]]:
    """Wrap ministack's `original`, which returns the headers of a response, to support `https://*` and `http://*`."""

    def headers(cors: Cors, origin: str) -> dict[str, str]:
        if not is_allowed(cors, origin):
            return {}
        return original({**cors, "allowOrigins": ["*"] if "*" in cors["allowOrigins"] else [origin]}, origin)

    return headers
