"""Each rule, with arguments that break it and the text that its user reads; and what holds for all rules."""

from pathlib import Path

import pytest

import rule_cases
from components import validation
from components.packaging.package import PackagedSettings
from components.settings import DeadLetterQueueComponentSettings, reading
from components.settings.findings import Level
from components.settings.rules.alarm_topics import AlarmTopicSettings
from components.settings.sources.source import no_consumer
from error_texts import ErrorTexts
from rule_cases import ALARM_TOPICS, CONSUMERS, DEAD_LETTER_QUEUES
from source_rule_cases import BROKEN
from validate import component_findings, findings_of, rules_of
from wheels import LAMBDA_X86, write_wheel


def rule_of(case: str) -> str:
    return case.partition(" ")[0]


@pytest.fixture
def source(folder: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of a function, with the files that the case needs."""
    case: str = request.getfixturevalue("case")
    if case == "source-unreadable (empty)":
        (folder / "handler.py").unlink()
    for name, text in rule_cases.FILES.get(case, {}).items():
        (folder / name).write_text(text)
    if (folder / "requirements.txt").exists():
        wheels: Path = request.getfixturevalue("wheels")
        write_wheel(wheels, "chips", tag=LAMBDA_X86)
        write_wheel(wheels, "poker_hands")
        write_wheel(wheels, "table", needs=("felt",))
        write_wheel(wheels, "felt", "2.0")
    if megabytes := rule_cases.MODEL_MB.get(case):
        with (folder / "model.bin").open("wb") as file:
            file.truncate(megabytes * 1_048_576)
    return folder


@pytest.mark.parametrize("case", CONSUMERS)
def test_a_broken_rule_on_a_consumer_gets_this_text(
    case: str, source: Path, error_text: ErrorTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = {"source": str(source), **CONSUMERS[case]}
    if case == "source-unreadable (empty)":  # a path that is not cut off in the text
        monkeypatch.chdir(source.parent)
        args["source"] = source.name
    args = {name: value for name, value in args.items() if value is not None}
    texts = {finding.rule: str(finding) for finding in findings_of(args, rule_cases.CALLED.get(case, "hands"))}
    assert texts.keys() == {rule_of(case)} | rule_cases.ALSO.get(case, set())
    error_text(texts[rule_of(case)])


@pytest.mark.parametrize("case", DEAD_LETTER_QUEUES)
def test_a_broken_rule_on_a_dead_letter_queue_gets_this_text(case: str, error_text: ErrorTexts) -> None:
    called = rule_cases.CALLED.get(case, "dead")
    (finding,) = component_findings(DeadLetterQueueComponentSettings, DEAD_LETTER_QUEUES[case], called)
    assert finding.rule == rule_of(case)
    error_text(str(finding))


@pytest.mark.parametrize("case", ALARM_TOPICS)
def test_a_broken_rule_on_an_alarm_topic_gets_this_text(case: str, error_text: ErrorTexts) -> None:
    called = rule_cases.CALLED.get(case, "on-call")
    (finding,) = component_findings(AlarmTopicSettings, ALARM_TOPICS[case], called)
    assert finding.rule == rule_of(case)
    assert "secret-key" not in str(finding)
    error_text(str(finding))


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_on_a_source_gets_this_text(case: str, error_text: ErrorTexts) -> None:
    (finding,) = BROKEN[case].findings()
    assert finding.rule == rule_of(case)
    error_text(str(finding))


def test_a_source_requires_a_consumer(error_text: ErrorTexts) -> None:
    error_text(str(no_consumer("hands")))


def test_every_rule_has_a_case() -> None:
    single_values = {
        f"{path.replace('.', '-').replace('_', '-')}-value"
        for model in validation.COMPONENTS
        for path, _ in reading.kinds(model)
    }
    cases = {rule_of(case) for case in (*CONSUMERS, *DEAD_LETTER_QUEUES, *ALARM_TOPICS, *BROKEN)}
    cases -= {"unknown-argument", "ignore-advice"}
    assert cases - single_values == {rule.id for rules in validation.COMPONENTS.values() for rule in rules}


def test_no_two_rules_have_the_same_id() -> None:
    ids = [rule.id for rule in validation.listed()]
    assert sorted(set(ids)) == sorted(ids)


def test_every_rule_names_a_page_of_aws() -> None:
    pages = {rule.page for rules in validation.COMPONENTS.values() for rule in rules}
    assert [page for page in pages if not page.startswith("https://docs.aws.amazon.com/")] == []


@pytest.mark.parametrize("model", validation.COMPONENTS)
def test_rules_name_arguments_that_exist(model: type) -> None:
    rules = validation.COMPONENTS[model]
    of_source = {"listeners", "rule", "consumer", *(f"target.{name}" for name, _ in reading.kinds())}
    arguments = {"name", *(name for name, _ in reading.kinds(model))}
    allowed = arguments if model is PackagedSettings else arguments | of_source
    assert {argument for rule in rules for argument in rule.arguments} <= allowed


def test_the_defaults_break_no_rule(folder: Path) -> None:
    assert rules_of(folder) == rules_of(folder, fifo=True) == []


def test_only_warnings_can_be_ignored(folder: Path) -> None:
    for rule in validation.RULES:
        is_refused = rules_of(folder, ignore_advice={rule.id: "a reason"}) == ["ignore-advice"]
        assert is_refused is (rule.level is Level.ERROR)
