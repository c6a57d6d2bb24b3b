"""A source that breaks each rule on what sends to a consumer, and sources that break none; see rule_cases."""

import dataclasses
from types import SimpleNamespace
from typing import Any, NamedTuple

from components.settings import DeadLetterQueueComponentSettings
from components.settings.findings import Finding
from components.settings.sources.bucket_events import BucketEventsSettings, ListenerSettings
from components.settings.sources.event_rule import EventRuleSettings, EventTargetSettings
from components.settings.sources.http_api import HttpApiRouteSettings, HttpApiSettings
from components.settings.sources.http_route import HttpRouteSettings
from components.settings.sources.schedule import ScheduleSettings
from components.settings.sources.stream import StreamSettings
from components.settings.sources.topic_subscription import TopicSubscriptionSettings
from rule_cases import DEAD, RULE, TOPIC
from validate import component_findings, settings_of


def shared_dead_letter_queue(fifo: bool) -> SimpleNamespace:
    """A DeadLetterQueue, the component, as far as settings read it."""
    return SimpleNamespace(settings=DeadLetterQueueComponentSettings("dead", fifo=fifo))


class Source(NamedTuple):
    """The arguments of a source, and what else its rules read."""

    model: type
    args: dict[str, Any]
    consumer: dict[str, Any] = {}  # noqa: RUF012
    called: str = "source"
    listeners: list[tuple[Any, ...]] | None = None
    """Prefix, suffix and events of each listener of a bucket."""
    more: dict[str, Any] = {}  # noqa: RUF012
    """Settings that the component sets itself."""

    def findings(self) -> list[Finding]:
        consumer = settings_of({"code": object(), **self.consumer})
        more: dict[str, Any] = {"target": consumer, **self.more}
        if self.listeners is not None:
            more["listeners"] = tuple(ListenerSettings(consumer, *listener) for listener in self.listeners)
        return component_findings(self.model, self.args, self.called, **more)


def topic(args: dict[str, Any], **more: Any) -> Source:
    more.setdefault("consumer", {"queue": {"allowed_senders": {"topics": [TOPIC]}}})
    return Source(TopicSubscriptionSettings, {"topic": TOPIC, **args}, **more)


def bucket(*listeners: tuple[Any, ...], **more: Any) -> Source:
    more.setdefault("consumer", {"queue": {"allowed_senders": {"buckets": ["arn:aws:s3:::hands"]}}})
    return Source(BucketEventsSettings, {"bucket": "hands"}, listeners=[*listeners], **more)


def target(args: dict[str, Any], others: tuple[str, ...] = (), **more: Any) -> Source:
    more.setdefault("consumer", RULES)
    return Source(EventTargetSettings, args, more={"rule": RULE, "others": others}, **more)


def rule(pattern: Any, **more: Any) -> Source:
    return Source(EventRuleSettings, {"event_pattern": pattern}, **more)


def schedule(args: dict[str, Any], **more: Any) -> Source:
    return Source(ScheduleSettings, {"schedule_expression": "rate(1 day)", **args}, **more)


def route(args: dict[str, Any], **more: Any) -> Source:
    return Source(HttpRouteSettings, {"route_key": "POST /hands", **args}, **more)


def api(*route_keys: str, **args: Any) -> Source:
    return Source(HttpApiSettings, {"routes": [{"route_key": key} for key in route_keys or ("POST /hands",)], **args})


def of(consumer: str) -> dict[str, Any]:
    """The settings of a consumer with this name, which a source sends to."""
    return {"target": dataclasses.replace(settings_of({"code": object()}), consumer=consumer)}


def stream(args: dict[str, Any], **more: Any) -> Source:
    arn = "arn:aws:kinesis:eu-central-1:123456789012:stream/hands"
    return Source(StreamSettings, {"source_arn": arn, **args}, **more)


