"""Sources of a consumer on the local AWS, which enforces the queue's policy for SNS and not for EventBridge."""

import http.client
import json
import re
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from consumers.evaluate.program import Deployment
from consumers.local.emulator import LocalAws
from consumers.operations import discovery, queues, status
from on_local_aws import take

HEAD = """
import json, pulumi, pulumi_aws as aws
from components import *

def export(values):
    for key, value in values.items():
        pulumi.export(key, value)

def consumer(name, senders, **more):
    group = {"allowed_senders": senders}
    return QueueConsumer(name, {"source": "function", "mapping": {"enabled": False}, "queue": group, **more})
"""
Deploy = Callable[[str], Deployment]


@pytest.fixture
def program(deployed: Callable[..., Deployment], name: str) -> Deploy:
    """Deploys a program, in which `NAME` is this test's own name. Its consumers' functions do not read."""
    own = re.sub(r"[^a-z0-9]+", "-", name[-20:].lower()).strip("-")
    return lambda text: deployed(f"{HEAD}\nNAME = 's-{own}'\n{text}")


def messages(aws: LocalAws, url: str) -> list[dict[str, Any]]:
    """Take what arrives, until nothing more does for a second; at least one message, or the test fails."""
    taken = take(aws.client("sqs"), url, 20, 1)
    assert taken, "nothing arrived in time"
    return taken


def bodies(aws: LocalAws, url: str) -> list[str]:
    return sorted(message["Body"] for message in messages(aws, url))


def test_a_topic_delivers_raw_and_filtered_or_everything_in_envelopes(aws: LocalAws, program: Deploy) -> None:
    exports = program("""
topic = aws.sns.Topic(f"{NAME}-t")
big, all_ = (consumer(f"{NAME}-{which}", {"topics": [topic.arn]}) for which in ("big", "all"))
policy = {"filter_policy": {"chips": [{"numeric": [">", 100]}]}, "filter_policy_scope": "MessageBody"}
TopicSubscription(f"{NAME}-sub-big", big, {"topic": topic.arn, **policy})
TopicSubscription(f"{NAME}-sub-all", all_, {"topic": topic.arn, "raw_message_delivery": False})
export({"topic": topic.arn, "big": big.queue_url, "all": all_.queue_url})
""").exports
    for chips in (5, 500):
        aws.client("sns").publish(TopicArn=exports["topic"], Message=json.dumps({"chips": chips}))
    assert bodies(aws, exports["big"]) == ['{"chips": 500}']
    envelopes = [json.loads(body) for body in bodies(aws, exports["all"])]
    assert {one["Message"] for one in envelopes} == {'{"chips": 5}', '{"chips": 500}'}
    assert {one["TopicArn"] for one in envelopes} == {exports["topic"]}


def test_a_fifo_topic_delivers_in_groups_and_another_topic_is_denied(aws: LocalAws, program: Deploy) -> None:
    exports = program("""
topic = aws.sns.Topic(f"{NAME}-t", fifo_topic=True, content_based_deduplication=True)
other = aws.sns.Topic(f"{NAME}-o", fifo_topic=True, content_based_deduplication=True)
hands = consumer(NAME, {"topics": [topic.arn]}, fifo=True)
TopicSubscription(f"{NAME}-sub", hands, {"topic": topic.arn})
aws.sns.TopicSubscription("by-hand", topic=other.arn, protocol="sqs", endpoint=hands.queue_arn)
export({"topic": topic.arn, "other": other.arn, "queue": hands.queue_url})
""").exports
    for key in ("other", "topic"):
        aws.client("sns").publish(TopicArn=exports[key], Message=key, MessageGroupId="table-1")
    (message,) = messages(aws, exports["queue"])
    assert (message["Body"], message["Attributes"]["MessageGroupId"]) == ("topic", "table-1")


