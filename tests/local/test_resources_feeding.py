"""What feeds queues, through the table of resources, where the life of each type does not show it."""

import pytest

from consumers.local.emulator import LocalAws
from consumers.resource_table import TABLE, ResourceError, Values

BUCKET, RULE = TABLE["aws:s3/bucket:Bucket"], TABLE["aws:cloudwatch/eventRule:EventRule"]
API, STAGE = TABLE["aws:apigatewayv2/api:Api"], TABLE["aws:apigatewayv2/stage:Stage"]


@pytest.fixture
def bucket(aws: LocalAws, name: str) -> str:
    made, _ = BUCKET.create(aws, name, {"bucket": name.replace("_", "-").lower(), "tags": {"a": "1"}})
    return made


def test_a_bucket_with_objects_in_it_goes_only_where_that_was_said(aws: LocalAws, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="hand", Body=b"{}")
    with pytest.raises(ResourceError, match="BucketNotEmpty"):
        BUCKET.delete(aws, bucket, {"forceDestroy": False})
    BUCKET.delete(aws, bucket, {"forceDestroy": True})
    assert BUCKET.read(aws, bucket) is None


def test_a_bucket_keeps_its_other_tags_when_one_is_added_and_when_one_goes(aws: LocalAws, bucket: str) -> None:
    both = {"a": "1", "b": "2"}
    assert BUCKET.update(aws, bucket, {"tags": {"a": "1"}}, {"tags": both})["tagsAll"] == both
    assert BUCKET.update(aws, bucket, {"tags": both}, {"tags": {"b": "2"}})["tagsAll"] == {"b": "2"}


def test_the_id_of_a_rule_names_its_bus_where_that_is_not_the_default_one(aws: LocalAws, name: str) -> None:
    aws.client("events").create_event_bus(Name=name)
    pattern = {"name": name, "eventPattern": '{"source":["poker"]}'}
    assert RULE.create(aws, name, pattern)[0] == name
    own, outputs = RULE.create(aws, name, pattern | {"eventBusName": name})
    assert (own, outputs["eventBusName"]) == (f"{name}/{name}", name)


def test_the_url_of_a_stage_ends_in_its_name_unless_it_is_the_default_one(aws: LocalAws, name: str) -> None:
    api, outputs = API.create(aws, name, {"protocolType": "HTTP"})
    for stage, end in (("$default", ""), ("test", "test")):
        made = STAGE.create(aws, name, {"apiId": api, "name": stage})
        assert (made[0], made[1]["invokeUrl"]) == (f"{api}/{stage}", f"{outputs['apiEndpoint']}/{end}")


@pytest.mark.parametrize(
    ("token", "first", "second"),
    [
        ("aws:cloudwatch/eventRule:EventRule", {"eventPattern": '{"source":["poker"]}'}, {"description": "new"}),
        (
            "aws:scheduler/schedule:Schedule",
            {
                "scheduleExpression": "rate(1 day)",
                "flexibleTimeWindow": {"mode": "OFF"},
                "target": {
                    "arn": "arn:aws:sqs:us-east-1:000000000000:q",
                    "roleArn": "arn:aws:iam::000000000000:role/r",
                },
            },
            {"description": "new"},
        ),
    ],
)
def test_what_was_named_after_a_prefix_keeps_its_name_when_it_changes(
    aws: LocalAws, name: str, token: str, first: Values, second: Values
) -> None:
    entry, prefixed = TABLE[token], {"namePrefix": f"{name[:30]}-", **first}
    made, outputs = entry.create(aws, name, prefixed)
    updated = entry.update(aws, made, prefixed, prefixed | second)
    assert (updated["name"], updated["description"]) == (outputs["name"], "new")


def test_a_standard_topic_does_not_speak_of_order(aws: LocalAws, name: str) -> None:
    topic, outputs = TABLE["aws:sns/topic:Topic"].create(aws, name, {})
    attributes = aws.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert not {"FifoTopic", "ContentBasedDeduplication"} & attributes.keys()
    assert (outputs["fifoTopic"], outputs["contentBasedDeduplication"]) == (False, False)
