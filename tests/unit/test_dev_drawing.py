"""What the screen of `consumers dev` shows, at any width."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from consumers.dev.board import Board, Reading
from consumers.dev.drawing import frame
from consumers.dev.snapshots import Snapshot
from dev_letters import HANDS, SLOW, letter, row, snapshot

NOW = 101.0
LOG = (
    ("poker-hands", "START RequestId: 1b2c Version: $LATEST"),
    ("poker-hands", "[INFO]\t2025-01-31T12:00:00.123Z\t1b2c\tinvoke request_id=1b2c memory_mb=128 records=2"),
    (
        "poker-hands",
        "[ERROR]\t2025-01-31T12:00:00.125Z\t1b2c\tFAIL message_id=5a5c5e7d-da1a-4175-a607-abdee8dbb212 "
        "receive_count=3 reason=no card: 11h",
    ),
    ("slow-hands", "END RequestId: 1b2c"),
    ("slow-hands", "REPORT RequestId: 1b2c\tDuration: 12.34 ms\tBilled Duration: 13 ms"),
)


def board(*, is_live: bool = True) -> Board:
    made = Board(title="poker/dev", address="local AWS http://127.0.0.1:4566", is_live=is_live)
    made.doing = "live in 0.31 s: poker-hands-function updated: code"
    made.show(snapshot(HANDS, SLOW))
    for consumer, line in LOG:
        made.add_line(consumer, line, NOW)
    return made


def shown(board: Board, width: int, height: int) -> list[str]:
    return [line.plain.rstrip() for line in frame(board, width, height, NOW)]


def test_eighty_columns_have_everything() -> None:
    assert shown(board(), 80, 14) == [
        "poker/dev  local AWS http://127.0.0.1:4566",
        "live in 0.31 s: poker-hands-function updated: code",
        "  consumer     visible  flight  delayed  dead  msg/s  state",
        "› poker-hands       12       3        1     3    0.1  Enabled",
        "    2 × no such player: …",
        "    1 × no card: 11h",
        "  slow-hands         4       0        0     0      -  paused",
        "log",
        "poker-hands 12:00:00 invoke records=2",
        "poker-hands 12:00:00 FAIL 5a5c5e7d receive 3: no card: 11h",
        "slow-hands  took 12.34 ms",
        "",
        "",
        "↑↓ choose  s send  d open  r redrive  p pause  l log  ? help  q quit",
    ]


def test_forty_columns_have_the_counts_that_matter() -> None:
    assert shown(board(), 40, 12) == [
        "poker/dev  local AWS http://127.0.0.1:4…",
        "live in 0.31 s: poker-hands-function up…",
        "  consumer     visible  dead  state",
        "› poker-hands       12     3  Enabled",
        "    2 × no such player: …",
        "    1 × no card: 11h",
        "  slow-hands         4     0  paused",
        "log",
        "poker… 12:00:00 invoke records=2",
        "poker… 12:00:00 FAIL 5a5c5e7d receive 3…",
        "slow-… took 12.34 ms",
        "↑↓ s d r p l  ? help  q quit",
    ]


def test_twenty_columns_and_ten_lines_are_enough_to_see_what_is_dead() -> None:
    assert shown(board(), 20, 10) == [
        "poker/dev  local AW…",
        "live in 0.31 s: pok…",
        "  consumer     dead",
        "› poker-hands     3",
        "    2 × no such pla…",
        "    1 × no card: 11h",
        "  slow-hands      0",
        "log",
        "took 12.34 ms",
        "? help  q quit",
    ]


def test_an_error_stays_in_red_below_what_the_loop_does_until_it_is_repaired() -> None:
    one = board(is_live=False)
    one.doing, one.error = "updating handler.py …", "SyntaxError: '(' was never closed\n  hands/handler.py:3"
    lines = frame(one, 80, 14, NOW)
    assert [line.plain for line in lines[1:4]] == ["updating handler.py …", *one.error.split("\n")]
    assert [str(line.style) for line in lines[1:4]] == ["yellow", "red", "red"]


def test_a_long_error_keeps_its_first_line_and_its_end() -> None:
    one = board()
    one.error = "\n".join(f"line {number}" for number in range(30))
    assert shown(one, 80, 12)[2:6] == ["line 0 …", "line 27", "line 28", "line 29"]


def test_failures_in_the_log_are_red_and_lambdas_own_lines_dim() -> None:
    console = Console()
    lines = frame(board(), 80, 14, NOW)[8:11]
    styles = [line.get_style_at_offset(console, 15) for line in lines]
    assert [str(style) for style in styles] == ["none", "red", "dim"]


def test_the_log_of_one_consumer_has_its_lines_and_those_of_the_program() -> None:
    one = board()
    one.add_line("", "a warning", NOW)
    one.log_of = "slow-hands"
    assert shown(one, 80, 14)[7:10] == ["log of slow-hands", "took 12.34 ms", "a warning"]


def test_old_counts_are_marked_and_a_local_aws_that_is_gone_is_named() -> None:
    one = board()
    one.show(Snapshot(one.snapshot.rows, 100.0, "The local AWS at http://127.0.0.1:4566 does not answer."))
    lines = [line.plain for line in frame(one, 90, 14, 130.0)]
    assert lines[-2] == "The local AWS at http://127.0.0.1:4566 does not answer. Counts are 30 s old."
    one.show(Snapshot(one.snapshot.rows, 100.0))
    assert [line.plain for line in frame(one, 80, 14, 107.0)][-2] == "Counts are 7 s old."
    assert "old" not in " ".join(shown(one, 80, 14))


def test_a_question_replaces_the_keys_and_the_notice() -> None:
    one = board()
    one.notice, one.question = "Sent", "Send 3 dead letters back?"
    assert shown(one, 80, 14)[-2:] == ["Send 3 dead letters back?", "y yes  n no"]


def test_the_line_of_the_cursor_stays_on_a_small_screen() -> None:
    one = Board()
    one.show(snapshot(*(row(f"c{number}", state="Disabled") for number in range(50))))
    one.move(30)
    lines = shown(one, 40, 10)
    assert [line for line in lines if line.startswith("›")] == ["› c30             0     0  Disabled"]
    assert lines[2].startswith("  consumer")


def test_a_queue_that_is_gone_is_no_crash() -> None:
    one = Board()
    one.show(snapshot(row("hands", visible=None, in_flight=None, delayed=None, state="gone")))
    assert shown(one, 80, 10)[3] == "› hands        gone    gone     gone     0      -  gone"


def test_an_open_letter_has_its_reason_body_attributes_and_log_lines() -> None:
    one = board()
    reading = Reading("poker-hands", HANDS.letters)
    reading.logs["00000002-aaaa"] = ["2025-01-31T12:00:00.125+00:00  receive 3 failed: no such player"]
    one.reading = reading
    assert shown(one, 40, 18) == [
        "poker-hands: dead letter 1 of 3",
        "00000002-aaaa",
        "sent 2025-01-31 12:00:00 UTC, received 3",
        "times",
        "Reason (attribute): no such player:",
        "'bob'",
        "Attribute tenant (String): acme",
        "Body:",
        "  {",
        '    "id": 2',
        "  }",
        "Log:",
        "  2025-01-31T12:00:00.125+00:00  receive",
        "3 failed: no such player",
        "",
        "",
        "",
        "n p ↑↓ r  esc back",
    ]


def test_a_long_letter_scrolls_to_its_end_and_not_further() -> None:
    one = board()
    one.reading = Reading("hands", [letter(1, body=list(range(100)))], first_line=1000)
    lines = shown(one, 80, 10)
    assert lines[-4:-1] == ["    99", "  ]", "Log: …"]


def test_help_fits_and_scrolls() -> None:
    one = Board(has_help=True)
    assert shown(one, 80, 10)[0].startswith("↑ ↓ j k")
    one.first_line = 1000
    assert shown(one, 40, 10)[-2:] == ["none.", "↑↓ scroll  any other key: back"]


ATTACK = "\x1b[2J\x1b]0;title\x07\r\x9b31m\u202e\u2028\t\n[bold]:smile:"
texts = st.text(st.characters(codec="utf-8") | st.sampled_from(ATTACK), max_size=60)


@pytest.mark.parametrize("open_", ["", "question", "reading", "help"])
@settings(max_examples=30)  # a frame takes milliseconds
@given(text=texts, width=st.integers(20, 100), height=st.integers(5, 30))
def test_no_text_from_outside_controls_the_terminal_or_makes_a_line_too_wide(
    open_: str, text: str, width: int, height: int
) -> None:
    one = Board(title=text, address=text, doing=text, error=text, notice=text)
    one.show(snapshot(row(text or "x", letter(1, text, text), state=text)))
    one.add_line(text or "x", text, NOW)
    one.question = text if open_ == "question" else ""
    one.reading = Reading(text, one.snapshot.rows[0].letters) if open_ == "reading" else None
    one.has_help = open_ == "help"
    lines = frame(one, width, height, NOW)
    assert len(lines) <= height
    assert all(line.cell_len <= width for line in lines)
    assert not {*"\x1b\x07\r\n\t\x9b\u202e\u2028"} & set("".join(line.plain for line in lines))


@pytest.mark.parametrize("size", [(20, 5), (300, 100)])
def test_an_empty_board_is_drawn(size: tuple[int, int]) -> None:
    lines = shown(Board(), *size)
    assert (lines[1][:8], len(lines)) == ("starting", size[1])
