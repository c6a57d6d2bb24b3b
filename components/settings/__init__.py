"""What a user asked for, checked: arguments become frozen Settings, or a list of what is wrong with them.

Standard library only, so that the rules can be read, listed and tested without Pulumi.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from . import function_rules, mapping_rules, packaging_rules, pages, queue_rules, reading, source_rules
from .findings import Breach, Finding, Level, Refused, nearest, show
from .function_rules import OWN_TAGS
from .kinds import Unreadable, is_known
from .mapping_rules import filter_json
from .model import Settings
from .reading import kind_rule_id
from .rule import Rule

__all__ = [
    "OWN_TAGS",
    "RULES",
    "Finding",
    "Level",
    "Refused",
    "Rule",
    "Settings",
    "accept",
    "accept_later",
    "examine",
    "filter_json",
    "is_known",
]

RULES: tuple[Rule, ...] = (
    *function_rules.RULES,
    *source_rules.RULES,
    *packaging_rules.RULES,
    *queue_rules.RULES,
    *mapping_rules.RULES,
)


def examine(consumer: str, args: Any) -> tuple[Settings, list[Finding]]:
    """Return the settings of `consumer` and everything that there is to say about them, refusals first."""
    settings, findings = reading.read(consumer, args)
    broken = {finding.argument for finding in findings}
    settings = reading.derive(settings)
    rules = (rule for rule in RULES if not broken.intersection(rule.arguments))
    findings += [finding for rule in rules for finding in rule.findings(settings)]
    findings += _bad_ignores(settings)
    kept = [finding for finding in findings if finding.level is Level.REFUSE or not _ignored(settings, finding)]
    return settings, sorted(kept, key=lambda finding: finding.level is not Level.REFUSE)


def accept(consumer: str, args: Any) -> tuple[Settings, list[Finding]]:
    """Return the settings of `consumer` and the advice on them; raise Refused with every error, if there is any."""
    settings, findings = examine(consumer, args)
    _raise_refusals(consumer, findings)
    return settings, findings


def accept_later(settings: Settings, argument: str, value: Any) -> Any:
    """Return the value that an Output of `argument` turned out to have; raise Refused where a rule refuses it."""
    known = _with(settings, argument, value)
    findings = [f for rule in RULES if argument in rule.arguments for f in rule.findings(known)]
    kind = dict(reading.kinds())[argument]
    try:
        kind.read(value)
    except Unreadable as error:
        findings.append(Finding(kind_rule_id(argument), Level.REFUSE, argument, error.breach, kind.why, kind.page))
    _raise_refusals(settings.consumer, findings)
    return value


def _raise_refusals(consumer: str, findings: Iterable[Finding]) -> None:
    refusals = [finding for finding in findings if finding.level is Level.REFUSE]
    if refusals:
        raise Refused(consumer, refusals)


def _with(settings: Settings, argument: str, value: Any) -> Settings:
    group, _, name = argument.rpartition(".")
    if not group:
        return dataclasses.replace(settings, **{name: value})
    return dataclasses.replace(settings, **{group: dataclasses.replace(getattr(settings, group), **{name: value})})


def _ignored(settings: Settings, finding: Finding) -> bool:
    return finding.rule in settings.ignore_advice


def _bad_ignores(settings: Settings) -> Iterator[Finding]:
    advice = [rule.id for rule in RULES if rule.level is Level.ADVISE]
    for id, reason in settings.ignore_advice.items():
        if id not in advice:
            breach = Breach(show(id), f"the id of an advice: {', '.join(advice)}", f"Correct it{nearest(id, advice)}")
        elif not str(reason).strip():
            breach = Breach(f"{show(id)} without a reason", "a reason in words", "Say why it does not fit here")
        else:
            continue
        why = "only advice can be turned off, each with a reason for the next reader"
        yield Finding("ignore-advice", Level.REFUSE, "ignore_advice", breach, why, pages.COMPONENT)
