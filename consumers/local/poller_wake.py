"""When ministack's poller looks for messages again after it has found none: it takes the place of ministack's event.

The event is set by each message to any queue, and by each batch that ends. After one that led to nothing, ministack's
poller sleeps for 50 ms, so that messages to other queues do not keep it busy. But a queue's batches may all be in
flight then: while other queues get messages, a FIFO queue with batches of 10 ms handled 160 messages a second instead
of 400. Here the end of a batch ends that pause.
"""

from threading import Event

POLL_INTERVAL = 0.1
"""Seconds. Nothing sets the event for messages that become visible again, or are due in their dead-letter queue.
ministack looks for them once a second."""

PAUSE = 0.05
"""Seconds, as in ministack: how long messages have no effect after one that led to nothing."""


class PollerWake:
    """What one thread, the poller, waits for."""

    def __init__(self, work: Event) -> None:
        """Wake up at `work` too, which ministack's services set for each message."""
        self._work, self._batch_ended = work, Event()
        self._rounds, self._was_message = 0, False

    def set(self) -> None:
        """Note the end of a batch."""
        self._batch_ended.set()
        self._work.set()

    def clear(self) -> None:
        """Begin a round: the poller looks at each mapping's queue."""
        self._batch_ended.clear()
        self._work.clear()
        self._rounds += 1

    def wait(self, seconds: float) -> bool:
        """Wait after a round that found nothing, for a shorter time than ministack. For True, ministack would sleep."""
        led_to_nothing = self._was_message and self._rounds == 1
        if not (led_to_nothing and self._batch_ended.wait(PAUSE)):
            self._work.wait(min(seconds, POLL_INTERVAL))
        self._was_message = self._work.is_set() and not self._batch_ended.is_set()
        self._rounds = 0
        return False
