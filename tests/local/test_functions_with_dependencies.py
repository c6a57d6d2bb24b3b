"""Functions with dependencies on the local AWS, which runs them on this machine's Python."""

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from consumers.cli import main
from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations import logs, queues
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
for output in ("queue_url", "log_group_name", "mapping_id"):
    pulumi.export(output, getattr(made, output))
"""


@pytest.fixture
def project(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program with a consumer that needs a pure package, a compiled one, and code that it shares."""
    for variable, value in only_wheels_of(tmp_path).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE", raising=False)
    write_wheel(tmp_path / "wheels", "chips")
    for tag in (LAMBDA_X86, THIS_PYTHON):
        write_wheel(tmp_path / "wheels", "felt", tag=tag)
    files = {
        "Pulumi.yaml": "name: test\nruntime: python\n",
        "__main__.py": PROGRAM.format(name=name[:20] + name[-9:]),
        "function/handler.py": HANDLER,
        "function/requirements.txt": "chips==1.0\nfelt==1.0\n",
        "lib/shared.py": "WORD = 'shared code'\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_a_function_with_a_pure_and_a_compiled_dependency_handles_a_message(aws: LocalAws, project: Path) -> None:
    exports: dict[str, Any] = deploy(project, aws, stack="test").exports
    try:
        queues.send(aws.client("sqs"), exports["queue_url"], [json.dumps("a hand")])
        wanted, end = f"did a hand with py3-none-any, {THIS_PYTHON}, shared code", time.monotonic() + 40
        while not any(wanted in line for line in logs.lines(aws.client("logs"), exports["log_group_name"])):
            assert time.monotonic() < end, logs.lines(aws.client("logs"), exports["log_group_name"])
            time.sleep(0.05)
    finally:
        with suppress(Exception):
            aws.client("lambda").delete_event_source_mapping(UUID=exports["mapping_id"])
    assert "QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE" not in os.environ


def test_a_shell_that_uses_the_local_aws_installs_for_this_machine(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(project: Path) -> LocalAws:
        return aws

    monkeypatch.setattr("consumers.local.background.find", find)
    printed = CliRunner().invoke(main, ["env"]).stdout
    assert "export QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE=1\n" in printed
