"""A dead-letter queue that several consumers share: nobody redrives or purges the letters of another."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.local.emulator import LocalAws
from dead_letters import Dead, consumer, json_of
from on_local_aws import short


@pytest.fixture
def both(aws: LocalAws, name: str, dead: Dead) -> Iterator[tuple[Dead, Dead]]:
    other = consumer(aws, f"other-{short(name)}", dead_letter_queue=dead.dead_url)
    dead.put_dead("mine 1", "mine 2")
    other.put_dead("theirs", before=2)
    yield dead, other
    other.delete()


@pytest.mark.parametrize("selection", [["--all"], ["--older", "0.001s"]], ids=["all", "selection"])
def test_only_its_own_letters_go_back(both: tuple[Dead, Dead], selection: list[str]) -> None:
    mine, other = both
    result = mine.dlq("redrive", *selection, "--yes")
    assert result.exit_code == 0, result.output
    assert f"1 of {other.name} are not touched" in result.stderr
    assert sorted(mine.bodies()) == ["mine 1", "mine 2"]
    assert (other.visible(other.url), mine.visible(mine.dead_url)) == (0, 1)
    assert other.dlq("redrive", *selection, "--yes").exit_code == 0
    assert other.bodies() == ["theirs"]


def test_only_its_own_letters_are_purged_and_exported(both: tuple[Dead, Dead]) -> None:
    mine, _ = both
    assert json_of(mine.dlq("export", "mine.jsonl", "--all", "--json"))["done"] == 2
    assert mine.dlq("purge", "--all", "--yes", "--export", "purged.jsonl").exit_code == 0
    for file in ("mine.jsonl", "purged.jsonl"):
        assert sorted(json.loads(line)["body"] for line in Path(file).read_text().splitlines()) == ["mine 1", "mine 2"]
    assert mine.bodies(mine.dead_url) == ["theirs"]
