"""`consumers up`: what is lost is said, and what the resource options say of earlier names and of changes holds."""

import json
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from consumers.evaluate.program import Message
from consumers.local.emulator import LocalAws
from consumers.provider.update import Outcome, update

Up = Callable[[str], Outcome]


@pytest.fixture
def told() -> list[Message]:
    return []


@pytest.fixture
def up(aws: LocalAws, tmp_path: Path, told: list[Message]) -> Up:
    """Brings a program up, and keeps what it is told meanwhile."""
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    (tmp_path / "hands").mkdir()
    (tmp_path / "hands" / "handler.py").write_text("def handle(event, context):\n    return {}\n")
    (tmp_path / ".consumers").mkdir()

    def run(program: str) -> Outcome:
        head = "import pulumi\nimport pulumi_aws as aws\nfrom components import QueueConsumer\n"
        (tmp_path / "__main__.py").write_text(head + textwrap.dedent(program))
        return update(tmp_path, "dev", aws, on_message=told.append)

    return run


def done(outcome: Outcome) -> dict[str, str]:
    return {step.name: step.action for step in outcome.steps}


def ids(folder: Path, prefix: str) -> dict[str, str]:
    """The id of each resource by the end of its logical name, which begins with `prefix`."""
    resources = json.loads((folder / ".consumers" / "stacks" / "dev.json").read_text())["resources"]
    return {one["name"].removeprefix(prefix): one["id"] for one in resources if one["name"].startswith(prefix)}


def test_a_queue_that_is_deleted_or_replaced_with_messages_in_it_is_a_warning(
    aws: LocalAws, up: Up, told: list[Message]
) -> None:
    queue = "{0} = aws.sqs.Queue('{0}')\npulumi.export('{0}', {0}.url)\n"
    urls = up(queue.format("one") + queue.format("two") + queue.format("three")).exports
    for name in ("one", "two", "two"):
        aws.client("sqs").send_message(QueueUrl=urls[name], MessageBody="a hand")
    assert done(up("aws.sqs.Queue('one', fifo_queue=True)")) == {
        "one": "replaced",
        "two": "deleted",
        "three": "deleted",
    }
    assert sorted((message.severity, message.resource, message.text) for message in told) == [
        ("warning", "one", "the queue is deleted with 1 message in it."),
        ("warning", "two", "the queue is deleted with 2 messages in it."),
    ]


def test_a_queue_that_somebody_else_has_deleted_goes_without_a_warning(
    aws: LocalAws, up: Up, told: list[Message]
) -> None:
    url = up("pulumi.export('url', aws.sqs.Queue('one').url)").exports["url"]
    aws.client("sqs").delete_queue(QueueUrl=url)
    assert (done(up("")), told) == ({"one": "deleted"}, [])


def test_a_warning_of_the_program_is_told(up: Up, told: list[Message]) -> None:
    up("pulumi.log.warn('take care')")
    assert [(message.severity, message.text) for message in told] == [("warning", "take care")]


def test_a_consumer_that_is_renamed_with_an_alias_keeps_its_resources(up: Up, tmp_path: Path) -> None:
    up("QueueConsumer('hands', {'source': 'hands'})")
    before = ids(tmp_path, "hands")
    renamed = """
        QueueConsumer('pots', {'source': 'hands'}, pulumi.ResourceOptions(aliases=[pulumi.Alias(name='hands')]))
    """
    steps = done(up(renamed))
    # The tags name the consumer. What has an automatic name keeps it.
    assert set(steps.values()) == {"updated"}
    assert ids(tmp_path, "pots") == before
    assert ids(tmp_path, "hands") == {}
    assert up(renamed).steps == []


def test_changes_that_are_to_be_ignored_are_no_changes(up: Up) -> None:
    queue = "aws.sqs.Queue('q', delay_seconds={}, opts=pulumi.ResourceOptions(ignore_changes=['delaySeconds']))"
    up(queue.format(1))
    assert up(queue.format(2)).steps == []
    assert done(up("aws.sqs.Queue('q', delay_seconds=2)")) == {"q": "updated"}


def test_changes_that_are_to_replace_do_so(up: Up) -> None:
    queue = (
        "aws.sqs.Queue('q', delay_seconds={0}, max_message_size={1}, tags={{'a': '{2}'}}, "
        "opts=pulumi.ResourceOptions(replace_on_changes=['delaySeconds', 'tags']))"
    )
    up(queue.format(1, 2048, 3))
    assert up(queue.format(1, 2048, 3)).steps == []
    assert done(up(queue.format(2, 2048, 3))) == {"q": "replaced"}
    assert done(up(queue.format(2, 2048, 4))) == {"q": "replaced"}
    assert done(up(queue.format(2, 1024, 4))) == {"q": "updated"}
