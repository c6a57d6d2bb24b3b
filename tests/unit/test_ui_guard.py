"""Who gets through to the page of `consumers ui`."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from consumers.ui.guard import HEADERS, Guard

PORT, TOKEN = 4567, "the-token"
COOKIE = f"consumers-ui-{PORT}={TOKEN}"
OWN = f"http://127.0.0.1:{PORT}"


async def _page(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"the page"})


def request(
    path: str = "/", method: str = "GET", query: str = "", twice: str = "", **headers: str
) -> tuple[int, dict[str, str], str]:
    """Return status, headers and text of an answer.

    `host` defaults to the page's own; `twice` is one more header, as `name=value`.
    """
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    named = {"host": f"127.0.0.1:{PORT}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (name.encode(), value.encode()) for name, value in [*named.items(), *([twice.split("=")] if twice else [])]
        ],
    }
    asyncio.run(Guard(_page, PORT, TOKEN)(scope, receive, send))
    found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(part.get("body", b"") for part in sent[1:]).decode()


def test_without_the_token_nothing_is_shown() -> None:
    status, _, text = request()
    assert status == 403
    assert "token" in text
    assert "the page" not in text


@pytest.mark.parametrize("token", ["", "another", f"{TOKEN}x", "ü"])
def test_a_wrong_token_opens_nothing(token: str) -> None:
    assert request(query=f"token={token}")[0] == 403
    assert request(cookie=f"consumers-ui-{PORT}={token}")[0] == 403


def test_the_token_in_the_address_becomes_a_strict_cookie_and_leaves_the_address() -> None:
    status, headers, _ = request("/consumers/a/b/c", query=f"token={TOKEN}")
    assert (status, headers["location"]) == (303, "/consumers/a/b/c")
    assert headers["set-cookie"] == f"{COOKIE}; HttpOnly; Path=/; SameSite=strict"


def test_an_address_that_begins_with_two_slashes_leads_to_no_other_host() -> None:
    assert request("//evil.example/x", query=f"token={TOKEN}")[1]["location"] == "/evil.example/x"


def test_the_cookie_opens_the_page() -> None:
    assert request(cookie=COOKIE)[2] == "the page"
    assert request(cookie=f"other=1; {COOKIE}", host=f"localhost:{PORT}")[2] == "the page"


def test_the_cookie_of_another_port_does_not() -> None:
    assert request(cookie=f"consumers-ui-4568={TOKEN}")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", ""])
def test_a_host_name_that_is_not_its_own_is_refused_even_with_the_cookie(host: str) -> None:
    status, _, text = request(host=host, cookie=COOKIE)
    assert (status, text) == (403, "This host name is not served.")


def test_a_second_host_or_origin_is_refused_whichever_comes_first() -> None:
    assert request(cookie=COOKIE, twice="host=evil.example")[0] == 403
    change = {"cookie": COOKIE, "content_length": "0"}
    assert request("/x", "POST", twice="origin=http://evil.example", origin=OWN, **change)[0] == 403
    assert request("/x", "POST", twice=f"origin={OWN}", origin="http://evil.example", **change)[0] == 403


@pytest.mark.parametrize(
    "origin", ["", "null", "https://evil.example", "http://127.0.0.1:9999", f"https://127.0.0.1:{PORT}"]
)
def test_a_change_from_another_origin_is_refused(origin: str) -> None:
    headers = {"origin": origin} if origin else {}
    status, _, text = request("/x", "POST", cookie=COOKIE, content_length="0", **headers)
    assert (status, text) == (403, "Only this page itself may change something.")


def test_a_change_from_the_page_itself_gets_through() -> None:
    assert request("/x", "POST", cookie=COOKIE, origin=OWN, content_length="12")[2] == "the page"


@pytest.mark.parametrize("length", ["", "1048577", "-1", "many", "9" * 5_000])
def test_a_form_without_a_length_or_with_too_much_is_refused(length: str) -> None:
    headers = {"content_length": length} if length else {}
    status, _, text = request("/x", "POST", cookie=COOKIE, origin=OWN, **headers)
    assert (status, text) == (403, "A form has 1,048,576 bytes at most.")


def test_a_form_in_chunks_is_refused_because_its_length_does_not_count() -> None:
    status, _, text = request("/x", "POST", cookie=COOKIE, origin=OWN, content_length="3", transfer_encoding="chunked")
    assert (status, text) == (403, "A form has 1,048,576 bytes at most.")


@pytest.mark.parametrize("cookie", [COOKIE, ""])
def test_every_answer_forbids_what_the_page_does_not_need(cookie: str) -> None:
    headers = request(cookie=cookie)[1]
    for name, value in HEADERS.items():
        assert headers[name.lower()] == value
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


def test_a_websocket_is_closed() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {}

    asyncio.run(Guard(_page, PORT, TOKEN)({"type": "websocket", "headers": []}, receive, send))
    assert sent == [{"type": "websocket.close"}]
