"""Keeps what the page shows up to date, in a thread of its own."""

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.local import dead_letters
from consumers.local.emulator import LocalAws
from consumers.operations import alarms, discovery, status
from consumers.operations.alarms import Alarm
from consumers.operations.discovery import Consumer
from consumers.operations.status import Status
from consumers.ui.aws_site import Site
from consumers.ui.letters import Letterbox
from consumers.ui.measuring import CloudWatch, Key, Measuring, Sampling, key_of
from consumers.ui.series import Points

LOCAL_INTERVAL, AWS_INTERVAL = 2.0, 15.0
"""Seconds between two polls; more where a poll takes long."""
LOOKED = 60.0
"""Seconds after a request for which AWS is still asked: its calls cost a little. An open page asks all the time."""
REREAD = 3.0
"""Seconds after which changed dead letters of the local AWS are read again at the earliest."""


@dataclass
class Row:
    """One consumer, as it was at the newest look."""

    consumer: Consumer
    status: Status
    measuring: Measuring
    alarms: Sequence[Alarm]
    letters: Letterbox

    @property
    def key(self) -> Key:
        return key_of(self.consumer)

    @property
    def path(self) -> str:
        """The address of its page. None of these names has a character that an address must escape."""
        return f"/consumers/{'/'.join(self.key)}"

    def points(self, name: str) -> Points:
        """Return a series of the last hour: see `series.NAMES`."""
        return self.measuring.points(self.consumer, name)

    @property
    def firing(self) -> list[Alarm]:
        return [alarm for alarm in self.alarms if alarm.state == "ALARM"]


@dataclass(frozen=True)
class View:
    """All consumers, as they were at a time."""

    rows: Sequence[Row] = ()
    taken: float | None = None
    """In seconds since 1970; None before the first look."""
    problem: str = ""
    """Why there is no newer one."""

    def find(self, key: Key) -> Row | None:
        return next((row for row in self.rows if row.key == key), None)


@dataclass
class Watch:
    """Looks at all consumers from `start` to `stop`."""

    site: Site
    view: View = field(default_factory=View)
    version: int = 0
    """Grows when anything that a page shows has changed."""
    _letters: dict[Key, Letterbox] = field(default_factory=dict[Key, Letterbox])
    _known: dict[Key, tuple[frozenset[str], float]] = field(default_factory=dict[Key, tuple[frozenset[str], float]])
    """The ids of a consumer's dead letters on the local AWS, and when they were read."""
    _wake: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _looked: float = float("-inf")
    _started: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        is_local = self.site.local is not None
        self.measuring: Measuring = (Sampling if is_local else CloudWatch)(self.site.client)

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name="watch").start()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()

    def looked(self) -> None:
        """Note that somebody looks at a page."""
        is_new = time.monotonic() - self._looked > LOOKED
        self._looked = time.monotonic()
        if is_new:
            self._wake.set()

    def hurry(self) -> None:
        """Look again at once, because something has changed."""
        self._wake.set()

    def wait_for_first(self, seconds: float) -> None:
        """Wait until there is something to show."""
        self._started.wait(seconds)

    def changed(self) -> None:
        """Tell open pages that there is something new."""
        self.version += 1

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            began = time.monotonic()
            if self._is_watched(began):
                self._look()
            took = time.monotonic() - began
            self._wake.wait(max(LOCAL_INTERVAL if self.site.local else AWS_INTERVAL, 2 * took))

    def _is_watched(self, now: float) -> bool:
        """Whether to look: on the local AWS from the first request on, so that there is an hour of figures."""
        if self.site.local:
            return self._looked > float("-inf")
        return now - self._looked <= LOOKED

    def _look(self) -> None:
        try:
            self.view = View(self._rows(), time.time())
        except (BotoCoreError, ClientError, OSError, discovery.DiscoveryError) as error:
            self.view = View(self.view.rows, self.view.taken, str(error))
        except Exception as error:  # the page goes on, and says what is wrong
            self.view = View(self.view.rows, self.view.taken, f"{type(error).__name__}: {error}")
        self._started.set()
        self.changed()

    def _rows(self) -> list[Row]:
        client = self.site.client
        consumers = discovery.find(client, stack=self.site.stack)
        pairs = list(zip(consumers, status.read(client, consumers, is_local=self.site.local is not None), strict=True))
        self.measuring.note(pairs)
        self._forget(set(self._letters) - set(map(key_of, consumers)))
        by_resource = alarms.of_consumers(client("cloudwatch"), consumers)
        return [self._row(consumer, one, alarms.of(by_resource, consumer)) for consumer, one in pairs]

    def _forget(self, gone: Collection[Key]) -> None:
        for key in gone:
            del self._letters[key]
            self._known.pop(key, None)

    def _row(self, consumer: Consumer, found: Status, own: Sequence[Alarm]) -> Row:
        key = key_of(consumer)
        letters = self._letters.get(key) or self._letters.setdefault(key, Letterbox(self.site))
        if self.site.local:
            self._read_again(consumer, self.site.local, found.dead_letters or 0, letters)
        return Row(consumer, found, self.measuring, own, letters)

    def _read_again(self, consumer: Consumer, local: LocalAws, count: int, letters: Letterbox) -> None:
        """Read the letters of the local AWS whenever they change: there, looking leaves no trace."""
        url = consumer.dead_letter_queue_url
        known, when = self._known.get(key_of(consumer), (frozenset[str](), 0.0))
        is_same = not letters.problem and count == len(known) and count > dead_letters.MOST_COMPARED
        if url is None or is_same or time.monotonic() - when < REREAD:
            return
        found = dead_letters.ids(local, url) if count else frozenset[str]()
        if found != known or letters.problem:
            self._known[key_of(consumer)] = (found, time.monotonic())
            letters.read(consumer, self.changed)
