"""Every rule on what sends to a consumer, with a source that breaks it and the whole text that its user reads."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import botocore.session  # pyright: ignore[reportMissingTypeStubs]
import pulumi
import pytest

from components import validation
from components.resources import sources
from components.settings import DeadLetterQueueComponentSettings, Settings, reading
from components.settings.findings import Finding
from components.settings.sources import COMPONENTS
from components.settings.sources.bucket_events import EVENTS, BucketEventsSettings, ListenerSettings
from components.settings.sources.event_rule import EventRuleSettings, EventTargetSettings
from components.settings.sources.http_route import HttpRouteSettings
from components.settings.sources.schedule import ScheduleSettings
from components.settings.sources.stream import StreamSettings
from components.settings.sources.topic_subscription import TopicSubscriptionSettings

TOPIC = "arn:aws:sns:eu-central-1:123456789012:hands"
DEAD = "arn:aws:sqs:eu-central-1:123456789012:dead"


def dead(fifo: bool) -> SimpleNamespace:
    """What the settings see of a DeadLetterQueue, the component."""
    return SimpleNamespace(settings=DeadLetterQueueComponentSettings("dead", fifo=fifo))


FIFO_DEAD, STANDARD_DEAD = dead(True), dead(False)


class SourceCase(NamedTuple):
    rule: str
    model: type[Any]
    args: dict[str, Any]
    text: str
    consumer: dict[str, Any] = {}  # noqa: RUF012
    called: str = "source"
    listeners: list[tuple[Any, ...]] | None = None
    """Prefix, suffix and events of who listens to a bucket."""
    more: dict[str, Any] = {}  # noqa: RUF012
    """What the component itself gives."""

    def examine(self, target: Settings) -> tuple[Any, list[Finding]]:
        more: dict[str, Any] = {"target": target, **self.more}
        if self.listeners is not None:
            more = {**self.more, "listeners": tuple(ListenerSettings(target, *one) for one in self.listeners)}
        return validation.examine_component(self.model, self.called, self.args, **more)


def topic(rule: str, args: dict[str, Any], text: str, **more: Any) -> SourceCase:
    more.setdefault("consumer", {"queue": {"allowed_senders": {"topics": [TOPIC]}}})
    return SourceCase(rule, TopicSubscriptionSettings, {"topic": TOPIC, **args}, text, **more)


BUCKETS = {"queue": {"allowed_senders": {"buckets": ["arn:aws:s3:::hands"]}}}
ALL = ("", "", ("s3:ObjectCreated:*",))


def bucket(rule: str, listeners: list[tuple[Any, ...]], text: str, **more: Any) -> SourceCase:
    more.setdefault("consumer", BUCKETS)
    return SourceCase(rule, BucketEventsSettings, {"bucket": "hands"}, text, listeners=listeners, **more)


RULE = "arn:aws:events:eu-central-1:123456789012:rule/big-pots"
RULES = {"queue": {"allowed_senders": {"event_rules": [RULE]}}}
NAME = "name: got '9 lives' as the component's name; allowed: a letter, then letters, digits, '-' and '_', 40 characters at most. Every resource is named after the component, and names of roles and schedules end at 64 characters. Rename the component."


def target(rule: str, args: dict[str, Any], text: str, **more: Any) -> SourceCase:
    more = {"consumer": RULES, "more": {"rule": RULE}, **more}
    return SourceCase(rule, EventTargetSettings, args, text, **more)


def schedule(rule: str, args: dict[str, Any], text: str, **more: Any) -> SourceCase:
    return SourceCase(rule, ScheduleSettings, {"schedule_expression": "rate(1 day)", **args}, text, **more)


def route(rule: str, args: dict[str, Any], text: str, **more: Any) -> SourceCase:
    return SourceCase(rule, HttpRouteSettings, {"route_key": "POST /hands", **args}, text, **more)


def stream(rule: str, args: dict[str, Any], text: str, **more: Any) -> SourceCase:
    arn = "arn:aws:kinesis:eu-central-1:123456789012:stream/hands"
    return SourceCase(rule, StreamSettings, {"source_arn": arn, **args}, text, **more)


GROUP = "message_group_id: got nothing, for the FIFO queue of 'hands'; allowed: the id of a message group. Every message of a FIFO queue belongs to a message group. Give one."
DEDUPLICATING = {"fifo": True, "queue": {"content_based_deduplication": True}}
SOURCE_CASES = [
    route("http-route-name", {}, NAME, called="9 lives"),
    SourceCase(
        "http-route-key-missing",
        HttpRouteSettings,
        {},
        "route_key: got nothing; allowed: a value of route_key. There is no source without it. Give it.",
    ),
    route(
        "http-route-key",
        {"route_key": "/hands"},
        "route_key: got '/hands'; allowed: a method, a space and a path, like 'POST /hands'. API Gateway finds a route by its method and its path. Correct it.",
    ),
    route(
        "http-route-jwt",
        {"jwt": {"issuer": "https://issuer"}},
        "jwt: got no audience; allowed: both. A token counts where its issuer and its audience are the right ones. Add them, or leave jwt out for authorisation by IAM.",
    ),
    route(
        "http-route-body",
        {"route_key": "GET /hands"},
        "route_key: got 'GET /hands', whose requests have no body; allowed: one of ANY, DELETE, PATCH, POST, PUT. The message is the body of the request, and SQS takes no empty one. Take POST.",
    ),
    route("http-route-group", {}, GROUP, consumer={"fifo": True}),
    stream("stream-name", {}, NAME, called="9 lives"),
    SourceCase(
        "stream-source",
        StreamSettings,
        {},
        "source_arn: got nothing; allowed: a value of source_arn. There is no source without it. Give it.",
    ),
    stream(
        "stream-filters",
        {"filters": [{"data": {"a": ["x"]}}] * 6},
        "filters: got 6 patterns, the longest of 20 characters; allowed: at most 5 of 4,096. A pipe takes 5 patterns of 4,096 characters. Join patterns, or filter in the consumer.",
    ),
    stream(
        "stream-filter-pattern",
        {"filters": [{"eventName": "INSERT"}]},
        "filters: got 'INSERT' at filters[0].eventName; allowed: a list of values or operators, or a dict of fields. A pipe takes no other pattern, and what matches none is skipped unseen. Put it into a list.",
    ),
    stream("stream-group", {}, GROUP, consumer=DEDUPLICATING),
    stream(
        "stream-deduplication",
        {"message_group_id": "$.partitionKey"},
        "message_deduplication_id: got nothing, for the FIFO queue of 'hands'; allowed: a path into the record, like '$.eventID'. A FIFO queue refuses a message of which it cannot tell whether it was sent before. Give one.",
        consumer={"fifo": True},
    ),
    stream(
        "stream-dead-letters",
        {"dead_letter_queue_arn": f"{DEAD}.fifo"},
        f"dead_letter_queue_arn: got '{DEAD}.fifo'; allowed: the ARN of a standard queue. A pipe sends what it cannot deliver to standard queues only. Give another queue.",
    ),
    stream(
        "stream-dead-letter-queue",
        {"dead_letter_queue": FIFO_DEAD},
        "dead_letter_queue: got 'dead', whose queue is FIFO; allowed: a standard queue. EventBridge sends what it cannot deliver to one queue, and to standard queues only. Give another DeadLetterQueue.",
    ),
    schedule(
        "schedule-dead-letter-queue",
        {"dead_letter_queue": STANDARD_DEAD, "dead_letter_queue_arn": DEAD},
        "dead_letter_queue: got 'dead' beside dead_letter_queue_arn; allowed: one of the two. EventBridge sends what it cannot deliver to one queue, and to standard queues only. Leave one out.",
    ),
    SourceCase(
        "event-pattern-size",
        EventRuleSettings,
        {"event_pattern": {"source": ["x" * 4_083]}},
        "event_pattern: got a pattern of 4,098 characters as JSON; allowed: at most 4,096. EventBridge takes a pattern of 4,096 characters. Make several rules, or match by fewer values and let the consumer filter.",
    ),
    target(
        "event-target-paths",
        {"input_transformer": {"input_paths": {"the pot": "$.detail.pot"}, "input_template": '"pot"'}},
        "input_transformer.input_paths: got the name 'the pot'; allowed: 1 to 256 of letters, digits, '_' and '-'. EventBridge takes 100 names, none that begins with 'AWS', and paths of 256 characters. Rename it.",
    ),
    SourceCase("event-rule-name", EventRuleSettings, {"event_pattern": {"source": ["x"]}}, NAME, called="9 lives"),
    SourceCase(
        "event-rule-pattern",
        EventRuleSettings,
        {},
        "event_pattern: got nothing; allowed: a value of event_pattern. There is no source without it. Give it.",
    ),
    SourceCase(
        "event-pattern",
        EventRuleSettings,
        {"event_pattern": {"detail_type": ["hand"]}},
        "event_pattern: got the field 'detail_type'; allowed: those of an event: source, detail-type, detail, account, region, resources, time, id, version, replay-name. EventBridge takes no other pattern, and one on a field that events do not have matches none. Correct it (did you mean 'detail-type'?); what the sender says of an event is in 'detail'.",
    ),
    target(
        "event-target-path",
        {"input_path": "detail"},
        "input_path: got 'detail'; allowed: a path like '$.detail.chips'. EventBridge finds it in the event by a path from its root, '$'. Write '$.detail'.",
    ),
    target(
        "event-target-placeholder",
        {"input_transformer": {"input_paths": {"chips": "$.detail.chips"}, "input_template": '{"won": <chip>}'}},
        "input_transformer.input_template: got <chip>; allowed: names of input_paths: chips. EventBridge refuses a name that is neither of input_paths nor its own, like aws.events.event.json. Add it to input_paths, or correct it (did you mean 'chips'?).",
    ),
    target(
        "event-target-twice",
        {},
        "consumer: got 'hands' again; allowed: each consumer once. A rule sends to a consumer once. Make another rule of the same pattern for another message.",
        more={"rule": RULE, "others": ("pots", "hands")},
    ),
    target(
        "event-rule-not-allowed",
        {},
        f"rule: got '{RULE}', which the queue of 'hands' does not allow; allowed: what its queue.allowed_senders.event_rules names, and that is nothing. The queue's own policy says which service may send on whose behalf, and it has one, which the consumer writes. Add it to queue.allowed_senders.event_rules of 'hands'.",
        consumer={},
    ),
    target(
        "event-target-input",
        {"input_path": "$.detail", "input_transformer": {"input_template": '"won"'}},
        "input_path: got input_path beside input_transformer; allowed: one of the two. EventBridge makes the message in one of the two ways. Leave one out.",
    ),
    target(
        "event-target-template",
        {"input_transformer": {"input_paths": {"a": "$.detail.a"}}},
        "input_transformer.input_template: got nothing; allowed: a template, like '{\"chips\": <chips>}'. The message is made of it. Give it, or leave input_transformer out.",
    ),
    target(
        "event-targets-too-many",
        {},
        "name: got a target number 6; allowed: 5 targets. EventBridge takes 5 targets of one rule. Make another rule of the same pattern.",
        more={"rule": RULE, "others": ("a", "b", "c", "d", "e")},
    ),
    target(
        "event-target-group",
        {},
        "message_group_id: got nothing, for the FIFO queue of 'hands'; allowed: the id of a message group. Every message of a FIFO queue belongs to a message group. Give one.",
        consumer={"fifo": True, "queue": {**RULES["queue"], "content_based_deduplication": True}},
    ),
    target(
        "event-target-deduplication",
        {"message_group_id": "pots"},
        "target.queue.content_based_deduplication: got False of 'hands'; allowed: True where EventBridge sends. EventBridge sends no deduplication id, so that a FIFO queue would refuse its messages. Set queue.content_based_deduplication there.",
        consumer={"fifo": True, **RULES},
    ),
    target(
        "event-target-dead-letters",
        {"dead_letter_queue_arn": f"{DEAD}.fifo"},
        f"dead_letter_queue_arn: got '{DEAD}.fifo'; allowed: the ARN of a standard queue. EventBridge sends what it cannot deliver to standard queues only. Give another queue.",
    ),
    schedule("schedule-name", {}, NAME, called="9 lives"),
    SourceCase(
        "schedule-expression-missing",
        ScheduleSettings,
        {},
        "schedule_expression: got nothing; allowed: a value of schedule_expression. There is no source without it. Give it.",
    ),
    schedule(
        "schedule-expression",
        {"schedule_expression": "rate(1 week)"},
        "schedule_expression: got 'rate(1 week)'; allowed: like 'rate(5 minutes)', 'cron(0 3 * * ? *)' or 'at(2030-01-31T03:00:00)'. Scheduler knows these three forms, with minutes, hours or days, and six fields of a cron expression. Correct it.",
    ),
    schedule(
        "schedule-cron-days",
        {"schedule_expression": "cron(0 3 * * MON-FRI *)"},
        "schedule_expression: got 'cron(0 3 * * MON-FRI *)'; allowed: one '?' in the third or the fifth field. Of day of month and day of week, Scheduler takes one, and a '?' for the other. Write 'cron(0 3 ? * MON-FRI *)'.",
    ),
    schedule(
        "schedule-cron-field",
        {"schedule_expression": "cron(0 3 ? * 0 *)"},
        "schedule_expression: got '0' as the day of week of 'cron(0 3 ? * 0 *)'; allowed: 1 to 7 or SUN to SAT, with the signs , - * ? / L #. Scheduler takes nothing else in that field, and refuses the expression when queue and role are made already. Correct it.",
    ),
    schedule(
        "schedule-date",
        {"schedule_expression": "at(2030-02-31T03:00:00)"},
        "schedule_expression: got 'at(2030-02-31T03:00:00)'; allowed: a date and a time of the calendar. There is no such moment. Correct it.",
    ),
    schedule(
        "schedule-message-size",
        {"message": "é" * 1_024},
        "message: got a message of 2,048 bytes; allowed: at most 1,024 bytes, those of 'hands'. Scheduler takes a payload of 256 KB, and the queue refuses what is larger than its own limit. Send a key, and put the rest into S3.",
        consumer={"queue": {"max_message_size": 1_024}},
    ),
    schedule(
        "schedule-timezone",
        {"schedule_expression_timezone": "Europe/Berln"},
        "schedule_expression_timezone: got 'Europe/Berln'; allowed: a name like 'Europe/Berlin'. Scheduler takes the names of the time zone database. Correct it (did you mean 'Europe/Berlin'?).",
    ),
    schedule(
        "schedule-group",
        {},
        "message_group_id: got nothing, for the FIFO queue of 'hands'; allowed: the id of a message group. Every message of a FIFO queue belongs to a message group. Give one.",
        consumer=DEDUPLICATING,
    ),
    schedule(
        "schedule-deduplication",
        {"message_group_id": "nightly"},
        "target.queue.content_based_deduplication: got False of 'hands'; allowed: True where EventBridge sends. EventBridge sends no deduplication id, so that a FIFO queue would refuse its messages. Set queue.content_based_deduplication there.",
        consumer={"fifo": True},
    ),
    schedule(
        "schedule-dead-letters",
        {"dead_letter_queue_arn": "dead"},
        "dead_letter_queue_arn: got 'dead'; allowed: the ARN of an SQS queue. Scheduler sends what it cannot deliver to standard queues only. Give its ARN, not its name or URL.",
    ),
    bucket(
        "bucket-events-name",
        [ALL],
        "name: got 'a/b' as the component's name; allowed: a letter, then letters, digits, '-' and '_', 40 characters at most. Every resource is named after the component, and names of roles and schedules end at 64 characters. Rename the component.",
        called="a/b",
    ),
    bucket(
        "bucket-listener",
        [ALL],
        "listeners: got ['hands', 'in/']; allowed: a list of (consumer, prefix, suffix, events), each a QueueConsumer, two texts and a list of texts. It says who hears of which objects. Write [(consumer, 'prefix/')]; the last three may be left out.",
        more={"malformed": ("['hands', 'in/']",)},
    ),
    bucket(
        "bucket-not-allowed",
        [ALL],
        "bucket: got 'hands', which the queue of 'hands' does not allow; allowed: one of ['arn:aws:s3:::others']. S3 refuses a notification to a queue whose policy does not let the bucket send, and the consumer writes that policy. Add it to queue.allowed_senders.buckets of 'hands'.",
        consumer={"queue": {"allowed_senders": {"buckets": ["arn:aws:s3:::others"]}}},
    ),
    bucket(
        "bucket-to-fifo",
        [ALL],
        "listeners: got 'hands', whose queue is FIFO; allowed: consumers with standard queues. S3 cannot send to FIFO queues. Leave its fifo out, or let EventBridge take the bucket's events and a rule send them.",
        consumer={"fifo": True, "queue": {"arn": f"{DEAD}.fifo"}},
    ),
    bucket(
        "bucket-events-unknown",
        [("", "", ("s3:ObjectCreate:*",))],
        "listeners: got the event 's3:ObjectCreate:*'; allowed: S3's own, such as 's3:ObjectCreated:*'. S3 has no such events. Correct it (did you mean 's3:ObjectCreated:*'?).",
    ),
    bucket(
        "bucket-events-overlap",
        [("in/", "", ("s3:ObjectCreated:*",)), ("", ".jsonl", ("s3:ObjectCreated:Put", "s3:ObjectRemoved:*"))],
        "listeners: got 'hands' for s3:ObjectCreated:* of 'in/*', and 'hands' for s3:ObjectCreated:Put, s3:ObjectRemoved:* of '*.jsonl'; allowed: listeners that share no object. S3 tells one event to one queue only, and refuses a notification in which two could want it. Tell them apart by prefix or suffix, or send to an SNS topic that both subscribe to.",
    ),
    bucket(
        "bucket-listeners",
        [],
        "listeners: got 0; allowed: 1 to 100 listeners, each with an event. A notification without any would be none, and S3 takes 100. Name who listens, and to what.",
    ),
    bucket(
        "bucket-events-twice",
        [ALL],
        "bucket: got 'hands', which has the BucketEvents 'uploads'; allowed: one BucketEvents for each bucket. S3 keeps one notification of a bucket, and whatever is written last replaces the others. Give these listeners to 'uploads' too.",
        more={"taken_by": "uploads"},
    ),
    topic(
        "subscription-name",
        {},
        "name: got '9 lives' as the component's name; allowed: a letter, then letters, digits, '-' and '_', 40 characters at most. Every resource is named after the component, and names of roles and schedules end at 64 characters. Rename the component.",
        called="9 lives",
    ),
    SourceCase(
        "subscription-topic",
        TopicSubscriptionSettings,
        {},
        "topic: got nothing; allowed: a value of topic. There is no source without it. Give it.",
        {"queue": {"allowed_senders": {"topics": [TOPIC]}}},
    ),
    topic(
        "topic-not-allowed",
        {},
        "topic: got 'arn:aws:sns:eu-central-1:123456789012:hands', which the queue of 'hands' does not allow; allowed: what its queue.allowed_senders.topics names, and that is nothing. The queue's own policy says which service may send on whose behalf, and it has one, which the consumer writes. Add it to queue.allowed_senders.topics of 'hands'.",
        consumer={},
    ),
    topic(
        "subscription-type",
        {},
        "topic: got 'arn:aws:sns:eu-central-1:123456789012:hands', a standard topic, for the FIFO queue of 'hands'; allowed: a topic whose ARN ends with '.fifo'. To a FIFO queue SNS delivers from FIFO topics only. Give a FIFO topic, or make the consumer standard.",
        consumer={"fifo": True, "queue": {"allowed_senders": {"topics": [f"{TOPIC}*"]}}},
    ),
    topic(
        "subscription-twice",
        {},
        "topic: got 'arn:aws:sns:eu-central-1:123456789012:hands', to which 'news' subscribes 'hands'; allowed: one TopicSubscription of a consumer to a topic. SNS subscribes a queue to a topic once: a second one fails, or is the first, and goes with it. Leave one out; of two filters make one, with '$or', in 'news'.",
        more={"taken_by": "news"},
    ),
    topic(
        "filter-policy-keys",
        {"filter_policy": {name: ["x"] for name in "abcdef"}},
        "filter_policy: got 6 names; allowed: 1 to 5 names. SNS takes 5 names in a filter policy. Filter by fewer names, and let the consumer look at the others.",
    ),
    topic(
        "filter-policy",
        {"filter_policy": {"hand": {"game": ["holdem"]}}},
        "filter_policy: got a dict of fields at filter_policy.hand; allowed: lists, as attributes are flat. SNS takes no other filter policy, when the queue is made already. Say filter_policy_scope='MessageBody', or write a list.",
    ),
    topic(
        "filter-policy-size",
        {"filter_policy": {name: [f"{number}" for number in range(6)] for name in "abc"}},
        "filter_policy: got 216 combinations: the numbers of values, each times its depth, multiplied; allowed: at most 150. SNS takes 150 combinations of values, 256 KB and few wildcards. Filter by fewer values, and by the others in the consumer.",
    ),
    topic(
        "filter-scope-without-policy",
        {"filter_policy_scope": "MessageBody"},
        "filter_policy_scope: got 'MessageBody' alone; allowed: a scope beside filter_policy. It says what the filter policy looks at. Leave it out.",
    ),
    topic(
        "subscription-dead-letters",
        {"dead_letter_queue_arn": f"{DEAD}.fifo"},
        "dead_letter_queue_arn: got 'arn:aws:sqs:eu-central-1:123456789012:dead.fifo'; allowed: the ARN of a standard queue. A subscription's dead-letter queue has the type of its topic. Give another queue.",
    ),
]


@pytest.mark.parametrize("case", SOURCE_CASES, ids=lambda case: case.rule)
def test_a_rule_on_sources_says_which_source_what_was_given_what_is_allowed_why_and_what_to_do(
    case: SourceCase, folder: Path
) -> None:
    target, findings = validation.examine("hands", {"source": str(folder), **case.consumer})
    assert findings == []
    head, *lines = validation.error_text(*case.examine(target)).splitlines()
    component = validation.COMPONENTS[case.model].component
    to = " to 'hands'" if case.model is EventTargetSettings else ""  # a rule has several
    assert head == f"{component} {case.called!r}{to} is refused, 1 error:"
    (found,) = [re.fullmatch(r"- (.*) \[([a-z-]+)\] (https://docs.aws.amazon.com/\S+)", line) for line in lines]
    assert found
    assert found.groups()[:2] == (case.text, case.rule)


def test_every_rule_on_sources_has_a_case() -> None:
    rules = {rule.id for of_component in COMPONENTS.values() for rule in of_component}
    assert {case.rule for case in SOURCE_CASES} == rules


def test_rules_on_sources_have_ids_of_their_own_and_read_arguments_that_exist() -> None:
    ids = [rule.id for rule in validation.listed()]
    assert sorted(set(ids)) == sorted(ids)
    of_consumer = {f"target.{name}" for name, _ in reading.kinds()}
    for model, rules in COMPONENTS.items():
        known = {
            "name",
            "listeners",
            "rule",
            "consumer",
            *of_consumer,
            *(name for name, _ in reading.kinds(model)),
        }
        assert {argument for rule in rules for argument in rule.arguments} <= known


def test_the_senders_of_a_queue_that_exists_are_judged_only_where_they_are_said(folder: Path) -> None:
    said: list[tuple[dict[str, Any], bool]] = [({}, False), ({"allowed_senders": {}}, True)]
    for queue, refused in said:
        args: Any = {"source": str(folder), "queue": {"arn": DEAD, **queue}}
        target, _ = validation.examine("hands", args)
        _, findings = validation.examine_component(TopicSubscriptionSettings, "source", {"topic": TOPIC}, target=target)
        assert bool(findings) is refused


def test_the_events_of_buckets_are_those_that_boto3_knows() -> None:
    session: Any = botocore.session.Session()
    known = session.get_service_model("s3").shape_for("Event").enum
    assert sorted(EVENTS) == sorted(known)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (ALL, ALL, True),
        (("a/", "", ALL[2]), ("b/", "", ALL[2]), False),
        (("a/", "", ALL[2]), ("a/b/", "", ALL[2]), True),
        (("", ".json", ALL[2]), ("", ".jsonl", ALL[2]), False),
        (("", ".gz", ALL[2]), ("", ".json.gz", ALL[2]), True),
        (("a/", ".x", ALL[2]), ("b/", ".x", ALL[2]), False),
        (ALL, ("", "", ("s3:ObjectRemoved:*",)), False),
        (("", "", ("s3:ObjectCreated:Put",)), ("", "", ("s3:ObjectCreated:Post",)), False),
        (("", "", ("s3:ObjectCreated:Put",)), ALL, True),
        (("", "", ("s3:ObjectRemoved:Delete",)), ("", "", ("s3:ObjectRemoved:DeleteMarkerCreated",)), False),
    ],
)
def test_two_listeners_of_a_bucket_may_share_no_object(
    folder: Path, one: tuple[Any, ...], other: tuple[Any, ...], overlap: bool
) -> None:
    target, _ = validation.examine("hands", {"source": str(folder), **BUCKETS})
    findings = bucket("", [one, other], "").examine(target)[1]
    assert [finding.rule for finding in findings] == ["bucket-events-overlap"] * overlap


@pytest.mark.parametrize(
    ("given", "meant"),
    [("post /hands", "POST /hands"), ("POST hands", "POST /hands"), ("POST /{id", None), ("POST /{id+}/x", None)],
)
def test_a_wrong_route_key_is_told_the_right_one_where_there_is_one_like_it(
    folder: Path, given: str, meant: str | None
) -> None:
    target, _ = validation.examine("hands", {"source": str(folder)})
    refused = validation.error_text(*route("", {"route_key": given}, "").examine(target))
    assert (f"Correct it (did you mean {meant!r}?)." if meant else "Correct it.") in refused


ACCEPTED: list[SourceCase] = [
    *(route("", {"route_key": key}, "") for key in ("ANY /", "POST /a/{id}/b.c", "PUT /{rest+}", "POST /hands/")),
    *(
        schedule("", {"schedule_expression": when}, "")
        for when in ("cron(0 3 L * ? *)", "cron(0/5 3 ? * MON-FRI 2030)", "at(2028-02-29T03:00:00)", "rate(1 hours)")
    ),
    *(
        topic("", {"filter_policy": policy, "filter_policy_scope": scope}, "")
        for policy, scope in [
            (
                {"game": ["holdem", {"anything-but": {"prefix": "o"}}], "won": [{"numeric": [">", 1]}]},
                "MessageAttributes",
            ),
            ({"$or": [{"a": ["x"]}, {"b": [{"exists": False}]}], "ip": [{"cidr": "10.0.0.0/24"}]}, "MessageAttributes"),
            ({"hand": {"game": ["holdem"]}}, "MessageBody"),
        ]
    ),
    SourceCase("", EventRuleSettings, {"event_pattern": {"detail": {"key": [{"wildcard": "in/*.jsonl"}]}}}, ""),
    SourceCase("", EventRuleSettings, {"event_pattern": {"$or": [{"source": ["a"]}, {"detail-type": ["b"]}]}}, ""),
    target("", {"input_transformer": {"input_template": '{"event": <aws.events.event.json>}'}}, ""),
    stream("", {"filters": [{"dynamodb": {"NewImage": {"game": {"S": [{"prefix": "hold"}]}}}}]}, ""),
]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: str(case.args))
def test_what_the_service_takes_is_accepted(case: SourceCase, folder: Path) -> None:
    target, _ = validation.examine("hands", {"source": str(folder), **case.consumer})
    assert case.examine(target)[1] == []


def test_whatever_is_given_in_place_of_a_consumer_is_refused_in_one_line() -> None:
    args: Any = {"schedule_expression": "rate(1 day)"}
    with pytest.raises(pulumi.RunError) as refused:
        sources.source_settings(ScheduleSettings, "nightly", "hands", args)
    assert str(refused.value).splitlines() == [
        "Schedule 'nightly' is refused, 1 error:",
        "- consumer: got 'hands'; allowed: a QueueConsumer of this program. A source sends to the queue of a consumer, and asks that consumer what may send there. Pass the QueueConsumer itself, not its name, its queue or an ARN. [source-consumer] https://www.pulumi.com/docs/iac/concepts/components/",
    ]
