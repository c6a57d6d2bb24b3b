"""Keeps everybody else out: only this machine, only holders of the token, only our own pages.

A browser sends requests to loopback for any web page that asks it to. So the host name must be a loopback one, which
ends DNS rebinding, a change must come from our own origin, and the cookie is never sent for another site.
"""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 2**20
"""Of a form."""
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers hide the origin of forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
NO_TOKEN = (
    "This page needs the token in its address. Open the whole address that `consumers ui` printed; it changes "
    "with each start."
)


class Guard:
    """Refuses what does not come from the user's own browser, and adds the headers to every answer."""

    def __init__(self, app: Application, port: int, token: str | None = None) -> None:
        self._app, self.token = app, token or secrets.token_urlsafe(32)
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self._cookie = f"consumers-ui-{port}"  # browsers send cookies to every port of a host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        else:
            answer = self._answer(scope)
            await (answer or self._app)(scope, receive, _with_headers(send))

    def _answer(self, scope: Scope) -> Response | None:
        """Return the answer to a request that does not get through, or that brings the token."""
        headers = Headers(scope=scope)
        if headers.getlist("host") not in [[host] for host in self._hosts]:
            return PlainTextResponse("This host name is not served.", 403)
        if (token := _token(scope)) is not None:
            return self._welcome(scope) if self._is_token(token) else PlainTextResponse(NO_TOKEN, 403)
        if not self._is_token(cookie_parser(headers.get("cookie", "")).get(self._cookie, "")):
            return PlainTextResponse(NO_TOKEN, 403)
        if scope["method"] not in ("GET", "HEAD") and (why := self._refusal(headers)):
            return PlainTextResponse(why, 403)
        return None

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.token.encode())

    def _welcome(self, scope: Scope) -> Response:
        """Turn the token in the address into a cookie: an address is seen by others, and stays in the history."""
        answer = RedirectResponse(f"/{scope['path'].lstrip('/')}", 303)  # never //another.host
        answer.set_cookie(self._cookie, self.token, httponly=True, samesite="strict")
        return answer

    def _refusal(self, headers: Headers) -> str | None:
        if headers.getlist("origin") not in [[f"http://{host}"] for host in self._hosts]:
            return "Only this page itself may change something."
        length = "" if "transfer-encoding" in headers else headers.get("content-length", "")  # it outweighs the length
        if not re.fullmatch(r"[0-9]{1,9}", length) or int(length) > MOST_BYTES:
            return f"A form has {MOST_BYTES:,} bytes at most."
        return None


def _token(scope: Scope) -> str | None:
    return parse_qs(scope["query_string"].decode("latin-1")).get("token", [None])[0]


def _with_headers(send: Send) -> Send:
    async def with_headers(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return with_headers
