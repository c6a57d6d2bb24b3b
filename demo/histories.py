"""Hand histories for the workflow demo: JSON lines, some broken, some hands in two files. The same in every run."""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

HANDS = 100  # new hands in each history
POST = "the post"  # stands for the key of the posted history
REPEATED = 3  # hands that a history repeats from the one before
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
    """The files to upload, and the expected outcome."""

    files: dict[str, str] = field(default_factory=dict[str, str])  # text by key, the posted one by `POST`
    hands: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])  # good hands by id
    broken: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])  # key and line number
    repeated: int = 0


def histories(files: int) -> Histories:
    """Return this many histories to upload, and one to post, with 100 new hands each."""
    random, made, before = Random(files), Histories(), list[str]()
    for number in range(files + 1):
        # S3 URL-encodes the space in its event.
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
    player = random.choice(PLAYERS)
    return {"hand_id": hand_id, "user_id": player, "hole_cards": cards, "chip_delta": chips, "result": result}
