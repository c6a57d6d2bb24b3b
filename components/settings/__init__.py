"""What a user asked for, checked: arguments become frozen Settings, or a list of what is wrong with them.

Standard library only, so that the rules can be read, listed and tested without Pulumi.
"""

import dataclasses
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import pages, reading, sources
from .findings import Breach, Finding, Level, Refused, nearest, show
from .kinds import Unreadable, is_known, is_later
from .model import MAX_MESSAGE_SIZE, DeadLetterQueueComponentSettings, PollerSettings, Settings
from .patterns import filter_json
from .reading import kind_rule_id
from .rule import Rule, Rules
from .rules import dead_letter_queues
from .rules import rules as consumer_rules
from .rules.functions import OWN_TAGS
from .sources.source import NO_CONSUMER, SourceSettings, no_consumer

__all__ = [
    "COMPONENTS",
    "MAX_MESSAGE_SIZE",
    "OF_DEAD_LETTER_QUEUE",
    "OWN_TAGS",
    "RULES",
    "AnySettings",
    "DeadLetterQueueComponentSettings",
    "Examined",
    "Finding",
    "Level",
    "PollerSettings",
    "Refused",
    "Rule",
    "Settings",
    "accept",
    "accept_component",
    "accept_later",
    "collecting",
    "examine",
    "filter_json",
    "is_known",
    "is_later",
    "listed",
]

AnySettings = Settings | DeadLetterQueueComponentSettings | SourceSettings
RULES: Rules[Settings] = consumer_rules
OF_DEAD_LETTER_QUEUE: Rules[DeadLetterQueueComponentSettings] = dead_letter_queues.rules
COMPONENTS: dict[type, Rules[Any]] = {
    Settings: RULES,
    DeadLetterQueueComponentSettings: OF_DEAD_LETTER_QUEUE,
    **sources.COMPONENTS,
}
"""The rules of each component, by the class of its settings."""


@dataclass(frozen=True)
class Examined:
    """One component and everything that there is to say about it."""

    settings: AnySettings
    findings: list[Finding]


_collected: list[Examined] | None = None


@contextmanager
def collecting() -> Generator[list[Examined]]:
    """Within it nothing is refused: what is found goes into the list, so that a tool can show all of it at once.

    What a program registers meanwhile must not be deployed.
    """
    global _collected
    _collected = []
    try:
        yield _collected
    finally:
        _collected = None


def listed() -> list[Rule[Any]]:
    """Return every rule there is: on the names of arguments, on what each is by itself, on what ties them together."""
    values = [Rule.of_kind(kind_rule_id(path), path, kind) for path, kind in reading.kinds()]
    shared = [rule for rule in OF_DEAD_LETTER_QUEUE if rule not in [*RULES]]
    return [reading.UNKNOWN_ARGUMENT, *values, *RULES, IGNORE_ADVICE, *shared, *_of_sources()]


def _of_sources() -> Iterator[Rule[Any]]:
    yield NO_CONSUMER
    for rules in sources.COMPONENTS.values():
        for rule in rules:
            own = [f"{rules.component}: {name}" for name in rule.arguments if not name.startswith("target.")]
            of_consumer = [name.removeprefix("target.") for name in rule.arguments if name.startswith("target.")]
            yield dataclasses.replace(rule, arguments=(*own, *of_consumer))


IGNORE_ADVICE = Rule(
    "ignore-advice",
    Level.ERROR,
    ("ignore_advice",),
    "only warnings can be turned off, each with a reason for the next reader",
    pages.COMPONENT,
)


def examine(consumer: str, args: Any) -> tuple[Settings, list[Finding]]:
    """Return the settings of `consumer` and everything that there is to say about them, refusals first."""
    settings, findings = reading.read(consumer, args)
    settings = reading.derive(settings)
    findings += [*_judged(RULES, settings, findings), *_bad_ignores(settings)]
    kept = [finding for finding in findings if not _ignored(settings, finding)]
    return settings, sorted(kept, key=lambda finding: finding.level is not Level.ERROR)


