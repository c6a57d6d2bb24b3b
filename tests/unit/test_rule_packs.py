"""docs/rule-packs.md says of each rule what becomes of it here: each word of that is looked at."""

from functools import cache
from typing import Any

import pytest

from benchmarks.rule_packs import CONSUMERS, KINDS, registered, verdicts
from rule_packs import RULES, Made, Rule


@cache
def made(consumer: str) -> Made:
    return Made(registered(CONSUMERS[consumer]))


def verdict(rule: Rule) -> str:
    """What the resources say of a rule, in the words of the page."""
    if not rule.argument:
        held = {rule.holds(made(name)) for name in CONSUMERS}
        return {(True,): "always", (False,): "no"}.get(tuple(held), f"{held}: an argument decides")
    default: dict[str, Any] = CONSUMERS["default"]
    before, after = rule.holds(made("default")), rule.holds(Made(registered({**default, **rule.given})))
    words = {(False, True): "with", (True, False): "without"}
    return f"{words.get((before, after), 'whatever is')} `{rule.argument}`"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.ids.replace(" ", "-"))
def test_the_page_says_of_a_rule_what_is_registered(rule: Rule) -> None:
    page, found = verdicts(), verdict(rule)
    assert {id: page[id].startswith(found) for id in rule.ids.split()} == dict.fromkeys(rule.ids.split(), True), found


def test_each_rule_of_the_page_is_looked_at_once() -> None:
    looked_at = [id for rule in RULES for id in rule.ids.split()]
    assert sorted(looked_at) == sorted(verdicts())


def test_a_rule_that_does_not_simply_hold_has_a_reason() -> None:
    assert [id for id, told in verdicts().items() if not told.startswith("always") and ": " not in told] == []
    assert all(told.startswith(KINDS) for told in verdicts().values())