RULES = {"queue": {"allowed_senders": {"event_rules": [RULE]}}}
ALL = ("", "", ("s3:ObjectCreated:*",))
DEDUPLICATING = {"fifo": True, "queue": {"content_based_deduplication": True}}
EXISTING = {"fifo": True, "queue": {"arn": f"{DEAD}.fifo"}}
FIFO_TOPIC = {"queue": {"allowed_senders": {"topics": [f"{TOPIC}.fifo"]}}}
BROKEN: dict[str, Source] = {
    "http-route-name": route({}, called="9 lives"),
    "http-route-key-missing": Source(HttpRouteSettings, {}),
    "http-route-key": route({"route_key": "/hands"}),
    "http-route-jwt": route({"jwt": {"issuer": "https://issuer"}}),
    "http-route-body": route({"route_key": "GET /hands"}),
    "http-route-group": route({}, consumer={"fifo": True}),
    "http-api-name": api()._replace(called="9 lives"),
    "http-api-routes": api(routes=[]),
    "http-api-route-twice": api("POST /a", "PUT /a", "POST /a", "POST /b", "POST /a"),
    "http-api-role-name": Source(
        HttpApiRouteSettings, {"route_key": "POST /hands"}, called="a" * 40, more=of("b" * 11)
    ),
    "http-cors-origins": route({"cors": {"allow_credentials": True}}),
    "http-cors-credentials": api(cors={"allow_origins": ["https://a.example", "*"], "allow_credentials": True}),
    "stream-name": stream({}, called="9 lives"),
    "stream-source": Source(StreamSettings, {}),
    "stream-filters": stream({"filters": [{"data": {"a": ["x"]}}] * 6}),
    "stream-filter-pattern": stream({"filters": [{"eventName": "INSERT"}]}),
    "stream-group": stream({}, consumer=DEDUPLICATING),
    "stream-deduplication": stream({"message_group_id": "$.partitionKey"}, consumer={"fifo": True}),
    "stream-dead-letters": stream({"dead_letter_queue_arn": f"{DEAD}.fifo"}),
    "stream-dead-letter-queue": stream({"dead_letter_queue": shared_dead_letter_queue(fifo=True)}),
    "schedule-dead-letter-queue": schedule(
        {"dead_letter_queue": shared_dead_letter_queue(fifo=False), "dead_letter_queue_arn": DEAD}
    ),
    "event-pattern-size": rule({"source": ["x" * 4_083]}),
    "event-target-paths": target(
        {"input_transformer": {"input_paths": {"the pot": "$.detail.pot"}, "input_template": '"pot"'}}
    ),
    "event-rule-name": rule({"source": ["x"]}, called="9 lives"),
    "event-rule-pattern": Source(EventRuleSettings, {}),
    "event-pattern": rule({"detail_type": ["hand"]}),
    "event-target-path": target({"input_path": "detail"}),
    "event-target-placeholder": target(
        {"input_transformer": {"input_paths": {"chips": "$.detail.chips"}, "input_template": '{"won": <chip>}'}}
    ),
    "event-target-twice": target({}, others=("pots", "hands")),
    "event-rule-not-allowed": target({}, consumer={}),
    "event-target-input": target({"input_path": "$.detail", "input_transformer": {"input_template": '"won"'}}),
    "event-target-template": target({"input_transformer": {"input_paths": {"a": "$.detail.a"}}}),
    "event-targets-too-many": target({}, others=("a", "b", "c", "d", "e")),
    "event-target-group": target(
        {}, consumer={"fifo": True, "queue": {**RULES["queue"], "content_based_deduplication": True}}
    ),
    "event-target-deduplication": target({"message_group_id": "pots"}, consumer={"fifo": True, **RULES}),
    "event-target-dead-letters": target({"dead_letter_queue_arn": f"{DEAD}.fifo"}),
    "schedule-name": schedule({}, called="9 lives"),
    "schedule-expression-missing": Source(ScheduleSettings, {}),
    "schedule-expression": schedule({"schedule_expression": "rate(1 week)"}),
    "schedule-expression (rate of 0)": schedule({"schedule_expression": "rate(0 days)"}),
    "schedule-expression (five fields)": schedule({"schedule_expression": "cron(0 3 * * *)"}),
    "schedule-expression (without a time)": schedule({"schedule_expression": "at(2030-01-31)"}),
    "schedule-cron-days": schedule({"schedule_expression": "cron(0 3 * * MON-FRI *)"}),
    "schedule-cron-field": schedule({"schedule_expression": "cron(0 3 ? * 0 *)"}),
    "schedule-date": schedule({"schedule_expression": "at(2030-02-31T03:00:00)"}),
    "schedule-message-size": schedule({"message": "é" * 1_024}, consumer={"queue": {"max_message_size": 1_024}}),
    "schedule-timezone": schedule({"schedule_expression_timezone": "Europe/Berln"}),
    "schedule-group": schedule({}, consumer=DEDUPLICATING),
    "schedule-deduplication": schedule({"message_group_id": "nightly"}, consumer={"fifo": True}),
    "schedule-dead-letters": schedule({"dead_letter_queue_arn": "dead"}),
    "bucket-events-name": bucket(ALL, called="a/b"),
    "bucket-listener": bucket(ALL, more={"malformed": ("['hands', 'in/']",)}),
    "bucket-not-allowed": bucket(ALL, consumer={"queue": {"allowed_senders": {"buckets": ["arn:aws:s3:::others"]}}}),
    "bucket-to-fifo": bucket(ALL, consumer=EXISTING),
    "bucket-events-unknown": bucket(("", "", ("s3:ObjectCreate:*",))),
    "bucket-events-overlap": bucket(
        ("in/", "", ("s3:ObjectCreated:*",)), ("", ".jsonl", ("s3:ObjectCreated:Put", "s3:ObjectRemoved:*"))
    ),
    "bucket-listeners": bucket(),
    "bucket-events-twice": bucket(ALL, more={"taken_by": "uploads"}),
    "subscription-name": topic({}, called="9 lives"),
    "subscription-topic": Source(TopicSubscriptionSettings, {}, {"queue": {"allowed_senders": {"topics": [TOPIC]}}}),
    "topic-not-allowed": topic({}, consumer={}),
    "subscription-type": topic({}, consumer={"fifo": True, "queue": {"allowed_senders": {"topics": [f"{TOPIC}*"]}}}),
    "subscription-twice": topic({}, more={"taken_by": "news"}),
    "filter-policy-keys": topic({"filter_policy": {name: ["x"] for name in "abcdef"}}),
    "filter-policy": topic({"filter_policy": {"hand": {"game": ["holdem"]}}}),
    "filter-policy-size": topic({"filter_policy": {name: [f"{number}" for number in range(6)] for name in "abc"}}),
    "filter-scope-without-policy": topic({"filter_policy_scope": "MessageBody"}),
    "subscription-dead-letters": topic({"dead_letter_queue_arn": f"{DEAD}.fifo"}),
    "http-api-routes (too many)": api(*(f"POST /{number}" for number in range(301))),
    "http-api-routes (missing)": Source(HttpApiSettings, {}),
    "cors-allow-origins-value": route({"cors": {"allow_origins": ["https://app.example/"]}}),
    "cors-allow-methods-value": route({"cors": {"allow_origins": ["*"], "allow_methods": ["ANY"]}}),
    "cors-max-age-value": route({"cors": {"allow_origins": ["*"], "max_age": 86_401}}),
    "access-log-format-value": route({"access_log": {"format": "$context.status"}}),
    "routes-value": Source(HttpApiSettings, {"routes": {"route_key": "POST /hands"}}),
    "http-route-body (HEAD)": route({"route_key": "HEAD /hands"}),
    "http-route-body (OPTIONS)": route({"route_key": "OPTIONS /hands"}),
    "http-route-key (lower case)": route({"route_key": "post /hands"}),
    "http-route-key (no slash)": route({"route_key": "POST hands"}),
    "http-route-key (open brace)": route({"route_key": "POST /{id"}),
    "http-route-key (greedy in the middle)": route({"route_key": "POST /{id+}/x"}),
    "event-target-path (in a transformer)": target(
        {"input_transformer": {"input_paths": {"won": "detail.won"}, "input_template": "<won>"}}
    ),
    "stream-filters (too long)": stream({"filters": [{"data": ["x" * 4_084]}]}),
    "stream-filter-pattern (unknown field)": stream({"filters": [{"data": ["x"]}, {"eventname": ["INSERT"]}]}),
    "stream-filter-pattern (no JSON)": stream({"filters": [{"data": [{"x"}]}]}),
    "schedule-message-size (of Scheduler)": schedule({"message": "x" * 262_145}),
    "filter-policy (no list)": topic({"filter_policy": {"hand": {"game": "holdem"}}}),
    "subscription-dead-letters (FIFO topic)": topic(
        {"topic": f"{TOPIC}.fifo", "dead_letter_queue_arn": DEAD}, consumer=FIFO_TOPIC
    ),
}


