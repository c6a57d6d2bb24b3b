"""Redrive, export and purge on a bad day: lost and doubled calls, throttling, failed entries, and `kill -9`.

A ledger by business id proves that nothing is lost. `make faults` runs 300 faults and 100 kills; `make test` fewer.
"""

import http.client
import json
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from consumers.local.emulator import LocalAws
from consumers.operations.dead_letters.holding import ENTRIES, LANES
from dead_letters import Dead, consumer
from fault_proxy import FaultProxy, Faults, Trigger
from forked_commands import Commands, Ended, kill

IS_FULL = bool(os.environ.get("FAULTS"))
FAULTS = 60 if IS_FULL else 12  # of each of five tests
KILLS = 25 if IS_FULL else 5  # of each of four tests
SHARE = 0.25  # of the calls
LETTERS = 60
GROUPS = 7
MOST_UNDER_WAY = ENTRIES * LANES
SIGKILL = -9  # exit code


@dataclass(frozen=True)
class Ledger:
    """Where each business id is, and how often, in the order of the queues."""

    queue: list[int]
    dead: list[int]
    filed: frozenset[int]
    """In a file of whole lines."""

    @property
    def lost(self) -> set[int]:
        """Ids that are nowhere."""
        return set(range(LETTERS)) - {*self.queue, *self.dead, *self.filed}

    @property
    def duplicates(self) -> Counter[int]:
        """How often there are more copies than one."""
        return Counter(self.queue + self.dead) - Counter(range(LETTERS))


class Day:
    """A consumer with dead letters, the proxy in front of its AWS, and the commands behind it."""

    def __init__(self, dead: Dead, proxy: FaultProxy, commands: Commands, folder: Path) -> None:
        self.dead, self.proxy, self.commands, self.folder = dead, proxy, commands, folder
        self.sqs = dead.aws.client("sqs")
        self.runs = 0

    @property
    def file(self) -> Path:
        return self.folder / f"letters-{self.runs}.jsonl"

    def begin(self) -> None:
        """Fill the dead-letter queue anew."""
        self.runs += 1
        for url in (self.dead.url, self.dead.dead_url):
            self.sqs.purge_queue(QueueUrl=url)
        for start in range(0, LETTERS, ENTRIES):
            entries = [self._entry(number) for number in range(start, start + ENTRIES)]
            assert len(self.sqs.send_message_batch(QueueUrl=self.dead.dead_url, Entries=entries)["Successful"]) == 10

    def _entry(self, number: int) -> dict[str, Any]:
        fifo = {"MessageGroupId": f"group-{number % GROUPS}", "MessageDeduplicationId": f"{self.runs}-{number}"}
        return {
            "Id": str(number),
            "MessageBody": json.dumps({"id": number}),
            **(fifo if self.dead.dead_url.endswith(".fifo") else {}),
        }

    def command(self, name: str) -> list[str]:
        """The arguments of a command for every letter."""
        common = ["dlq", name, self.dead.name]
        match name:
            case "redrive":
                return [*common, "--all", "--yes", "--receipt", str(self.file)]
            case "purge":
                return [*common, "--all", "--yes", "--export", str(self.file)]
            case _:
                return [*common, str(self.file), "--all"]

    def run(self, name: str, faults: Faults, patch: dict[str, str] | None = None) -> Ended:
        self.begin()
        self.proxy.begin(faults)
        return self.commands.run(*self.command(name), patch=patch)

    def run_killed(self, name: str, at: int, *, is_after: bool, delay: float) -> Ended:
        """Run a command that is killed at its call number `at` to SQS, and seconds later."""
        self.begin()
        process: list[int] = []
        is_started, is_killed = threading.Event(), threading.Event()

        def act() -> None:
            assert is_started.wait(30)
            if delay:
                threading.Timer(delay, end).start()
            else:
                end()

        def end() -> None:
            if not is_killed.is_set():
                kill(process[0])
                is_killed.set()

        self.proxy.begin(trigger=Trigger(at, is_after, act))
        process.append(self.commands.start(*self.command(name)))
        is_started.set()
        ended = self.commands.wait()
        is_killed.set()
        return ended

    def ledger(self, *, with_file: bool = True) -> Ledger:
        """Look where each letter is. A line of the file that is not whole fails the test."""
        is_export = with_file and self.file.exists()
        filed = [json.loads(line) for line in self.file.read_text().splitlines()] if is_export else []
        return Ledger(
            _ids(self.peek(self.dead.url)),
            _ids(self.peek(self.dead.dead_url)),
            frozenset(json.loads(letter["body"])["id"] for letter in filed),
        )

    def peek(self, url: str) -> list[str]:
        """Return the bodies of all messages, in flight too, without receiving them."""
        aws = self.dead.aws
        with closing(http.client.HTTPConnection(aws.endpoint_url.removeprefix("http://"), timeout=30)) as connection:
            headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={aws.access_key_id}/"}
            connection.request("GET", f"/_ministack/sqs/messages?QueueUrl={quote(url, safe='')}", headers=headers)
            found = json.loads(connection.getresponse().read())["messages"]
        return [message["Body"] for region in found[aws.account_id].values() for message in region.get(url, [])]


def _ids(bodies: Sequence[str]) -> list[int]:
    return [json.loads(body)["id"] for body in bodies]


@pytest.fixture(scope="module")
def proxy(aws: LocalAws) -> Iterator[FaultProxy]:
    with FaultProxy(aws.endpoint_url) as running:
        yield running


@pytest.fixture(scope="module")
def commands(aws: LocalAws, proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with Commands(tmp_path_factory.mktemp("commands"), proxy.url, aws.access_key_id, aws.region) as running:
        yield running


@pytest.fixture
def a_day(aws: LocalAws, proxy: FaultProxy, commands: Commands, name: str, tmp_path: Path) -> Callable[..., Day]:
    """Makes the test's day; its queues are `fifo` if asked for."""
    return lambda *, fifo=False: Day(consumer(aws, name, fifo=fifo), proxy, commands, tmp_path)


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
        for group in range(GROUPS):
            sent = [number for number in ledger.queue if number % GROUPS == group]
            left = [number for number in ledger.dead if number % GROUPS == group and number not in sent]
            assert sent + left == sorted(sent + left), (bad, "a message passed an earlier one of its group")
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


def many_kills(day: Day, command: str) -> Iterator[Ended]:
    """Run a command and kill it, again and again; and let it end once, to know how many calls it makes."""
    ended = day.run(command, Faults(0, 0.0))
    assert ended.code in (0, 1), ended.stderr  # 1: a FIFO queue has more than an export can read
    calls, at = day.proxy.calls, random.Random(command)
    assert calls > LETTERS / ENTRIES
    killed = 0
    while killed < KILLS:
        delay = at.choice([0.0, at.uniform(0, 0.02)])
        ended = day.run_killed(command, at.randint(1, calls), is_after=at.random() < 0.5, delay=delay)
        assert ended.code in (0, 1, SIGKILL), ended.stderr
        killed += ended.code == SIGKILL  # a delay can be longer than the command
        yield ended


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
    assert ended.code == 0, ended.stderr
    assert day.ledger(with_file=False).lost


def test_without_the_line_on_the_disk_the_ledger_reports_losses(day: Day) -> None:
    forgetful = {"consumers.operations.dead_letters.exporting:Export.write": "unconfirmed:forget"}
    ended = day.run("purge", Faults(0, 0.0), patch=forgetful)
    assert ended.code == 0, ended.stderr
    assert day.ledger().lost
