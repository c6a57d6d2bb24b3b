"""Sources that break no rule, and what the rules on the listeners of a bucket compare. Broken rules: test_rules."""

from typing import Any

import botocore.session  # pyright: ignore[reportMissingTypeStubs]
import pytest

from components.settings.sources.bucket_events import EVENTS
from rule_cases import DEAD
from source_rule_cases import ALL, PASSING, Source, bucket, topic


@pytest.mark.parametrize("source", PASSING.values(), ids=PASSING)
def test_a_source_that_the_service_accepts_breaks_no_rule(source: Source) -> None:
    assert source.findings() == []


@pytest.mark.parametrize(("queue", "rules"), [({}, []), ({"allowed_senders": {}}, ["topic-not-allowed"])])
def test_the_senders_of_an_existing_queue_are_checked_where_they_are_declared(queue: Any, rules: list[str]) -> None:
    source = topic({}, consumer={"queue": {"arn": DEAD, **queue}})
    assert [finding.rule for finding in source.findings()] == rules


def test_the_events_of_buckets_are_those_of_boto3() -> None:
    session: Any = botocore.session.Session()
    assert sorted(EVENTS) == sorted(session.get_service_model("s3").shape_for("Event").enum)


def listener(prefix: str = "", suffix: str = "", event: str = "ObjectCreated:*") -> tuple[Any, ...]:
    return (prefix, suffix, (f"s3:{event}",))


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (ALL, ALL, True),
        (listener("a/"), listener("b/"), False),
        (listener("a/"), listener("a/b/"), True),
        (listener(suffix=".json"), listener(suffix=".jsonl"), False),
        (listener(suffix=".gz"), listener(suffix=".json.gz"), True),
        (listener("a/", ".x"), listener("b/", ".x"), False),
        (ALL, listener(event="ObjectRemoved:*"), False),
        (listener(event="ObjectCreated:Put"), listener(event="ObjectCreated:Post"), False),
        (listener(event="ObjectCreated:Put"), ALL, True),
        (listener(event="ObjectRemoved:Delete"), listener(event="ObjectRemoved:DeleteMarkerCreated"), False),
    ],
)
def test_two_listeners_of_a_bucket_may_not_share_an_object(one: Any, other: Any, overlap: bool) -> None:
    assert [finding.rule for finding in bucket(one, other).findings()] == ["bucket-events-overlap"] * overlap
