"""`consumers try` beside the deployed consumer: what it takes from that, and what it says of its code."""

import json
from typing import Any

import pytest

from deployed_consumers import run
from deployed_program import DeployedProgram
from trials import STRICT

FIXED = STRICT.replace("< 0", "< -1_000")
PAUSED = {"mapping": {"enabled": False}}
DIFFERENT = "The deployed function does not have the code that was tried"


@pytest.fixture
def strict(program: DeployedProgram, account: None) -> DeployedProgram:
    """A deployed consumer that takes no negative number, and three dead letters of it."""
    program.consume(STRICT, **PAUSED)
    for number in (1, -1, 2):
        program.sqs.send_message(QueueUrl=program.exports["dlq"], MessageBody=json.dumps({"n": number}))
    return program


def run_try(program: DeployedProgram, *options: str) -> Any:
    return run("try", program.name, "--project", str(program.folder), *options)


def test_where_the_tried_code_is_deployed_nothing_warns(strict: DeployedProgram) -> None:
    result = run_try(strict, "--redrive-passed", "--yes")
    assert DIFFERENT not in result.stderr
    assert (strict.depth("queue"), strict.depth("dlq")) == (2, 1)


def test_a_redrive_to_other_code_than_was_tried_says_so_before_the_question(strict: DeployedProgram) -> None:
    strict.write("function/handler.py", FIXED)
    result = run_try(strict, "--redrive-passed")
    assert "3 of 3 pass now" in result.stdout
    assert result.stderr.index(DIFFERENT) < result.stderr.index("Send 3 to")
    assert (strict.depth("queue"), strict.depth("dlq")) == (0, 3)
    result = run_try(strict, "--redrive-passed", "--yes")  # who says yes beforehand knows
    assert DIFFERENT in result.stderr
    assert (result.exit_code, strict.depth("queue"), strict.depth("dlq")) == (0, 3, 0)


def test_with_an_account_allowed_the_handler_has_the_outputs_of_the_deployed_function(
    program: DeployedProgram, account: None
) -> None:
    handler = """
        import os, boto3
        from sqs_batch import batch_handler

        @batch_handler
        def handle(record):
            boto3.client("sqs").send_message(QueueUrl=os.environ["TARGET"], MessageBody=record.body)
    """
    args = "{'source': 'function', 'environment': {'TARGET': other.url}, 'mapping': {'enabled': False}}"
    program.write("function/handler.py", handler)
    program.write_consumer(args, f"import pulumi_aws\nother = pulumi_aws.sqs.Queue('{program.name}-other')")
    program.deploy()
    (other,) = program.sqs.list_queues(QueueNamePrefix=f"{program.name}-other")["QueueUrls"]
    program.sqs.send_message(QueueUrl=program.exports["dlq"], MessageBody="letter")
    assert run_try(program).exit_code == 1
    result = run_try(program, "--allow-aws", "--yes")
    assert (result.exit_code, "1 of 1 pass now" in result.stdout) == (0, True)
    (message,) = program.sqs.receive_message(QueueUrl=other)["Messages"]
    assert message["Body"] == "letter"
    assert (program.depth("queue"), program.depth("dlq")) == (0, 1)
