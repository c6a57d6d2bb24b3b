"""The arguments that a rule declares are those that it reads: a rule is skipped, and checked again later, by them."""

import dataclasses
import inspect
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from components import validation
from components.packaging.package import PackagedSettings
from components.settings import DeadLetterQueueComponentSettings, reading
from components.settings.findings import Finding, Level
from components.settings.kinds import (
    Boolean,
    Dicts,
    Document,
    Group,
    InputList,
    InputTexts,
    Integer,
    Kind,
    OneOf,
    Subset,
)
from components.settings.rule import Rule
from rule_cases import CONSUMERS, DEAD, DEAD_LETTER_QUEUES, FILES, IMAGE, KEY
from source_rule_cases import BROKEN, LATER, PASSING
from validate import component_findings, findings_of, settings_of

Reads = defaultdict[str, set[str]]

NOT_IN_ARGS = {"name", "consumer", "listeners", "rule"}
"""What a component takes beside its args, or finds out itself."""
STANDS_FOR = {"malformed": "listeners", "others": "consumer", "taken_by": "consumer", "package": "source"}
"""A field that is no argument, and the argument that decides it."""
DERIVED_FROM = {
    "source": {"include", "runtime", "function.architecture"},
    "queue.visibility_timeout_seconds": {"timeout", "mapping.maximum_batching_window_in_seconds"},
    "queue.message_retention_seconds": {"queue.arn"},
    "dead_letter_queue.allow_rejects": {"source", "queue.arn", "dead_letter_queue.arn"},
    "handler": {"image_uri"},
    "runtime": {"image_uri"},
}
"""An argument that is not given, and those that its default comes from: a rule may declare them."""


class RecordedPaths(frozenset[str]):
    """The paths of the arguments that were given; looking for one is a read."""

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


TEXTS = st.sampled_from([DEAD, f"{DEAD}.fifo", KEY, IMAGE, "live", "hands.fifo", "a/b", "python3.12", LATER])


def values(kind: Kind) -> st.SearchStrategy[Any]:
    match kind:
        case Integer():
            high = 2 * kind.low + 2_000 if kind.high is None else kind.high
            return st.sampled_from([kind.low, kind.low + 1, high]) | st.integers(kind.low, high)
        case Boolean():
            return st.booleans()
        case OneOf():
            return st.sampled_from(kind.values)
        case Subset():
            return st.lists(st.sampled_from(kind.values), unique=True)
        case Group():
            return groups(kind.model)
        case InputList():
            return st.lists(TEXTS, max_size=2)
        case InputTexts():
            return st.dictionaries(st.sampled_from(["A", "TABLE", "aws:x"]), TEXTS, max_size=2)
        case Document() | Dicts():
            patterns = st.sampled_from([{"body": {"a": ["b"]}}, {"a": ["b"]}, {"a": {"b": [{"prefix": "c"}]}}])
            return st.lists(patterns, max_size=2) if isinstance(kind, Dicts) else patterns
        case _:
            return TEXTS


def groups(model: type) -> st.SearchStrategy[dict[str, Any]]:
    """Generate arguments of each kind; most can be read."""
    kinds: Mapping[str, Kind] = {path: kind for path, kind in reading.kinds(model) if "." not in path}
    return st.fixed_dictionaries({}, optional={name: values(kind) for name, kind in kinds.items() if name != "source"})


TARGETS: list[dict[str, Any]] = [
    {},
    {"fifo": True},
    {"queue": {"arn": DEAD, "allowed_senders": {}}},
    {"queue": {"max_message_size": 1024}},
]


def check_examples(folder: Path) -> None:
    """Check every example of a broken rule, and generated arguments."""
    for case, args in CONSUMERS.items():
        for name, text in FILES.get(case, {}).items():
            if name != "requirements.txt":  # which takes seconds to install
                (folder / name).write_text(text)
        args = {"source": str(folder), **args}
        findings_of({name: value for name, value in args.items() if value is not None})
    for args in DEAD_LETTER_QUEUES.values():
        component_findings(DeadLetterQueueComponentSettings, args)
    for source in (*BROKEN.values(), *PASSING.values()):
        source.findings()
    targets = [settings_of({"code": object(), **args}) for args in TARGETS]
    for model in validation.COMPONENTS:
        check_generated(model, folder, targets)


def check_generated(model: type, folder: Path, targets: list[PackagedSettings]) -> None:
    @hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(args=groups(model), has_source=st.booleans(), target=st.sampled_from(targets))
    def check(args: dict[str, Any], has_source: bool, target: PackagedSettings) -> None:
        if model is PackagedSettings:
            findings_of({**args, "source": str(folder)} if has_source else args)
        else:
            more: dict[str, Any] = {} if model is DeadLetterQueueComponentSettings else {"target": target}
            component_findings(model, args, **more)

    check()


def test_a_rule_reads_the_arguments_that_it_declares_and_no_others(folder: Path, reads: Reads) -> None:
    check_examples(folder)
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
