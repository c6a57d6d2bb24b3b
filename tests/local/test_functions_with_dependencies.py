"""Functions with dependencies on the local AWS, which runs them on this machine's Python."""

import json
import os
from pathlib import Path

import pytest

from deployed_program import DeployedProgram
from on_local_aws import lines_with, wait_until
from wheels import LAMBDA_X86, THIS_PYTHON, only_wheels_of, write_wheel

COMPILED = """
import logging, sys
import chips, felt, handler, sqs_batch
from sqs_batch import batch_handler

logging.getLogger().setLevel(logging.INFO)

def is_packaged(module):
    # Python would write bytecode with the source's time, which these four bytes tell apart.
    with open(module.__spec__.cached, "rb") as file:
        return file.read(8)[4:] == bytes([1, 0, 0, 0])

@batch_handler
def handle(record):
    modules = [module.__name__ for module in (chips, felt, handler, sqs_batch) if is_packaged(module)]
    logging.getLogger().info("did %s with the bytecode of %s", record.json, ", ".join(modules))
"""
HANDLER = """
import logging
import chips, felt, shared
from sqs_batch import batch_handler

logging.getLogger().setLevel(logging.INFO)

@batch_handler
def handle(record):
    logging.getLogger().info("did %s with %s, %s, %s", record.json, chips.built_for, felt.built_for, shared.WORD)
"""


@pytest.fixture(autouse=True)
def _dependencies(  # pyright: ignore[reportUnusedFunction]
    program: DeployedProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function requires a pure and a compiled package, and uv finds only these."""
    for variable, value in only_wheels_of(tmp_path).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE", raising=False)
    write_wheel(tmp_path / "wheels", "chips")
    for tag in (LAMBDA_X86, THIS_PYTHON):
        write_wheel(tmp_path / "wheels", "felt", tag=tag)
    program.write("function/requirements.txt", "chips==1.0\nfelt==1.0\n")


def test_a_function_with_a_pure_and_a_compiled_dependency_and_shared_code_handles_a_message(
    program: DeployedProgram,
) -> None:
    program.write("lib/shared.py", "WORD = 'shared code'\n")
    program.consume(HANDLER, include=["lib/shared.py"])
    program.send(json.dumps("a hand"))
    found = wait_until(lambda: lines_with(program.aws, program.exports["logs"], "did "))
    assert found == [f"a hand with py3-none-any, {THIS_PYTHON}, shared code"]
    assert "QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE" not in os.environ


def test_a_function_packaged_with_bytecode_runs_it(program: DeployedProgram) -> None:
    program.consume(COMPILED, function={"bytecode": True})
    program.send(json.dumps("a hand"))
    found = wait_until(lambda: lines_with(program.aws, program.exports["logs"], "did "))
    assert found == ["a hand with the bytecode of chips, felt, handler, sqs_batch"]
