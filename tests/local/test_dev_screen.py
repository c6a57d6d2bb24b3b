"""The screen of `consumers dev` in a pseudo-terminal, on consumers that are deployed to the local AWS."""

import json
import os
import re
import shlex
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.pseudo_terminal import PseudoTerminal
from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws, local_aws
from consumers.operations import queues
from consumers.operations.discovery import Consumer, find_one
from on_local_aws import wait_until
from resource_examples import MAPPING

ROOT = Path(__file__).parents[2]
HANDLER = """
from sqs_batch import Reject, batch_handler

@batch_handler
def handle(record):
    if "player" not in record.json:
        raise Reject("no such player")
"""
PROGRAM = """
from components import QueueConsumer

QueueConsumer("hands", {{"source": "function", "timeout": 10, "fifo": {fifo}}})
"""


@dataclass
class Deployed:
    """A consumer that rejects messages without a player, in a stack of its own."""

    aws: LocalAws
    folder: Path
    stack: str
    calls: list[list[Any]] = field(default_factory=lambda: [["updated", ["hands-function updated: code"], 0.31]])

    @property
    def consumer(self) -> Consumer:
        return find_one(self.aws.client, "hands", self.stack)

    def dead(self) -> int:
        return queues.depth(self.aws.client("sqs"), self.consumer.dead_letter_queue_url or "").total

    def waiting(self) -> int:
        return queues.depth(self.aws.client("sqs"), self.consumer.queue_url or "").total

    def screen(self, columns: int = 80, lines: int = 24, shell: str = "", **environment: str) -> PseudoTerminal:
        """Start the screen in a terminal, or in a shell there that has job control."""
        options = {
            "endpoint_url": self.aws.endpoint_url,
            "access_key_id": self.aws.access_key_id,
            "project": str(self.folder),
            "stack": self.stack,
            "calls": self.calls,
        }
        command = [sys.executable, str(ROOT / "tests" / "local" / "dev_screen_run.py"), json.dumps(options)]
        command = ["bash", "-mc", shell.format(command=shlex.join(command))] if shell else command
        variables = {"PYTHONPATH": str(ROOT), "PATH": os.defpath, "PYTHONUTF8": "1", **environment}
        return PseudoTerminal(command, columns=columns, lines=lines, folder=self.folder, environment=variables)


