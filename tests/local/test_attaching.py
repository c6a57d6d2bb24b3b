"""The poller of `attach` on the local AWS, which plays the remote one, with handlers that are functions here."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError  # pyright: ignore[reportMissingTypeStubs]

import attachable
from attachable import depth, numbers, send, start, state
from consumers.local.emulator import LocalAws
from consumers.operations import attaching, held_lease, lasting_calls, pausing
from consumers.operations.attaching import AttachError
from consumers.operations.discovery import Consumer
from consumers.operations.held_lease import HeldLease
from consumers.operations.leases import Lease, read_lease
from consumers.operations.pausing import PauseError, Wait
from consumers.operations.received import Message
from error_texts import ErrorTexts
from fault_proxy import FaultProxy, Faults
from on_local_aws import short, wait_until

Make = Callable[..., Consumer]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pausing, "POLL", 0.05)
    monkeypatch.setattr(held_lease, "SETTLE", 0.3)
    monkeypatch.setattr(attaching, "LONG_POLL", 1)
    monkeypatch.setattr(lasting_calls, "FIRST_PAUSE", 0.05)


@pytest.fixture
def make(aws: LocalAws, name: str) -> Iterator[Make]:
    """Makes a consumer, whose function handles nothing as long as it is paused."""
    with ExitStack() as made:

        def make_one(**settings: Any) -> Consumer:
            context: AbstractContextManager[Consumer] = attachable.consumer(aws, short(name), **settings)
            return made.enter_context(context)

        yield make_one


class Handler:
    """Records the batches, and reports some messages as failed."""

    def __init__(self, fails: Callable[[int, int], bool] = lambda number, time: False) -> None:
        self.batches: list[list[int]] = []
        self._fails = fails

    def __call__(self, messages: Sequence[Message]) -> dict[str, str]:
        seen = self.seen
        self.batches.append(numbers(messages))
        by_id = {message["MessageId"]: number for message, number in zip(messages, self.batches[-1], strict=True)}
        return {id: "no" for id, number in by_id.items() if self._fails(number, seen.count(number))}

    @property
    def seen(self) -> list[int]:
        return [number for batch in self.batches for number in batch]


def test_messages_are_handled_here_and_the_function_reads_its_queue_again_afterwards(aws: LocalAws, make: Make) -> None:
    consumer, handler = make(), Handler()
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


def test_only_the_messages_that_failed_return_to_the_queue(aws: LocalAws, make: Make) -> None:
    consumer, handler = make(visibility=3), Handler(lambda number, time: number == 3 and time == 0)
    attached = start(consumer, aws.client, handler)
    send(aws, consumer, *range(5))
    wait_until(lambda: handler.seen.count(3) == 2 and depth(aws, consumer).total == 0)
    counts = attached.end()
    assert sorted(handler.seen) == [0, 1, 2, 3, 3, 4]
    assert (counts.handled, counts.failed, counts.undeleted) == (5, 1, 0)
    assert [list(batch.failed.values()) for batch in attached.batches if batch.failed] == [["no"]]


def test_a_message_that_always_fails_becomes_a_dead_letter(aws: LocalAws, make: Make) -> None:
    consumer = make(visibility=2, receives=2)
    attached = start(consumer, aws.client, handler := Handler(lambda number, time: True))
    send(aws, consumer, 7)
    dead = lambda: attachable.queues.depth(aws.client("sqs"), consumer.dead_letter_queue_url or "").visible  # noqa: E731
    wait_until(dead)
    assert attached.end().handled == 0
    assert handler.seen == [7, 7]


def test_a_message_that_the_filters_exclude_is_deleted_and_one_that_they_may_exclude_is_handled(
    aws: LocalAws, make: Make
) -> None:
    verdicts = {0: True, 1: False, 2: None}
    consumer, handler = make(), Handler()
    attached = start(consumer, aws.client, handler, lambda message: verdicts[numbers([message])[0]])
    send(aws, consumer, *verdicts)
    wait_until(lambda: depth(aws, consumer).total == 0)
    counts = attached.end()
    assert sorted(handler.seen) == [0, 2]
    assert (counts.handled, counts.excluded) == (2, 1)
    assert "deleted 1 that the filters of the mapping exclude, as Lambda does" in attached.told


def test_batches_are_filled_until_they_are_full_or_the_window_is_over(aws: LocalAws, make: Make) -> None:
    consumer, handler = make(BatchSize=25, MaximumBatchingWindowInSeconds=2), Handler()
    attached = start(consumer, aws.client, handler)
    send(aws, consumer, *range(30))
    wait_until(lambda: depth(aws, consumer).total == 0)
    attached.end()
    assert len(handler.batches[0]) > 10
    assert max(map(len, handler.batches)) <= 25
    assert sorted(handler.seen) == list(range(30))


def test_a_batch_is_not_larger_than_an_event(aws: LocalAws, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    consumer, handler = make(visibility=600), Handler()
    attached = start(consumer, aws.client, handler)
    monkeypatch.setattr(attaching, "MAX_BYTES", 5000)
    send(aws, consumer, *range(10))
    wait_until(lambda: depth(aws, consumer).total == 0)
    attached.end()
    assert max(map(len, handler.batches)) <= 4
    assert sorted(handler.seen) == list(range(10))


def test_a_fifo_group_keeps_its_order_when_a_message_fails(aws: LocalAws, make: Make) -> None:
    def fails(number: int, time: int) -> bool:
        return number >= 2 and handler.seen.count(2) == 1  # as `sqs_batch` fails what is behind 2

    handler = Handler(fails)
    consumer = make(fifo=True, visibility=3)
    attached = start(consumer, aws.client, handler)
    send(aws, consumer, *range(6))
    wait_until(lambda: depth(aws, consumer).total == 0)
    attached.end()
    first = {number: max(i for i, seen in enumerate(handler.seen) if seen == number) for number in range(6)}
    assert sorted(first, key=lambda number: first[number]) == list(range(6))
    assert handler.seen.count(2) == 2


def test_a_breakpoint_of_three_visibility_timeouts_brings_no_second_delivery(aws: LocalAws, make: Make) -> None:
    consumer, counts = make(visibility=4), list[str]()

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


def test_ctrl_c_finishes_the_batch_and_gives_back_what_was_not_started(aws: LocalAws, make: Make) -> None:
    consumer, handler = make(visibility=600, BatchSize=100, MaximumBatchingWindowInSeconds=300), Handler()
    attached = start(consumer, aws.client, handler)
    send(aws, consumer, 1, 2)
    wait_until(lambda: depth(aws, consumer).in_flight == 2)
    counts = attached.end()
    assert (counts.handled, handler.seen) == (0, [])
    wait_until(lambda: depth(aws, consumer).total == 0)  # by the function
    assert state(aws, consumer) == ("Enabled", False)


def test_ctrl_c_while_the_handler_runs_deletes_what_it_handled(aws: LocalAws, make: Make) -> None:
    consumer, is_running, goes_on = make(), threading.Event(), threading.Event()

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


def test_a_handler_that_cannot_be_run_ends_it_and_its_batch_is_given_back(aws: LocalAws, make: Make) -> None:
    def handle(messages: Sequence[Message]) -> dict[str, str]:
        raise AttachError("there is no Python")

    consumer = make(visibility=600)
    attached = start(consumer, aws.client, handle)
    send(aws, consumer, 1)
    assert attached.fails() == "there is no Python"
    wait_until(lambda: depth(aws, consumer).total == 0)  # by the function
    assert state(aws, consumer) == ("Enabled", False)


# --- the lease ---


def test_the_lease_is_renewed_as_long_as_it_is_held(aws: LocalAws, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_lease, "RENEWAL", 0.1)
    consumer = make()
    attached = start(consumer, aws.client, Handler())
    first = read_lease(aws.client, consumer)
    assert first
    wait_until(lambda: (now := read_lease(aws.client, consumer)) and now.until > first.until)
    now = read_lease(aws.client, consumer)
    assert now
    assert (now.start, now.by, now.why) == (first.start, first.by, first.why)
    attached.end()


def test_a_second_attach_is_refused(aws: LocalAws, make: Make) -> None:
    consumer = make()
    attached = start(consumer, aws.client, Handler())
    second = start(consumer, aws.client, Handler(), by="joe@laptop")
    assert second.fails().startswith(f"{consumer.name} is paused already, by ann@laptop from ")
    assert state(aws, consumer) == ("Disabled", True)
    attached.end()


def test_of_two_attaches_at_the_same_moment_at_most_one_goes_on(
    aws: LocalAws, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2)

    def meet(*_: Any) -> None:
        both.wait(60)

    monkeypatch.setattr(pausing, "_check_retention", meet)  # both have found no lease
    monkeypatch.setattr(held_lease, "_settle", meet)  # both have written theirs
    monkeypatch.setattr(held_lease, "LONGEST_WRITE", 60.0)
    consumer = make()
    runs = [attachable.Attached(consumer), attachable.Attached(consumer)]
    names = ["ann@laptop", "joe@laptop"]
    threads = [
        threading.Thread(target=start, args=(consumer, aws.client, Handler()), kwargs={"by": by, "attached": run})
        for by, run in zip(names, runs, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (loser,) = [run for run in runs if run.error]
    (winner,) = [run for run in runs if not run.error]
    by = names[runs.index(winner)]
    assert str(loser.error).startswith(f"Somebody else paused {consumer.name} at the same moment, by {by} from ")
    assert state(aws, consumer) == ("Disabled", True)
    winner.end()
    assert state(aws, consumer) == ("Enabled", False)


def test_a_lease_that_took_too_long_to_write_is_given_up(
    aws: LocalAws, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_lease, "LONGEST_WRITE", 0.0)
    consumer = make()
    failed = start(consumer, aws.client, Handler())
    assert failed.fails().startswith(f"Pausing {consumer.name} took 0 s, in which others may have paused it too")
    assert state(aws, consumer) == ("Enabled", False)


def test_somebody_who_resumes_the_consumer_ends_it_after_the_running_batch(
    aws: LocalAws, make: Make, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    monkeypatch.setattr(held_lease, "RENEWAL", 0.1)
    consumer, is_running = make(), threading.Event()

    def handle(messages: Sequence[Message]) -> dict[str, str]:
        is_running.set()
        pausing.resume(aws.client, consumer, Wait(60))
        return {}

    attached = start(consumer, aws.client, handle)
    send(aws, consumer, 1)
    assert is_running.wait(60)
    error_text(attached.fails().replace(consumer.name, "hands"))
    assert [len(batch.ids) for batch in attached.batches] == [1]
    assert state(aws, consumer) == ("Enabled", False)


def test_a_lease_of_somebody_else_stays_theirs(
    aws: LocalAws, make: Make, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    monkeypatch.setattr(held_lease, "RENEWAL", 0.1)
    consumer = make()
    attached = start(consumer, aws.client, Handler())
    theirs = Lease(1e9, 4e9, "joe@laptop", "the API is down").tag
    aws.client("lambda").tag_resource(Resource=consumer.function_arn, Tags={held_lease.TAG: theirs})
    error_text(attached.fails().replace(consumer.name, "hands"))
    held = read_lease(aws.client, consumer)
    assert (state(aws, consumer), held and held.by) == (("Disabled", True), "joe@laptop")
    pausing.resume(aws.client, consumer, Wait(60))


def test_a_mapping_that_somebody_enables_by_hand_ends_it_and_leaves_no_lease(
    aws: LocalAws, make: Make, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    monkeypatch.setattr(held_lease, "RENEWAL", 0.1)
    consumer = make()
    attached = start(consumer, aws.client, Handler())
    aws.client("lambda").update_event_source_mapping(UUID=consumer.mapping_ids[0], Enabled=True)
    error_text(attached.fails().replace(consumer.name, "hands"))
    assert state(aws, consumer) == ("Enabled", False)


def test_a_retention_that_is_shorter_than_the_lease_is_refused(aws: LocalAws, make: Make) -> None:
    consumer = make()
    attributes = {"MessageRetentionPeriod": "60"}
    aws.client("sqs").set_queue_attributes(QueueUrl=consumer.queue_url, Attributes=attributes)
    assert (
        "cannot be paused for 300 s: its queue keeps messages for 60 s"
        in start(consumer, aws.client, Handler()).fails()
    )
    assert state(aws, consumer) == ("Enabled", False)


# --- a connection that is lost ---


class FirstCalls(Faults):
    """Loses the answers to the first calls of an action."""

    def __init__(self, action: str, count: int, kind: str = "drop") -> None:
        super().__init__(0, 1.0)
        self.action, self.left, self.kind = action, count, kind

    def choose(self, action: str) -> str | None:
        if action != self.action or self.left <= 0:
            return None
        self.left -= 1
        self.done[self.kind, action] += 1
        return self.kind


@pytest.fixture
def proxy(aws: LocalAws) -> Iterator[FaultProxy]:
    with FaultProxy(aws.endpoint_url) as running:
        yield running


@pytest.fixture
def far(aws: LocalAws, proxy: FaultProxy) -> Callable[[str], Any]:
    """Clients that reach the local AWS through the proxy, and do not retry by themselves."""
    import boto3  # pyright: ignore[reportMissingTypeStubs]
    from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]

    sdk: Any = boto3
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5)
    made = {
        service: sdk.Session().client(
            service,
            region_name=aws.region,
            endpoint_url=proxy.url,
            aws_access_key_id=aws.access_key_id,
            aws_secret_access_key="not-checked",
            config=config,
        )
        for service in ("sqs", "lambda", "cloudwatch")
    }
    return made.__getitem__


LOST = [
    ("ReceiveMessage", 2, "drop"),
    ("DeleteMessageBatch", 2, "drop"),
    ("DeleteMessageBatch", 2, "throttle"),
    ("DeleteMessageBatch", 3, "fail entries"),
    ("ReceiveMessage", 2, "throttle"),
]


@pytest.mark.parametrize(("action", "count", "kind"), LOST, ids=lambda value: str(value).replace(" ", "-"))
def test_a_lost_answer_loses_no_message_and_brings_none_twice(
    aws: LocalAws, make: Make, proxy: FaultProxy, far: Any, action: str, count: int, kind: str
) -> None:
    consumer, handler = make(visibility=5), Handler()
    attached = start(consumer, far, handler)
    proxy.begin(faults := FirstCalls(action, count, kind))
    send(aws, consumer, *range(20))
    wait_until(lambda: depth(aws, consumer).total == 0)
    counts = attached.end()
    assert faults.done.total() == count
    assert sorted(handler.seen) == list(range(20))
    assert (counts.handled, counts.undeleted) == (20, 0)
    if kind != "fail entries":
        assert attached.told[0].startswith("AWS does not answer, which loses no message. Trying again: ")
        assert attached.told[1:] == ["AWS answers again."]


def test_without_a_connection_it_ends_with_the_lease_and_says_that_the_pause_is_left(
    aws: LocalAws, make: Make, far: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_lease, "SECONDS", 3)
    monkeypatch.setattr(held_lease, "RENEWAL", 0.2)
    monkeypatch.setattr(held_lease, "RETRY", 0.2)
    consumer, handler = make(), Handler()
    attached = start(consumer, far, handler)

    def cut(request: Any, **_: Any) -> None:
        raise EndpointConnectionError(endpoint_url=request.url)

    for service in ("sqs", "lambda"):
        far(service).meta.events.register("before-send", cut)
    text = attached.fails()
    name = consumer.name
    assert text.startswith(f"{name} may still be paused: `consumers resume {name}` ends that. ")
    assert f"{name} is no longer attached. The lease could not be renewed before its end: by ann@laptop" in text
    assert state(aws, consumer) == ("Disabled", True)
    pausing.resume(aws.client, consumer, Wait(60))
    assert state(aws, consumer) == ("Enabled", False)


def test_a_refused_call_ends_it_and_the_function_reads_its_queue_again(
    aws: LocalAws, make: Make, far: Any, proxy: FaultProxy
) -> None:
    consumer = make()
    attached = start(consumer, far, Handler())
    aws.client("sqs").delete_queue(QueueUrl=consumer.queue_url)
    assert "NonExistentQueue" in attached.fails()
    assert state(aws, consumer) == ("Enabled", False)


def test_a_second_ctrl_c_leaves_the_lease_which_anybody_can_end(aws: LocalAws, make: Make) -> None:
    consumer = make()
    with pytest.raises(KeyboardInterrupt), HeldLease(aws.client, consumer, "ann@laptop", Wait(60)):
        raise KeyboardInterrupt
    assert state(aws, consumer) == ("Disabled", True)
    assert pausing.resume(aws.client, consumer, Wait(60))


def test_a_consumer_that_is_disabled_by_its_program_is_refused(aws: LocalAws, make: Make) -> None:
    consumer = make()
    aws.client("lambda").update_event_source_mapping(UUID=consumer.mapping_ids[0], Enabled=False)
    with pytest.raises(PauseError, match=r"is not paused, but its mapping is Disabled: by mapping\.enabled"):
        HeldLease(aws.client, consumer, "ann@laptop", Wait(60)).__enter__()


def test_other_functions_on_the_queue_are_named(aws: LocalAws, make: Make) -> None:
    consumer = make()
    assert attaching.others(aws.client, consumer) == []
    other = f"{consumer.name}-b"
    attachable.create_function(aws, other, attachable.FUNCTION)
    mapping = {"FunctionName": other, "EventSourceArn": consumer.queue_arn}
    made = aws.client("lambda").create_event_source_mapping(**mapping)
    (found,) = attaching.others(aws.client, consumer)
    assert found.endswith(f":function:{other}")
    aws.client("lambda").delete_event_source_mapping(UUID=made["UUID"])
