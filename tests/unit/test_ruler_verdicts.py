"""Compare our errors on patterns with those of EventBridge's Event Ruler, which `scripts/ruler_verdicts` recorded."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from components.settings.kinds import whole_numbers
from components.settings.operators import OF_EVENTBRIDGE, OF_LAMBDA, OF_PIPES, OF_SNS, Operators
from components.settings.patterns import breaches

VERDICTS = Path(__file__).with_name("data") / "ruler_verdicts.jsonl"
EXCEPTIONS = {
    "Ruler's operator, which EventBridge's guide does not have: 'exactly': x is x": r"the operator 'exactly' at ",
    "EventBridge's guide bounds numbers, and Ruler 2 no longer does": r".*\b5000000001\b.* at .+\.(numeric|anything-but)$",
    "Ruler reads more than a network, with a sign, a second '/' or a zero in front": r"'(0.*|.*/\+8|.*/8/)' at .+\.cidr$",
    "an empty list excludes nothing, so the pattern matches every event": r"\[\] at .+\.anything-but\.[a-z-]+$",
    "an operator outside a list is a field of that name to Ruler, and matches nothing": r"\{'[a-z-]+': .*\} at ",
}
"""Why some patterns that Ruler compiles are errors all the same, and how such an error begins."""


@cache
def verdicts() -> list[tuple[bool, Any]]:
    """Return whether Ruler compiles a pattern, and the pattern."""
    lines = map(json.loads, VERDICTS.read_text("utf-8").splitlines()[1:])
    return [(bool(taken), whole_numbers(pattern)) for taken, pattern in lines]


def refusals(pattern: Any, operators: Operators = OF_EVENTBRIDGE) -> list[str]:
    """Return our errors on a pattern; the type of the root is checked when the argument is read."""
    if not isinstance(pattern, dict):
        return ["no dict"]
    return [breach.got for breach in breaches("event_pattern", pattern, operators)]


def test_there_are_thousands_of_verdicts_of_both_kinds_of_one_version_of_ruler() -> None:
    with VERDICTS.open(encoding="utf-8") as lines:
        head = json.loads(next(lines))
    assert head == {"event-ruler": "2.1.0", "check": "JsonRuleCompiler.check(pattern, false)", "seed": 12}
    taken = [verdict for verdict, _ in verdicts()]
    assert taken.count(True) > 3_000
    assert taken.count(False) > 2_000


def test_every_pattern_that_ruler_refuses_is_refused() -> None:
    assert [pattern for taken, pattern in verdicts() if not taken and not refusals(pattern)] == []


def test_every_pattern_that_ruler_compiles_is_accepted_but_for_the_exceptions() -> None:
    too_strict = [given for taken, pattern in verdicts() if taken for given in refusals(pattern)]
    unexplained = [given for given in too_strict if not any(re.match(form, given) for form in EXCEPTIONS.values())]
    unused = [why for why, form in EXCEPTIONS.items() if not any(re.match(form, given) for given in too_strict)]
    assert (unexplained, unused) == ([], [])


def test_no_service_accepts_a_pattern_that_ruler_refuses() -> None:
    for pattern in (pattern for taken, pattern in verdicts() if not taken):
        for operators in (OF_PIPES, OF_LAMBDA, OF_SNS):
            assert refusals(pattern, operators), (operators.service, pattern)
