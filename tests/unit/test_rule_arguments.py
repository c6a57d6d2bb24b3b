"""The arguments that a rule declares are those that it reads: a rule is skipped, and checked again later, by them."""

import dataclasses
import inspect
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components import validation
from components.settings import DeadLetterQueueComponentSettings
from components.settings.findings import Finding, Level
from components.settings.rule import Rule
from components.settings.rules.alarm_topics import AlarmTopicSettings
from rule_cases import ALARM_TOPICS, CONSUMERS, DEAD_LETTER_QUEUES, FILES
from source_rule_cases import BROKEN, PASSING
from validate import component_findings, findings_of, settings_of

Reads = defaultdict[str, set[str]]

NOT_IN_ARGS = {"name", "consumer", "listeners", "rule"}
"""Settings that a component takes beside its args, or sets itself."""
STANDS_FOR = {"malformed": "listeners", "others": "consumer", "taken_by": "consumer", "package": "source"}
"""A field that is no argument, and the argument that decides it."""
DERIVED_FROM = {
    "source": {"include", "runtime", "function.architecture", "function.bytecode"},
    "queue.visibility_timeout_seconds": {"timeout", "mapping.maximum_batching_window_in_seconds"},
    "queue.message_retention_seconds": {"queue.arn"},
    "dead_letter_queue.allow_rejects": {"source", "queue.arn", "dead_letter_queue.arn"},
    "handler": {"image_uri"},
    "runtime": {"image_uri"},
}
"""The arguments that the default of an argument depends on: a rule may declare them."""


class RecordedPaths(frozenset[str]):
    """The paths of the arguments that were passed; looking for one is a read."""

    note: Any

    def __contains__(self, path: object) -> bool:
        self.note(path)
        return super().__contains__(path)


class Recorded:
    """Settings, or a group of them, that pass on the path of each argument that is read."""

    def __init__(self, recorded: Any, reads: set[str], prefix: str = "") -> None:
        self._recorded, self._reads, self._prefix = recorded, reads, prefix

    def __getattr__(self, name: str) -> Any:
        computed = inspect.getattr_static(self._recorded, name, None)
        if isinstance(computed, property) and computed.fget:
            return computed.fget(self)
        value = getattr(self._recorded, name)
        if name == "passed":
            paths = RecordedPaths(value)
            paths.note = self._note
            return paths
        self._note(name)
        return Recorded(value, self._reads, f"{self._prefix}{name}.") if dataclasses.is_dataclass(value) else value

    def _note(self, name: str) -> None:
        path = f"{self._prefix}{name}"
        first = path.partition(".")[0]
        if name != "consumer":  # the name that errors print
            self._reads.add(STANDS_FOR.get(first, path))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """By the id of each rule that is checked from now on: the arguments that it reads."""
    by_rule: Reads = defaultdict(set)

    def findings(rule: Rule[Any], of: Any) -> Iterator[Finding]:
        return map(rule.finding, list(rule.check(Recorded(of, by_rule[rule.id]))))

    monkeypatch.setattr(Rule, "findings", findings)
    return by_rule


def is_inside(path: str, group: str) -> bool:
    return f"{path}.".startswith(f"{group}.")


def undeclared(rule: Rule[Any], reads: set[str]) -> set[str]:
    """Return what a rule reads and does not declare. A declared argument stands for its group and for what is in it."""
    return {
        read
        for read in reads - NOT_IN_ARGS - {"target"}
        if not any(is_inside(read, one) or is_inside(one, read) for one in rule.arguments)
    }


def unread(rule: Rule[Any], reads: set[str]) -> set[str]:
    """Return what a rule declares and did not read."""
    all_read = reads.union(*(DERIVED_FROM.get(read, ()) for read in reads))
    return {one for one in rule.arguments if one not in NOT_IN_ARGS and not any(is_inside(r, one) for r in all_read)}


def test_a_rule_reads_the_arguments_that_it_declares_and_no_others(folder: Path, reads: Reads) -> None:
    for case, args in CONSUMERS.items():
        for name, text in FILES.get(case, {}).items():
            if name != "requirements.txt":  # which takes seconds to install
                (folder / name).write_text(text)
        args = {"source": str(folder), **args}
        findings_of({name: value for name, value in args.items() if value is not None})
    for args in DEAD_LETTER_QUEUES.values():
        component_findings(DeadLetterQueueComponentSettings, args)
    for args in ALARM_TOPICS.values():
        component_findings(AlarmTopicSettings, args)
    for source in (*BROKEN.values(), *PASSING.values()):
        source.findings()
    rules = {rule.id: rule for of_component in validation.COMPONENTS.values() for rule in of_component}
    assert {id: paths for id, rule in rules.items() if (paths := undeclared(rule, reads[id]))} == {}
    assert {id: paths for id, rule in rules.items() if (paths := unread(rule, reads[id]))} == {}


def test_a_read_that_is_not_declared_is_noticed() -> None:
    seen: set[str] = set()
    recorded: Any = Recorded(settings_of({"code": object()}), seen)
    assert recorded.mapping.enabled
    assert "queue.delay_seconds" not in recorded.passed
    assert recorded.has_dead_letter_queue
    assert seen == {"mapping", "mapping.enabled", "queue.delay_seconds", "queue", "queue.arn"}
    rule: Rule[Any] = Rule("r", Level.ERROR, ("mapping.enabled", "timeout"), "why", "page")
    assert undeclared(rule, seen) == {"queue.delay_seconds", "queue", "queue.arn"}
    assert unread(rule, seen) == {"timeout"}
