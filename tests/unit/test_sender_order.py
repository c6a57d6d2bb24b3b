"""Both senders on an unreliable FIFO queue: no message overtakes another, and each is sent or reported."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sqs_send
from consumers.operations import sending
from consumers.operations.message_lines import MAX_BYTES
from consumers.operations.message_lines import Message as Line
from consumers.operations.sending import Destination
from flaky_fifo import FlakyFifo, Rates
from sqs_send import Message, NotSent

FIFO = Destination("url", fifo=True, content_based_deduplication=False, max_bytes=MAX_BYTES)

groups = st.integers(1, 12).flatmap(lambda count: st.lists(st.integers(1, count).map(str), max_size=100))
often, seldom = st.sampled_from([0, 0.02, 0.1, 0.4]), st.sampled_from([0, 0, 0.02])
entry_faults = st.builds(Rates, busy=often, wrong=seldom)
all_faults = st.builds(Rates, busy=often, wrong=seldom, unavailable=often, lost=often, denied=seldom)
runs = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqs_send, "FIRST_PAUSE", 0)
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0)


def check(queue: FlakyFifo, groups_of: list[str], failed: list[int], sent: int) -> None:
    arrived, numbers = queue.arrived(), range(len(groups_of))
    assert queue.overtaken() == 0
    assert len(arrived) == len(set(arrived))
    assert len(failed) == len(set(failed))
    assert sent == len(numbers) - len(failed)
    assert set(numbers) - set(failed) <= set(arrived)
    if not queue.took_without_answer:
        assert not set(failed) & set(arrived)
    missing = set(numbers) - set(arrived)
    assert not any(groups_of[late] == groups_of[early] and late > early for early in missing for late in arrived)


@runs
@given(groups, st.one_of(entry_faults, all_faults), st.integers())
def test_sqs_send_keeps_the_order_and_sending_the_failed_messages_again_completes_it(
    groups_of: list[str], rates: Rates, seed: int
) -> None:
    queue = FlakyFifo(rates, seed)
    messages = [Message(str(number), group) for number, group in enumerate(groups_of)]
    failed: list[Message] = []
    try:
        sent = sqs_send.send("url.fifo", messages, queue)
    except NotSent as error:
        sent, failed = error.sent, [message for message, _ in error.failed]
    check(queue, groups_of, [int(message.body) for message in failed], sent)
    queue.rates = Rates()
    sqs_send.send("url.fifo", failed, queue)
    assert_complete(queue, groups_of)


@runs
@given(groups, all_faults, st.integers())
def test_the_tool_s_sender_keeps_the_order_and_sending_the_same_file_again_completes_it(
    groups_of: list[str], rates: Rates, seed: int
) -> None:
    def lines() -> Iterator[Line]:
        for number, group in enumerate(groups_of):
            yield Line(number + 1, str(number), len(str(number)), group)

    queue = FlakyFifo(rates, seed)
    outcome = sending.send(queue, FIFO, lines())
    check(queue, groups_of, [failure.line - 1 for failure in outcome.failed], outcome.sent)
    queue.rates = Rates()
    sending.send(queue, FIFO, lines())
    assert_complete(queue, groups_of)


def assert_complete(queue: FlakyFifo, groups_of: list[str]) -> None:
    assert queue.arrived() == list(range(len(groups_of)))
    assert queue.overtaken() == 0
