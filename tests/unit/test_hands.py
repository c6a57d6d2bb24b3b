"""What a poker hand is, and what is said of one that is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.poker_hands.hands import BadHand, parse_hand

GOOD: dict[str, Any] = {"user_id": "aarit", "hole_cards": "AsKs", "chip_delta": 120, "result": "won"}


def test_the_example_has_nine_good_hands_and_one_poison_one() -> None:
    lines = Path("functions/poker_hands/ten-hands.jsonl").read_text("utf-8").splitlines()
    bad: list[str] = []
    for line in lines:
        try:
            parse_hand(json.loads(line))
        except BadHand as error:
            bad.append(str(error))
    assert len(lines) == 10
    assert bad == ["chip_delta must be int, got str"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"chip_delta": "twenty"}, "chip_delta must be int, got str"),
        ({"chip_delta": True}, "chip_delta must be int, got bool"),
        ({"chip_delta": 1.5}, "chip_delta must be int, got float"),
        ({"chip_delta": None}, "chip_delta must be int, got null"),
        ({"chip_delta": 10**15 + 1}, "chip_delta must be within ±1,000,000,000,000,000, got 1000000000000001"),
        ({"chip_delta": -(10**39)}, f"chip_delta must be within ±1,000,000,000,000,000, got -1{'0' * 39}"),
        ({"user_id": ""}, "user_id must be printable text of 1 to 200 characters, got ''"),
        ({"user_id": "a\nb"}, "user_id must be printable text of 1 to 200 characters, got 'a\\nb'"),
        ({"user_id": "x" * 201}, f"user_id must be printable text of 1 to 200 characters, got '{'x' * 200}'"),
        ({"hand_id": None}, "hand_id must be str, got null"),
        ({"hand_id": ""}, "hand_id must be printable text of 1 to 200 characters, got ''"),
        ({"user_id": 7}, "user_id must be str, got int"),
        ({"hole_cards": "As"}, "hole_cards must be two cards such as AsKd, got 'As'"),
        ({"hole_cards": "1sKs"}, "hole_cards must be two cards such as AsKd, got '1sKs'"),
        ({"hole_cards": "AsKsQs"}, "hole_cards must be two cards such as AsKd, got 'AsKsQs'"),
        ({"hole_cards": "AsAs"}, "hole_cards has As twice"),
        ({"result": "drew"}, "result must be won, lost or folded, got 'drew'"),
    ],
)
def test_a_bad_hand_says_which_field_and_why(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadHand) as caught:
        parse_hand({**GOOD, **change})
    assert str(caught.value) == reason


@pytest.mark.parametrize("field", sorted(GOOD))
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(BadHand, match=f"^{field} is missing$"):
        parse_hand({name: value for name, value in GOOD.items() if name != field})


@pytest.mark.parametrize(("data", "kind"), [([], "list"), ("AsKs", "str"), (None, "null"), (7, "int")])
def test_what_is_no_object_is_no_hand(data: Any, kind: str) -> None:
    with pytest.raises(BadHand, match=f"^a hand must be a JSON object, got {kind}$"):
        parse_hand(data)


def test_a_good_hand_keeps_its_values() -> None:
    hand = parse_hand({**GOOD, "table": "unknown fields are for others"})
    assert (hand.user_id, hand.hole_cards, hand.chip_delta, hand.result) == ("aarit", "AsKs", 120, "won")
    assert hand.hand_id is None
    assert parse_hand({**GOOD, "hand_id": "h-1"}).hand_id == "h-1"