def _judged(rules: Iterable[Rule[Any]], settings: Any, unreadable: Iterable[Finding]) -> list[Finding]:
    broken = {finding.argument for finding in unreadable}
    readable = (rule for rule in rules if not any(map(rule.reads, broken)))
    return [finding for rule in readable for finding in rule.findings(settings)]


def accept_component(model: Any, name: str, args: Any, **more: Any) -> Any:
    """Return the settings of a component other than a QueueConsumer; raise Refused with every error, if there is any.

    `more` is what the component itself gives: the settings of the consumer that it sends to, as `target`.
    """
    rules = COMPONENTS[model]
    if "target" in more and not isinstance(more["target"], Settings):
        raise Refused(name, [no_consumer(more["target"])], rules.component)  # no rule could be decided without it
    settings, findings = reading.read(name, args, model, f"{rules.component}Args")
    settings = dataclasses.replace(settings, **more)
    _take(settings, [*findings, *_judged(rules, settings, findings)])
    return settings


def accept(consumer: str, args: Any) -> tuple[Settings, list[Finding]]:
    """Return the settings of `consumer` and the advice on them; raise Refused with every error, if there is any."""
    settings, findings = examine(consumer, args)
    _take(settings, findings)
    return settings, findings


def accept_later(settings: AnySettings, argument: str, value: Any, **also: Any) -> Any:
    """Return the value that an Output of `argument` turned out to have; raise Refused where a rule refuses it.

    `also` is what else is known by now.
    """
    known: Any = dataclasses.replace(_replaced(settings, argument, value), **also)
    rules = COMPONENTS[type(settings)]
    findings = [f for rule in rules if argument in rule.arguments for f in rule.findings(known)]
    kind = dict(reading.kinds(type(settings))).get(argument)  # None of what the component itself gives
    try:
        if kind:
            kind.read(value)
    except Unreadable as error:
        assert kind
        findings.append(Rule.of_kind(kind_rule_id(argument), argument, kind).finding(error.breach))
    _take(settings, findings)
    return value


def _take(settings: AnySettings, findings: Iterable[Finding]) -> None:
    """Refuse, or only collect. Of an Output there is more to say when it is known."""
    if _collected is None:
        _raise_refusals(settings, findings)
        return
    known = next((one for one in _collected if one.settings is settings), None)
    if known is None:
        _collected.append(Examined(settings, list(findings)))
    else:
        known.findings.extend(f for f in findings if f not in known.findings and not _ignored(settings, f))


def _raise_refusals(settings: AnySettings, findings: Iterable[Finding]) -> None:
    refusals = [finding for finding in findings if finding.level is Level.ERROR]
    if refusals:
        component = COMPONENTS[type(settings)].component
        to = settings.target.consumer if isinstance(settings, sources.event_rule.EventTargetSettings) else ""
        raise Refused(settings.consumer, refusals, component, to)


def _replaced(group: Any, argument: str, value: Any) -> Any:
    """Return `group` with another value of `argument`, whose path may lead through groups inside it, or to one."""
    name, _, inside = argument.partition(".")
    old = getattr(group, name)
    if inside:
        value = _replaced(old, inside, value)
    elif dataclasses.is_dataclass(old) and not isinstance(old, type):
        value = dataclasses.replace(old, **value)
    return dataclasses.replace(group, **{name: value})


def _ignored(settings: AnySettings, finding: Finding) -> bool:
    if finding.level is Level.ERROR or not isinstance(settings, Settings):
        return False
    return finding.rule in settings.ignore_advice


def _bad_ignores(settings: Settings) -> Iterator[Finding]:
    warnings = [rule.id for rule in RULES if rule.level is Level.WARNING]
    for id, reason in settings.ignore_advice.items():
        if id not in warnings:
            allowed = f"the id of a warning: {', '.join(warnings)}"
            breach = Breach(show(id), allowed, f"Correct it{nearest(id, warnings)}")
        elif not str(reason).strip():
            breach = Breach(f"{show(id)} without a reason", "a reason in words", "Say why it does not fit here")
        else:
            continue
        yield IGNORE_ADVICE.finding(breach)
