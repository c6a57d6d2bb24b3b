"""The error of a failed program on the local AWS: one clear text, no traceback."""

import gc
import os
import signal
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from consumers.evaluate.program import create, deploy
from consumers.evaluate.results import Message, ProgramError, Registration
from consumers.local.emulator import LocalAws
from consumers.resource_table import Aws
from error_texts import ErrorTexts

HEAD = "import pulumi\nimport pulumi_aws as aws\n"
Refusal = Callable[..., str]


def write(folder: Path, program: str, **files: str) -> None:
    head = "name: hands\nruntime: python\n"
    for name, text in {"Pulumi.yaml": head, "__main__.py": f"{HEAD}{program}", **files}.items():
        (folder / name).write_text(text)


@pytest.fixture
def refusal(
    aws: LocalAws, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Refusal:
    """Runs a program that must fail and returns its error. It must print nothing else and leave nothing behind."""

    def run(program: str, **files: str) -> str:
        write(tmp_path, textwrap.dedent(program), **files)
        before, threads = Path.cwd(), threading.active_count()
        with pytest.raises(ProgramError) as caught:
            deploy(tmp_path, aws)
        gc.collect()  # asyncio would now report tasks whose exception was never retrieved
        assert (capfd.readouterr(), caplog.records) == (("", ""), [])
        assert Path.cwd() == before
        assert threading.active_count() <= threads  # those of earlier tests may end meanwhile
        assert pulumi.runtime.get_root_resource() is None
        return str(caught.value)

    return run


PROGRAMS: dict[str, str] = {
    "a RunError": "raise pulumi.RunError('hands: batch_size 0\\n  must be 1 to 10,000')",
    "a RunError inside an apply": """
        def refuse(arn):
            raise pulumi.RunError("the role is not to be used")

        aws.sqs.Queue("queue").arn.apply(refuse)
    """,
    "a missing configuration value": "pulumi.Config().require('size')",
    "a syntax error": "pulumi.export('a', [\n",
    "a syntax error in a module": "import broken_hands",
    "an exception in a module": "import parse_hands\nparse_hands.parse('{')",
    "an exception inside an apply": "aws.sqs.Queue('queue').arn.apply(lambda arn: arn['no such'])",
    "a wrong argument": "aws.sqs.Queue('queue', no_such=3)",
    "an exit": "import sys\nsys.exit(0)",
    "a resource that AWS refuses": """
        queue = aws.sqs.Queue("hands", visibility_timeout_seconds=99999)
        pulumi.export("url", queue.url)
        pulumi.log.warn("this is not reached", aws.sqs.Queue("after", tags={"arn": queue.arn}))
    """,
    "an unsupported property": "aws.sqs.Queue('hands', region='eu-west-1')",
    "an unsupported type": "aws.sqs.QueuePolicy('hands', queue_url='u', policy='p')",
    "an unsupported function": "aws.get_regions()",
    "the same URN twice": "for _ in range(2):\n    aws.sqs.Queue('hands', name='hands')",
    "two components of the same name": "for _ in range(2):\n    pulumi.ComponentResource('hands:index:A', 'a')",
    "a stack reference": "pulumi.StackReference('org/network/dev')",
    "a second region": "aws.Provider('west', region='us-west-2')",
    "a missing resource": "aws.cloudwatch.LogGroup.get('logs', 'no-such')",
}
MODULES = {
    "broken_hands.py": "a = 1\nb = = 2\n",
    "parse_hands.py": "import json\n\ndef parse(text):\n    return json.loads(text)\n",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_failed_program_is_one_error(refusal: Refusal, error_text: ErrorTexts, program: str) -> None:
    error_text(refusal(PROGRAMS[program], **MODULES))


@pytest.mark.parametrize("config", ["config:\n  aws:region: eu-west-1\n", "config: ["], ids=["region", "no YAML"])
def test_a_wrong_configuration_is_refused_before_a_run(refusal: Refusal, error_text: ErrorTexts, config: str) -> None:
    error_text(refusal("raise SystemExit", **{"Pulumi.dev.yaml": config}))


class Meeting:
    """An AWS that makes nothing before three calls are under way."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws, self._barrier = aws, threading.Barrier(3, timeout=20)
        self.region, self.account_id = aws.region, aws.account_id

    def client(self, service: str) -> Any:
        self._barrier.wait()
        return self._aws.client(service)


def test_of_resources_created_in_parallel_each_failure_is_named(
    aws: LocalAws, tmp_path: Path, error_text: ErrorTexts
) -> None:
    write(tmp_path, "for name in 'abc':\n    aws.sqs.Queue(name, delay_seconds=901)\n")
    with pytest.raises(ProgramError) as caught:
        deploy(tmp_path, Meeting(aws))
    error_text("\n".join(sorted(str(caught.value).splitlines())))


def test_the_warnings_of_a_failing_program_are_passed_on(aws: LocalAws, tmp_path: Path) -> None:
    warning = "pulumi.log.warn('low', pulumi.ComponentResource('hands:index:A', 'a'))"
    write(tmp_path, f"{warning}\nraise pulumi.RunError('no')")
    messages: list[Message] = []
    with pytest.raises(ProgramError, match="no"):
        deploy(tmp_path, aws, on_message=messages.append)
    assert messages == [Message("warning", "low", "a")]


@pytest.mark.parametrize(
    "line",
    [
        "pulumi.export('url', aws.sqs.Queue('hands').url)",
        "pulumi.export('never', asyncio.get_event_loop().create_future())",  # as a resource that is half registered
    ],
)
def test_ctrl_c_is_raised_and_leaves_nothing(aws: LocalAws, tmp_path: Path, line: str) -> None:
    write(tmp_path, f"import asyncio\n{line}\nraise KeyboardInterrupt\n")
    before, threads = Path.cwd(), set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        deploy(tmp_path, aws)
    assert (Path.cwd(), set(threading.enumerate()) - threads) == (before, set())
    assert pulumi.runtime.get_root_resource() is None


class CtrlC:
    """An AWS where someone presses Ctrl-C while the first queue is being made."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws, self._pressed = aws, threading.Event()
        self.region, self.account_id = aws.region, aws.account_id

    def client(self, service: str) -> Any:
        if not self._pressed.is_set():
            self._pressed.set()
            os.kill(os.getpid(), signal.SIGINT)
        return self._aws.client(service)


def test_after_ctrl_c_nothing_more_is_begun(aws: LocalAws, tmp_path: Path) -> None:
    write(tmp_path, "for number in range(100):\n    aws.sqs.Queue(f'hands-{number}')\n")
    begun: list[str] = []

    def provision(aws: Aws, registration: Registration) -> tuple[str, dict[str, Any]]:
        begun.append(registration.name)
        return create(aws, registration)

    threads = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        deploy(tmp_path, CtrlC(aws), provision=provision)
    assert len(begun) < 100
    assert set(threading.enumerate()) - threads == set()
