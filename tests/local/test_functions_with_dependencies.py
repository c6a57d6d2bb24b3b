"""Functions with dependencies on the local AWS, which runs them on this machine's Python."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from consumers.evaluate.program import Deployment
from consumers.local.emulator import LocalAws
from consumers.operations import queues
from on_local_aws import lines_with, short, wait_until
from wheels import LAMBDA_X86, THIS_PYTHON, only_wheels_of, write_wheel

HANDLER = """
import logging
import chips, felt, shared
from sqs_batch import batch_handler

logging.getLogger().setLevel(logging.INFO)

@batch_handler
def handle(record):
    logging.getLogger().info("did %s with %s, %s, %s", record.json, chips.built_for, felt.built_for, shared.WORD)
"""
PROGRAM = """
import pulumi
from components import QueueConsumer

made = QueueConsumer({name!r}, {{"source": "function", "include": ["lib/shared.py"], "timeout": 10}})
for output in ("queue_url", "log_group_name"):
    pulumi.export(output, getattr(made, output))
"""


def test_a_function_with_a_pure_and_a_compiled_dependency_and_shared_code_handles_a_message(
    aws: LocalAws, deployed: Callable[..., Deployment], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in only_wheels_of(tmp_path).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE", raising=False)
    write_wheel(tmp_path / "wheels", "chips")
    for tag in (LAMBDA_X86, THIS_PYTHON):
        write_wheel(tmp_path / "wheels", "felt", tag=tag)
    for path, text in {
        "function/requirements.txt": "chips==1.0\nfelt==1.0\n",
        "lib/shared.py": "WORD = 'shared code'\n",
    }.items():
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text)
    exports = deployed(PROGRAM.format(name=short(name)), HANDLER).exports
    queues.send(aws.client("sqs"), exports["queue_url"], [json.dumps("a hand")])
    wait_until(lambda: lines_with(aws, exports["log_group_name"], "did "))
    expected = f"a hand with py3-none-any, {THIS_PYTHON}, shared code"
    assert lines_with(aws, exports["log_group_name"], "did ") == [expected]
    assert "QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE" not in os.environ
