"""Poker hands: parsing and validation."""

from __future__ import annotations

# Importing typing and dataclasses would make a cold start a third longer.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RANKS = "23456789TJQKA"
SUITS = "cdhs"
RESULTS = ("won", "lost", "folded")
LONGEST_NAME = 200
MOST_CHIPS = 10**15  # exact in every JSON parser and database


class BadHand(ValueError):
    """The hand is invalid; the text says which field and why."""


class Hand:
    """One hand of one player: the two cards dealt, the result, and the chips won or lost."""

    __slots__ = ("chip_delta", "hand_id", "hole_cards", "result", "user_id")

    def __init__(self, hand_id: str | None, user_id: str, hole_cards: str, chip_delta: int, result: str) -> None:
        self.hand_id = hand_id  # not every history has ids
        self.user_id = user_id
        self.hole_cards = hole_cards
        self.chip_delta = chip_delta
        self.result = result


def parse_hand(data: Any) -> Hand:
    """Return the hand in a decoded JSON document; raise BadHand if it is invalid."""
    if not isinstance(data, dict):
        raise BadHand(f"a hand must be a JSON object, got {_kind(data)}")
    fields: dict[str, Any] = data  # pyright: ignore[reportUnknownVariableType]
    return Hand(
        hand_id=_name("hand_id", _field(fields, "hand_id", str)) if "hand_id" in fields else None,
        user_id=_name("user_id", _field(fields, "user_id", str)),
        hole_cards=_cards(_field(fields, "hole_cards", str)),
        chip_delta=_chips(_field(fields, "chip_delta", int)),
        result=_result(_field(fields, "result", str)),
    )


def _field(data: dict[str, Any], name: str, kind: type) -> Any:
    if name not in data:
        raise BadHand(f"{name} is missing")
    value = data[name]
    # type(), not isinstance(): Python's True is an int.
    if type(value) is not kind:
        raise BadHand(f"{name} must be {kind.__name__}, got {_kind(value)}")
    return value


def _name(field: str, value: str) -> str:
    # A line break would forge log lines.
    if not 1 <= len(value) <= LONGEST_NAME or not value.isprintable():
        raise BadHand(f"{field} must be printable text of 1 to {LONGEST_NAME} characters, got {value[:LONGEST_NAME]!r}")
    return value


def _cards(hole_cards: str) -> str:
    cards = hole_cards[:2], hole_cards[2:]
    if not all(len(card) == 2 and card[0] in RANKS and card[1] in SUITS for card in cards):
        raise BadHand(f"hole_cards must be two cards such as AsKd, got {hole_cards!r}")
    if cards[0] == cards[1]:
        raise BadHand(f"hole_cards has {cards[0]} twice")
    return hole_cards


def _chips(chip_delta: int) -> int:
    if abs(chip_delta) > MOST_CHIPS:
        raise BadHand(f"chip_delta must be within ±{MOST_CHIPS:,}, got {chip_delta}")
    return chip_delta


def _result(result: str) -> str:
    if result not in RESULTS:
        raise BadHand(f"result must be {', '.join(RESULTS[:-1])} or {RESULTS[-1]}, got {result!r}")
    return result


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__
