"""What the page of `consumers ui` keeps of consumers that come and go, and what it does after an error."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from consumers.operations.discovery import Consumer
from consumers.operations.queues import Depth
from consumers.operations.status import Status, assess
from consumers.ui import letters, watch
from consumers.ui.aws_site import Site
from consumers.ui.program import Program
from consumers.ui.watch import Watch


class Shop:
    """A local AWS with the consumers in `names`. Each has one dead letter."""

    def __init__(self) -> None:
        self.names = ["orders"]
        self.readings: list[str] = []
        self.problem = ""

    def find(self, client: object, stack: str | None) -> list[Consumer]:
        return [Consumer(name, "dev", "shop", dead_letter_queue_url=f"http://{name}") for name in self.names]

    def status(self, client: object, consumers: Sequence[Consumer], *, is_local: bool) -> list[Status]:
        return [assess(consumer, None, Depth(1, 0, 0)) for consumer in consumers]

    def read(self, site: Site, consumer: Consumer) -> Iterator[list[Any]]:
        self.readings.append(consumer.name)
        if self.problem:
            raise OSError(self.problem)
        yield []


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop()
    monkeypatch.setattr(watch.discovery, "find", shop.find)
    monkeypatch.setattr(watch.status, "read", shop.status)
    monkeypatch.setattr(watch.alarms, "of_consumers", Mock(return_value={}))
    monkeypatch.setattr(watch.dead_letters, "ids", Mock(return_value=frozenset("a")))
    monkeypatch.setattr(watch, "Sampling", Mock())
    monkeypatch.setattr(watch, "REREAD", 0.0)
    monkeypatch.setattr(letters, "read", shop.read)
    return shop


def look(watching: Watch) -> None:
    """Look once, and wait until the letters are read."""
    watching._look()  # pyright: ignore[reportPrivateUsage]
    assert watching.view.problem == ""
    for thread in [one for one in threading.enumerate() if one.name == "letters"]:
        thread.join(60)


def watching() -> Watch:
    local: Any = object()
    return Watch(Site("", lambda service: None, (), Path(), local=local))


def test_letters_stay_from_look_to_look_and_go_with_their_consumer(shop: Shop) -> None:
    watched = watching()
    shop.names = ["orders", "hands"]
    look(watched)
    first = {row.consumer.name: row.letters for row in watched.view.rows}
    shop.names = ["orders"]
    look(watched)
    assert [row.letters for row in watched.view.rows] == [first["orders"]]
    shop.names = ["orders", "hands"]
    look(watched)
    assert watched.view.rows[1].letters is not first["hands"]
    assert shop.readings.count("hands") == 2


def test_letters_that_could_not_be_read_are_read_again_at_the_next_look(shop: Shop) -> None:
    watched, shop.problem = watching(), "the network is gone"
    look(watched)
    (row,) = watched.view.rows
    assert row.letters.problem == "the network is gone"
    shop.problem = ""
    look(watched)
    look(watched)
    assert (row.letters.problem, shop.readings) == ("", ["orders"] * 2)


def test_a_program_whose_evaluation_makes_no_sense_is_a_problem_and_not_evaluated_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Program, "_run", Mock(return_value=[{"no": "findings"}]))
    ended = threading.Event()
    program = Program(tmp_path, ended.set)
    program.evaluated("dev")
    assert ended.wait(60)
    found = program.evaluated("dev")
    assert found
    assert found.problem == "The program cannot be evaluated: KeyError: 'findings'"
