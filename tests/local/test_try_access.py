"""Which AWS the handler calls in `consumers try`: none, the local one, or an account after a yes."""

from pathlib import Path

import pytest

from consumers.local import background
from consumers.local.emulator import LocalAws
from dead_letters import rejected
from deployed_consumers import failed
from trials import Trials, hands

EFFECT = """
import boto3, os
from sqs_batch import batch_handler

@batch_handler
def handle(record):
    boto3.client("sqs").send_message(QueueUrl=os.environ["TARGET"], MessageBody=record.body)
"""


def use_as_local(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the local AWS of every project."""

    def find(project: Path) -> LocalAws:
        return aws

    monkeypatch.setattr(background, "find", find)


def test_a_call_of_aws_fails_and_the_reason_is_explained(trials: Trials) -> None:
    trials.dead.put(*hands(1), **rejected("it was bad"))
    trials.write(EFFECT, environment={"TARGET": trials.dead.url})
    result = trials.run()
    assert "→ NoCredentialsError: Unable to locate credentials" in result.stdout
    assert "1 fail because AWS is withheld from the handler." in result.stderr
    assert trials.dead.depth(trials.dead.url) == 0


def test_on_a_local_aws_the_handler_calls_that_one(
    trials: Trials, aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials.dead.put(*hands(1), **rejected("it was bad"))
    trials.write(EFFECT, environment={"TARGET": trials.dead.url})
    use_as_local(aws, monkeypatch)
    result = trials.run(region=None)
    assert "The handler calls the local AWS, us-east-1" in result.stderr
    assert (result.exit_code, trials.dead.bodies()) == (0, hands(1))


def test_letters_of_an_account_never_have_effects_on_the_local_aws(
    trials: Trials, aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials.dead.put(*hands(1))
    trials.write(EFFECT, environment={"TARGET": trials.dead.url})
    use_as_local(aws, monkeypatch)
    result = trials.run()
    assert "The handler calls no AWS" in result.stderr
    assert (result.exit_code, trials.dead.depth(trials.dead.url)) == (1, 0)


def test_an_account_is_called_only_after_a_yes_and_it_says_as_who(trials: Trials) -> None:
    trials.dead.put(*hands(1))
    trials.write(EFFECT, environment={"TARGET": trials.dead.url})
    result = trials.run("--allow-aws")
    assert "Without a terminal, pass --yes." in failed(result)
    assert trials.dead.depth(trials.dead.url) == 0
    result = trials.run("--allow-aws", stdin="y\n")
    assert "The handler calls AWS account 000000000000, us-east-1, for real, as arn:aws:" in result.stderr
    assert (result.exit_code, trials.dead.bodies()) == (0, hands(1))
