"""HttpApi: an API whose routes send to several consumers, with CORS and an access log; HttpRoute has both, too."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import HttpApi, HttpRoute, QueueConsumer
from consumer_run import KEY_ARN, Later, outputs, statements
from error_texts import ErrorTexts
from pulumi_run import ACCOUNT, REGION, Run, inputs_of, run

EXECUTION = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:a1b2"
ENDPOINT = "https://a1b2.execute-api.eu-central-1.amazonaws.com"


def api_outputs(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {"apiEndpoint": ENDPOINT, "executionArn": EXECUTION} if name.endswith("-api") else {}


KINDS = ("api:Api", "authorizer:Authorizer", "integration:Integration", "route:Route", "stage:Stage")
KNOWN = {f"aws:apigatewayv2/{kind}": api_outputs for kind in KINDS}
PAGE = {"allow_origins": ["https://app.example"]}


def served(folder: Path, *route_keys: str, called: Callable[[HttpApi], Any] = lambda api: None, **args: Any) -> Run:
    """Run a program with an API, whose first route sends to "hands" and whose others send to the FIFO queue "pots"."""

    def program() -> Any:
        hands, pots = (
            QueueConsumer(name, {"source": str(folder), "fifo": name == "pots"}) for name in ("hands", "pots")
        )
        first, *others = route_keys or ("POST /hands", "POST /pots/{id}")
        fifo = [{"route_key": key, "consumer": pots, "message_group_id": "$request.path.id"} for key in others]
        everything: Any = {"routes": [{"route_key": first, "consumer": hands}, *fifo], **outputs(args)}
        return called(HttpApi("api", everything))

    return run(program, known=KNOWN)


def inputs(result: Run, resource: str) -> dict[str, Any]:
    assert result.error is None, result.error
    return result.resources[resource].inputs


def test_all_routes_belong_to_one_api_and_each_consumer_has_a_role_that_sends_to_it_alone(
    folder: Path, error_text: ErrorTexts
) -> None:
    result = served(folder, "POST /hands", "POST /pots/{id}", "PUT /pots/{id}")
    error_text(inputs_of(result, "api-"))
    assert len(result.of_type("iam/role:Role")) == 2 + 2  # two of the functions
    for consumer in ("hands", "pots"):
        (statement,) = statements(result, f"api-{consumer}-policy")
        assert statement["Resource"].rpartition(":")[2].startswith(f"{consumer}-queue")
    assert "api-pots-policy" in result.resources["api-PUT /pots/{id}-integration"].depends_on
    assert result.component_outputs["api"] == {"url": ENDPOINT}


def test_a_route_has_the_same_names_in_any_order(folder: Path) -> None:
    one, other = served(folder, "POST /a", "POST /b"), served(folder, "POST /b", "POST /a")
    assert {*one.resources} == {*other.resources}


def test_one_authorizer_serves_all_routes(folder: Path) -> None:
    result = served(folder, jwt={"issuer": "https://issuer", "audience": ["hands"]})
    assert len(result.of_type("authorizer:Authorizer")) == 1
    routes = result.of_type("route:Route")
    assert {(one.inputs["authorizationType"], *one.depends_on & {"api-authorizer"}) for one in routes} == {
        ("JWT", "api-authorizer")
    }


@pytest.mark.parametrize(
    ("asked", "resources"),
    [
        ((), [f"{EXECUTION}/$default/POST/hands", f"{EXECUTION}/$default/*/pots/*"]),
        (("POST /hands",), f"{EXECUTION}/$default/POST/hands"),
    ],
)
def test_a_caller_may_be_allowed_one_route_or_all(folder: Path, asked: tuple[str, ...], resources: Any) -> None:
    result = served(folder, "POST /hands", "ANY /pots/{id}", called=lambda api: api.invoke_statements(*asked))
    assert result.value == [{"Effect": "Allow", "Action": ["execute-api:Invoke"], "Resource": resources}]


def test_statements_for_a_route_that_the_api_lacks_are_an_error(folder: Path, error_text: ErrorTexts) -> None:
    result = served(folder, called=lambda api: api.invoke_statements("POST /hand"))
    assert isinstance(result.error, pulumi.RunError)
    error_text(str(result.error))


def test_without_other_arguments_a_page_may_send_what_the_routes_need(folder: Path) -> None:
    cors = inputs(served(folder, "PUT /hands", "POST /pots/{id}", cors=PAGE), "api-api")["corsConfiguration"]
    signature = ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"]
    assert cors == {
        "allowOrigins": ["https://app.example"],
        "allowMethods": ["POST", "PUT"],
        "allowHeaders": ["authorization", "content-type", *signature],
        "maxAge": 300,
    }
    token = {"issuer": "https://issuer", "audience": ["hands"]}
    cors = inputs(served(folder, "ANY /hands", cors=PAGE, jwt=token), "api-api")["corsConfiguration"]
    assert cors["allowMethods"] == ["DELETE", "PATCH", "POST", "PUT"]
    assert cors["allowHeaders"] == ["authorization", "content-type"]


def test_each_argument_of_cors_reaches_the_api(folder: Path, error_text: ErrorTexts) -> None:
    headers = {"allow_headers": ["authorization", Later("x-table")], "expose_headers": ["apigw-requestid"]}
    more = {"allow_methods": ["POST"], "max_age": -1, "allow_credentials": True}
    error_text(inputs_of(served(folder, cors={**PAGE, **headers, **more}), "api-api"))


def test_an_origin_that_is_an_output_is_checked_when_it_resolves(folder: Path) -> None:
    cors = {"allow_origins": [Later("*")], "allow_credentials": True}
    assert "[http-cors-credentials]" in str(served(folder, cors=cors).error)
    cors = {"allow_origins": [Later("app.example")]}
    assert "[cors-allow-origins-value]" in str(served(folder, cors=cors).error)


def test_the_access_log_is_json_in_a_log_group_of_its_own(folder: Path, error_text: ErrorTexts) -> None:
    result = served(folder, access_log={})
    error_text(inputs_of(result, "api-access-log"))
    settings = inputs(result, "api-stage")["accessLogSettings"]
    assert settings["destinationArn"].endswith(":log-group:" + inputs(result, "api-access-log")["name"])
    fields = json.loads(settings["format"])
    assert fields["requestId"] == "$context.requestId"
    assert all(value.startswith("$context.") for value in fields.values())
    assert len(settings["format"]) <= 1_024


def test_the_access_log_may_have_another_format_retention_and_key(folder: Path) -> None:
    log = {"format": "$context.requestId $context.status", "retention_in_days": 1, "kms_key_arn": Later(KEY_ARN)}
    result = served(folder, access_log=log)
    group = inputs(result, "api-access-log")
    assert (group["retentionInDays"], group["kmsKeyId"]) == (1, KEY_ARN)
    assert inputs(result, "api-stage")["accessLogSettings"]["format"] == log["format"]


def test_a_route_with_an_api_of_its_own_has_cors_and_a_log_too(folder: Path) -> None:
    def program() -> None:
        args: Any = {"route_key": "POST /hands", "cors": PAGE, "access_log": {}}
        HttpRoute("post", QueueConsumer("hands", {"source": str(folder)}), args)

    result = run(program, known=KNOWN)
    assert inputs(result, "post-api")["corsConfiguration"]["allowMethods"] == ["POST"]
    assert inputs(result, "post-access-log")["name"].startswith("/aws/vendedlogs/http-api/post-")
    assert "post-access-log" in result.resources["post-stage"].depends_on


INVALID: dict[str, Callable[[QueueConsumer], Any]] = {
    "no list": lambda hands: {"route_key": "POST /hands", "consumer": hands},
    "no consumer": lambda hands: [{"route_key": "POST /hands"}],
    "a queue for a consumer": lambda hands: [{"route_key": "POST /hands", "consumer": hands.queue}],
    "a wrong key in the second route": lambda hands: [
        {"route_key": "POST /hands", "consumer": hands},
        {"route_key": "post /hands", "consumer": hands},
    ],
    "an unknown argument": lambda hands: [{"route": "POST /hands", "consumer": hands}],
}


@pytest.mark.parametrize("case", INVALID)
def test_an_invalid_route_is_an_error_before_anything_is_registered(
    folder: Path, case: str, error_text: ErrorTexts
) -> None:
    def program() -> None:
        HttpApi("api", {"routes": INVALID[case](QueueConsumer("hands", {"source": str(folder)}))})

    result = run(program, known=KNOWN)
    assert isinstance(result.error, pulumi.RunError)
    assert not any(name.startswith("api") for name in result.resources)
    error_text(str(result.error))
