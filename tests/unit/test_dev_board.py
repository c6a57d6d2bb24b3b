"""What the screen of `consumers dev` remembers: the cursor, the log, the rate."""

import json

import pytest

from consumers.dev.board import MOST_LINES, Board, Reading, short
from dev_letters import CARD, HANDS, PLAYER, SLOW, letter, row, snapshot

INVOKED = "[INFO]\t2025-01-31T12:00:00.123Z\t1b2c\tinvoke request_id=1b2c memory_mb=128 records={}"
FAILED = "[ERROR]\t2025-01-31T12:00:00.123Z\t1b2c\tFAIL message_id=5a5c5e7d-da1a receive_count=3 reason=no card"


def board() -> Board:
    made = Board()
    made.show(snapshot(HANDS, SLOW))
    return made


def test_the_cursor_moves_over_consumers_and_their_reasons_and_stops_at_both_ends() -> None:
    one = board()
    seen = [one.choice]
    for _ in range(4):
        one.move(1)
        seen.append(one.choice)
    assert seen == [
        ("poker-hands", ""),
        ("poker-hands", "no such player: …"),
        ("poker-hands", "no card: 11h"),
        ("slow-hands", ""),
        ("slow-hands", ""),
    ]
    one.move(-100)
    assert one.choice == seen[0]


def test_the_cursor_stays_on_its_reason_while_others_come_and_goes_to_its_consumer_when_it_is_gone() -> None:
    one = board()
    one.move(2)
    one.show(snapshot(row("aces", letter(9)), HANDS))
    assert one.choice == ("poker-hands", "no card: 11h")
    one.show(snapshot(row("aces"), row("poker-hands")))
    assert one.choice == ("poker-hands", "")
    one.show(snapshot(row("aces")))
    assert one.choice == ("aces", "")
    one.show(snapshot())
    one.move(1)
    assert (one.choice, one.chosen(), one.chosen_letters()) == (("", ""), None, [])


def test_a_reason_stands_for_its_letters_and_a_consumer_for_all() -> None:
    one = board()
    assert [each.reason.text for each in one.chosen_letters()] == [PLAYER, PLAYER, CARD]
    one.move(2)
    assert [each.reason.text for each in one.chosen_letters()] == [CARD]


def test_the_rate_is_what_was_handled_and_did_not_fail_in_ten_seconds() -> None:
    one = board()
    assert one.rate("poker-hands", 100.0) is None
    one.add_line("poker-hands", INVOKED.format(10), 100.0)
    one.add_line("poker-hands", FAILED, 100.5)
    one.add_line("slow-hands", FAILED, 100.5)
    assert (one.rate("poker-hands", 101.0), one.rate("slow-hands", 101.0)) == (0.9, None)
    assert one.rate("poker-hands", 111.0) == 0.0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (INVOKED.format(2), "12:00:00 invoke records=2"),
        (FAILED, "12:00:00 FAIL 5a5c5e7d receive 3: no card"),
        (
            "[INFO]\t2025-01-31T12:00:00.1Z\t1b2c\tsent to the dead-letter queue: message_id=5a5c5e7d-da1a as=77",
            "12:00:00 sent to the dead-letter queue: 5a5c5e7d",
        ),
        ("REPORT RequestId: 1b2c\tDuration: 2.5 ms\tBilled Duration: 3 ms", "took 2.5 ms"),
        ("printed by the handler", "printed by the handler"),
        ("[INFO] not Lambda's", "[INFO] not Lambda's"),
    ],
)
def test_log_lines_are_shortened(line: str, expected: str) -> None:
    assert short(line) == expected


def test_lines_of_the_json_format_and_tracebacks_are_lines_of_the_screen() -> None:
    one, entry = board(), {"level": "ERROR", "message": "bad", "timestamp": "2025-01-31T12:00:00Z", "requestId": "1b2c"}
    one.add_line("poker-hands", json.dumps({**entry, "errorType": "ValueError", "stackTrace": ["a", "b"]}), 1.0)
    one.add_line("poker-hands", "START RequestId: 1b2c", 1.0)
    assert [(line.text, line.style) for line in one.lines] == [
        ("12:00:00 bad", "red"),
        ("a", "red"),
        ("b", "red"),
        ("ValueError: ", "red"),
    ]


def test_only_the_newest_lines_are_kept() -> None:
    one = board()
    for number in range(MOST_LINES + 10):
        one.add_line("poker-hands", f"line {number}", 1.0)
    assert (len(one.lines), one.lines[0].text) == (MOST_LINES, "line 10")


def test_next_and_previous_letter_stop_at_both_ends_and_begin_at_the_top() -> None:
    reading = Reading("hands", HANDS.letters, first_line=5)
    reading.move(-1)
    assert (reading.index, reading.first_line) == (0, 0)
    for _ in range(5):
        reading.move(1)
    assert reading.letter is HANDS.letters[-1]
