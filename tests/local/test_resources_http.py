"""HTTP APIs through the table of resources."""

import pytest

from consumers.local.emulator import LocalAws
from consumers.provider.desired_state import id_of
from consumers.resource_table import TABLE, Values, find

API, STAGE = "aws:apigatewayv2/api:Api", "aws:apigatewayv2/stage:Stage"
PARTS: dict[str, tuple[Values, Values]] = {
    "aws:apigatewayv2/route:Route": ({"routeKey": "POST /a"}, {"routeKey": "POST /b"}),
    "aws:apigatewayv2/integration:Integration": (
        {"integrationType": "AWS_PROXY", "requestParameters": {"MessageBody": "$request.body"}},
        {"requestParameters": {"MessageBody": "text"}},
    ),
    STAGE: ({"name": "$default"}, {"name": "test"}),
}


@pytest.mark.parametrize("token", PARTS)
def test_what_an_interrupted_update_has_made_is_found_again_in_its_own_api(
    aws: LocalAws, name: str, token: str
) -> None:
    api = find(API, name)
    (first, _), (second, _) = (api.create(aws, name, {"protocolType": "HTTP", "name": n}) for n in (name, f"{name}-2"))
    assert id_of(aws, api, {"protocolType": "HTTP", "name": f"{name}-2"}) == second
    part, (given, others) = find(token, name), PARTS[token]
    made, _ = part.create(aws, name, {"apiId": second, **given})
    assert id_of(aws, part, {"apiId": second, **given}) == made
    for elsewhere in ({"apiId": first, **given}, {"apiId": second, **given, **others}):
        found = id_of(aws, part, elsewhere)
        assert found is None or part.read(aws, found) is None


def test_an_integration_with_another_service_is_refused() -> None:
    inputs = {"apiId": "a", "integrationType": "AWS_PROXY", "integrationSubtype": "SQS-PurgeQueue"}
    assert TABLE["aws:apigatewayv2/integration:Integration"].problems(inputs) == [
        ("integrationSubtype", "the local AWS supports the 'integrationSubtype' SQS-SendMessage only.")
    ]


def test_an_integration_can_get_another_role(aws: LocalAws, name: str) -> None:
    integration = TABLE["aws:apigatewayv2/integration:Integration"]
    api, _ = find(API, name).create(aws, name, {"protocolType": "HTTP"})
    sending = {"integrationType": "AWS_PROXY", "integrationSubtype": "SQS-SendMessage"}
    one, other = ({"apiId": api, **sending, "credentialsArn": f"arn:aws:iam::0:role/{role}"} for role in ("a", "b"))
    made, _ = integration.create(aws, name, one)
    integration.update(aws, made, one, other)
    assert (integration.read(aws, made) or {})["credentialsArn"] == other["credentialsArn"]