class Later:
    """An Output: the rules recognise one by its `apply`."""

    def apply(self) -> None: ...


LATER: Any = Later()
PASSING: dict[str, Source] = {
    **{f"route {key}": route({"route_key": key}) for key in ("ANY /", "POST /a/{id}/b.c", "PUT /{rest+}", "POST /x/")},
    "api of 300 routes": api(*(f"POST /{number}" for number in range(300))),
    "route of an api with a long name": Source(
        HttpApiRouteSettings, {"route_key": "POST /"}, called="a" * 40, more=of("b" * 10)
    ),
    **{
        f"pages of {origin}": api(cors={"allow_origins": [origin], "allow_credentials": origin != "*"})
        for origin in ("*", "https://*", "http://*", "http://localhost:5173", "capacitor://localhost")
    },
    "credentials of pages whose origin is an Output": api(cors={"allow_origins": [LATER], "allow_credentials": True}),
    **{
        f"schedule {when}": schedule({"schedule_expression": when})
        for when in (
            "cron(0 3 L * ? *)",
            "cron(0/5 3 ? * MON-FRI 2030)",
            "at(2028-02-29T03:00:00)",
            "rate(1 hours)",
            "rate(1 minute)",
        )
    },
    "filter policy with $or": topic(
        {"filter_policy": {"$or": [{"a": ["x"]}, {"b": [{"exists": False}]}], "ip": [{"cidr": "10.0.0.0/24"}]}}
    ),
    "filter policy on the body": topic(
        {"filter_policy": {"hand": {"game": ["holdem"]}}, "filter_policy_scope": "MessageBody"}
    ),
    "event pattern with a field named like an operator": rule({"detail": {"prefix": [LATER]}}),
    "template with the event": target({"input_transformer": {"input_template": '{"event": <aws.events.event.json>}'}}),
    "stream filter of the longest length": stream({"filters": [{"data": ["x" * 4_083]}]}),
    "stream to an existing FIFO queue": stream({"message_group_id": "g"}, consumer=EXISTING),
    "schedule to an existing FIFO queue": schedule({"message_group_id": "g"}, consumer=EXISTING),
    "schedule with the largest message": schedule({"message": "x" * 262_144}),
    "topic that is an Output, with a standard dead-letter queue": topic(
        {"topic": LATER, "dead_letter_queue_arn": DEAD}, consumer=FIFO_TOPIC
    ),
    "topic that is an Output, with a FIFO dead-letter queue": topic(
        {"topic": LATER, "dead_letter_queue_arn": f"{DEAD}.fifo"}, consumer=FIFO_TOPIC
    ),
}
