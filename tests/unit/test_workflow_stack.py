"""What the example's workflow adds to the stack."""

from pulumi_run import run
from workflow import Workflow


def test_the_topic_is_encrypted_and_the_ledger_can_be_restored() -> None:
    result = run(lambda: Workflow({}, {}, 500) and None)
    assert result.error is None
    assert result.resources["big-pots-topic"].inputs["kmsMasterKeyId"] == "alias/aws/sns"
    assert result.resources["ledger"].inputs["pointInTimeRecovery"] == {"enabled": True}
