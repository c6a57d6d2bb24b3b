"""The text of a saved test: valid Python, formatted, and harmless, whatever a reason has in it."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consumers.operations.dead_letters.reasons import Reason
from consumers.testing import record
from consumers.working_copy.saved_test_files import SavedTestFiles, event_text

INJECTIONS = (
    '"""\nimport os; os.remove("x")\n"""',
    '\\"""\n    raise SystemExit\n"""',
    "ends with a backslash\\",
    "\\" * 200,
    "x" * 300 + "\\N{" * 100,
    "\\x\\u12\\N{no}" + "\x00\x1b[2J\x07\u2028\u202e\ud800\r\n\f",
    '"', "'", "{}", "%s", "# type: ignore", "",
)  # fmt: skip
NASTY = st.one_of(st.text(), st.text(alphabet="\"'\\\n\r\t{}N#ux0 "), st.sampled_from(INJECTIONS))


def files(reason: str, consumer: str = "poker-hands") -> SavedTestFiles:
    return SavedTestFiles(Path("tests"), consumer, Reason(reason, "log").group)


def source(reason: str, stack: str = "dev", **fields: Any) -> str:
    return files(reason).source({**record(), **fields}, reason, stack)


@given(reason=NASTY, message_id=NASTY)
@example(INJECTIONS[0], INJECTIONS[1])
@example(INJECTIONS[4], INJECTIONS[4])
def test_any_reason_gives_one_function_with_a_docstring_and_no_other_code(reason: str, message_id: str) -> None:
    text = source(reason, messageId=message_id)
    imported, function = ast.parse(text).body
    assert ast.unparse(imported) == "from consumers.testing import WorkingCopies"
    assert isinstance(function, ast.FunctionDef)
    assert function.name.isidentifier()
    assert function.name.isascii()
    assert ast.get_docstring(function)
    path = files(reason).event.relative_to("tests")
    assert [ast.unparse(line) for line in function.body[1:]] == [
        "handler = working_copy('poker-hands')",
        f"failures = handler.failures({str(path)!r})",
        "assert failures == {}",
    ]
    assert all(line.isprintable() for line in text.split("\n"))


@given(reason=NASTY)
def test_paths_have_letters_and_digits_of_ascii_only_and_end_soon(reason: str) -> None:
    made = files(reason)
    assert made.test.name.removeprefix("test_poker_hands_").removesuffix(".py").replace("_", "").isalnum()
    assert str(made.event).isascii()
    assert len(made.test.name) < 100


@pytest.mark.parametrize("width", [88, 120])
def test_the_formatter_leaves_the_file_as_it_is(width: int, tmp_path: Path) -> None:
    reasons = [*INJECTIONS, "result must be won, lost or folded, got 'split'", "word " * 200, "x" * 400, "ä" * 40]
    for number, reason in enumerate(reasons):
        for consumer in ("hands", "a" * 47):
            text = files(reason, consumer).source(record(message_id=reason), reason, "production-eu-central-1")
            (tmp_path / f"test_{number}_{len(consumer)}.py").write_text(text)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "--line-length", str(width), tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    lint = [sys.executable, "-m", "ruff", "check", "--isolated", tmp_path]
    assert subprocess.run(lint, capture_output=True, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("result must be won, lost or folded, got 'split'", "result_must_be_won_lost_or_folded"),
        ("user_id is missing", "user_id_is_missing"),
        ("chip_delta must be int, got str", "chip_delta_must_be_int_got_str"),
        ("KeyError: 'table'", "keyerror"),
        ("table 12 has 3 seats", "table_n_has_n_seats"),
        ("Task timed out after 3.00 seconds", "task_timed_out_after_n_seconds"),
        ("'split' is no result", "is_no_result"),
        ("Spieler fehlt: Müller", "spieler_fehlt_muller"),
        ("", "fails_without_a_reason"),
    ],
)
def test_a_name_is_the_reason_without_what_it_says_of_one_message(reason: str, name: str) -> None:
    assert files(reason).test == Path(f"tests/test_poker_hands_{name}.py")
    assert files(reason).event == Path(f"tests/poker-hands/{name.replace('_', '-')}.json")


def test_reasons_that_differ_in_what_a_name_leaves_out_have_names_of_their_own() -> None:
    long = "the hand of this player cannot be entered, because the table there is "
    reasons = [f"{long}closed", f"{long}full", "牌桌已满", "牌桌已关", "???", "!!!", "x" * 100, "x" * 101, ""]
    assert len({files(reason).test for reason in reasons}) == len(reasons) - 1  # of signs alone nothing is left


def test_a_name_does_not_depend_on_the_message() -> None:
    assert files("no table 7 of 'anna'") == files("no table 12 of 'bea'")


def test_the_docstring_has_the_whole_reason_the_id_and_when_it_was_sent() -> None:
    text = source("no table 7", messageId="m-1", attributes={"SentTimestamp": "1700000000000"})
    assert '    """no table 7\n\n    Message m-1, sent 2023-11-14 22:13:20 UTC.\n    """\n' in text
    assert "Message m-1.\n" in source("no table 7", messageId="m-1", attributes={"SentTimestamp": "soon"})


def test_a_stack_other_than_dev_is_named() -> None:
    assert 'working_copy("poker-hands", stack="prod")' in source("x", stack="prod")


@given(body=NASTY)
def test_an_event_is_the_message_again_when_it_is_read(body: str) -> None:
    message = record(body) if body.isprintable() else {**record(), "body": body}
    text = event_text(message)
    assert json.loads(text.encode()) == {"Records": [message]}
    assert all(line.isprintable() for line in text.split("\n"))


def test_an_event_is_indented_and_in_the_letters_of_its_language() -> None:
    text = event_text(record({"town": "Köln"}))
    assert text.startswith('{\n  "Records": [\n    {\n      "messageId"')
    assert "K\\u00f6ln" not in event_text({**record(), "body": "Köln"})
    assert text.endswith("}\n")
