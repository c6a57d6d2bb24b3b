"""`consumers up` that was killed with `kill -9`: the next one repairs what it has left."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from consumers.local.emulator import LocalAws
from left_over import left_over
from up_project import CONSUMER, PARTS, UpProject

KILLED = """
    import os, signal, sys
    from pathlib import Path
    from consumers.local.emulator import connect
    from consumers.resource_table import TABLE
    from consumers.provider.update import update

    token, method, endpoint, key = sys.argv[1:]
    kind = type(TABLE[token])
    original = getattr(kind, method)

    def die(*arguments, **options):
        original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(kind, method, die)
    update(Path(), "dev", connect(endpoint, key))
"""
FED = """
    from components import BucketEvents, EventRule, Schedule, Stream, TopicSubscription

    bucket, topic, bus = aws.s3.Bucket("uploads"), aws.sns.Topic("topic"), aws.cloudwatch.EventBus("bus")
    rule = EventRule("rule", {"event_pattern": {"source": ["poker"]}, "event_bus_name": bus.name})
    senders = {"buckets": [bucket.arn], "topics": [topic.arn], "event_rules": [rule.arn]}
    function = {"alias": {"provisioned_concurrent_executions": 1}}
    hands = QueueConsumer("hands", {"source": "hands", "queue": {"allowed_senders": senders}, "function": function})
    BucketEvents("uploaded", bucket, [(hands,)])
    TopicSubscription("subscribed", hands, {"topic": topic.arn})
    rule.add_target(hands)
    Schedule("nightly", hands, {"schedule_expression": "rate(1 day)"})
    Stream("changed", hands, {"source_arn": "arn:aws:kinesis:us-east-1:000000000000:stream/hands"})
"""
FUNCTION, QUEUE = "aws:lambda/function:Function", "aws:sqs/queue:Queue"


def kill_after(stack: UpProject, program: str, token: str, method: str) -> None:
    """Bring the program up in a process that is killed when it has just created (updated, deleted) one of this type."""
    stack.write(program)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), token, method, stack.aws.endpoint_url, stack.aws.access_key_id],
        cwd=stack.folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_a_resource_that_was_being_created_is_created_once(aws: LocalAws, stack: UpProject) -> None:
    before, program = left_over(aws), CONSUMER.format(timeout=10)
    kill_after(stack, program, "aws:lambda/eventSourceMapping:EventSourceMapping", "create")
    stack.up(program)
    assert stack.recorded().keys() == PARTS
    assert stack.up(program).unchanged == 7
    stack.up("")
    assert left_over(aws) == before


def test_a_resource_that_feeds_a_queue_is_repaired_too(aws: LocalAws, stack: UpProject) -> None:
    before = left_over(aws)
    kill_after(stack, FED, "aws:cloudwatch/eventTarget:EventTarget", "create")
    stack.up(FED)
    assert stack.up(FED).unchanged == len(stack.recorded()) == 22
    stack.up("")
    assert left_over(aws) == before


def test_an_update_and_a_deletion_are_repaired(aws: LocalAws, stack: UpProject) -> None:
    before = left_over(aws)
    stack.up(CONSUMER.format(timeout=10))
    kill_after(stack, CONSUMER.format(timeout=20), FUNCTION, "update")
    stack.up(CONSUMER.format(timeout=20))
    function = stack.ids()["hands-function"]
    assert aws.client("lambda").get_function_configuration(FunctionName=function)["Timeout"] == 20
    kill_after(stack, "", FUNCTION, "delete")
    stack.up("")
    assert (left_over(aws), stack.recorded()) == (before, {})


def test_a_replacement_is_finished(aws: LocalAws, stack: UpProject) -> None:
    before = left_over(aws).get("queues", [])
    stack.up('aws.sqs.Queue("queue")')
    kill_after(stack, 'aws.sqs.Queue("queue", fifo_queue=True)', QUEUE, "create")
    stack.up('aws.sqs.Queue("queue", fifo_queue=True)')
    assert {*left_over(aws)["queues"]} - {*before} == {stack.ids()["queue"]}
