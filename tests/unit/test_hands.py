"""Poker hands: valid and invalid ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.poker_hands.hands import BadHand, parse_hand

GOOD: dict[str, Any] = {"user_id": "aarit", "hole_cards": "AsKs", "chip_delta": 120, "result": "won"}


def reason(data: Any) -> str:
    with pytest.raises(BadHand) as caught:
        parse_hand(data)
    return str(caught.value)


def test_the_example_has_nine_good_hands_and_a_poison_one() -> None:
    hands = [json.loads(line) for line in Path("functions/poker_hands/ten-hands.jsonl").read_text("utf-8").splitlines()]
    poison = [hand for hand in hands if hand["chip_delta"] == "twenty"]
    assert [reason(hand) for hand in poison] == ["chip_delta must be int, got str"]
    assert len([parse_hand(hand) for hand in hands if hand not in poison]) == 9


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"chip_delta": "twenty"}, "chip_delta must be int, got str"),
        ({"chip_delta": True}, "chip_delta must be int, got bool"),
        ({"chip_delta": -(10**39)}, f"chip_delta must be within ±1,000,000,000,000,000, got -1{'0' * 39}"),
        ({"user_id": ""}, "user_id must be printable text of 1 to 200 characters, got ''"),
        ({"user_id": "a\nb"}, "user_id must be printable text of 1 to 200 characters, got 'a\\nb'"),
        ({"hand_id": None}, "hand_id must be str, got null"),
        ({"hole_cards": "As"}, "hole_cards must be two cards such as AsKd, got 'As'"),
        ({"hole_cards": "1sKs"}, "hole_cards must be two cards such as AsKd, got '1sKs'"),
        ({"hole_cards": "AsKsQs"}, "hole_cards must be two cards such as AsKd, got 'AsKsQs'"),
        ({"hole_cards": "AsAs"}, "hole_cards has As twice"),
        ({"result": "drew"}, "result must be won, lost or folded, got 'drew'"),
    ],
)
def test_the_error_names_the_field_and_the_reason(change: dict[str, Any], expected: str) -> None:
    assert reason({**GOOD, **change}) == expected


def test_a_missing_field_or_another_document_is_an_error() -> None:
    for field in GOOD:
        assert reason({name: value for name, value in GOOD.items() if name != field}) == f"{field} is missing"
    kinds: dict[str, Any] = {"list": [], "str": "AsKs", "null": None, "int": 7}
    assert [reason(data) for data in kinds.values()] == [f"a hand must be a JSON object, got {kind}" for kind in kinds]


def test_a_good_hand_keeps_its_values_and_may_have_other_fields() -> None:
    hand = parse_hand({**GOOD, "chip_delta": -(10**15), "user_id": "x" * 200, "table": "seven"})
    assert (hand.user_id, hand.hole_cards, hand.chip_delta, hand.result) == ("x" * 200, "AsKs", -(10**15), "won")
    assert hand.hand_id is None
    assert parse_hand({**GOOD, "hand_id": "h-1"}).hand_id == "h-1"
