"""`consumers try` with real dead letters: it shows what a fix does, and touches neither queue."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from dead_letters import Dead, json_of, rejected
from deployed_consumers import failed
from error_texts import ErrorTexts
from trials import STRICT, Trials


@pytest.fixture
def trials(dead: Dead, tmp_path: Path) -> Trials:
    return Trials(dead, tmp_path)


@pytest.fixture
def ordered(fifo: Dead, tmp_path: Path) -> Trials:
    return Trials(fifo, tmp_path)


def hands(*numbers: int) -> list[str]:
    return [json.dumps({"n": number}) for number in numbers]


def test_a_fix_makes_38_of_41_pass_and_leaves_both_queues_as_they_were(trials: Trials) -> None:
    trials.dead.put(*hands(*range(38)), **rejected("KeyError: 'n' at handler.py:7"))
    (last,) = trials.dead.put(*hands(-5), **rejected("n must not be negative, got -5"))
    trials.dead.put(*hands(-1, -2), **rejected("KeyError: 'n' at handler.py:7"))
    trials.write(STRICT)
    before = trials.depths()
    result = trials.run()
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].endswith("  38 of 41 pass now, in 5 batches")
    assert f"{last}  n must not be negative, got <n>" in result.stdout
    assert "→ n must not be negative" in result.stdout
    assert trials.depths() == before == (0, 41, 0, 41)
