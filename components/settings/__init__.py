"""What a user asked for, checked: arguments become frozen Settings, or a list of what is wrong with them.

Standard library only, so that the rules can be read, listed and tested without Pulumi.
"""

import dataclasses
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import alarm_rules, function_rules, idempotency_rules, mapping_rules, pages, queue_rules, reading, source_rules
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
    "Examined",
    "Finding",
    "Level",
    "Refused",
    "Rule",
    "Settings",
    "accept",
    "accept_later",
    "collecting",
    "examine",
    "filter_json",
    "is_known",
    "listed",
]

RULES: tuple[Rule, ...] = (
    *function_rules.RULES,
    *source_rules.RULES,
    *queue_rules.RULES,
    *mapping_rules.RULES,
    *alarm_rules.RULES,
    *idempotency_rules.RULES,
)


@dataclass(frozen=True)
class Examined:
    """One consumer and everything that there is to say about it."""

    settings: Settings
    findings: list[Finding]


_collected: list[Examined] | None = None


@contextmanager
def collecting() -> Generator[list[Examined]]:
    """Within it no consumer is refused: what is found goes into the list, so that a tool can show all of it at once.

    What a program registers meanwhile must not be deployed.
    """
    global _collected
    _collected = []
    try:
        yield _collected
    finally:
        _collected = None


def listed() -> list[Rule]:
    """Return every rule there is: on the names of arguments, on what each is by itself, on what ties them together."""
    values = [Rule.of_kind(kind_rule_id(path), path, kind) for path, kind in reading.kinds()]
    return [reading.UNKNOWN_ARGUMENT, *values, *RULES, IGNORE_ADVICE]


IGNORE_ADVICE = Rule(
    "ignore-advice",
    Level.REFUSE,
    ("ignore_advice",),
    "only advice can be turned off, each with a reason for the next reader",
    pages.COMPONENT,
)


def examine(consumer: str, args: Any) -> tuple[Settings, list[Finding]]:
    """Return the settings of `consumer` and everything that there is to say about them, refusals first."""
    settings, findings = reading.read(consumer, args)
    broken = {finding.argument for finding in findings}
    settings = reading.derive(settings)
    rules = (rule for rule in RULES if not broken.intersection(rule.arguments))
    findings += [finding for rule in rules for finding in rule.findings(settings)]
    findings += _bad_ignores(settings)
    kept = [finding for finding in findings if not _ignored(settings, finding)]
    return settings, sorted(kept, key=lambda finding: finding.level is not Level.REFUSE)


def accept(consumer: str, args: Any) -> tuple[Settings, list[Finding]]:
    """Return the settings of `consumer` and the advice on them; raise Refused with every error, if there is any."""
    settings, findings = examine(consumer, args)
    if _collected is None:
        _raise_refusals(consumer, findings)
    else:
        _collected.append(Examined(settings, findings))
    return settings, findings


def accept_later(settings: Settings, argument: str, value: Any) -> Any:
    """Return the value that an Output of `argument` turned out to have; raise Refused where a rule refuses it."""
    known = _with(settings, argument, value)
    findings = [f for rule in RULES if argument in rule.arguments for f in rule.findings(known)]
    kind = dict(reading.kinds())[argument]
    try:
        kind.read(value)
    except Unreadable as error:
        findings.append(Rule.of_kind(kind_rule_id(argument), argument, kind).finding(error.breach))
    if _collected is None:
        _raise_refusals(settings.consumer, findings)
    else:
        _add(settings, findings)
    return value


def _add(settings: Settings, findings: Iterable[Finding]) -> None:
    """Add what is found now that an Output is known, to what was found when the consumer was constructed."""
    kept = next(one.findings for one in _collected or [] if one.settings is settings)
    kept += [finding for finding in findings if finding not in kept and not _ignored(settings, finding)]


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
    return finding.level is Level.ADVISE and finding.rule in settings.ignore_advice


def _bad_ignores(settings: Settings) -> Iterator[Finding]:
    advice = [rule.id for rule in RULES if rule.level is Level.ADVISE]
    for id, reason in settings.ignore_advice.items():
        if id not in advice:
            breach = Breach(show(id), f"the id of an advice: {', '.join(advice)}", f"Correct it{nearest(id, advice)}")
        elif not str(reason).strip():
            breach = Breach(f"{show(id)} without a reason", "a reason in words", "Say why it does not fit here")
        else:
            continue
        yield IGNORE_ADVICE.finding(breach)
