"""The poller of `attach` on the local AWS, which plays the remote one, with handlers that are functions here."""

import threading
import time
from collections.abc import Sequence

import pytest

import attachable
from attachable import Handler, MakeConsumer, depth, numbers, send, start, state
from consumers.local.emulator import LocalAws
from consumers.operations import attaching
from consumers.operations.attaching import AttachError
from consumers.operations.leases import read_lease
from consumers.operations.received import Message
from on_local_aws import wait_until


def test_messages_are_handled_here_and_the_function_reads_its_queue_again_afterwards(
    aws: LocalAws, make_consumer: MakeConsumer
) -> None:
    consumer, handler = make_consumer(), Handler()
    attached = start(consumer, aws.client, handler)
    assert state(aws, consumer) == ("Disabled", True)
    held = read_lease(aws.client, consumer)
    assert held
    assert (held.by, held.why[:7], held.is_over) == ("ann@laptop", "attach ", False)
    send(aws, consumer, *range(25))
    wait_until(lambda: depth(aws, consumer).total == 0)
    counts = attached.end()
    assert sorted(handler.seen) == list(range(25))
    assert attaching.summary(counts) == "Messages: 25 handled."
    assert [len(batch.ids) for batch in attached.batches] == [len(batch) for batch in handler.batches]
    assert state(aws, consumer) == ("Enabled", False)


def test_only_the_messages_that_failed_return_to_the_queue(aws: LocalAws, make_consumer: MakeConsumer) -> None:
    consumer, handler = make_consumer(visibility=3), Handler(lambda number, time: number == 3 and time == 0)
    attached = start(consumer, aws.client, handler)
    send(aws, consumer, *range(5))
    wait_until(lambda: handler.seen.count(3) == 2 and depth(aws, consumer).total == 0)
    counts = attached.end()
    assert sorted(handler.seen) == [0, 1, 2, 3, 3, 4]
    assert (counts.handled, counts.failed, counts.undeleted) == (5, 1, 0)
    assert [list(batch.failed.values()) for batch in attached.batches if batch.failed] == [["no"]]


def test_a_message_that_always_fails_becomes_a_dead_letter(aws: LocalAws, make_consumer: MakeConsumer) -> None:
    consumer = make_consumer(visibility=2, receives=2)
    attached = start(consumer, aws.client, handler := Handler(lambda number, time: True))
    send(aws, consumer, 7)
    dead = lambda: attachable.queues.depth(aws.client("sqs"), consumer.dead_letter_queue_url or "").visible  # noqa: E731
    wait_until(dead)
    assert attached.end().handled == 0
    assert handler.seen == [7, 7]


def test_a_message_that_the_filters_exclude_is_deleted_and_one_that_they_may_exclude_is_handled(
    aws: LocalAws, make_consumer: MakeConsumer
) -> None:
    verdicts = {0: True, 1: False, 2: None}
    consumer, handler = make_consumer(), Handler()
    attached = start(consumer, aws.client, handler, lambda message: verdicts[numbers([message])[0]])
    send(aws, consumer, *verdicts)
    wait_until(lambda: depth(aws, consumer).total == 0)
    counts = attached.end()
    assert sorted(handler.seen) == [0, 2]
    assert (counts.handled, counts.excluded) == (2, 1)
    assert "deleted 1 that the filters of the mapping exclude, as Lambda does" in attached.told


def test_batches_are_filled_until_they_are_full_or_the_window_is_over(
    aws: LocalAws, make_consumer: MakeConsumer
) -> None:
    consumer, handler = make_consumer(BatchSize=25, MaximumBatchingWindowInSeconds=2), Handler()
    attached = start(consumer, aws.client, handler)
    send(aws, consumer, *range(30))
    wait_until(lambda: depth(aws, consumer).total == 0)
    attached.end()
    assert len(handler.batches[0]) > 10
    assert max(map(len, handler.batches)) <= 25
    assert sorted(handler.seen) == list(range(30))


