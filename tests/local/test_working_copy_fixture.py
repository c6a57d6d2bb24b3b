"""The fixture `working_copy`: handlers of the program, run in tests of its users."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from consumers.testing import record
from error_texts import ErrorTexts
from saved_test_project import HANDLERS, SavedTestProject, without_plugins

OPTIONS = ("-p", "no:cacheprovider", "-p", "consumers.testing.plugin", "--tb=short", "-vv")


def pytest_output(folder: Path, test: str, **variables: str) -> str:
    """Run a test in a project, and return what pytest prints."""
    (folder / "test_handlers.py").write_text(dedent(test))
    command = [sys.executable, "-m", "pytest", *OPTIONS, "test_handlers.py"]
    environment = without_plugins() | variables
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


MISTAKES = {
    "unknown consumer": 'working_copy("eech")',
    "unknown stack": 'working_copy("each", stack="a b")',
    "missing file": 'working_copy("each").failures("missing.json")',
    "no JSON": 'working_copy("each").failures("Pulumi.yaml")',
}


def test_a_mistake_is_one_clear_line(tmp_path: Path, error_text: ErrorTexts) -> None:
    SavedTestProject(tmp_path).write({"each": HANDLERS["each"]})
    tests = (f"def test_{n}(working_copy):\n    {call}\n" for n, call in enumerate(MISTAKES.values()))
    output = pytest_output(tmp_path, "".join(tests))
    errors = [line.removeprefix("E   ") for line in output.splitlines() if line.startswith("E   ")]
    assert len(errors) == len(MISTAKES)
    assert "working_copies.py" not in output
    error_text("\n".join(errors).replace(str(tmp_path), "FOLDER"))


def test_a_test_outside_of_a_program_says_so(tmp_path: Path) -> None:
    output = pytest_output(tmp_path, 'def test_it(working_copy):\n    working_copy("each")\n')
    assert f"there is no Pulumi.yaml in {tmp_path} or above it" in output


def test_a_batch_fails_in_part_and_each_run_is_a_new_process(tmp_path: Path) -> None:
    handler = """
        from sqs_batch import Record, batch_handler
        seen = []

        @batch_handler
        def handle(record: Record) -> None:
            seen.append(record.message_attributes["raw"]["binaryValue"])
            if len(seen) == 2:
                raise ValueError(f"second {seen[1]}")
    """
    SavedTestProject(tmp_path).write({"each": handler})
    test = """
        from consumers.testing import WorkingCopies, event, record

        def test_it(working_copy: WorkingCopies) -> None:
            batch = event(*(record(message_id=id, message_attributes={"raw": b"x"}) for id in ("a", "b")))
            assert working_copy("each").failures(batch) == {"b": "second eA=="}
            assert working_copy("each").failures(batch) == {"b": "second eA=="}
    """
    assert "1 passed" in pytest_output(tmp_path, test)


CALLS_AWS = """
    import os
    import boto3

    def handle(event, context):
        table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
        for record in event["Records"]:
            table.put_item(Item={"id": record["messageId"]})
"""
PROGRAM = """
    import pulumi
    from pulumi_aws import dynamodb
    from components import QueueConsumer

    key = {"name": "id", "type": "S"}
    table = dynamodb.Table("hands", billing_mode="PAY_PER_REQUEST", hash_key="id", attributes=[key])
    QueueConsumer("each", {"source": "each", "timeout": 30, "environment": {"TABLE": table.name}})
    pulumi.export("table", table.name)
"""


def test_a_handler_calls_the_local_aws_with_the_names_that_are_deployed_there(tmp_path: Path) -> None:
    SavedTestProject(tmp_path).write({"each": CALLS_AWS})
    (tmp_path / "__main__.py").write_text(dedent(PROGRAM))
    test = """
        from pathlib import Path
        from consumers.testing import deploy, event, record

        def test_it(working_copy, local_aws):
            exports = deploy(Path(__file__).parent, local_aws, stack="dev").exports
            batch = event(record(message_id="m-1"))
            assert working_copy("each", aws=local_aws).failures(batch) == {}
            items = local_aws.client("dynamodb").scan(TableName=exports["table"])["Items"]
            assert items == [{"id": {"S": "m-1"}}]
    """
    assert "1 passed" in pytest_output(tmp_path, test)


def test_without_the_local_aws_a_call_fails_and_the_reason_says_what_to_do(
    tmp_path: Path, error_text: ErrorTexts
) -> None:
    SavedTestProject(tmp_path).write({"each": CALLS_AWS})
    (tmp_path / "__main__.py").write_text(dedent(PROGRAM))
    test = f"""
        def test_it(working_copy):
            failures = working_copy("each").failures({{"Records": [{record(message_id="m-1")!r}]}})
            raise AssertionError(failures["m-1"])
    """
    secrets = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    output = pytest_output(tmp_path, test, **secrets)
    error_text(next(line for line in output.splitlines() if line.startswith("E ")))
