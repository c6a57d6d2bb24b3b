"""The error of a failed program on the local AWS: one clear text, no traceback."""

import gc
import os
import re
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

Refusal = Callable[..., str]


@pytest.fixture
def refusal(
    aws: LocalAws, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Refusal:
    """Runs a program that must fail, and gives the text. Nothing else may come out, and nothing stay behind."""

    def run(program: str, **files: str) -> str:
        head = "name: hands\nruntime: python\n"
        for name, text in {"Pulumi.yaml": head, "__main__.py": program, **files}.items():
            (tmp_path / name).write_text(textwrap.dedent(text).lstrip("\n"))
        before, threads = Path.cwd(), threading.active_count()
        with pytest.raises(ProgramError) as caught:
            deploy(tmp_path, aws)
        gc.collect()  # asyncio would now report tasks whose exception was never retrieved
        assert (capfd.readouterr(), caplog.records) == (("", ""), [])
        assert (Path.cwd(), threading.active_count()) == (before, threads)
        assert pulumi.runtime.get_root_resource() is None
        return str(caught.value)

    return run


def test_a_run_error_is_its_text(refusal: Refusal) -> None:
    assert refusal("import pulumi\nraise pulumi.RunError('hands: batch_size 0\\n  must be 1 to 10,000')") == (
        "hands: batch_size 0\n  must be 1 to 10,000"
    )


def test_a_run_error_inside_an_apply_is_its_text(refusal: Refusal) -> None:
    program = """
        import pulumi
        import pulumi_aws as aws

        def refuse(arn):
            raise pulumi.RunError("the role is not to be used")

        aws.sqs.Queue("queue").arn.apply(refuse)
    """
    assert refusal(program) == "the role is not to be used"


def test_a_missing_configuration_value_has_the_text_of_the_sdk(refusal: Refusal) -> None:
    text = refusal("import pulumi\npulumi.Config().require('size')")
    assert text.startswith("Missing required configuration variable 'hands:size'")


def test_a_syntax_error_has_its_place(refusal: Refusal) -> None:
    assert refusal("import pulumi\npulumi.export('a', [\n") == "__main__.py:2: SyntaxError: '[' was never closed"


def test_a_syntax_error_in_a_module_has_the_place_in_the_module(refusal: Refusal) -> None:
    text = refusal("import broken_hands", **{"broken_hands.py": "a = 1\nb = = 2\n"})
    assert text == "broken_hands.py:2: SyntaxError: invalid syntax"


def test_an_exception_has_its_last_place_in_the_project(refusal: Refusal) -> None:
    helper = """
        import json

        def parse(text):
            return json.loads(text)
    """
    text = refusal("import parse_hands\nparse_hands.parse('{')", **{"parse_hands.py": helper})
    assert re.fullmatch(r"parse_hands\.py:4: JSONDecodeError: Expecting property name .*", text)


def test_an_exception_inside_an_apply_has_its_place(refusal: Refusal) -> None:
    program = """
        import pulumi_aws as aws

        aws.sqs.Queue("queue").arn.apply(lambda arn: arn["no such"])
    """
    assert refusal(program) == "__main__.py:3: TypeError: string indices must be integers, not 'str'"


def test_a_wrong_argument_has_the_line_that_passes_it(refusal: Refusal) -> None:
    text = refusal("import pulumi_aws as aws\naws.sqs.Queue('queue', visibility_timeout=3)")
    assert re.fullmatch(r"__main__\.py:2: TypeError: .* unexpected keyword argument 'visibility_timeout'", text)


def test_a_program_that_exits_has_failed(refusal: Refusal) -> None:
    assert refusal("import sys\nsys.exit(0)") == "__main__.py:2: SystemExit: the program called exit(0)"


def test_a_resource_that_aws_refuses_has_the_text_of_aws(refusal: Refusal) -> None:
    program = """
        import pulumi
        import pulumi_aws as aws

        queue = aws.sqs.Queue("hands", visibility_timeout_seconds=99999)
        pulumi.export("url", queue.url)
        pulumi.log.warn("this is not reached", aws.sqs.Queue("after", tags={"arn": queue.arn}))
    """
    assert refusal(program) == (
        "aws:sqs/queue:Queue 'hands': InvalidAttributeValue: Invalid value for the parameter VisibilityTimeout. "
        "Value must be between 0 and 43200."
    )


def test_a_property_that_the_local_aws_does_not_support_is_named(refusal: Refusal) -> None:
    assert refusal("import pulumi_aws as aws\naws.sqs.Queue('hands', region='eu-west-1')") == (
        "aws:sqs/queue:Queue 'hands': the local AWS does not support the property 'region', which AWS has: "
        "leave it out here."
    )


class Meeting:
    """An AWS where nothing is made before three calls are under way."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws, self._barrier = aws, threading.Barrier(3, timeout=20)
        self.region, self.account_id = aws.region, aws.account_id

    def client(self, service: str) -> Any:
        self._barrier.wait()
        return self._aws.client(service)


def test_all_parallel_failures_are_named(aws: LocalAws, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(
        "import pulumi_aws as aws\nfor name in 'abc':\n    aws.sqs.Queue(name, delay_seconds=901)\n"
    )
    with pytest.raises(ProgramError) as caught:
        deploy(tmp_path, Meeting(aws))
    assert sorted(str(caught.value).splitlines()) == [
        f"aws:sqs/queue:Queue '{name}': InvalidAttributeValue: Invalid value for the parameter DelaySeconds. "
        "Value must be between 0 and 900."
        for name in "abc"
    ]


def test_a_type_that_is_not_supported_is_named_with_the_nearest(refusal: Refusal) -> None:
    assert refusal("import pulumi_aws as aws\naws.sqs.QueuePolicy('hands', queue_url='u', policy='p')") == (
        "aws:sqs/queuePolicy:QueuePolicy 'hands': the local AWS does not support this resource type. "
        "Did you mean 'aws:sqs/queue:Queue'?"
    )


def test_a_function_that_is_not_supported_is_named(refusal: Refusal) -> None:
    assert refusal("import pulumi_aws as aws\naws.get_regions()") == (
        "aws:index/getRegions:getRegions: the local AWS does not support this function. "
        "Did you mean 'aws:index/getRegion:getRegion'?"
    )


def test_the_same_urn_twice_is_refused_as_by_the_engine(refusal: Refusal) -> None:
    assert refusal("import pulumi_aws as aws\nfor _ in range(2):\n    aws.sqs.Queue('hands', name='hands')") == (
        "Duplicate resource URN 'urn:pulumi:dev::hands::aws:sqs/queue:Queue::hands'; try giving it a unique name"
    )


def test_the_warnings_of_a_failing_program_are_passed_on(aws: LocalAws, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    warning = "pulumi.log.warn('low', pulumi.ComponentResource('hands:index:A', 'a'))"
    (tmp_path / "__main__.py").write_text(f"import pulumi\n{warning}\nraise pulumi.RunError('no')")
    messages: list[Message] = []
    with pytest.raises(ProgramError, match="no"):
        deploy(tmp_path, aws, on_message=messages.append)
    assert messages == [Message("warning", "low", "a")]


def test_two_components_of_the_same_name_are_refused_too(refusal: Refusal) -> None:
    assert refusal("import pulumi\nfor _ in range(2):\n    pulumi.ComponentResource('hands:index:A', 'a')") == (
        "Duplicate resource URN 'urn:pulumi:dev::hands::hands:index:A::a'; try giving it a unique name"
    )


def test_a_stack_reference_is_an_error(refusal: Refusal) -> None:
    assert refusal("import pulumi\npulumi.StackReference('org/network/dev')") == (
        "StackReference 'org/network/dev': a local run has no other stacks. Use configuration."
    )


def test_a_second_region_is_refused(refusal: Refusal) -> None:
    assert refusal("import pulumi_aws as aws\naws.Provider('west', region='us-west-2')") == (
        "pulumi:providers:aws 'west': a local run supports one provider, aws, and one region, us-east-1."
    )


def test_looking_up_a_missing_resource_is_an_error(refusal: Refusal) -> None:
    assert refusal("import pulumi_aws as aws\naws.cloudwatch.LogGroup.get('logs', 'no-such')") == (
        "aws:cloudwatch/logGroup:LogGroup 'logs': the local AWS has none with the id 'no-such'."
    )


def test_a_stack_of_another_region_is_refused_before_anything_runs(refusal: Refusal) -> None:
    text = refusal("raise SystemExit", **{"Pulumi.dev.yaml": "config:\n  aws:region: eu-west-1\n"})
    assert text == "Stack 'dev' is for the region eu-west-1, but this local AWS is us-east-1."


def test_an_invalid_configuration_is_refused_before_anything_runs(refusal: Refusal) -> None:
    text = refusal("raise SystemExit", **{"Pulumi.dev.yaml": "config: ["})
    assert text.startswith("Pulumi.dev.yaml:1: this is not YAML: ")


@pytest.mark.parametrize(
    "line",
    [
        "pulumi.export('url', aws.sqs.Queue('hands').url)",
        "pulumi.export('never', asyncio.get_event_loop().create_future())",  # as a resource that is half registered
    ],
)
def test_ctrl_c_is_raised_and_leaves_nothing(aws: LocalAws, tmp_path: Path, line: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    program = f"import asyncio, pulumi, pulumi_aws as aws\n{line}\nraise KeyboardInterrupt\n"
    (tmp_path / "__main__.py").write_text(program)
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
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(
        "import pulumi_aws as aws\nfor number in range(300):\n    aws.sqs.Queue(f'hands-{number}')\n"
    )
    begun: list[str] = []

    def provision(aws: Aws, registration: Registration) -> tuple[str, dict[str, Any]]:
        begun.append(registration.name)
        return create(aws, registration)

    threads = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        deploy(tmp_path, CtrlC(aws), provision=provision)
    assert len(begun) < 300
    assert set(threading.enumerate()) - threads == set()
