"""A consumer with dead letters behind the fault proxy, and a ledger of where each letter is."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from consumers.operations.dead_letters.holding import ENTRIES
from dead_letters import Dead
from fault_proxy import FaultProxy, Faults, Trigger
from forked_commands import Commands, Ended, kill

LETTERS = 60
GROUPS = 7


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
    def unordered_groups(self) -> set[int]:
        """Groups in which a message passed an earlier one: it is in the queue before it, or without it."""
        groups = [(group, _of_group(self.queue, group), _of_group(self.dead, group)) for group in range(GROUPS)]
        ways = {group: sent + [number for number in left if number not in sent] for group, sent, left in groups}
        return {group for group, way in ways.items() if way != sorted(way)}

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

    def run_killed(self, name: str, trigger: Callable[[Callable[[], None]], Trigger], patch: Any) -> Ended:
        """Run a command; `trigger` gets what kills it."""
        self.begin()
        process_id, is_started, is_over = 0, threading.Event(), threading.Lock()

        def end() -> None:
            assert is_started.wait(30)
            if is_over.acquire(blocking=False):
                kill(process_id)

        self.proxy.begin(trigger=trigger(end))
        process_id = self.commands.start(*self.command(name), patch=patch)
        is_started.set()
        ended = self.commands.wait()
        is_over.acquire(blocking=False)
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


def _of_group(ids: Sequence[int], group: int) -> list[int]:
    return [number for number in ids if number % GROUPS == group]


def _ids(bodies: Sequence[str]) -> list[int]:
    return [json.loads(body)["id"] for body in bodies]