def test_a_bucket_tells_each_consumer_of_the_objects_that_are_its_own(aws: LocalAws, program: Deploy) -> None:
    exports = program("""
bucket = aws.s3.Bucket(f"{NAME}-b", force_destroy=True)
hands, pots = (consumer(f"{NAME}-{which}", {"buckets": [bucket.arn]}) for which in ("hands", "pots"))
BucketEvents(f"{NAME}-n", bucket, [(hands, "hands/", ".jsonl"), (pots, "pots/")])
export({"bucket": bucket.bucket, "hands": hands.queue_url, "pots": pots.queue_url})
""").exports
    for key in ("hands/a b.jsonl", "hands/b.txt", "pots/c.txt"):
        aws.client("s3").put_object(Bucket=exports["bucket"], Key=key, Body=b"{}")
    for consumer, expected in (("hands", "hands/a+b.jsonl"), ("pots", "pots/c.txt")):
        events = [json.loads(body) for body in bodies(aws, exports[consumer])]
        assert [one["Event"] for one in events if "Event" in one] == ["s3:TestEvent"]
        assert [r["s3"]["object"]["key"] for one in events for r in one.get("Records", [])] == [expected]


def test_a_rule_sends_what_matches_on_its_own_bus(aws: LocalAws, program: Deploy) -> None:
    exports = program("""
bus = aws.cloudwatch.EventBus(f"{NAME}-bus")
pattern = {"source": ["poker"], "detail": {"chips": [{"numeric": [">", 100]}]}}
rule = EventRule(f"{NAME}-r", {"event_pattern": pattern, "event_bus_name": bus.name})
hands = consumer(f"{NAME}-hands", {"event_rules": [rule.arn]})
deduplicating = {"allowed_senders": {"event_rules": [rule.arn]}, "content_based_deduplication": True}
pots = consumer(f"{NAME}-pots", {}, queue=deduplicating, fifo=True)
rule.add_target(hands, {"input_path": "$.detail"})
template = {"input_paths": {"chips": "$.detail.chips"}, "input_template": '{"won": <chips>}'}
rule.add_target(pots, {"input_transformer": template, "message_group_id": "pots"})
export({"bus": bus.name, "hands": hands.queue_url, "pots": pots.queue_url})
""").exports
    for chips in (5, 500):
        entry = {"Source": "poker", "DetailType": "hand", "Detail": json.dumps({"chips": chips})}
        answer = aws.client("events").put_events(Entries=[{**entry, "EventBusName": exports["bus"]}])
        assert answer["FailedEntryCount"] == 0
    assert [json.loads(body) for body in bodies(aws, exports["hands"])] == [{"chips": 500}]
    (message,) = messages(aws, exports["pots"])
    assert (json.loads(message["Body"]), message["Attributes"]["MessageGroupId"]) == ({"won": 500}, "pots")


def test_a_schedule_sends_its_message_by_its_own_role(aws: LocalAws, program: Deploy) -> None:
    exports = program("""
from datetime import UTC, datetime, timedelta
hands = consumer(NAME, {})
soon = f"at({datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S})"
Schedule(f"{NAME}-nightly", hands, {"schedule_expression": soon, "message": '{"ask": "summary"}'})
pulumi.export("queue", hands.queue_url)
""").exports
    assert bodies(aws, exports["queue"]) == ['{"ask": "summary"}']


