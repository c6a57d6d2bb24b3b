"""Resources that feed queues: the cases that the test of each type does not cover."""

import pytest

from consumers.local.emulator import LocalAws
from consumers.provider.desired_state import id_of
from consumers.resource_table import TABLE, ResourceError, Values
from error_texts import ErrorTexts
from resource_examples import (
    ANY_ROLE,
    API,
    BUCKET,
    BUS,
    INTEGRATION,
    LOG_ARN,
    ROUTE,
    RULE,
    SCHEDULE,
    STAGE,
    TOPIC,
    Create,
    bucket_name,
)


def test_a_bucket_with_objects_is_deleted_only_with_force_destroy(aws: LocalAws, create: Create, name: str) -> None:
    bucket, _ = create(BUCKET, {"bucket": bucket_name(name)})
    aws.client("s3").put_object(Bucket=bucket, Key="hand", Body=b"{}")
    with pytest.raises(ResourceError, match="BucketNotEmpty"):
        TABLE[BUCKET].delete(aws, bucket, {"forceDestroy": False})
    TABLE[BUCKET].delete(aws, bucket, {"forceDestroy": True})
    assert TABLE[BUCKET].read(aws, bucket) is None


def test_the_id_of_a_rule_names_its_bus_unless_it_is_the_default_one(create: Create, name: str) -> None:
    create(BUS, {"name": name})
    pattern = {"name": name, "eventPattern": '{"source":["poker"]}'}
    assert create(RULE, pattern)[0] == name
    own, outputs = create(RULE, pattern | {"eventBusName": name})
    assert (own, outputs["eventBusName"]) == (f"{name}/{name}", name)


def test_the_url_of_a_stage_ends_in_its_name_unless_it_is_the_default_one(create: Create) -> None:
    api, outputs = create(API, {"protocolType": "HTTP"})
    for stage, end in (("$default", ""), ("test", "test")):
        stage_id, of_stage = create(STAGE, {"apiId": api, "name": stage})
        assert (stage_id, of_stage["invokeUrl"]) == (f"{api}/{stage}", f"{outputs['apiEndpoint']}/{end}")


def test_an_api_loses_its_cors_and_a_stage_its_access_log(aws: LocalAws, create: Create, name: str) -> None:
    old: Values = {"name": name, "protocolType": "HTTP", "corsConfiguration": {"allowOrigins": ["*"]}}
    api, _ = create(API, old)
    log = {"accessLogSettings": {"destinationArn": LOG_ARN, "format": "$context.requestId"}}
    stage: Values = {"apiId": api, "name": "$default"}
    stage_id, _ = create(STAGE, stage | log)
    outputs = TABLE[API].update(aws, api, old, {"name": name, "protocolType": "HTTP"})
    outputs |= TABLE[STAGE].update(aws, stage_id, stage | log, stage)
    assert not {"corsConfiguration", "accessLogSettings"} & outputs.keys()
    gateway = aws.client("apigatewayv2")
    assert "CorsConfiguration" not in gateway.get_api(ApiId=api)
    assert "AccessLogSettings" not in gateway.get_stage(ApiId=api, StageName="$default")


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (RULE, {"eventPattern": '{"source":["poker"]}'}),
        (
            SCHEDULE,
            {
                "scheduleExpression": "rate(1 day)",
                "flexibleTimeWindow": {"mode": "OFF"},
                "target": {"arn": "arn:aws:sqs:us-east-1:000000000000:q", "roleArn": ANY_ROLE},
            },
        ),
    ],
)
def test_a_resource_that_is_named_after_a_prefix_keeps_its_name_when_it_changes(
    aws: LocalAws, create: Create, name: str, token: str, inputs: Values
) -> None:
    prefixed = {"namePrefix": f"{name[:30]}-", **inputs}
    resource_id, outputs = create(token, prefixed)
    updated = TABLE[token].update(aws, resource_id, prefixed, prefixed | {"description": "new"})
    assert (updated["name"], updated["description"]) == (outputs["name"], "new")


def test_a_standard_topic_has_no_attributes_of_a_fifo_topic(aws: LocalAws, create: Create) -> None:
    topic, outputs = create(TOPIC, {})
    attributes = aws.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert not {"FifoTopic", "ContentBasedDeduplication"} & attributes.keys()
    assert (outputs["fifoTopic"], outputs["contentBasedDeduplication"]) == (False, False)


@pytest.mark.parametrize(
    ("token", "inputs", "other"),
    [
        (ROUTE, {"routeKey": "POST /a"}, {"routeKey": "POST /b"}),
        (
            INTEGRATION,
            {"integrationType": "AWS_PROXY", "requestParameters": {"MessageBody": "$request.body"}},
            {"requestParameters": {"MessageBody": "text"}},
        ),
        (STAGE, {"name": "$default"}, {"name": "test"}),
    ],
)
def test_a_part_of_an_api_is_not_mistaken_for_one_of_another_api(
    aws: LocalAws, create: Create, name: str, token: str, inputs: Values, other: Values
) -> None:
    first, second = (create(API, {"protocolType": "HTTP", "name": each})[0] for each in (name, f"{name}-2"))
    assert id_of(aws, TABLE[API], {"protocolType": "HTTP", "name": f"{name}-2"}) == second
    part, _ = create(token, {"apiId": second, **inputs})
    assert id_of(aws, TABLE[token], {"apiId": second, **inputs}) == part
    for elsewhere in ({"apiId": first, **inputs}, {"apiId": second, **inputs, **other}):
        found = id_of(aws, TABLE[token], elsewhere)
        assert found is None or TABLE[token].read(aws, found) is None


def test_an_integration_with_another_service_is_an_error(error_text: ErrorTexts) -> None:
    inputs = {"apiId": "a", "integrationType": "AWS_PROXY", "integrationSubtype": "SQS-PurgeQueue"}
    [(path, text)] = TABLE[INTEGRATION].problems(inputs)
    assert path == "integrationSubtype"
    error_text(text)
