"""The lease of `attach` on the local AWS: who holds it, and what ends it."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

import attachable
from attachable import Handler, MakeConsumer, send, start, state
from consumers.local.emulator import LocalAws
from consumers.operations import held_lease, pausing
from consumers.operations.held_lease import HeldLease
from consumers.operations.leases import Lease, read_lease
from consumers.operations.pausing import PauseError, Wait
from consumers.operations.received import Message
from error_texts import ErrorTexts
from on_local_aws import wait_until


def test_the_lease_is_renewed_as_long_as_it_is_held(
    aws: LocalAws, make_consumer: MakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_lease, "RENEWAL", 0.1)
    consumer = make_consumer()
    attached = start(consumer, aws.client, Handler())
    first = read_lease(aws.client, consumer)
    assert first
    wait_until(lambda: (now := read_lease(aws.client, consumer)) and now.until > first.until)
    now = read_lease(aws.client, consumer)
    assert now
    assert (now.start, now.by, now.why) == (first.start, first.by, first.why)
    attached.end()


def test_a_second_attach_is_refused(aws: LocalAws, make_consumer: MakeConsumer) -> None:
    consumer = make_consumer()
    attached = start(consumer, aws.client, Handler())
    second = start(consumer, aws.client, Handler(), by="joe@laptop")
    assert second.fails().startswith(f"{consumer.name} is paused already, by ann@laptop from ")
    assert state(aws, consumer) == ("Disabled", True)
    attached.end()


def test_of_two_attaches_at_the_same_moment_at_most_one_goes_on(
    aws: LocalAws, make_consumer: MakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2)

    def meet(*_: Any) -> None:
        both.wait(60)

    monkeypatch.setattr(pausing, "_check_retention", meet)  # both have found no lease
    monkeypatch.setattr(held_lease, "_settle", meet)  # both have written theirs
    monkeypatch.setattr(held_lease, "LONGEST_WRITE", 60.0)
    consumer = make_consumer()
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
    aws: LocalAws, make_consumer: MakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_lease, "LONGEST_WRITE", 0.0)
    consumer = make_consumer()
    failed = start(consumer, aws.client, Handler())
    assert failed.fails().startswith(f"Pausing {consumer.name} took 0 s, in which others may have paused it too")
    assert state(aws, consumer) == ("Enabled", False)


def test_somebody_who_resumes_the_consumer_ends_it_after_the_running_batch(
    aws: LocalAws, make_consumer: MakeConsumer, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    monkeypatch.setattr(held_lease, "RENEWAL", 0.1)
    consumer, is_running = make_consumer(), threading.Event()

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
    aws: LocalAws, make_consumer: MakeConsumer, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    monkeypatch.setattr(held_lease, "RENEWAL", 0.1)
    consumer = make_consumer()
    attached = start(consumer, aws.client, Handler())
    theirs = Lease(1e9, 4e9, "joe@laptop", "the API is down").tag
    aws.client("lambda").tag_resource(Resource=consumer.function_arn, Tags={held_lease.TAG: theirs})
    error_text(attached.fails().replace(consumer.name, "hands"))
    held = read_lease(aws.client, consumer)
    assert (state(aws, consumer), held and held.by) == (("Disabled", True), "joe@laptop")
    pausing.resume(aws.client, consumer, Wait(60))


def test_a_mapping_that_somebody_enables_by_hand_ends_it_and_leaves_no_lease(
    aws: LocalAws, make_consumer: MakeConsumer, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    monkeypatch.setattr(held_lease, "RENEWAL", 0.1)
    consumer = make_consumer()
    attached = start(consumer, aws.client, Handler())
    aws.client("lambda").update_event_source_mapping(UUID=consumer.mapping_ids[0], Enabled=True)
    error_text(attached.fails().replace(consumer.name, "hands"))
    assert state(aws, consumer) == ("Enabled", False)


def test_a_retention_that_is_shorter_than_the_lease_is_refused(aws: LocalAws, make_consumer: MakeConsumer) -> None:
    consumer = make_consumer()
    attributes = {"MessageRetentionPeriod": "60"}
    aws.client("sqs").set_queue_attributes(QueueUrl=consumer.queue_url, Attributes=attributes)
    assert (
        "cannot be paused for 300 s: its queue keeps messages for 60 s"
        in start(consumer, aws.client, Handler()).fails()
    )
    assert state(aws, consumer) == ("Enabled", False)


def test_a_second_ctrl_c_leaves_the_lease_which_anybody_can_end(aws: LocalAws, make_consumer: MakeConsumer) -> None:
    consumer = make_consumer()
    with pytest.raises(KeyboardInterrupt), HeldLease(aws.client, consumer, "ann@laptop", Wait(60)):
        raise KeyboardInterrupt
    assert state(aws, consumer) == ("Disabled", True)
    assert pausing.resume(aws.client, consumer, Wait(60))


def test_a_consumer_that_is_disabled_by_its_program_is_refused(aws: LocalAws, make_consumer: MakeConsumer) -> None:
    consumer = make_consumer()
    aws.client("lambda").update_event_source_mapping(UUID=consumer.mapping_ids[0], Enabled=False)
    with pytest.raises(PauseError, match=r"is not paused, but its mapping is Disabled: by mapping\.enabled"):
        HeldLease(aws.client, consumer, "ann@laptop", Wait(60)).__enter__()
