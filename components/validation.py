"""Validates the arguments of every component: reads them into settings, packages the source, and applies the rules."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .packaging.package import PackagedSettings, packaged
from .packaging.rules import rules as package_rules
from .settings import DeadLetterQueueComponentSettings, Settings, pages, reading, sources
from .settings.findings import Breach, Finding, Level, error_list, nearest, show
from .settings.kinds import Group, Integer, Kind, Unreadable
from .settings.rule import Rule, Rules
from .settings.rules import alarm_topics, dead_letter_queues
from .settings.rules import rules as consumer_rules
from .settings.sources.event_rule import EventTargetSettings
from .settings.sources.http_api import HttpApiRouteSettings
from .settings.sources.source import NO_CONSUMER, SourceSettings

RULES = Rules[PackagedSettings]("QueueConsumer")
RULES.include(*consumer_rules, *package_rules)
COMPONENTS: dict[type, Rules[Any]] = {
    PackagedSettings: RULES,
    DeadLetterQueueComponentSettings: dead_letter_queues.rules,
    alarm_topics.AlarmTopicSettings: alarm_topics.rules,
    **sources.COMPONENTS,
}
"""The rules of each component, by the class of its settings."""

ComponentSettings = Settings | DeadLetterQueueComponentSettings | alarm_topics.AlarmTopicSettings | SourceSettings
AnySettings = TypeVar("AnySettings", bound=ComponentSettings)

IGNORE_ADVICE = Rule(
    "ignore-advice",
    Level.ERROR,
    ("ignore_advice",),
    "only warnings can be turned off, each with a reason for the next reader",
    pages.COMPONENT,
)


@dataclass(frozen=True)
class Examined:
    """The settings of one component, and all errors and warnings about them."""

    settings: ComponentSettings
    findings: list[Finding]


@dataclass
class Collector:
    """Collects the findings of a whole program, where an error would stop it at the first component.

    What the program registers meanwhile must not be deployed.
    """

    examined: list[Examined] = field(default_factory=list[Examined])

    def report(self, settings: ComponentSettings, findings: Iterable[Finding]) -> None:
        """Add the findings, except those that are there: an Output is validated again when it resolves."""
        one = next((one for one in self.examined if one.settings is settings), None)
        if one is None:
            one = Examined(settings, [])
            self.examined.append(one)
        one.findings.extend(finding for finding in findings if finding not in one.findings)


def listed() -> list[Rule[Any]]:
    """Return all rules: on the names of arguments, on single values, and on combinations."""
    values = [reading.kind_rule(path, kind) for path, kind in reading.kinds()]
    shared = [rule for rule in dead_letter_queues.rules if rule not in [*RULES]]
    return [reading.UNKNOWN_ARGUMENT, *values, *RULES, IGNORE_ADVICE, *shared, *_of_others()]


def _of_others() -> Iterator[Rule[Any]]:
    """Yield the rules of other components, each once, with the arguments of all that share it."""
    yield NO_CONSUMER
    found: dict[str, Rule[Any]] = {}
    for rules in (alarm_topics.rules, *sources.COMPONENTS.values()):
        for rule in (rule for rule in rules if rule not in [*RULES]):
            own = [f"{rules.component}: {name}" for name in rule.arguments if not name.startswith("target.")]
            of_consumer = [name.removeprefix("target.") for name in rule.arguments if name.startswith("target.")]
            others = found[rule.id].arguments if rule.id in found else ()
            arguments = dict.fromkeys([*others, *own, *of_consumer])
            found[rule.id] = dataclasses.replace(rule, arguments=tuple(arguments))
    yield from found.values()


def examine(name: str, args: Any) -> tuple[PackagedSettings, list[Finding]]:
    """Return the settings of a QueueConsumer and all findings, errors first."""
    read, errors = reading.read(Settings, "QueueConsumer", name, args)
    settings = packaged(reading.derive(read))
    findings = [*errors, *_judge(RULES, settings, errors), *_bad_ignores(RULES, settings)]
    return settings, sorted(_not_ignored(settings, findings), key=lambda finding: finding.level is not Level.ERROR)


def examine_component(model: type[AnySettings], name: str, args: Any, **more: Any) -> tuple[AnySettings, list[Finding]]:
    """Return the settings, of the class `model`, of another component, and all findings.

    `more` are fields that are not arguments, such as the `target` of a source.
    """
    rules = COMPONENTS[model]
    read, errors = reading.read(model, rules.component, name, args)
    settings = dataclasses.replace(read, **more)
    findings = [*errors, *_judge(rules, settings, errors), *_bad_ignores(rules, settings)]
    return settings, _not_ignored(settings, findings)


def examine_later(settings: ComponentSettings, argument: str, value: Any, **more: Any) -> list[Finding]:
    """Return the findings on an argument that was an Output when the component was constructed, and its `value` now.

    `more` are other fields of the settings that have resolved.
    """
    resolved: Any = dataclasses.replace(_replaced(settings, argument, value), **more)
    rules = COMPONENTS[type(settings)]
    findings = [finding for rule in rules if argument in rule.arguments for finding in rule.findings(resolved)]
    if kind := dict(reading.kinds(type(settings))).get(argument):  # fields that are not arguments have none
        findings.extend(_unreadable(argument, kind, value))
    return _not_ignored(settings, findings)


def examine_changed(settings: PackagedSettings, values: Mapping[str, Any]) -> tuple[PackagedSettings, list[Finding]]:
    """Return the settings as if these arguments had been passed too, by their paths, and the findings on them.

    The package stays as it is.
    """
    changed = settings
    for argument, value in values.items():
        changed = _replaced(changed, argument, value)
    parents = (argument.rpartition(".")[0] for argument in values)
    changed = reading.derive_again(dataclasses.replace(changed, passed=settings.passed | {*values, *parents} - {""}))
    kinds = dict(reading.kinds())
    # None leaves an argument out.
    set_ = [(path, value) for path, value in values.items() if value is not None]
    errors = [error for path, value in set_ for error in _unreadable(path, kinds[path], value)]
    rules = [rule for rule in RULES if any(map(rule.reads, values))]
    return changed, _not_ignored(changed, [*errors, *_judge(rules, changed, errors)])


def _unreadable(argument: str, kind: Kind, value: Any) -> Iterator[Finding]:
    """Yield the error of a value of the wrong type or out of bounds."""
    try:
        kind.read(value)
    except Unreadable as error:
        yield reading.kind_rule(argument, kind).finding(error.breach)


def highest(argument: str) -> int | None:
    """Return the upper bound of an argument that is a whole number; None without one."""
    kind = dict(reading.kinds())[argument]
    return kind.high if isinstance(kind, Integer) else None


def error_text(settings: ComponentSettings, findings: Iterable[Finding]) -> str:
    """Return the errors among the findings as one text, empty without any."""
    errors = [finding for finding in findings if finding.level is Level.ERROR]
    component = COMPONENTS[type(settings)].component
    # A rule has several targets and an API several routes, which share its name.
    to = settings.target.consumer if isinstance(settings, EventTargetSettings | HttpApiRouteSettings) else ""
    route = f": {settings.route_key}" if isinstance(settings, HttpApiRouteSettings) and settings.route_key else ""
    return error_list(component, f"{settings.consumer}{route}", errors, to) if errors else ""


def _judge(rules: Iterable[Rule[Any]], settings: Any, errors: Iterable[Finding]) -> list[Finding]:
    """Apply the rules to all arguments that could be read."""
    if unread := {error.argument for error in errors}:
        rules = [rule for rule in rules if not any(map(rule.reads, unread))]
    return [finding for rule in rules for finding in rule.findings(settings)]


def _replaced(group: Any, argument: str, value: Any) -> Any:
    """Return `group` with another value of `argument`, a path that may lead into groups, or to one.

    A group on the path that was left out has its defaults.
    """
    name, _, inside = argument.partition(".")
    old = getattr(group, name)
    if inside and old is None:
        old = _default_group(type(group), name)  # pyright: ignore[reportUnknownArgumentType]
    if inside:
        value = _replaced(old, inside, value)
    elif dataclasses.is_dataclass(old) and not isinstance(old, type):
        value = dataclasses.replace(old, **value)
    return dataclasses.replace(group, **{name: value})


def _default_group(model: type, name: str) -> Any:
    kind = dict(reading.kinds(model))[name]
    assert isinstance(kind, Group)
    return kind.model()


def _not_ignored(settings: ComponentSettings, findings: Iterable[Finding]) -> list[Finding]:
    ignored = _ignored(settings)
    return [finding for finding in findings if finding.level is Level.ERROR or finding.rule not in ignored]


def _ignored(settings: ComponentSettings) -> Mapping[str, Any]:
    """Return the reasons to ignore warnings; none in a component without warnings."""
    return getattr(settings, "ignore_advice", {})


def _bad_ignores(rules: Iterable[Rule[Any]], settings: ComponentSettings) -> Iterator[Finding]:
    warnings = [rule.id for rule in rules if rule.level is Level.WARNING]
    for id, reason in _ignored(settings).items():
        if id not in warnings:
            allowed = f"the id of a warning: {', '.join(warnings)}"
            yield IGNORE_ADVICE.finding(Breach(show(id), allowed, f"Correct it{nearest(id, warnings)}"))
        elif not str(reason).strip():
            breach = Breach(f"{show(id)} without a reason", "a reason in words", "Say why it does not fit here")
            yield IGNORE_ADVICE.finding(breach)
