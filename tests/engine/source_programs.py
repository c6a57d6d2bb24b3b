"""Programs in which queues are fed, for several tests."""

HEAD = """
import pulumi_aws as aws
from components import (
    BucketEvents, DeadLetterQueue, EventRule, HttpApi, HttpRoute, QueueConsumer, Schedule, Stream, TopicSubscription
)

def consumer(name, *, fifo=False, **senders):
    return QueueConsumer(name, {
        "source": "functions/poker_hands", "fifo": fifo, "queue": {"allowed_senders": senders}})
"""
ALLOWED = f"""{HEAD}
bucket = aws.s3.Bucket("uploads", force_destroy=True)
topic = aws.sns.Topic("topic")
other_topic = aws.sns.Topic("other-topic")
bus = aws.cloudwatch.EventBus("bus")
other_bus = aws.cloudwatch.EventBus("other-bus")
rule = EventRule("rule", {{"event_pattern": {{"source": ["poker"]}}, "event_bus_name": bus.name}})
hands = consumer("hands", buckets=[bucket.arn], topics=[topic.arn], event_rules=[rule.arn])
dead = DeadLetterQueue("dead", {{"allowed_senders": {{"topics": [topic.arn, other_topic.arn]}}}})
BucketEvents("uploaded", bucket, [(hands, "hands/", ".jsonl")])
TopicSubscription("sub", hands, {{
    "topic": topic.arn,
    "filter_policy": {{"game": ["holdem"]}},
    "dead_letter_queue_arn": dead.arn,
}})
rule.add_target(hands, {{"input_path": "$.detail"}})
"""
"""A consumer with the three sources that its queue's policy allows."""
BY_ROLE = """
Schedule("nightly", hands, {
    "schedule_expression": "cron(0 3 * * ? *)",
    "schedule_expression_timezone": "Europe/Berlin",
})
HttpRoute("posted", hands, {
    "route_key": "POST /hands",
    "jwt": {"issuer": "https://issuer.example", "audience": ["hands"]},
})
Stream("changed", hands, {
    "source_arn": "arn:aws:kinesis:us-east-1:000000000000:stream/hands",
    "filters": [{"data": {"blind": [5]}}],
})
"""
"""The three that send by roles of their own."""
