"""What else the rules on sources find, and what they let pass, beside the case that each has in test_source_rules."""

from pathlib import Path
from typing import Any

import pytest

from components import validation
from components.settings.sources.event_rule import EventRuleSettings
from components.settings.sources.topic_subscription import TopicSubscriptionSettings
from test_source_rules import DEAD, TOPIC, SourceCase, route, schedule, stream, target, topic


class Later:
    """An Output, as the rules see one: they do not know Pulumi."""

    def apply(self) -> None: ...


LATER: Any = Later()
EXISTING = {"fifo": True, "queue": {"arn": f"{DEAD}.fifo"}}
FIFO_TOPIC: dict[str, Any] = {"queue": {"allowed_senders": {"topics": [f"{TOPIC}.fifo"]}}}


def found(case: SourceCase, folder: Path) -> list[str]:
    """What is wrong with a source: for each thing the rule and what was given."""
    consumer, findings = validation.examine("hands", {"source": str(folder), **case.consumer})
    assert findings == []
    return [f"{finding.rule}: {finding.breach.given}" for finding in case.examine(consumer)[1]]


FINDINGS: list[tuple[SourceCase, str]] = [
    *(
        (
            route("", {"route_key": f"{method} /hands"}, ""),
            f"http-route-body: '{method} /hands', whose requests have no body",
        )
        for method in ("HEAD", "OPTIONS")
    ),
    (
        target("", {"input_transformer": {"input_paths": {"won": "detail.won"}, "input_template": "<won>"}}, ""),
        "event-target-path: 'detail.won' as 'won' of input_paths",
    ),
    (
        stream("", {"filters": [{"data": ["x"]}, {"eventname": ["INSERT"]}]}, ""),
        "stream-filter-pattern: the field 'eventname' at filters[1]",
    ),
    (
        stream("", {"filters": [{"data": ["x" * 4_084]}]}, ""),
        "stream-filters: 1 patterns, the longest of 4,097 characters",
    ),
    (
        stream("", {"filters": [{"data": [{"x"}]}]}, ""),
        "stream-filter-pattern: a value of type set at filters[0].data[0]",
    ),
    (
        topic("", {"filter_policy": {"hand": {"game": "holdem"}}}, ""),
        "filter-policy: 'holdem' at filter_policy.hand.game",
    ),
    (
        topic("", {"topic": f"{TOPIC}.fifo", "dead_letter_queue_arn": DEAD}, "", consumer=FIFO_TOPIC),
        f"subscription-dead-letters: '{DEAD}'",
    ),
]


@pytest.mark.parametrize(("case", "given"), FINDINGS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_rule_finds_this_and_no_other_does(case: SourceCase, given: str, folder: Path) -> None:
    assert found(case, folder) == [given]


PASSING = {
    "a pattern of the longest length": stream("", {"filters": [{"data": ["x" * 4_083]}]}, ""),
    "a stream to a FIFO queue that exists": stream("", {"message_group_id": "g"}, "", consumer=EXISTING),
    "a schedule to a FIFO queue that exists": schedule("", {"message_group_id": "g"}, "", consumer=EXISTING),
    "a field whose values are known later": SourceCase("", EventRuleSettings, {"event_pattern": {"source": LATER}}, ""),
    "a field that is called like an operator": SourceCase(
        "", EventRuleSettings, {"event_pattern": {"detail": {"prefix": [LATER]}}}, ""
    ),
    **{
        f"a topic that is known later, and {arn}": SourceCase(
            "", TopicSubscriptionSettings, {"topic": LATER, "dead_letter_queue_arn": arn}, "", FIFO_TOPIC
        )
        for arn in (DEAD, f"{DEAD}.fifo")
    },
}


@pytest.mark.parametrize("what", PASSING)
def test_what_may_be_right_passes(what: str, folder: Path) -> None:
    assert found(PASSING[what], folder) == []


def test_a_schedule_sends_a_message_of_256_kb_and_none_that_is_larger() -> None:
    consumer, _ = validation.examine("hands", {"code": object()})
    assert schedule("", {"message": "x" * 262_144}, "").examine(consumer)[1] == []
    (finding,) = schedule("", {"message": "x" * 262_145}, "").examine(consumer)[1]
    assert "got a message of 262,145 bytes; allowed: at most 262,144 bytes. " in str(finding)
