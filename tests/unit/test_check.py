"""`consumers check` and `consumers rules`: the rules, before anything is deployed."""

import json
import os
import textwrap
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

import sqs_batch
from components import validation
from components.resources import reporting
from consumers.cli import main
from consumers.evaluate import consequences
from error_texts import ErrorTexts


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    for name, text in (("hands", ""), ("careful", "import sqs_batch\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "handler.py").write_text(f"{text}def handle(event, context): ...\n")
    return tmp_path


def check(project: Path, program: str, *arguments: str) -> Result:
    head = "import pulumi\nfrom components import QueueConsumer\n"
    (project / "__main__.py").write_text(head + textwrap.dedent(program))
    return CliRunner().invoke(main, ["check", "--project", str(project), *arguments])


def as_data(project: Path, program: str) -> list[dict[str, Any]]:
    result = check(project, program, "--json")
    assert result.stdout, result.output
    return json.loads(result.stdout)


def errors(result: Result) -> list[str]:
    """Return the ids of the rules whose findings are printed."""
    lines = result.stdout.splitlines()
    return [line.split("[")[-1].split("]")[0] for line in lines if line.startswith(("  error", "  warning"))]


def test_all_findings_of_all_consumers_are_printed_at_once(project: Path) -> None:
    result = check(
        project,
        """
        QueueConsumer("first", {"source": "hands", "timeout": 901, "batch_size": 0})
        QueueConsumer("second", {"source": "hands", "max_receive_count": 1})
        QueueConsumer("third", {"source": "nowhere"})
        """,
    )
    assert result.exit_code == 1
    assert errors(result) == ["timeout-value", "batch-size-value", "few-receives", "source-unreadable"]
    assert "Refused: first, third" in result.stderr
    lines = result.stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["first", "second", "third"]


def test_an_arn_or_a_key_that_is_known_later_is_checked_too(project: Path) -> None:
    result = check(
        project,
        """
        QueueConsumer("first", {"source": "hands", "queue": {"arn": "hands"}, "dead_letter_queue": {"arn": "dead"}})
        later = pulumi.Output.from_input("no-arn")
        QueueConsumer("second", {"source": "hands", "queue": {"arn": later, "kms_master_key_id": later}})
        """,
    )
    assert result.exit_code == 1
    assert sorted(errors(result)) == ["dead-letter-queue-arn", "queue-arn", "queue-arn", "queue-key"]


def test_a_warning_passes_and_is_not_printed_where_it_is_ignored(project: Path) -> None:
    program = 'QueueConsumer("hands", {"source": "hands", "max_receive_count": 1%s})'
    result = check(project, program % "")
    assert (result.exit_code, "warning: max_receive_count" in result.stdout) == (0, True)
    ignored = ', "ignore_advice": {"few-receives": "the sender repeats itself"}'
    assert as_data(project, program % ignored)[0]["findings"] == []


def test_one_consumer_can_be_asked_for(project: Path) -> None:
    program = """
        QueueConsumer("good", {"source": "hands"})
        QueueConsumer("bad", {"source": "nowhere"})
        """
    assert check(project, program, "good").exit_code == 0
    assert check(project, program).exit_code == 1
    unknown = check(project, program, "godo")
    assert unknown.exit_code == 1
    assert "Did you mean 'good'?" in unknown.stderr


def test_a_program_that_fails_is_one_line(project: Path, error_text: ErrorTexts) -> None:
    result = check(project, 'QueueConsumer("hands", {"source": "hands"})\nprint(1 / 0)')
    assert result.exit_code == 1
    error_text(result.stderr)


def test_nothing_is_refused_any_less_after_a_check(project: Path) -> None:
    check(project, 'QueueConsumer("hands", {"source": "nowhere"})')
    settings, findings = validation.examine("hands", {"source": "nowhere"})
    with pytest.raises(pulumi.RunError):
        reporting.report(settings, findings)


def test_permissions_and_resources_are_those_of_each_consumer(project: Path) -> None:
    names = ("hands-late", "hands", "hands-early")
    found = as_data(project, f'for name in {names}:\n    QueueConsumer(name, {{"source": "hands"}})')
    assert {one["name"]: len(one["resources"]) for one in found} == dict.fromkeys(names, 7)
    (hands,) = (one for one in found if one["name"] == "hands")
    queue = "arn:aws:sqs:us-east-1:123456789012:hands-queue-1a2b3c4"
    assert f"sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes on {queue}" in hands["permissions"]
    assert len(hands["permissions"]) == 2


THEIRS = {"arn": "arn:aws:sqs:eu-central-1:123456789012:theirs"}
CONSEQUENCES: list[dict[str, Any]] = [
    {},
    {"max_receive_count": 1},
    {"source": "careful", "fifo": True},
    {"source": "careful", "fifo": True, "max_receive_count": 1},
    {"source": "careful", "retry": {}},
    {"retry": {}},
    {"queue": THEIRS},
    {"queue": THEIRS, "max_receive_count": 4},
    {"mapping": {"maximum_concurrency": 4}},
    {"mapping": {"provisioned_pollers": {"maximum": 120}}, "batch_size": 5},
    {"function": {"reserved_concurrent_executions": 7}},
]


def test_when_a_message_is_dead_and_how_many_invocations_run_at_once(
    project: Path, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    monkeypatch.chdir(project)
    texts: list[str] = []
    for args in CONSEQUENCES:
        settings, _ = validation.examine("hands", {"source": "hands", **args})
        texts.append(f"{args}\n  {consequences.dead_after(settings)}\n  {consequences.concurrency(settings)}")
    error_text("\n".join(texts))


@limits(max_examples=30)
@given(receives=st.integers(2, 30), base=st.integers(1, 900), most=st.integers(1, 900))
def test_the_delays_that_it_counts_are_the_longest_of_the_runtime(receives: int, base: int, most: int) -> None:
    most = max(base, most)
    retry = {"base_delay_seconds": base, "maximum_delay_seconds": most}
    args = {"source": "functions/poker_hands", "max_receive_count": receives, "retry": retry}
    settings, _ = validation.examine("hands", args)
    variables = {
        "SQS_BATCH_MAX_RECEIVE_COUNT": str(receives),
        "SQS_BATCH_RETRY_BASE_DELAY_SECONDS": str(base),
        "SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS": str(most),
    }
    with mock.patch.dict(os.environ, variables):
        runtime = sqs_batch.Consumer(lambda record: None, None)
    records = [sqs_batch.Record({"attributes": {"ApproximateReceiveCount": str(n)}}) for n in range(1, receives)]
    longest = list(consequences.longest_delays(settings))
    assert len(longest) == len(records)
    for record, delay in zip(records, longest, strict=True):
        taken = runtime.visibility_timeout(record)
        assert taken is not None
        assert delay // 2 <= taken <= delay


def test_every_rule_can_be_asked_for_by_its_id() -> None:
    listed = json.loads(CliRunner().invoke(main, ["rules", "--json"]).stdout)
    assert {rule.id for rule in validation.RULES} < {one["id"] for one in listed}
    for one in listed:
        assert one["why"]
        assert one["page"].startswith("https://")
    result = CliRunner().invoke(main, ["rules", "few-recieves"])
    assert (result.exit_code, "Did you mean 'few-receives'?" in result.stderr) == (1, True)
    assert CliRunner().invoke(main, ["rules", "few-receives"]).stdout.startswith("few-receives  warning  max_receive")


def test_a_policy_that_is_a_dict_becomes_text_as_on_aws(project: Path) -> None:
    result = check(
        project,
        """
        import json
        import pulumi_aws as aws
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}
        role = aws.iam.Role("ann", assume_role_policy=trust)
        role.assume_role_policy.apply(lambda text: print(json.loads(text)["Version"]))
        secret = aws.iam.Role("bob", assume_role_policy=pulumi.Output.secret(trust))
        secret.assume_role_policy.apply(lambda text: print(len(json.loads(text)["Statement"])))
        """,
    )
    assert (result.exit_code, result.stdout) == (0, "The program has no consumers.\n")
    assert {"2012-10-17", "1"} <= set(result.stderr.splitlines())


def test_a_source_is_printed_with_its_kind_and_its_consumers(project: Path) -> None:
    program = """
        from components import BucketEvents, Schedule
        hands = QueueConsumer("hands", {"source": "hands"})
        Schedule("nightly", hands, {"schedule_expression": "cron(0 3 * * * *)"})
        BucketEvents("uploads", "histories", [hands])
        """
    result = check(project, program)
    assert "nightly  Schedule to hands\n  error: schedule_expression: got 'cron(0 3 * * * *)'; " in result.stdout
    assert "uploads  BucketEvents\n  error: listeners: got a value of type QueueConsumer; " in result.stdout
    assert result.exit_code == 1
    kinds = {one["name"]: one["component"] for one in as_data(project, program)}
    assert kinds == {"hands": "QueueConsumer", "nightly": "Schedule", "uploads": "BucketEvents"}


def test_a_source_is_shown_with_the_consumers_that_it_sends_to_and_what_it_is_made_of(project: Path) -> None:
    program = """
        from components import BucketEvents, EventRule
        senders = {"buckets": ["arn:aws:s3:::histories"]}
        one, other = (QueueConsumer(n, {"source": "hands", "queue": {"allowed_senders": senders}}) for n in ("a", "b"))
        BucketEvents("uploads", "histories", [(one, "a/"), (other, "b/"), (one, "c/")])
        rule = EventRule("big", {"event_pattern": {"source": ["poker"]}})
        own = {"queue": {"allowed_senders": {"event_rules": [rule.arn]}}}
        rule.add_target(QueueConsumer("c", {"source": "hands", **own}))
        """
    listed = as_data(project, program)
    found = {one["name"]: one for one in listed}
    assert found["uploads"]["sends_to"] == ["a", "b"]
    made = "aws:s3/bucketNotification:BucketNotification"
    assert found["uploads"]["resources"] == [{"type": made, "name": "uploads-notification"}]
    names = {one["component"]: [resource["name"] for resource in one["resources"]] for one in listed}
    assert (names["EventRule"], names["EventTarget"]) == (["big-rule", "big-c"], [])
    assert len(found["a"]["resources"]) == 7
    assert (
        f"uploads  BucketEvents to a, b\n  made of            uploads-notification  {made}\n"
        in check(project, program).stdout
    )


def test_grants_to_a_consumer_are_among_its_permissions_and_its_grants_to_others_are_not(project: Path) -> None:
    program = """
        one, other = (QueueConsumer(name, {"source": "hands"}) for name in ("one", "other"))
        one.grant_send(other.role)
        one.grant_send("somebody")
        other.grant_send(other.role)
        """
    found = {one["name"]: one["permissions"] for one in as_data(project, program)}
    own, also = (f"sqs:SendMessage on arn:aws:sqs:us-east-1:123456789012:{name}-queue-1a2b3c4" for name in found)
    assert [own in found["one"], own in found["other"], also in found["other"]] == [False, True, True]