@pytest.fixture
def deploy_one(aws: LocalAws, name: str, tmp_path: Path) -> Iterator[Callable[..., Deployed]]:
    mappings: list[str] = []

    def run(*, fifo: bool = False, sample: str = '{"id": 1}') -> Deployed:
        one = Deployed(aws, tmp_path, name)
        for folder in ("samples", ".consumers", "function"):
            (tmp_path / folder).mkdir()
        (tmp_path / "samples" / "hands.json").write_text(sample)
        (tmp_path / "function" / "handler.py").write_text(HANDLER)
        (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        (tmp_path / "__main__.py").write_text(PROGRAM.format(fifo=fifo))
        made = deploy(tmp_path, aws, stack=one.stack).resources
        mappings.extend(each.id for each in made if each.type == MAPPING)
        return one

    yield run
    for mapping in mappings:  # a poller that goes on would slow down the tests after this one
        aws.client("lambda").delete_event_source_mapping(UUID=mapping)


@pytest.fixture
def hands(deploy_one: Callable[..., Deployed]) -> Deployed:
    return deploy_one()


def counts(lines: list[str]) -> list[str]:
    """What the line of the consumer has after its name."""
    return next((line.split()[2:] for line in lines if line.startswith("› hands")), [""])


@pytest.mark.parametrize("columns", [80, 40])
def test_a_sample_dies_is_opened_is_redriven_and_dies_again(hands: Deployed, columns: int) -> None:
    dead = 3 if columns == 80 else 1
    with hands.screen(columns) as terminal:
        terminal.wait_for("Enabled")
        terminal.press("s")
        lines = terminal.wait_for("1 × no such player")
        assert counts(lines)[dead] == "1"
        terminal.wait_for("REJECT")

        terminal.press("d")
        letter = "\n".join(terminal.wait_for("rejected"))
        for text in ("dead letter 1 of 1", "Reason (attribute): no such player", '  "id": 1'):
            assert text in letter
        terminal.press("\x1b")
        terminal.wait_for("? help")

        terminal.press("r")
        terminal.wait_for("Send 1 dead letter back")
        terminal.press("y")
        terminal.wait_for("Redriven to")
        receipt = json.loads(next((hands.folder / ".consumers").glob("redrive-*.jsonl")).read_text().splitlines()[-1])
        assert receipt["outcome"] == "done"
        terminal.wait_for("1 × no such player")
        (again,) = _letters(hands)
        assert again.attributes["Redriven"]["StringValue"] == "1"
        terminal.press("q")
        assert terminal.wait_for_end() == 0


def _letters(hands: Deployed) -> list[Any]:
    from consumers.local import dead_letters

    wait_until(lambda: hands.dead() == 1)
    return [one.letter for one in dead_letters.read(hands.aws, hands.consumer)]


@pytest.mark.parametrize("columns", [80, 40])
def test_a_paused_consumer_keeps_its_messages_until_it_is_resumed(hands: Deployed, columns: int) -> None:
    with hands.screen(columns) as terminal:
        terminal.wait_for("Enabled")
        terminal.press("p")
        terminal.wait_for("is paused")
        lines = terminal.wait_for(lambda lines: "paused" in counts(lines))
        terminal.press("s")
        terminal.wait_for(lambda lines: counts(lines)[0] == "1")
        assert (hands.waiting(), hands.dead()) == (1, 0)
        terminal.press("p")
        terminal.wait_for("reads its queue again")
        terminal.wait_for("1 × no such player")
        lines = terminal.wait_for(lambda lines: "Enabled" in counts(lines))
        assert counts(lines)[0] == "0"
        assert hands.waiting() == 0


def test_a_fifo_queue_gets_samples_with_a_group_and_its_letters_are_redriven(
    deploy_one: Callable[..., Deployed],
) -> None:
    hands = deploy_one(fifo=True)
    with hands.screen() as terminal:
        terminal.wait_for("Enabled")
        terminal.press("s")
        terminal.wait_for("group sample")
        terminal.wait_for("1 × no such player")
        terminal.press("s")
        terminal.wait_for("2 × no such player")
        terminal.press("ry")
        terminal.wait_for("Redriven to")
        wait_until(lambda: [one.group for one in _all(hands)] == ["sample", "sample"])


def _all(hands: Deployed) -> list[Any]:
    from consumers.local import dead_letters

    found = [one.letter for one in dead_letters.read(hands.aws, hands.consumer)]
    return found if all(one.redriven == 1 for one in found) else []


@pytest.mark.parametrize("end", ["q", "\x03", signal.SIGTERM, signal.SIGHUP], ids=["q", "Ctrl-C", "SIGTERM", "SIGHUP"])
def test_the_terminal_is_as_before_however_the_screen_ends(hands: Deployed, end: str | signal.Signals) -> None:
    with hands.screen() as terminal:
        terminal.wait_for("Enabled")
        assert terminal.attributes != terminal.attributes_before
        terminal.press(end) if isinstance(end, str) else terminal.process.send_signal(end)
        assert terminal.wait_for_end() == 0
        assert terminal.attributes == terminal.attributes_before
        wait_until(lambda: "The screen has ended." in terminal.output)
        assert terminal.output.partition("\x1b[?1049l")[2].strip() == "The screen has ended."
        for mode in ("?25", "?7", "?2004"):
            assert terminal.output.rfind(f"\x1b[{mode}h") != -1
        assert terminal.output.rfind("\x1b[?25h") > terminal.output.rfind("\x1b[?25l")


def test_after_an_exception_the_terminal_is_as_before(hands: Deployed) -> None:
    hands.calls = [["failed", 5]]  # no text, so that drawing it fails
    with hands.screen() as terminal:
        assert terminal.wait_for_end() == 1
        wait_until(lambda: "Traceback" in terminal.output)
        assert "\x1b[?1049h" in terminal.output.partition("\x1b[?1049l")[0]
        assert "Traceback" in terminal.output.partition("\x1b[?1049l")[2]
        assert terminal.attributes == terminal.attributes_before


def test_while_it_is_stopped_the_shell_has_its_terminal(hands: Deployed) -> None:
    with hands.screen(shell="{command}; echo In the shell; read answer; fg; echo Done") as terminal:
        terminal.wait_for("Enabled")
        terminal.press("\x1a")
        wait_until(lambda: terminal.output.partition("\x1b[?1049l")[2].strip().endswith("In the shell"))
        assert terminal.attributes == terminal.attributes_before
        terminal.press("\n")
        wait_until(lambda: terminal.output.count("\x1b[?1049h") >= 2)
        terminal.wait_for("Enabled")
        assert terminal.attributes != terminal.attributes_before
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        assert terminal.attributes == terminal.attributes_before


def test_a_resized_terminal_is_drawn_anew(hands: Deployed) -> None:
    with hands.screen() as terminal:
        terminal.wait_for("delayed")
        terminal.resize(40, 10)
        lines = terminal.wait_for(lambda lines: len(lines) == 10 and "delayed" not in "\n".join(lines))
        assert max(map(len, lines)) <= 40
        terminal.resize(100, 30)
        terminal.wait_for(lambda lines: len(lines) == 30 and "delayed" in "\n".join(lines))


def test_many_keys_at_once_pasted_text_and_unknown_sequences_do_no_harm(hands: Deployed) -> None:
    with hands.screen() as terminal:
        terminal.wait_for("Enabled")
        terminal.press("\x1b[200~rypq\r\x1b[201~" + "jk?x" * 50 + "\x1b[1;5P\x1bOZ\x1b[<0;1;1M\x07" + "l" * 3)
        terminal.wait_for("log of hands")
        assert "Enabled" in "\n".join(terminal.lines())


def test_without_colours_nothing_but_bold_dim_and_reverse_is_used(hands: Deployed) -> None:
    hands.calls = [["failed", "SyntaxError: '('"]]
    with hands.screen(NO_COLOR="1") as terminal:
        terminal.wait_for("Enabled")
        styles = {code for found in re.findall(r"\x1b\[([\d;]*)m", terminal.output) for code in found.split(";")}
    assert styles <= {"0", "1", "2", "7", ""}
    assert "7" in styles


def test_what_is_printed_meanwhile_is_a_line_of_the_screen(hands: Deployed) -> None:
    hands.calls = [["message", "a warning \x1b[2J of the program\nand more"]]
    with hands.screen() as terminal:
        lines = terminal.wait_for("and more")
    assert r"a warning \x1b[2J of the program" in lines


def test_a_local_aws_that_is_gone_is_named_and_the_counts_stay(tmp_path: Path) -> None:
    with local_aws() as aws:
        aws.client("sqs").create_queue(
            QueueName="hands-queue",
            tags={f"queue-consumer:{key}": value for key, value in TAGS.items()},
        )
        with Deployed(aws, tmp_path, "hands").screen() as terminal:
            terminal.wait_for("› hands")
            os.killpg(aws.process_id or 0, signal.SIGKILL)
            lines = terminal.wait_for("does not answer")
            assert "› hands" in "\n".join(lines)
            terminal.press("s?")
            terminal.wait_for("scroll")
            terminal.press("xq")
            assert terminal.wait_for_end() == 0


TAGS = {"consumer": "hands", "part": "queue", "stack": "hands", "project": "test"}


def test_looking_at_dead_letters_receives_none(hands: Deployed) -> None:
    with hands.screen() as terminal:
        terminal.wait_for("Enabled")
        terminal.press("s")
        terminal.wait_for("1 × no such player")
        terminal.press("d")
        terminal.wait_for("dead letter 1 of 1")
    url = hands.consumer.dead_letter_queue_url
    received = hands.aws.client("sqs").receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    assert [each["Attributes"]["ApproximateReceiveCount"] for each in received] == ["1"]


@pytest.fixture(autouse=True)
def _own_terminal() -> Iterator[None]:
    """The terminal that runs the tests is as before."""
    before = termios.tcgetattr(sys.__stdin__) if sys.__stdin__ and sys.__stdin__.isatty() else None
    yield
    assert before is None or termios.tcgetattr(sys.__stdin__) == before  # pyright: ignore[reportArgumentType]
