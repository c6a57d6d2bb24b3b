"""Which web pages the local AWS answers, and what it logs of a request."""

import sys
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from consumers.local import access_log, cors

APP, OTHER = "https://app.example", "https://other.example"


@pytest.mark.parametrize(
    ("allowed", "origin", "expected"),
    [
        ([APP], APP, True),
        ([APP], "HTTPS://APP.example", True),
        ([APP], OTHER, False),
        ([APP], f"{APP}:8443", False),
        ([APP], "https://app.example.evil", False),
        (["*"], "null", True),
        (["https://*"], OTHER, True),
        (["https://*"], "http://other.example", False),
        (["http://*", APP], "http://other.example", True),
        (["capacitor://localhost"], "capacitor://localhost", True),
        (["https://*"], "capacitor://localhost", False),
        ([], APP, False),
    ],
)
def test_an_origin_is_allowed_by_itself_or_by_its_scheme(allowed: list[str], origin: str, expected: bool) -> None:
    assert cors.is_allowed({"allowOrigins": allowed}, origin) is expected


def test_an_api_without_cors_allows_no_page() -> None:
    assert not cors.is_allowed({}, APP)


@pytest.mark.parametrize(
    ("path", "origin", "expected"),
    [
        ("/_aws/execute-api/a1/hands", APP, True),
        ("/_aws/execute-api/a1/hands", OTHER, False),
        ("/_aws/execute-api/b2/hands", APP, False),  # an API that does not exist
        ("/_ministack/reset", APP, False),
        ("/x/_aws/execute-api/a1/hands", APP, False),
        ("/_aws/execute-api/a1", APP, False),
    ],
)
def test_a_page_reaches_only_the_apis_that_allow_it(
    path: str, origin: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def request_scope(*owner: str) -> Any:
        assert owner == ("1", "r")
        yield

    service = SimpleNamespace(
        find_api_scope={"a1": ("1", "r")}.get, _apis={"a1": {"corsConfiguration": {"allowOrigins": [APP]}}}
    )
    monkeypatch.setitem(sys.modules, "ministack.services.apigateway", service)
    monkeypatch.setitem(sys.modules, "ministack.core.responses", SimpleNamespace(request_scope=request_scope))
    assert cors.allows_page(path, origin) is expected


def test_without_an_api_no_page_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ministack.services.apigateway", raising=False)
    assert not cors.allows_page("/_aws/execute-api/a1/hands", APP)


@pytest.mark.parametrize("missing", ["method", "origin", "access-control-request-method"])
def test_a_preflight_request_asks_for_a_method_from_a_page(missing: str) -> None:
    headers = {"origin": APP, "access-control-request-method": "POST"}
    assert cors.is_preflight("OPTIONS", headers)
    headers.pop(missing, None)
    assert not cors.is_preflight("POST" if missing == "method" else "OPTIONS", headers)


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ('{"id":"$context.requestId"}', '{"id":"r-1"}'),
        ("$context.status.", "200."),
        ("$context.identity.sourceIp $context.integrationErrorMessage", "::1 -"),
        ("no variable: $status", "no variable: $status"),
    ],
)
def test_a_line_has_the_values_of_variables_and_a_hyphen_where_there_is_none(format: str, expected: str) -> None:
    variables = {"requestId": "r-1", "status": 200, "identity.sourceIp": "::1"}
    assert access_log.line(format, variables) == expected


def test_the_error_of_sqs_is_in_the_variables_and_a_success_has_none() -> None:
    variables = access_log.begin("a1", "$default", "POST", "/hands", {})
    access_log.add_integration((200, {}, b"<Message>no error</Message>"))
    assert (variables["integrationStatus"], variables.get("integrationErrorMessage")) == (200, None)
    access_log.add_integration((400, {}, b"<Message>not\n &lt;valid&gt;</Message>"))
    assert (variables["integrationStatus"], variables["integrationErrorMessage"]) == (400, "not <valid>")
