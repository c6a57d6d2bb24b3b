"""The data of the screen of `consumers dev`: a failing or slow AWS is said, and what was known stays."""

import queue
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError  # pyright: ignore[reportMissingTypeStubs]

from consumers.dev import snapshots
from consumers.dev.snapshots import Poller, Row, Snapshot
from consumers.operations.details import Details
from consumers.operations.leases import Lease
from consumers.operations.status import Status

ROWS = [Row("hands", 1, 2, 3, 4, "Enabled")]


class Aws:
    endpoint_url = "http://127.0.0.1:4566"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the polls find, one after the other; the last one again and again."""
    found: list[Any] = []

    def read(self: Poller) -> list[Row]:
        answer = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Poller, "_read", read)
    monkeypatch.setattr(snapshots, "INTERVAL", 0.001)
    return found


@pytest.fixture
def seen(answers: list[Any]) -> Iterator["queue.Queue[Snapshot]"]:
    """Every snapshot of a poller."""
    found: queue.Queue[Snapshot] = queue.Queue()
    aws: Any = Aws()
    poller = Poller(aws, "dev", found.put)
    answers += [ROWS]
    poller.start()
    yield found
    poller.stop()


def next_with(seen: "queue.Queue[Snapshot]", problem: str) -> Snapshot:
    while (snapshot := seen.get(timeout=10)).problem != problem:
        pass
    return snapshot


REFUSED: dict[str, Any] = {"Error": {"Code": "Throttling", "Message": "slow down"}}


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (EndpointConnectionError(endpoint_url="x"), "The local AWS at http://127.0.0.1:4566 does not answer."),
        (ConnectionRefusedError(), "The local AWS at http://127.0.0.1:4566 does not answer."),
        (
            ClientError(REFUSED, "Get"),
            "An error occurred (Throttling) when calling the Get operation: slow down",
        ),
        (KeyError("State"), "KeyError: 'State'"),
    ],
    ids=["unreachable", "refused", "throttled", "unexpected"],
)
def test_what_was_known_stays_with_its_time_until_a_poll_works_again(
    answers: list[Any], seen: "queue.Queue[Snapshot]", error: Exception, problem: str
) -> None:
    before = next_with(seen, "")
    answers[:] = [error]
    failed = next_with(seen, problem)
    assert failed.rows == ROWS
    assert before.taken <= failed.taken
    later = next_with(seen, problem)
    assert later.taken == failed.taken
    answers[:] = [[]]
    assert next_with(seen, "").rows in ([], ROWS)


def test_after_it_is_stopped_no_snapshot_arrives(answers: list[Any]) -> None:
    found: queue.Queue[Snapshot] = queue.Queue()
    aws: Any = Aws()
    answers += [ROWS]
    poller = Poller(aws, "dev", found.put)
    poller.stop()
    poller.start()
    with pytest.raises(queue.Empty):
        found.get(timeout=0.1)


def status(mapping: str, function: str, pause: Lease | None = None) -> Status:
    parts: dict[str, Any] = {"name": "hands", "stack": "dev", "project": "test", "queue": None, "dead_letters": None}
    rest: dict[str, Any] = {"oldest_message_seconds": None, "last_result": "", "last_modified": "", "advice": []}
    return Status(**parts, **rest, mapping=mapping, function=function, **vars(Details(pause=pause)))


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (status("Enabled", "Active"), "Enabled"),
        (status("Enabled", "Inactive"), "Enabled"),
        (status("Disabled", "Active"), "Disabled"),
        (status("Disabled", "Active", Lease(0, 1, "jane")), "paused"),
        (status("gone", "gone"), "function gone"),
        (status("Enabled", "Failed"), "function Failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_state_is_the_mappings_unless_something_else_matters_more(found: Status, state: str) -> None:
    assert found.state == state
