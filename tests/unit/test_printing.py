"""Output of the commands: no text from outside controls the terminal."""

import io
import json
import unicodedata
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any
from unittest import mock

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from consumers.cli import main
from consumers.commands import logs as logs_command
from consumers.commands import printing
from consumers.commands.printing import Printer, echo, print_json, progress
from consumers.escaping import visible

ATTACK = "\x1b[2J\x1b]0;title\x07\x1b]52;c;Y2xpcA==\x1b\\\x9b31mred\rover\b\x7f\u202egpj.exe\u2066\ud800\u2028"
SHOWN = (
    r"\x1b[2J\x1b]0;title\x07\x1b]52;c;Y2xpcA==\x1b\\x9b31mred\rover\x08\x7f"
    r"\u202egpj.exe\u2066\ud800\u2028"
)
texts = st.text(st.characters(codec=None) | st.sampled_from(ATTACK), max_size=40)


def controls(printed: str) -> set[str]:
    """Return the characters that control a terminal, except line ends and tabs."""
    odd = {"Cc", "Cs", "Zl", "Zp"}
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return {
        character
        for character in printed
        if (unicodedata.category(character) in odd or unicodedata.bidirectional(character) in directions)
        and character not in "\n\t"
    }


def test_layout_and_other_scripts_stay() -> None:
    text = 'Trace:\n\tFile "ü.py"\n\u05e9\u05dc\u05d5\u05dd 漢字 👩\u200d💻 → [bold]:warning:[/bold] \\x1b'
    assert visible(text) == text
    assert visible("a\r\nb\r\n") == "a\nb\n"


def printed_by(write: Callable[[], object]) -> str:
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="", write_through=True)
    with redirect_stdout(out), redirect_stderr(out):
        write()
    return out.buffer.getvalue().decode()  # pyright: ignore[reportAttributeAccessIssue]


def every_way(text: str) -> list[Callable[[], object]]:
    printer, line = Printer(), json.dumps({"level": text, "message": text, "errorType": text})
    return [
        lambda: echo(text, title=text, color="red"),
        lambda: echo(text, err=True),
        lambda: print_json({text: [text]}),
        lambda: printer.line(text, "red", text),
        lambda: printer.step(1.5, text, [text]),
        lambda: printer.log(text, [text, line]),
    ]


@given(texts)
@example(ATTACK)
def test_nothing_that_is_printed_holds_a_control_character(text: str) -> None:
    written = printed_by(lambda: [write() for write in every_way(text)])
    assert controls(written) == set()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_styles_of_our_own_reach_a_terminal() -> None:
    terminal = Terminal()
    with redirect_stdout(terminal), mock.patch.dict("os.environ", {"TERM": "xterm"}, clear=True):
        echo(" \x1b[5m", title="\x1b", color="red")
        Printer().line("\x1b[5m", "red")
    assert terminal.getvalue() == (
        "\x1b[1m\\x1b\x1b[0m\x1b[31m \\x1b[5m\x1b[0m\n"  # click's
        "\x1b[31m\\x1b[5m\x1b[0m\n"  # rich's
    )


def test_markup_and_emoji_codes_are_printed_as_text() -> None:
    text = "[red]a[/] :warning: [link=http://x]y[/link]"
    assert printed_by(lambda: Printer().step(0, text, [text])) == f"  0.0 s  {text}\n         {text}\n"


@given(texts)
@example(ATTACK)
def test_json_escapes_the_text_in_printable_characters(text: str) -> None:
    written = printed_by(lambda: print_json(text))
    assert json.loads(written) == text
    assert written.isascii()
    assert written.rstrip("\n").isprintable()


@pytest.mark.parametrize(
    "arguments",
    [[ATTACK], [f"--{ATTACK}"], ["rules", ATTACK], ["check", f"--{ATTACK}"], ["logs", "x", "--since", ATTACK]],
    ids=["command", "option", "argument", "option of a command", "value of an option"],
)
def test_no_wrong_argument_is_printed_raw(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments, input="1\n")
    assert (result.exit_code != 0, controls(result.output)) == (True, set())
    assert r"\x1b[2J" in result.stderr


def test_logs_print_a_message_that_would_clear_the_screen_as_text() -> None:
    write: Any = vars(logs_command)["_writer"]()
    line: Any = mock.Mock(message=f"[INFO]\tid\t{ATTACK}")
    assert printed_by(lambda: write([line])) == f"[INFO]  id      {SHOWN}\n"


def test_log_lines_that_are_printed_together_look_as_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "AT_ONCE", 4)
    several = ["[ERROR]\tid\twrong\nTraceback:\n\tline 1", "", "START RequestId: 1", "[INFO]\tid\tdid 1", "w" * 300] * 2

    def shown(write: Callable[[Printer], object]) -> str:
        terminal = Terminal()
        with redirect_stdout(terminal), mock.patch.dict("os.environ", {"TERM": "xterm"}, clear=True):
            write(Printer())
        return terminal.getvalue()

    together = shown(lambda printer: printer.log_lines(several))
    assert together == shown(lambda printer: [printer.log_line(line) for line in several])
    assert together.count("\n") == 14
    assert "\x1b[31m" in together
    assert shown(lambda printer: printer.log_lines([])) == ""


def test_progress_is_shown_on_a_terminal_only() -> None:
    def run() -> None:
        with progress("sending", 2) as advance:
            advance(2)

    assert printed_by(run) == ""
    with redirect_stderr(terminal := Terminal()):
        run()
    assert "sending" in terminal.getvalue()
