"""Hand histories to try the workflow with: JSON lines, some broken, some hands in two files. The same each time."""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

HANDS = 100  # new ones in each history
POST = "the post"  # which has no key
REPEATED = 3  # hands that each history but the first has from the one before
PLAYERS = ("aarit", "aditya", "alma", "bo", "chen", "dara", "emil", "fatou", "greta", "hugo", "ines", "jonas")
CARDS = tuple(rank + suit for rank in "23456789TJQKA" for suit in "cdhs")
BROKEN = (
    '{"hand_id": "cut", "user_id": "aarit", "hole_cards": "As',
    '{"hand_id": "poison", "user_id": "aditya", "hole_cards": "TsJs", "chip_delta": "twenty", "result": "won"}',
    "PokerStars Hand #243490149326: Hold'em No Limit",
    '{"hand_id": "marked", "user_id": "bo", "hole_cards": "AsAs", "chip_delta": 5, "result": "won"}',
)


@dataclass
class Histories:
    """What is uploaded, and what must come of it."""

    files: dict[str, str] = field(default_factory=dict[str, str])
    """Text by key, the posted one by `POST`."""
    hands: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Good hands by id."""
    broken: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Key and number of each line that is no hand."""
    repeated: int = 0
    """How many of the hands are in a second history too."""


def histories(files: int) -> Histories:
    """Make that many histories to upload, and one to post, of 100 new hands each."""
    random, made, before = Random(files), Histories(), list[str]()
    for number in range(files + 1):
        # With a space, which S3 encodes in what it tells.
        key = f"table {number % 10}/history-{number:04}.jsonl" if number < files else POST
        hands = [_hand(random, f"h-{number:04}-{index:02}") for index in range(HANDS)]
        made.hands |= {hand["hand_id"]: hand for hand in hands}
        lines = [json.dumps(hand) for hand in hands]
        repeated = before[:REPEATED]
        made.repeated += len(repeated)
        mixed = [*lines, *repeated, *random.sample(BROKEN, number % 3)]
        random.shuffle(mixed)
        made.broken += [(key, line) for line, text in enumerate(mixed, 1) if text in BROKEN]
        made.files[key] = "\n".join(mixed) + "\n"
        before = lines
    return made


def _hand(random: Random, hand_id: str) -> dict[str, Any]:
    chips = random.randrange(-120, 150)
    result = "won" if chips > 0 else random.choice(("lost", "folded"))
    cards = "".join(random.sample(CARDS, 2))
    return {
        "hand_id": hand_id,
        "user_id": random.choice(PLAYERS),
        "hole_cards": cards,
        "chip_delta": chips,
        "result": result,
    }
