"""Redrive, export and purge on a bad day: lost and doubled calls, throttling, failed entries, and `kill -9`.

A ledger by business id proves that nothing is lost. `make faults` runs 300 faults and 100 kills; `make test` fewer.
"""

import json
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consumers.local.emulator import LocalAws
from consumers.operations.dead_letters.holding import ENTRIES, LANES
from dead_letters import consumer
from dlq_ledger import LETTERS, Day
from fault_proxy import FaultProxy, Faults, Trigger
from forked_commands import Commands, Ended

IS_FULL = bool(os.environ.get("FAULTS"))
FAULTS = 60 if IS_FULL else 12  # of each of five tests
KILLS = 25 if IS_FULL else 5  # of each of four tests
SHARE = 0.25  # of the calls
MOST_UNDER_WAY = ENTRIES * LANES
SIGKILL = -9  # exit code


@pytest.fixture(scope="module")
def proxy(aws: LocalAws) -> Iterator[FaultProxy]:
    with FaultProxy(aws.endpoint_url) as running:
        yield running


@pytest.fixture(scope="module")
def commands(aws: LocalAws, proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with Commands(tmp_path_factory.mktemp("commands"), proxy.url, aws.access_key_id, aws.region) as running:
        yield running


@pytest.fixture
def a_day(
    aws: LocalAws, proxy: FaultProxy, commands: Commands, name: str, tmp_path: Path
) -> Iterator[Callable[..., Day]]:
    """Makes the test's day; its queues are `fifo` if asked for."""
    days: list[Day] = []

    def make(*, fifo: bool = False) -> Day:
        days.append(Day(consumer(aws, name, fifo=fifo), proxy, commands, tmp_path))
        return days[-1]

    yield make
    for day in days:
        day.dead.delete()


@pytest.fixture
def day(a_day: Callable[..., Day]) -> Day:
    return a_day()


def many_faults(day: Day, command: str) -> Iterator[tuple[Faults, Ended]]:
    """Run a command without a fault, and then until enough faults have met it."""
    met = 0
    for seed in range(1000):
        if met >= FAULTS:
            return
        bad = Faults(seed, SHARE if seed else 0.0)
        ended = day.run(command, bad)
        assert ended.code in (0, 1), ended.stderr
        assert "Traceback" not in ended.stderr
        met += bad.count
        yield bad, ended
    raise AssertionError("the commands do not pass the proxy")


def doubling(bad: Faults) -> int:
    """Faults that can leave a message in both queues, or twice in one."""
    return sum(count for (_, action), count in bad.done.items() if action in ("SendMessageBatch", "DeleteMessageBatch"))


def unread(bad: Faults) -> int:
    """Receives whose messages the tool never sees: they are in flight until their visibility timeout ends."""
    return bad.done["drop", "ReceiveMessage"] + bad.done["double", "ReceiveMessage"]


def outcomes(day: Day, outcome: str) -> int:
    return sum(json.loads(line)["outcome"] == outcome for line in day.file.read_text().splitlines())


# --- faults ---


def test_a_redrive_loses_nothing_whatever_fails(day: Day) -> None:
    moved = 0
    for bad, ended in many_faults(day, "redrive"):
        ledger = day.ledger(with_file=False)
        moved += len(ledger.queue)
        assert not ledger.lost, bad
        assert ledger.duplicates.total() <= ENTRIES * doubling(bad), bad
        if day.file.exists():
            assert len(ledger.dead) <= LETTERS - outcomes(day, "done"), (bad, ended.stdout)
    assert moved >= LETTERS


def test_a_fifo_redrive_keeps_the_order_of_each_group_whatever_fails(a_day: Callable[..., Day]) -> None:
    day, moved = a_day(fifo=True), 0
    for bad, _ in many_faults(day, "redrive"):
        ledger = day.ledger(with_file=False)
        moved += len(ledger.queue)
        assert not ledger.lost, bad
        assert max(Counter(ledger.queue).values(), default=0) <= 1, "SQS drops a copy that is sent again"
        assert not ledger.unordered_groups, bad
    assert moved >= LETTERS


def test_a_purge_deletes_only_what_is_in_its_file_whatever_fails(day: Day) -> None:
    deleted = 0
    for bad, _ in many_faults(day, "purge"):
        ledger = day.ledger()
        deleted += LETTERS - len(ledger.dead)
        assert not ledger.lost, bad
        assert not ledger.duplicates
    assert deleted >= LETTERS


@pytest.mark.parametrize("fifo", [False, True], ids=["standard", "fifo"])
def test_an_export_leaves_every_letter_whatever_fails(a_day: Callable[..., Day], fifo: bool) -> None:
    day, filed = a_day(fifo=fifo), 0
    for bad, ended in many_faults(day, "export"):
        ledger = day.ledger()
        filed += len(ledger.filed)
        assert sorted(ledger.dead) == list(range(LETTERS)), bad
        assert ended.code or len(ledger.filed) >= LETTERS - ENTRIES * unread(bad), bad
    assert filed


# --- kills ---


def many_kills(day: Day, command: str, patch: dict[str, str] | None = None) -> Iterator[Ended]:
    """Run a command and kill it, again and again; and let it end once, to know how many calls it makes."""
    ended = day.run(command, Faults(0, 0.0), patch)
    assert ended.code in (0, 1), ended.stderr  # 1: a FIFO queue has more than an export can read
    calls, at = day.proxy.calls, random.Random(command)
    assert calls > LETTERS / ENTRIES
    killed = 0
    while killed < KILLS:
        delay = at.choice([0.0, at.uniform(0, 0.02)])
        # The first one late: few kills may all come before anything has changed.
        where = at.randint(1, calls) if killed else calls, at.random() < 0.5
        ended = day.run_killed(command, lambda end, where=where, delay=delay: Trigger(*where, later(end, delay)), patch)
        assert ended.code in (0, 1, SIGKILL), ended.stderr
        killed += ended.code == SIGKILL  # a delay can be longer than the command
        yield ended


def later(act: Callable[[], None], seconds: float) -> Callable[[], None]:
    return threading.Timer(seconds, act).start if seconds else act


@pytest.mark.parametrize("fifo", [False, True], ids=["standard", "fifo"])
def test_a_redrive_that_is_killed_loses_nothing_and_doubles_at_most_what_was_under_way(
    a_day: Callable[..., Day], fifo: bool
) -> None:
    day, moved = a_day(fifo=fifo), 0
    for _ in many_kills(day, "redrive"):
        ledger = day.ledger(with_file=False)
        moved += len(ledger.queue)
        assert not ledger.lost
        assert max(ledger.duplicates.values(), default=0) <= 1
        assert ledger.duplicates.total() <= MOST_UNDER_WAY
        assert max(Counter(ledger.queue).values(), default=0) <= 1
        assert not fifo or not ledger.unordered_groups
    assert moved


def test_a_purge_that_is_killed_has_every_letter_that_it_deleted_in_its_file(day: Day) -> None:
    deleted = 0
    for _ in many_kills(day, "purge"):
        ledger = day.ledger()
        deleted += LETTERS - len(ledger.dead)
        assert not ledger.lost
        assert not ledger.duplicates
    assert deleted


def test_an_export_that_is_killed_leaves_every_letter_and_whole_lines(day: Day) -> None:
    filed = 0
    for _ in many_kills(day, "export"):
        ledger = day.ledger()
        filed += len(ledger.filed)
        assert sorted(ledger.dead) == list(range(LETTERS))
    assert filed


# --- the ledger itself ---


def test_without_the_confirmation_the_ledger_reports_losses(day: Day) -> None:
    trusting = {"consumers.operations.dead_letters.confirming:_result": "unconfirmed:believe"}
    bad = Faults(1, 0.5, kinds=("fail entries",))
    ended = day.run("redrive", bad, patch=trusting)
    assert ended.code in (0, 1), ended.stderr  # 1 if a deletion fails too
    assert day.ledger(with_file=False).lost


def test_with_a_deletion_before_the_copy_is_sent_the_ledger_reports_losses(day: Day) -> None:
    hasty = {"consumers.operations.dead_letters.redriving:Redrive._send_batch": "unconfirmed:delete_first"}
    assert any(day.ledger(with_file=False).lost for _ in many_kills(day, "redrive", hasty))


def test_without_waiting_for_earlier_messages_the_ledger_reports_groups_out_of_order(a_day: Callable[..., Day]) -> None:
    day, impatient = a_day(fifo=True), {"consumers.operations.dead_letters.redriving:waves": "unconfirmed:all_at_once"}
    day.run("redrive", Faults(1, 0.5, kinds=("fail entries",)), patch=impatient)
    assert day.ledger(with_file=False).unordered_groups


def test_without_the_line_on_the_disk_the_ledger_reports_losses(day: Day) -> None:
    forgetful = {"consumers.operations.dead_letters.exporting:Export.write": "unconfirmed:forget"}
    ended = day.run("purge", Faults(0, 0.0), patch=forgetful)
    assert ended.code == 0, ended.stderr
    assert day.ledger().lost
