"""Compare each verdict of docs/rule-packs.md with the registered resources."""

from functools import cache
from typing import Any

import pytest

from benchmarks.rule_packs import CONSUMERS, KINDS, plan, registered, verdicts
from rule_packs import RULES, Made, Rule


@cache
def made(consumer: str) -> Made:
    return Made(registered(CONSUMERS[consumer]))


def verdict(rule: Rule) -> str:
    """Return the verdict of the resources on a rule, in the words of the page."""
    if not rule.argument:
        held = {rule.holds(made(name)) for name in CONSUMERS}
        return "an argument decides" if len(held) > 1 else "always" if held == {True} else "no"
    default: dict[str, Any] = CONSUMERS["default"]
    before, after = rule.holds(made("default")), rule.holds(Made(registered({**default, **rule.given})))
    words = {(False, True): "with", (True, False): "without"}
    return f"{words.get((before, after), 'whatever is')} `{rule.argument}`"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.ids.replace(" ", "-"))
def test_the_page_agrees_with_the_registered_resources(rule: Rule) -> None:
    page, found = verdicts(), verdict(rule)
    assert {id: page[id].startswith(found) for id in rule.ids.split()} == dict.fromkeys(rule.ids.split(), True), found


def test_each_rule_of_the_page_is_checked_once() -> None:
    assert sorted(id for rule in RULES for id in rule.ids.split()) == sorted(verdicts())


def test_a_rule_that_does_not_simply_hold_has_a_reason() -> None:
    assert [id for id, text in verdicts().items() if not text.startswith("always") and ": " not in text] == []
    assert all(text.startswith(KINDS) for text in verdicts().values())


def test_checkov_is_given_each_resource_by_terraforms_names() -> None:
    planned = plan(registered(CONSUMERS["complete"]))["planned_values"]["root_module"]["resources"]
    by_address = {one["address"]: one["values"] for one in planned}
    assert {one.name for one in registered(CONSUMERS["complete"])} == {one["name"] for one in planned}
    assert by_address["aws_lambda_function.hands-function"]["vpc_config"][0]["security_group_ids"] == ["sg-1"]
    assert by_address["aws_cloudwatch_log_group.hands-logs"]["retention_in_days"] == 365
    queue, policy = (by_address[f"aws_sqs_queue{kind}.hands-queue"] for kind in ("", "_policy"))
    assert queue["policy"] == policy["policy"]
