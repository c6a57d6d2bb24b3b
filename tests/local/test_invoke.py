"""`consumers invoke` with dead letters of the local AWS: one batch, and they stay where they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from dead_letters import Dead, rejected
from deployed_consumers import run
from trials import STRICT, Trials


@pytest.fixture
def trials(dead: Dead, tmp_path: Path) -> Trials:
    return Trials(dead, tmp_path)


def invoke(trials: Trials, *options: str) -> Any:
    return run("invoke", trials.dead.name, *options, "--project", str(trials.folder))


def test_selected_dead_letters_are_one_batch_as_after_a_redrive_and_stay_visible(trials: Trials) -> None:
    (bad,) = trials.dead.put('{"n": -1}', **rejected("n must not be negative, got -1"))
    (good,) = trials.dead.put('{"n": 1}', **rejected("KeyError: 'n' at handler.py:7"))
    trials.write(STRICT)
    before = trials.depths()
    result = invoke(trials, "--json")
    assert result.exit_code == 1
    found = {one["id"]: (one["outcome"], one["reason"]) for one in json.loads(result.stdout)["messages"]}
    assert found == {bad: ("retried", "n must not be negative, got -1"), good: ("handled", "")}
    chosen = invoke(trials, "--reason", "KeyError", "--json")
    assert chosen.exit_code == 0
    assert [one["id"] for one in json.loads(chosen.stdout)["messages"]] == [good]
    assert trials.depths() == before == (0, 2, 0, 2)


def test_of_many_dead_letters_only_the_first_batch_is_invoked(trials: Trials) -> None:
    trials.dead.put(*[json.dumps({"n": number}) for number in range(5)])
    trials.write(STRICT, batch_size=3)
    result = invoke(trials, "--json")
    assert len(json.loads(result.stdout)["messages"]) == 3
    assert f"There are more messages in {trials.dead.name}-dlq: this is the first batch, with batch_size=3." in (
        result.stderr
    )
    assert trials.depths() == (0, 5, 0, 5)


def test_with_allow_aws_the_handler_calls_the_account(trials: Trials) -> None:
    trials.dead.put('{"n": 1}')
    trials.write("""
        import boto3

        def handle(event, context):
            return {"queues": len(boto3.client("sqs").list_queues()["QueueUrls"])}
    """)
    withheld = invoke(trials, "--json")
    assert json.loads(withheld.stdout)["error"].startswith("NoCredentialsError")
    allowed = invoke(trials, "--json", "--allow-aws", "--yes")
    assert json.loads(allowed.stdout)["reply"]["queues"] >= 2
    assert allowed.exit_code == 0


def test_without_dead_letters_it_says_so(trials: Trials) -> None:
    trials.write(STRICT)
    result = invoke(trials)
    assert result.exit_code == 0
    assert f"There is no such message in {trials.dead.name}-dlq." in result.stderr
