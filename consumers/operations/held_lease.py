"""Keeps a consumer paused as long as this process lives: under a short lease that it renews.

Tags have no compare-and-set. So a holder reads its lease back after a while: of two that write at the same moment,
only the later one finds its own.
"""

import secrets
import threading
import time
from dataclasses import replace
from types import TracebackType

from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations import pausing
from consumers.operations.discovery import Client, Consumer
from consumers.operations.leases import TAG, Lease, read_lease
from consumers.operations.pausing import PauseError, Wait

SECONDS = 300.0
"""How long the lease lasts without a renewal."""
RENEWAL = 60.0  # seconds between two renewals
RETRY = 5.0  # seconds after a renewal that failed
LONGEST_WRITE = 5.0  # seconds from looking for the lease of somebody else to having written our own
SETTLE = 5.0  # seconds between writing the lease and reading it back; at least LONGEST_WRITE
RESUME = 120.0
"""Seconds that Lambda gets at the end to enable the mapping. It can take a minute."""

RESUMED = "Somebody else has resumed it."


class HeldLease:
    """A consumer that is paused until the end of the context, unless somebody else ends the pause."""

    def __init__(self, client: Client, consumer: Consumer, by: str, wait: Wait, *, once: Client | None = None) -> None:
        """Prepare it. `wait` is for the mapping. The clients of `once` do not retry: a renewal must not hang."""
        self._client, self._consumer, self._wait = client, consumer, wait
        self._once = once or client
        self._lease = _lasting(Lease(time.time(), 0, by, f"attach {secrets.token_hex(4)}"))
        self._lost = ""
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_left, daemon=True)

    @property
    def problem(self) -> str:
        """Why the consumer is no longer ours, or may not be; empty while it is."""
        if not self._lost and self._lease.is_over:
            return f"The lease could not be renewed before its end: {self._lease}."
        return self._lost

    def __enter__(self) -> "HeldLease":
        """Pause the consumer, and wait until its mapping is Disabled.

        Raises:
            PauseError: it cannot be paused, or somebody else paused it at the same moment.
        """
        start = time.monotonic()
        pausing.pause(self._client, self._consumer, self._lease, self._wait)
        try:
            self._confirm(time.monotonic() - start)
        except Exception as error:
            self._resume(error)
            raise
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the pause if it is still ours. After a second Ctrl-C the lease runs out by itself."""
        self._left.set()
        if kind is None or issubclass(kind, Exception):
            self._thread.join()
            self._resume(error)

    def _confirm(self, seconds: float) -> None:
        """Make sure that the lease is ours; `seconds` is the time from looking for another one to having written it."""
        name = self._consumer.name
        _settle()
        held = read_lease(self._client, self._consumer)
        if not self._is_ours(held):
            by = f"paused {name} at the same moment, {held}" if held else f"resumed {name} meanwhile"
            raise PauseError(f"Somebody else {by}. Ask them, or try again.")
        if seconds > LONGEST_WRITE:  # another one can have confirmed its own lease, which ours replaced
            raise PauseError(f"Pausing {name} took {seconds:.0f} s, in which others may have paused it too: try again.")
        pausing.wait_for_state(self._client, self._consumer, "Disabled", self._wait)

    def _renew_until_left(self) -> None:
        pause = RENEWAL
        while not self._left.wait(pause) and not self.problem:
            try:
                self._renew()
                pause = RENEWAL
            except (BotoCoreError, ClientError):  # such as a lost connection; `problem` says when it is too late
                pause = RETRY

    def _renew(self) -> None:
        held = read_lease(self._once, self._consumer)
        if not self._is_ours(held):
            self._lost = f"Somebody else has paused it, {held}." if held else RESUMED
            return
        new = _lasting(self._lease)
        self._once("lambda").tag_resource(Resource=self._consumer.function_arn, Tags={TAG: new.tag})
        # After the tag: `resume` enables the mapping, and then removes the tag, which may have been just before.
        if pausing.states(self._once, self._consumer) & {"Enabled", "Enabling"}:
            self._lost = RESUMED
            self._once("lambda").untag_resource(Resource=self._consumer.function_arn, TagKeys=[TAG])
        self._lease = new

    def _is_ours(self, held: Lease | None) -> bool:
        return held is not None and (held.by, held.why) == (self._lease.by, self._lease.why)

    def _resume(self, error: BaseException | None) -> None:
        """End the pause if it is ours. `error` is why the context ends, which a second error must not hide."""
        if self._lost:
            return
        try:
            if self._is_ours(read_lease(self._client, self._consumer)):
                pausing.resume(self._client, self._consumer, Wait(RESUME, self._wait.tell, self._wait.warn))
        except (BotoCoreError, ClientError, PauseError) as second:
            both = f"{second} {error}" if error else str(second)
            name = self._consumer.name
            raise PauseError(f"{name} may still be paused: `consumers resume {name}` ends that. {both}") from None


def _settle() -> None:
    time.sleep(SETTLE)


def _lasting(lease: Lease) -> Lease:
    """Return the lease from now on, as everybody else will read it."""
    return Lease.read(replace(lease, until=time.time() + SECONDS).tag) or lease
