"""`consumers dlq redrive` with real messages: what is selected goes back, and nothing else changes."""

import os
from pathlib import Path

import pytest

from consumers.local.emulator import LocalAws
from dead_letters import Dead, bodies_of, consumer, rejected
from deployed_consumers import environment
from on_local_aws import short

MIB = 1_048_576


@pytest.fixture(autouse=True)
def _hermetic(aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in [variable for variable in os.environ if variable.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    for variable, value in environment(aws).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def dead(aws: LocalAws, name: str) -> Dead:
    return consumer(aws, short(name))


@pytest.fixture
def fifo(aws: LocalAws, name: str) -> Dead:
    return consumer(aws, short(name), fifo=True)


def test_the_selected_letters_go_back_and_the_others_stay_visible(dead: Dead) -> None:
    dead.put('{"n": 1}', '{"n": 2}', **rejected("bad card"))
    dead.put('{"n": 3}', **rejected("no table"))
    result = dead.dlq("redrive", "--reason", "bad card", "--yes")
    assert result.exit_code == 0, result.output
    assert sorted(dead.bodies()) == ['{"n": 1}', '{"n": 2}']
    assert (dead.visible(dead.dead_url), dead.bodies(dead.dead_url)) == (1, ['{"n": 3}'])


def test_fifo_order(fifo: Dead) -> None:
    for n in range(25):
        for group in "abc":
            fifo.put(f"{group}{n}", MessageGroupId=group)
    result = fifo.dlq("redrive", "--where", "x", "--yes")
    assert "no such dead letter" in result.output
    result = fifo.dlq("redrive", "--older", "0s", "--yes")
    assert result.exit_code == 0, result.output
    print(result.output)
    messages = fifo.messages()
    for group in "abc":
        assert bodies_of(messages, group) == [f"{group}{n}" for n in range(25)]