def test_a_batch_is_not_larger_than_an_event(
    aws: LocalAws, make_consumer: MakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer, handler = make_consumer(visibility=600), Handler()
    attached = start(consumer, aws.client, handler)
    monkeypatch.setattr(attaching, "MAX_EVENT_BYTES", 5000)
    send(aws, consumer, *range(10))
    wait_until(lambda: depth(aws, consumer).total == 0)
    attached.end()
    assert max(map(len, handler.batches)) <= 4
    assert sorted(handler.seen) == list(range(10))


def test_a_fifo_group_keeps_its_order_when_a_message_fails(aws: LocalAws, make_consumer: MakeConsumer) -> None:
    def fails(number: int, time: int) -> bool:
        return number >= 2 and handler.seen.count(2) == 1  # as `sqs_batch` fails what is behind 2

    handler = Handler(fails)
    consumer = make_consumer(fifo=True, visibility=3)
    attached = start(consumer, aws.client, handler)
    send(aws, consumer, *range(6))
    wait_until(lambda: depth(aws, consumer).total == 0)
    attached.end()
    first = {number: max(i for i, seen in enumerate(handler.seen) if seen == number) for number in range(6)}
    assert sorted(first, key=lambda number: first[number]) == list(range(6))
    assert handler.seen.count(2) == 2


def test_a_breakpoint_of_three_visibility_timeouts_brings_no_second_delivery(
    aws: LocalAws, make_consumer: MakeConsumer
) -> None:
    consumer, counts = make_consumer(visibility=4), list[str]()

    def handle(messages: Sequence[Message]) -> dict[str, str]:
        counts.extend(message["Attributes"]["ApproximateReceiveCount"] for message in messages)
        end = time.monotonic() + 12.5
        while time.monotonic() < end:
            assert depth(aws, consumer).visible == 0
            time.sleep(0.2)
        return {}

    attached = start(consumer, aws.client, handle)
    send(aws, consumer, *range(3))
    wait_until(lambda: depth(aws, consumer).total == 0)
    attached.end()
    assert counts == ["1"] * 3


def test_ctrl_c_finishes_the_batch_and_gives_back_what_was_not_started(
    aws: LocalAws, make_consumer: MakeConsumer
) -> None:
    consumer, handler = make_consumer(visibility=600, BatchSize=100, MaximumBatchingWindowInSeconds=300), Handler()
    attached = start(consumer, aws.client, handler)
    send(aws, consumer, 1, 2)
    wait_until(lambda: depth(aws, consumer).in_flight == 2)
    counts = attached.end()
    assert (counts.handled, handler.seen) == (0, [])
    wait_until(lambda: depth(aws, consumer).total == 0)  # by the function
    assert state(aws, consumer) == ("Enabled", False)


def test_ctrl_c_while_the_handler_runs_deletes_what_it_handled(aws: LocalAws, make_consumer: MakeConsumer) -> None:
    consumer, is_running, goes_on = make_consumer(), threading.Event(), threading.Event()

    def handle(messages: Sequence[Message]) -> dict[str, str]:
        is_running.set()
        assert goes_on.wait(60)
        return {}

    attached = start(consumer, aws.client, handle)
    send(aws, consumer, 1)
    assert is_running.wait(60)
    attached.stop.set()
    goes_on.set()
    assert attached.end().handled == 1
    assert depth(aws, consumer).total == 0


def test_a_handler_that_cannot_be_run_ends_it_and_its_batch_is_given_back(
    aws: LocalAws, make_consumer: MakeConsumer
) -> None:
    def handle(messages: Sequence[Message]) -> dict[str, str]:
        raise AttachError("there is no Python")

    consumer = make_consumer(visibility=600)
    attached = start(consumer, aws.client, handle)
    send(aws, consumer, 1)
    assert attached.fails() == "there is no Python"
    wait_until(lambda: depth(aws, consumer).total == 0)  # by the function
    assert state(aws, consumer) == ("Enabled", False)


def test_other_functions_on_the_queue_are_named(aws: LocalAws, make_consumer: MakeConsumer) -> None:
    consumer = make_consumer()
    assert attaching.others(aws.client, consumer) == []
    other = f"{consumer.name}-b"
    attachable.create_function(aws, other, attachable.FUNCTION)
    mapping = {"FunctionName": other, "EventSourceArn": consumer.queue_arn}
    made = aws.client("lambda").create_event_source_mapping(**mapping)
    (found,) = attaching.others(aws.client, consumer)
    assert found.endswith(f":function:{other}")
    aws.client("lambda").delete_event_source_mapping(UUID=made["UUID"])
