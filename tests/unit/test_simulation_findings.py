"""Which sentences a simulation gets: the whole texts, for small loads."""

from typing import Any

import numpy as np
import pytest

from consumers.simulation.findings import sentences
from consumers.simulation.load import Load, constant
from simulated import RUNTIME, at_once, groups, outcome_of, steady

EXISTING = "arn:aws:sqs:eu-west-1:123456789012:hands"


def concurrency(most: int) -> Any:
    return {"mapping": {"maximum_concurrency": most}}


CASES: dict[str, tuple[Load, Any, list[str]]] = {
    "calm": (
        Load(steady(1_000, 1_000)),
        {},
        [
            "no lasting backlog: 99 % of the messages are handled within 0.1 s",
        ],
    ),
    "spike that is over soon": (
        Load(at_once(1_000)),
        {},
        [
            "no lasting backlog: 99 % of the messages are handled within 6 s",
        ],
    ),
    "busy": (
        Load(groups(1, 60_000, 3_600), constant(0.25)),
        concurrency(5),
        [
            "no lasting backlog: 99 % of the messages are handled within 2.32 s",
        ],
    ),
    "one message": (
        Load(at_once(1)),
        {},
        [
            "no lasting backlog: the message is handled within 0.1 s",
        ],
    ),
    "no time": (
        Load(at_once(1), constant(0)),
        {},
        [
            "no lasting backlog: the message is handled within 0 s",
        ],
    ),
    "few messages": (
        Load(steady(20, 20)),
        {},
        [
            "no lasting backlog: all messages are handled within 0.1 s",
        ],
    ),
    "no message": (
        Load(at_once(0)),
        {},
        [
            "no message arrives: the load has less than one on average, or it has none with this --seed",
        ],
    ),
    "window": (
        Load(steady(1_000, 500)),
        {"timeout": 60, "batch_size": 1_000, "mapping": {"maximum_batching_window_in_seconds": 60}},
        [
            "no lasting backlog: 99 % of the messages are handled within 71.6 s, and a batch is collected for up to 60 s (mapping.maximum_batching_window_in_seconds)",
        ],
    ),
    "outage after the end": (
        Load(steady(1_000, 1_000), outages=[(2_000, 3_000)]),
        {},
        [
            "no lasting backlog: 99 % of the messages are handled within 0.1 s",
            "the outage after 33.3 min begins when all messages are handled, so none fails in it",
        ],
    ),
    "more in flight than SQS allows": (
        Load(at_once(1_000_000), constant(0.001)),
        {"batch_size": 10_000, "mapping": {"maximum_batching_window_in_seconds": 1}},
        [
            "the backlog of 1,000,000 messages is gone after 51.2 s: at most 120,000 messages are in flight (SQS's limit)",
            "the queue has 120,000 messages in flight, SQS's limit, and gives no more until some of them are deleted",
        ],
    ),
    "fifo, failing": (
        Load(groups(50, 200, 600), failing=0.05),
        {**RUNTIME, "fifo": True, "max_receive_count": 10},
        [
            "the backlog of 6,670 messages is gone after 54 min: those of a message group wait while one before them is retried, and failed messages return after 3 min (queue.visibility_timeout_seconds)",
        ],
    ),
    "fifo, a large group": (
        Load([*steady(20_000, 100), *groups(20, 10, 100)]),
        {"fifo": True},
        [
            "the backlog of 18,999 messages is gone after 33.1 min: the batches of a message group are handled one after another, and one group has 20,000 messages",
        ],
    ),
    "a message longer than the timeout": (
        Load(at_once(5), constant(5)),
        {**RUNTIME, "timeout": 3},
        [
            "5 good messages are dead letters, because a message takes 5 s by itself on average, and timeout=3 interrupts it, which uses up 5 receives (max_receive_count)",
            "5 invocations reach timeout=3: a message takes 5 s by itself on average, and messages that are not reached return and use up a receive",
        ],
    ),
    "some messages longer than the timeout": (
        Load(steady(1_000, 1_000), lambda random, count: random.exponential(1, count)),
        {**RUNTIME, "timeout": 3},
        [
            "65 invocations reach timeout=3: sometimes a batch takes much longer than the average of 1.06 s, and messages that are not reached return and use up a receive",
            "no lasting backlog: 99 % of the messages are handled within 20.7 s; the longest waits are those before a retry",
        ],
    ),
    "delay": (
        Load(steady(1_000, 1_000)),
        {"queue": {"delay_seconds": 60}},
        [
            "no lasting backlog: 99 % of the messages are handled within 60.1 s, and each is delayed by 60 s (queue.delay_seconds)",
        ],
    ),
    "nothing is handled": (
        Load(steady(5, 1), failing=1),
        {},
        [
            "5 good messages are dead letters, because every receive fails",
        ],
    ),
    "outage of a consumer that always fails sometimes": (
        Load(steady(18_000, 3_600), failing=0.05, outages=[(60, 600)]),
        {"queue": {"arn": EXISTING}},
        [
            "no message is a dead letter here, because the existing queue's max_receive_count is unknown: pass it as it is in the queue's redrive policy",
            "632 of 7,006 failed receives are of messages that only share a batch (batch_size=10) with one that fails: a handler that raises fails its whole batch; with sqs_batch a message fails alone",
            "2,711 messages wait when the outage of 9 min ends, and that backlog is gone 6.2 min later: failed messages return after 3 min (queue.visibility_timeout_seconds)",
        ],
    ),
    "spike": (
        Load(at_once(20_000), constant(0.2)),
        {},
        [
            "the backlog of 20,000 messages is gone after 38 s: Lambda begins with 5 invocations at once and adds 300 a minute, up to 195 here; mapping.provisioned_pollers adds 1,000",
        ],
    ),
    "spike later": (
        Load([np.sort(np.concatenate([np.linspace(0, 600, 600), np.full(20_000, 300.0)]))], constant(0.2)),
        concurrency(20),
        [
            "the backlog of 20,000 messages begins after 5 min and is gone 3.35 min later: at most 20 invocations run at once (mapping.maximum_concurrency=20)",
        ],
    ),
    "quota": (
        Load(at_once(300_000), constant(0.9)),
        {},
        [
            "the backlog of 300,000 messages is gone after 6.05 min: Lambda begins with 5 invocations at once and adds 300 a minute, up to 1,000 (the account's quota); mapping.provisioned_pollers adds 1,000",
        ],
    ),
    "provisioned": (
        Load(at_once(20_000), constant(0.2)),
        {"mapping": {"provisioned_pollers": {"minimum": 2, "maximum": 2}}},
        [
            "the backlog of 20,000 messages is gone after 3.27 min: at most 20 invocations run at once (mapping.provisioned_pollers.maximum=2)",
        ],
    ),
    "provisioned, short batches": (
        Load(at_once(20_000), constant(0.001)),
        {"mapping": {"provisioned_pollers": {"minimum": 2, "maximum": 2}}},
        [
            "the backlog of 20,000 messages is gone after 98 s: a provisioned poller receives 10 times and 1 MB a second at most (mapping.provisioned_pollers.maximum=2)",
        ],
    ),
    "outage": (
        Load(steady(3_600, 3_600), outages=[(1_000, 1_600)]),
        {"timeout": 5, "queue": {"visibility_timeout_seconds": 30}},
        [
            "480 good messages are dead letters, because 5 receives (max_receive_count) end after 2.5 min, and the outage lasts 10 min",
            "151 messages wait when the outage of 10 min ends, and that backlog is gone 37.5 s later: failed messages return after 30 s (queue.visibility_timeout_seconds)",
        ],
    ),
    "outage retry": (
        Load(steady(3_600, 3_600), outages=[(1_000, 1_600)]),
        {**RUNTIME, "retry": {}, "max_receive_count": 12},
        [
            "601 messages wait when the outage of 10 min ends, and that backlog is gone 9.92 min later: failed messages return after up to 15 min (retry)",
        ],
    ),
    "throttled": (
        Load(at_once(2_000), constant(2.0)),
        {"function": {"reserved_concurrent_executions": 5}},
        [
            "195 batches had to wait for free concurrency, because the pollers have up to 10 at once, and function.reserved_concurrent_executions=5 is less; mapping.maximum_concurrency=5 prevents it",
            "the backlog of 2,000 messages is gone after 12.7 min: at most 5 invocations run at once (function.reserved_concurrent_executions=5)",
        ],
    ),
    "dropped": (
        Load(at_once(2_000), constant(0.9)),
        {
            "max_receive_count": 1,
            "timeout": 10,
            "queue": {"visibility_timeout_seconds": 10},
            "function": {"reserved_concurrent_executions": 2},
        },
        [
            "610 good messages are dead letters, because no concurrency is free for batches (function.reserved_concurrent_executions=2) until the visibility timeout ends, which uses up 1 receive (max_receive_count)",
            "198 batches had to wait for free concurrency, because the pollers have up to 5 at once, and function.reserved_concurrent_executions=2 is less; 61 of them returned at the end of the visibility timeout, which uses up a receive; mapping.maximum_concurrency=2 prevents it",
            "the backlog of 2,000 messages is gone after 10.2 min: at most 2 invocations run at once (function.reserved_concurrent_executions=2)",
        ],
    ),
    "nothing is invoked": (
        Load(at_once(100)),
        {"function": {"reserved_concurrent_executions": 0}},
        [
            "100 good messages are dead letters, because no concurrency is free for batches (function.reserved_concurrent_executions=0) until the visibility timeout ends, which uses up 5 receives (max_receive_count)",
            "50 batches had to wait for free concurrency, because the pollers have up to 5 at once, and function.reserved_concurrent_executions=0 is less; 50 of them returned at the end of the visibility timeout, which uses up a receive",
        ],
    ),
    "timeouts": (
        Load(steady(1_000, 10), constant(0.5)),
        {"timeout": 3},
        [
            "929 good messages are dead letters, because a batch of 10 (batch_size) takes 5 s on average, and timeout=3 interrupts it, which uses up 5 receives (max_receive_count)",
            "465 invocations reach timeout=3: a batch of 10 (batch_size) takes 5 s on average, and all messages of these batches return and use up a receive",
            "no lasting backlog: 99 % of the handled messages are done within 2.54 s",
        ],
    ),
    "timeouts runtime": (
        Load(steady(1_000, 10), constant(0.5)),
        {**RUNTIME, "timeout": 3},
        [
            "5 good messages are dead letters, because a batch of 10 (batch_size) takes 5 s on average, and timeout=3 interrupts it, which uses up 5 receives (max_receive_count)",
            "149 invocations reach timeout=3: a batch of 10 (batch_size) takes 5 s on average, and messages that are not reached return and use up a receive",
            "no lasting backlog: 99 % of the handled messages are done within 75.7 s; the longest waits are those before a retry",
        ],
    ),
    "failing": (
        Load(steady(10_000, 1000), failing=0.05, poison=0.001),
        {**RUNTIME, "max_receive_count": 3},
        [
            "1 good message is a dead letter, because 5 % of receives fail, and 3 receives (max_receive_count) are not enough for them",
            "no lasting backlog: 99 % of the handled messages are done within 3.02 min; the longest waits are those before a retry",
            "6 poison messages reach the dead-letter queue after 9 min: 3 receives (max_receive_count), and failed messages return after 3 min (queue.visibility_timeout_seconds)",
        ],
    ),
    "fifo": (
        Load(groups(8, 500, 100), constant(0.3), poison=0.001),
        {"fifo": True},
        [
            "45 good messages are dead letters, because another message of the batch fails, and a handler that raises returns the whole batch, which uses up 5 receives (max_receive_count)",
            "225 of 250 failed receives are of messages that only share a batch (batch_size=10) with one that fails: a handler that raises fails its whole batch; with sqs_batch only those behind it in its group return with it",
            "the backlog of 1,907 messages is gone after 32.5 min: those of a message group wait while one before them is retried, and failed messages return after 3 min (queue.visibility_timeout_seconds)",
            "5 poison messages reach the dead-letter queue after 15 min: 5 receives (max_receive_count), and failed messages return after 3 min (queue.visibility_timeout_seconds)",
            "a poison message holds its message group up for 15 min",
        ],
    ),
    "fifo outage without the runtime": (
        Load(groups(3, 600, 600), outages=[(100, 220)]),
        {"fifo": True, "timeout": 10},
        [
            "357 messages wait when the outage of 2 min ends, and that backlog is gone 17 s later: failed messages return after 60 s (queue.visibility_timeout_seconds)",
        ],
    ),
    "poison without the runtime": (
        Load(at_once(2_000), poison=0.01),
        {},
        [
            "107 good messages are dead letters, because another message of the batch fails, and a handler that raises returns the whole batch, which uses up 5 receives (max_receive_count)",
            "535 of 600 failed receives are of messages that only share a batch (batch_size=10) with one that fails: a handler that raises fails its whole batch; with sqs_batch a message fails alone",
            "no lasting backlog: 99 % of the handled messages are done within 9 s",
            "13 poison messages reach the dead-letter queue after 15 min: 5 receives (max_receive_count), and failed messages return after 3 min (queue.visibility_timeout_seconds)",
        ],
    ),
    "poison runtime": (
        Load(at_once(2_000), poison=0.01),
        RUNTIME,
        [
            "no lasting backlog: 99 % of the handled messages are done within 9 s",
            "13 poison messages reach the dead-letter queue after 15 min: 5 receives (max_receive_count), and failed messages return after 3 min (queue.visibility_timeout_seconds)",
        ],
    ),
    "payload": (
        Load(at_once(100), constant(0.5), message_bytes=1_048_576),
        {"timeout": 2},
        [
            "96 good messages are dead letters, because a batch of 6 (more exceed the payload of 6 MB) takes 3 s on average, and timeout=2 interrupts it, which uses up 5 receives (max_receive_count)",
            "80 invocations reach timeout=2: a batch of 6 (more exceed the payload of 6 MB) takes 3 s on average, and all messages of these batches return and use up a receive",
            "no lasting backlog: 99 % of the handled messages are done within 4 s",
        ],
    ),
    "noisy": (
        Load([np.linspace(0, 600, 6000), np.zeros(50_000)], constant(0.1), noisy=True),
        concurrency(50),
        [
            "the backlog of 50,001 messages is gone after 106 s: at most 50 invocations run at once (mapping.maximum_concurrency=50)",
            "99 % of the quiet groups' messages are handled within 2 s, and those of the noisy group within 107 s",
        ],
    ),
    "in flight": (
        Load(steady(130_000, 100), outages=[(0, 100)]),
        {**RUNTIME, "queue": {"visibility_timeout_seconds": 3_600}},
        [
            "130,000 messages wait when the outage of 100 s ends, and that backlog is gone 59.9 min later: failed messages return after 60 min (queue.visibility_timeout_seconds)",
            "the queue has 120,000 messages in flight, SQS's limit, and gives no more until some of them are deleted or return: failed messages return after 60 min (queue.visibility_timeout_seconds)",
        ],
    ),
    "expired": (
        Load(at_once(2_000), constant(1)),
        {"queue": {"message_retention_seconds": 60}, **concurrency(2)},
        [
            "1,860 messages are deleted unhandled: the queue keeps messages for 60 s (queue.message_retention_seconds)",
            "the backlog of 2,000 messages is gone after 70 s: at most 2 invocations run at once (mapping.maximum_concurrency=2)",
        ],
    ),
    "cold": (
        Load(at_once(2_000), cold_start=3),
        {},
        [
            "no lasting backlog: 99 % of the messages are handled within 14 s",
            "cold starts are 45 % of the billed time: 55 execution environments start, 3 s each",
        ],
    ),
    "unknown": (
        Load(steady(1_000, 100), failing=0.1),
        {"queue": {"arn": EXISTING}},
        [
            "no message is a dead letter here, because the existing queue's max_receive_count is unknown: pass it as it is in the queue's redrive policy",
            "no lasting backlog: 99 % of the messages are handled within 6.02 min; the longest waits are those before a retry",
        ],
    ),
    "one receive": (
        Load(steady(1_000, 1_000), failing=0.01),
        {"max_receive_count": 1},
        [
            "6 good messages are dead letters, because 1 % of receives fail, and 1 receive (max_receive_count) is not enough for them",
            "no lasting backlog: 99 % of the handled messages are done within 0.1 s",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_simulation_is_explained_in_sentences_that_name_the_settings(case: str) -> None:
    load, args, expected = CASES[case]
    assert sentences(outcome_of(load, args)) == expected


def test_with_partial_responses_messages_die_behind_a_failing_one_of_their_group() -> None:
    load, args, _ = CASES["fifo"]
    assert sentences(outcome_of(load, args, partial_responses=True))[0] == (
        "12 good messages are dead letters, because a failing message returns with those behind it in its "
        "group and batch, which uses up 5 receives (max_receive_count); with batch_size=1 none does"
    )


def test_a_few_failures_of_neighbours_are_not_worth_a_sentence() -> None:
    outcome = outcome_of(Load(steady(3_000, 600), failing=0.005, outages=[(120, 240)]), {})
    assert 0 < outcome.counts.neighbours < outcome.counts.failures / 100
    assert "only share" not in "".join(sentences(outcome))


def test_the_queue_is_not_full_of_messages_in_flight_when_another_payload_fits() -> None:
    """A batch of 10,000 (batch_size) would not, and one of 96 messages of 64 KB does."""
    args = {**RUNTIME, "batch_size": 10_000, "mapping": {"maximum_batching_window_in_seconds": 1}}
    load = Load(steady(115_000, 100), constant(0.001), outages=[(0, 200)], message_bytes=65_536)
    outcome = outcome_of(load, {**args, "queue": {"visibility_timeout_seconds": 3_600}})
    assert outcome.most(lambda sample: sample.in_flight).in_flight == 115_000
    assert "SQS's limit" not in "".join(sentences(outcome))


def test_the_fix_follows_the_cause_of_dead_letters() -> None:
    load, args, (dead, *others) = CASES["outage"]
    fix = "with max_receive_count=21 none is"
    assert sentences(outcome_of(load, args), fix) == [f"{dead}: {fix}", *others]
