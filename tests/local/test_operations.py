"""Operations on the local AWS: discovery of a consumer, and a log that is longer than one answer."""

import time
from collections.abc import Callable

from consumers.evaluate.program import Deployment
from consumers.local.emulator import LocalAws
from consumers.operations import discovery, logs
from on_local_aws import short

PROGRAM = """
import pulumi
from components import QueueConsumer

made = QueueConsumer({name!r}, {{"source": "function", "fifo": True}})
for output in ("queue_url", "queue_arn", "dead_letter_queue_url", "dead_letter_queue_arn", "function_name",
               "function_arn", "log_group_name", "mapping_id"):
    pulumi.export(output, getattr(made, output))
"""


def test_a_consumer_is_found_by_its_tags_also_half_deleted(
    aws: LocalAws, deployed: Callable[..., Deployment], name: str
) -> None:
    exports = deployed(PROGRAM.format(name=short(name))).exports
    found = discovery.find_one(aws.client, short(name))
    assert (found.name, found.stack, found.project, found.fifo) == (short(name), "test", "test", True)
    assert exports == {
        "queue_url": found.queue_url,
        "queue_arn": found.queue_arn,
        "dead_letter_queue_url": found.dead_letter_queue_url,
        "dead_letter_queue_arn": found.dead_letter_queue_arn,
        "function_name": found.function_name,
        "function_arn": found.function_arn,
        "log_group_name": found.log_group,
        "mapping_id": found.mapping_ids[0],
    }
    aws.client("lambda").delete_function(FunctionName=exports["function_name"])
    left = discovery.find_one(aws.client, short(name))
    assert (left.function_name, left.mapping_ids, left.queue_url) == (None, [], exports["queue_url"])


def test_a_log_of_more_lines_than_one_answer_holds_is_read_to_its_end(aws: LocalAws, name: str) -> None:
    client, now, count = aws.client("logs"), int(time.time() * 1000), 25_000
    client.create_log_group(logGroupName=name)
    client.create_log_stream(logGroupName=name, logStreamName="stream")
    events = [{"timestamp": now - count + number, "message": str(number)} for number in range(count)]
    for start in range(0, count, 5000):
        client.put_log_events(logGroupName=name, logStreamName="stream", logEvents=events[start : start + 5000])
    tail = logs.Tail(client, name)
    assert [line.message for line in tail.new()] == [str(number) for number in range(count)]
    assert tail.new() == []
