"""What is shown before letters change, and the question."""

import re

import click
import pytest

from consumers.commands.dlq import preview
from consumers.commands.dlq.preview import Preview, confirm, confirm_by_name
from consumers.operations.dead_letters.edits import Edit
from consumers.operations.dead_letters.reasons import Explained, Reason
from sqs_fakes import letter


def shown(capsys: pytest.CaptureFixture[str], *found: tuple[str, str], edit: Edit | None = None) -> str:
    """What the preview prints of letters with these bodies and reasons."""
    one = Preview("hands", edit)
    one.add([Explained(letter(body), Reason(reason, "log")) for body, reason in found])
    one.show("dead", fifo=False)
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_examples_are_of_different_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    found = [(f"card {n}", "bad card") for n in range(5)] + [("table", "no table"), ("player", "no player")]
    examples = re.findall("id (card 0|card 1|table|player):", shown(capsys, *found))
    assert examples == ["card 0", "table", "player"]


def test_of_one_reason_there_are_three_examples(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, *[(f"card {n}", "bad card") for n in range(5)])
    assert re.findall("id (card .):", text) == ["card 0", "card 1", "card 2"]


def test_a_long_body_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    assert f"    {'x' * 200}…\n" in shown(capsys, ("x" * 10_000, "bad"))
    assert "a\\nb" in shown(capsys, ("a\nb", "bad"))


def test_an_edit_is_shown_as_a_diff_and_those_that_it_does_not_fit_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    edit = Edit.read(["n=2"], None)
    text = shown(capsys, ('{"n":1}', "bad"), ("text", "worse"), ('{"n":2}', "worst"), ("more text", "bad"), edit=edit)
    assert '-  "n": 1\n    +  "n": 2\n' in text
    assert "(the edit changes nothing)" in text
    assert "2 will stay: the body is not JSON" in text


@pytest.mark.parametrize("ask", [lambda: confirm("?", yes=False), lambda: confirm_by_name("hands", yes=False)])
def test_ctrl_c_at_the_question_is_ctrl_c(monkeypatch: pytest.MonkeyPatch, ask: object) -> None:
    def interrupted(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise click.Abort from None

    for question in ("confirm", "prompt"):
        monkeypatch.setattr(preview.click, question, interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask()  # type: ignore[operator]
