"""The reasons of dead letters, and how they are grouped and selected."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.operations.dead_letters import logged
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.logged import Bounds
from consumers.operations.dead_letters.reasons import UNKNOWN, Explained, Reason, written
from consumers.operations.dead_letters.selection import Selection, SelectionError, selected
from consumers.operations.dead_letters.summary import Summary
from error_texts import ErrorTexts

SOURCE = "arn:aws:sqs:us-east-1:000000000000:hands"


def letter(id: str = "one", body: str = "{}", source: str | None = None, **attributes: str) -> DeadLetter:
    system = {"SentTimestamp": "1000000", "ApproximateReceiveCount": "4", "ApproximateFirstReceiveTimestamp": "1001000"}
    source_arn = {"DeadLetterQueueSourceArn": source} if source else {}
    values = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    return DeadLetter(id, body, values, system | source_arn, "receipt")


def rejected(**more: Any) -> str:
    return json.dumps({"reason": "no card", "receiveCount": 2, "messageId": "first", "function": "f"} | more)


class Logs:
    """A log group that answers in pages of two lines."""

    class exceptions:  # noqa: N801
        class ResourceNotFoundException(Exception):
            pass

    def __init__(self, *lines: tuple[float, str]) -> None:
        self.events: list[dict[str, Any]] = [{"timestamp": int(when * 1000), "message": line} for when, line in lines]

    def get_paginator(self, _: str) -> "Logs":
        return self

    def paginate(self, logGroupName: str, startTime: int, filterPattern: str) -> Any:  # noqa: N803
        events = [event for event in self.events if event["timestamp"] >= startTime]
        return iter([{"events": events[at : at + 2]} for at in range(0, len(events), 2)])


def test_the_reason_is_what_the_runtime_wrote_into_the_letter() -> None:
    assert written(letter(Rejected=rejected())) == Reason("no card", "attribute", 2)
    assert letter(Rejected=rejected()).original_id == "first"


def test_an_attribute_from_before_a_redrive_is_not_the_reason_of_a_letter_that_sqs_moved() -> None:
    assert written(letter(source=SOURCE, Rejected=rejected())) is None


@pytest.mark.parametrize("value", ["", "no json", "[1]", '"text"', "{}", "[" * 100_000])
def test_an_attribute_that_somebody_else_wrote_is_no_reason(value: str) -> None:
    assert written(letter(Rejected=value)) is None


def test_the_log_gives_the_newest_reason_by_the_id_of_the_message() -> None:
    lines = Logs(
        (1, "[ERROR] FAIL message_id=one receive_count=1 reason=first\n"),
        (2, '{"level":"ERROR","message":"FAIL message_id=one receive_count=2 reason=second at a.py:1"}'),
        (3, "[ERROR] FAIL message_id=other receive_count=9 reason=not asked for"),
        (4, "[WARNING] REJECT message_id=two receive_count=1 reason=no hand"),
    )
    found = logged.read(lines, "group", {"one", "two"}, 0)
    assert found.reason(letter("one")) == Reason("second at a.py:1", "log", 2)
    assert found.reason(letter("two")) == Reason("no hand", "log", 1)
    assert found.reason(letter("other")) == UNKNOWN
    assert not found.is_cut


def test_a_letter_that_was_sent_without_its_reason_has_that_of_its_old_id() -> None:
    lines = Logs(
        (1, "[ERROR] FAIL message_id=old receive_count=3 reason=no card"),
        (2, "[INFO] sent to the dead-letter queue: message_id=old as=new"),
    )
    assert logged.read(lines, "group", {"new"}, 0).reason(letter("new")) == Reason("no card", "log", 3)


@pytest.mark.parametrize(
    "line",
    ["Task timed out after 3.00 seconds", "Error: Runtime exited with error: exit status 1", "REPORT Status: timeout"],
)
def test_without_a_line_of_its_own_the_end_of_an_invocation_at_that_time_is_the_likely_reason(line: str) -> None:
    found = logged.read(Logs((900, line), (1004, line), (99_000, line)), "group", {"one"}, 0)
    reason = found.reason(letter("one"))
    assert reason.source == "time"
    assert reason.text.startswith("unknown, probably: ")


def test_the_end_of_an_invocation_long_after_the_first_receive_explains_nothing() -> None:
    found = logged.read(Logs((9_000, "Task timed out after 3.00 seconds")), "group", {"one"}, 0)
    assert found.reason(letter("one")) == UNKNOWN


def test_reading_a_log_ends_at_its_bounds_and_says_so() -> None:
    lines = Logs(*((n, f"FAIL message_id={n} receive_count=1 reason=x") for n in range(10)))
    found = logged.read(lines, "group", {str(n) for n in range(10)}, 0, Bounds(lines=4))
    assert found.is_cut
    assert len(found.reasons) == 4


def test_reasons_that_differ_in_numbers_ids_and_quoted_values_are_one_group() -> None:
    texts = (
        "ValueError: hand 17 of 'Anna' is 3.5 too high, at 0x7f3a, id 0d6f1b52-9c3e-4f0e-8d5a-6f2b1c9e7a10",
        "ValueError: hand 4 of 'O\\'Hara' is 1,000 too high, at 0x99, id 1c2f1b52-9c3e-4f0e-8d5a-6f2b1c9e7a11",
    )
    (group,) = {Reason(text, "log").group for text in texts}
    assert group == "ValueError: hand <n> of … is <n> too high, at <id>, id <id>"


def test_reasons_that_differ_in_words_are_two_groups() -> None:
    assert Reason("no card", "log").group != Reason("no hand", "log").group
    assert Reason("utf8 is bad", "log").group != Reason("utf16 is bad", "log").group


@given(st.text(), st.integers(min_value=0), st.integers(min_value=0))
def test_a_number_never_splits_a_group_and_a_group_is_its_own_group(text: str, one: int, two: int) -> None:
    groups = {Reason(f"{text} of {number} cards", "log").group for number in (one, two)}
    assert len(groups) == 1
    (group,) = groups
    assert Reason(group, "log").group == group


@pytest.mark.parametrize(
    ("selection", "matches"),
    [
        (Selection(), True),
        (Selection(reason="no card: … (<n>"), True),  # a group, and no regular expression
        (Selection(reason=r"^no card: 'ace' \(\d+"), True),
        (Selection(reason="no hand"), False),
        (Selection(where="amount > `100` && player.name == 'Anna'"), True),
        (Selection(where="amount > `1000`"), False),
        (Selection(where="missing"), False),
        (Selection(attributes={"tenant": "acme"}), True),
        (Selection(attributes={"tenant": "acme", "more": "x"}), False),
        (Selection(group="table"), False),
        (Selection(ids=frozenset({"one"})), True),
        (Selection(ids=frozenset({"other"})), False),
        (Selection(older=3_600), True),
        (Selection(newer=3_600), False),
        (Selection(reason="card", where="amount", attributes={"tenant": "acme"}, older=1), True),
    ],
)
def test_a_selection_means_the_letters_that_meet_every_condition(selection: Selection, matches: bool) -> None:
    body = json.dumps({"amount": 101, "player": {"name": "Anna"}})
    assert selection.matches(letter(body=body, tenant="acme"), Reason("no card: 'ace' (3", "log")) is matches


@pytest.mark.parametrize("body", ["no json", "", "[" * 100_000, "1" * 5_000])
def test_an_expression_selects_no_body_that_is_not_json(body: str) -> None:
    assert not Selection(where="@").matches(letter(body=body), UNKNOWN)


def test_letters_are_selected_by_the_id_that_they_had_on_the_source_queue() -> None:
    assert Selection(ids=frozenset({"first"})).matches(letter(Rejected=rejected()), UNKNOWN)


def test_a_limit_ends_the_reading() -> None:
    rounds = iter([[Explained(letter(str(n)), UNKNOWN) for n in range(3)] for _ in range(4)])
    chosen = [one.letter.id for letters in selected(rounds, Selection(limit=4)) for one in letters]
    assert chosen == ["0", "1", "2", "0"]
    assert len(list(rounds)) == 2


def test_an_invalid_expression_is_refused(error_text: ErrorTexts) -> None:
    with pytest.raises(SelectionError) as refused:
        Selection(where="amount >")
    error_text(str(refused.value))


def test_a_summary_has_a_row_for_each_consumer_and_reason_with_its_newest_letter_as_the_example() -> None:
    newer = DeadLetter("new", "", {}, {"SentTimestamp": str(int(time.time() * 1000))}, "")
    summary = Summary()
    summary.add(
        [
            ("hands", Explained(letter("old"), Reason("no card 1", "log", 3))),
            ("hands", Explained(newer, Reason("no card 2", "log", 5))),
            ("tables", Explained(letter("other"), Reason("no card 3", "log"))),
        ]
    )
    first, second = summary.rows()
    assert (first.consumer, first.reason, first.count, first.receives) == ("hands", "no card <n>", 2, 5)
    assert (first.first, first.last, first.example) == (1_000, newer.sent, "new")
    assert (second.consumer, second.count, second.receives) == ("tables", 1, 4)