def sent(url: str, body: str, headers: dict[str, str]) -> tuple[int, str]:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=30)) as connection:
        connection.request("POST", parts.path, body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_a_route_puts_the_body_of_a_request_into_the_queue_of_its_own_consumer(aws: LocalAws, program: Deploy) -> None:
    exports = program("""
hands, fifo = consumer(f"{NAME}-hands", {}), consumer(f"{NAME}-fifo", {}, fifo=True)
route = HttpRoute(f"{NAME}-post", hands, {"route_key": "POST /hands"})
grouped = HttpRoute(f"{NAME}-t", fifo, {"route_key": "ANY /t/{x}", "message_group_id": "$request.header.x-table"})
export({"url": route.url, "grouped": grouped.url, "hands": hands.queue_url, "fifo": fifo.queue_url})
""").exports
    hand = '{"user": "aarit & ädi", "delta": "+1"}\n'
    status, answer = aws.post(exports["url"], hand)
    assert (status, "<SendMessageResponse" in answer) == (200, True)
    for body in ("a", "a"):
        assert aws.post(exports["grouped"].replace("{x}", "7"), body, **{"X-Table": "seven"})[0] == 200
    assert [message["Body"] for message in messages(aws, exports["hands"])] == [hand]
    grouped = [(one["Body"], one["Attributes"]["MessageGroupId"]) for one in messages(aws, exports["fifo"])]
    assert grouped == [("a", "seven")] * 2


def test_a_request_that_a_route_does_not_take_leaves_nothing_in_the_queue(aws: LocalAws, program: Deploy) -> None:
    exports = program("""
hands, fifo = consumer(f"{NAME}-hands", {}), consumer(f"{NAME}-fifo", {}, fifo=True)
route = HttpRoute(f"{NAME}-post", hands, {"route_key": "POST /hands"})
grouped = HttpRoute(f"{NAME}-t", fifo, {"route_key": "POST /hands", "message_group_id": "$request.body.table"})
tokens = {"issuer": "https://example.com", "audience": ["poker"]}
jwt = HttpRoute(f"{NAME}-jwt", hands, {"route_key": "POST /hands", "jwt": tokens})
urls = {"url": route.url, "grouped": grouped.url, "jwt": jwt.url, "hands": hands.queue_url, "fifo": fifo.queue_url}
export({**urls, "role": route.role.name, "policy": route.role_policy.name})
""").exports
    url, token = exports["url"], {"Authorization": "Bearer a.b.c"}
    refused = [
        *(aws.post(url, ""), aws.post(url, "x" * (1 << 20) + "x"), aws.post(exports["grouped"], '{"seat": 1}')),
        *(aws.post(url + "/1", "a"), aws.post(exports["jwt"], "a"), sent(url, "a", {})),
        *(aws.post(url, "a", Origin=url), sent(exports["jwt"], "a", token)),
    ]
    assert [status for status, _ in refused] == [400, 400, 400, 404, 401, 403, 403, 403]
    aws.client("iam").delete_role_policy(RoleName=exports["role"], PolicyName=exports["policy"])
    status, answer = aws.post(url, "a")
    assert status == 403
    assert f"{exports['role']}/api-gateway is not authorized to perform: sqs:SendMessage" in answer
    assert [queues.depth(aws.client("sqs"), exports[queue]).total for queue in ("hands", "fifo")] == [0, 0]


def test_the_routes_of_one_api_send_to_several_consumers_and_its_log_has_each_request(
    aws: LocalAws, program: Deploy
) -> None:
    exports = program("""
hands, fifo = consumer("hands", {}), consumer("fifo", {}, fifo=True)
routes = [
    {"route_key": "POST /hands", "consumer": hands},
    {"route_key": "PUT /t/{x}", "consumer": hands},
    {"route_key": "POST /t/{x}", "consumer": fifo, "message_group_id": "$request.path.x"},
]
api = HttpApi(f"{NAME}-api", {"routes": routes, "access_log": {}})
export({"url": api.url, "log": api.log_group.name, "hands": hands.queue_url, "fifo": fifo.queue_url})
""").exports
    url = exports["url"]
    sent = [aws.post(f"{url}/hands", "one"), aws.post(f"{url}/t/7", "two"), aws.post(f"{url}/hands", "")]
    assert [status for status, _ in [*sent, aws.post(f"{url}/none", "three")]] == [200, 200, 400, 404]
    assert bodies(aws, exports["hands"]) == ["one"]
    assert [one["Attributes"]["MessageGroupId"] for one in messages(aws, exports["fifo"])] == ["7"]
    events = aws.client("logs").filter_log_events(logGroupName=exports["log"])["events"]
    lines = [json.loads(event["message"]) for event in events]
    wanted = ("httpMethod", "routeKey", "status", "integrationStatus", "integrationErrorMessage")
    assert [tuple(line[name] for name in wanted) for line in lines] == [
        ("POST", "POST /hands", "200", "200", "-"),
        ("POST", "POST /t/{x}", "200", "200", "-"),
        ("POST", "POST /hands", "400", "400", "The request must contain the parameter MessageBody."),
        ("POST", "-", "404", "-", "-"),
    ]
    assert len({line["requestId"] for line in lines}) == 4


def test_a_page_of_an_allowed_origin_may_send_and_others_may_not(aws: LocalAws, program: Deploy) -> None:
    exports = program("""
hands = consumer(f"{NAME}-hands", {})
cors = {"allow_origins": ["https://app.example", "http://*"], "expose_headers": ["x-a"], "max_age": 9}
route = HttpRoute(f"{NAME}-post", hands, {"route_key": "ANY /hands", "cors": cors, "access_log": {}})
export({"url": route.url, "log": route.log_group.name, "hands": hands.queue_url})
""").exports
    url, app, other = exports["url"], "https://app.example", "https://other.example"
    asked = {"Access-Control-Request-Method": "POST"}
    status, headers = answered("OPTIONS", url, {"Origin": app, **asked})
    assert (status, headers["Access-Control-Allow-Origin"], headers["Access-Control-Max-Age"]) == (204, app, "9")
    assert headers["Access-Control-Allow-Methods"] == "DELETE,PATCH,POST,PUT"
    assert "authorization" in headers["Access-Control-Allow-Headers"].split(",")
    assert answered("OPTIONS", url, {"Origin": "http://any.example", **asked})[0] == 204
    refused = [
        *(answered("OPTIONS", url, {"Origin": other, **asked}), answered("OPTIONS", url, {"Origin": app})),
        *(answered("POST", url, {"Origin": app}), answered("OPTIONS", url, {"Origin": app, "Host": other, **asked})),
    ]
    assert [status for status, _ in refused] == [403] * 4
    assert not any("Access-Control-Allow-Origin" in headers for _, headers in refused)
    assert (aws.post(url, "a", Origin=app)[0], aws.post(url, "b", Origin=other)[0]) == (200, 403)
    assert bodies(aws, exports["hands"]) == ["a"]
    events = aws.client("logs").filter_log_events(logGroupName=exports["log"])["events"]
    assert [json.loads(event["message"])["httpMethod"] for event in events] == ["OPTIONS", "OPTIONS", "POST"]


def answered(method: str, url: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    """The status and the headers of the answer to an unsigned request."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=30)) as connection:
        connection.request(method, parts.path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders())


def test_the_status_lists_a_stream_and_a_route_by_jwt_as_inactive(aws: LocalAws, program: Deploy) -> None:
    arn = f"arn:aws:kinesis:{aws.region}:{aws.account_id}:stream/hands"
    exports = program(f"""
hands, other = (consumer(f"{{NAME}}-{{which}}", {{}}) for which in ("hands", "other"))
jwt = {{"issuer": "https://example.com", "audience": ["poker"]}}
HttpRoute(f"{{NAME}}-jwt", hands, {{"route_key": "POST /hands", "jwt": jwt}})
HttpRoute(f"{{NAME}}-post", hands, {{"route_key": "POST /hands"}})
HttpRoute(f"{{NAME}}-other", other, {{"route_key": "POST /hands"}})
routes = [{{"route_key": f"POST /{{path}}", "consumer": hands}} for path in ("a", "b")]
HttpApi("all", {{"routes": routes, "jwt": jwt}})
Stream(f"{{NAME}}-changes", hands, {{"source_arn": {arn!r}, "filters": [{{"data": {{"chips": [5]}}}}]}})
pulumi.export("hands", hands.queue_arn)
""").exports
    own = re.search(r":(s-.*)-hands-queue", exports["hands"])
    assert own
    found = discovery.find(aws.client, [f"{own[1]}-hands", f"{own[1]}-other"])
    hands, other = status.read(aws.client, found, is_local=True)
    names = ["HTTP route by JWT 'all'", f"HTTP route by JWT '{own[1]}-jwt'", f"stream '{own[1]}-changes'"]
    fed = [[line.partition(" from its ")[2] for line in one.advice if " from its " in line] for one in (hands, other)]
    assert [line.partition(":")[0] for line in fed[0]] == names
    assert fed[1] == []
