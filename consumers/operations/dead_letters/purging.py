"""Deletes chosen dead letters, after they are written to a file."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from consumers.operations.dead_letters.confirming import Deleting, delete
from consumers.operations.dead_letters.holding import ENTRIES, LANES, Hold
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.redriving import LOST, Outcome

Keep = Callable[[Sequence[Explained]], None]
"""Writes letters to a safe place, or raises OSError."""


def purge(
    sqs: Any,
    url: str,
    hold: Hold,
    letters: Iterable[Sequence[Explained]],
    keep: Keep,
    *,
    stop: threading.Event,
    on_progress: Callable[[int], None] = lambda done: None,
) -> Outcome:
    """Delete the letters of each list after `keep` has them; after `stop` is set, no further list."""
    outcome = Outcome()
    with ThreadPoolExecutor(LANES) as pool:
        for found in letters:
            if stop.is_set():
                break
            held = {letter.id for letter in hold.still_held([one.letter for one in found])}
            outcome.failed |= {one.letter.id: LOST for one in found if one.letter.id not in held}
            mine = [one for one in found if one.letter.id in held]
            try:
                keep(mine)
            except OSError as error:
                outcome.refusal = error
                break
            _delete(pool, partial(delete, sqs, url, hold), mine, outcome)
            on_progress(len(found))
            if outcome.refusal:
                break
    return outcome


def _delete(
    pool: ThreadPoolExecutor, delete_some: Callable[..., Deleting], found: Sequence[Explained], outcome: Outcome
) -> None:
    letters = [one.letter for one in found]
    batches = [letters[start : start + ENTRIES] for start in range(0, len(letters), ENTRIES)]
    deletings = list(pool.map(delete_some, batches))
    failed = {each: why for deleting in deletings for each, why in deleting.failures.items()}
    outcome.refusal = next((deleting.refusal for deleting in deletings if deleting.refusal), None)
    outcome.failed |= {each: f"the deletion is not confirmed: {why}" for each, why in failed.items()}
    outcome.done += len(letters) - len(failed)
