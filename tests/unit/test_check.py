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
from hypothesis import strategies as st

import sqs_batch
from components import validation
from components.resources import reporting
from consumers.cli import main
from consumers.evaluate import consequences

HANDLER = "def handle(event, context):\n    return {'batchItemFailures': []}\n"
RUNTIME = "from sqs_batch import batch_handler\n\n@batch_handler\ndef handle(record):\n    pass\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    (tmp_path / "hands").mkdir()
    (tmp_path / "hands" / "handler.py").write_text(HANDLER)
    (tmp_path / "careful").mkdir()
    (tmp_path / "careful" / "handler.py").write_text(RUNTIME)
    return tmp_path


def check(project: Path, program: str, *arguments: str) -> Result:
    head = "import pulumi\nfrom components import QueueConsumer\n"
    (project / "__main__.py").write_text(head + textwrap.dedent(program))
    return CliRunner().invoke(main, ["check", "--project", str(project), *arguments])


def as_data(project: Path, program: str) -> list[dict[str, Any]]:
    result = check(project, program, "--json")
    assert result.stdout, result.output
    return json.loads(result.stdout)


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
    lines = result.stdout.splitlines()
    marks = [line.split("[")[-1].split("]")[0] for line in lines if line.startswith(("  error", "  warning"))]
    assert marks == ["timeout-value", "batch-size-value", "few-receives", "source-unreadable"]
    assert "Refused: first, third" in result.stderr
    assert [line for line in lines if not line.startswith(" ")] == ["first", "second", "third"]


def test_what_is_no_arn_or_no_key_is_a_finding_like_any_other(project: Path) -> None:
    result = check(
        project,
        """
        QueueConsumer("first", {"source": "hands", "queue": {"arn": "hands"}, "dead_letter_queue": {"arn": "dead"}})
        later = pulumi.Output.from_input("no-arn")
        QueueConsumer("second", {"source": "hands", "queue": {"arn": later, "kms_master_key_id": later}})
        """,
    )
    assert result.exit_code == 1
    marks = [line.split("[")[-1].split("]")[0] for line in result.stdout.splitlines() if line.startswith("  error")]
    assert sorted(marks) == ["dead-letter-queue-arn", "queue-arn", "queue-arn", "queue-key"]


def test_provisioned_pollers_bound_the_concurrency(project: Path) -> None:
    program = 'QueueConsumer("hands", {"source": "hands", "mapping": {"provisioned_pollers": {"maximum": 120}}})'
    (hands,) = as_data(project, program)
    assert hands["concurrency"] == "1,200 invocations at once, 12,000 messages"


def test_what_is_granted_to_other_roles_is_not_what_the_function_may_do(project: Path) -> None:
    plain = 'hands = QueueConsumer("hands", {"source": "hands"})\n'
    (before,), (after,) = (as_data(project, plain + more) for more in ("", 'hands.grant_send("shop")'))
    assert before["permissions"] == after["permissions"]
    assert len(after["resources"]) == len(before["resources"]) + 1


def test_a_program_with_advice_only_passes(project: Path) -> None:
    result = check(project, 'QueueConsumer("hands", {"source": "hands", "max_receive_count": 1})')
    assert result.exit_code == 0
    assert "warning: max_receive_count" in result.stdout


def test_an_output_is_checked_when_it_is_known(project: Path) -> None:
    program = 'QueueConsumer("hands", {"source": "hands", "queue": {"name": pulumi.Output.from_input("no spaces")}})'
    result = check(project, program)
    assert result.exit_code == 1
    assert result.stdout.count("[queue-name]") == 1


def test_advice_that_is_ignored_is_not_printed(project: Path) -> None:
    ignored = '"ignore_advice": {"few-receives": "the sender repeats itself"}'
    assert (
        as_data(project, f'QueueConsumer("hands", {{"source": "hands", "max_receive_count": 1, {ignored}}})')[0][
            "findings"
        ]
        == []
    )


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


def test_a_program_that_fails_is_one_line(project: Path) -> None:
    result = check(project, 'QueueConsumer("hands", {"source": "hands"})\nprint(1 / 0)')
    assert (result.exit_code, result.stderr) == (1, "Error: __main__.py:4: ZeroDivisionError: division by zero\n")


def test_a_program_without_consumers_says_so(project: Path) -> None:
    assert check(project, "").stdout == "The program has no consumers.\n"


def test_nothing_is_refused_any_less_after_a_check(project: Path) -> None:
    check(project, 'QueueConsumer("hands", {"source": "nowhere"})')
    settings_, findings = validation.examine("hands", {"source": "nowhere"})
    with pytest.raises(pulumi.RunError):
        reporting.report(settings_, findings)


def test_the_permissions_and_resources_are_those_of_the_program(project: Path) -> None:
    (one,) = as_data(project, 'QueueConsumer("hands", {"source": "hands"})')
    queue = "arn:aws:sqs:us-east-1:123456789012:hands-queue-1a2b3c4"
    assert f"sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes on {queue}" in one["permissions"]
    assert len(one["permissions"]) == 2
    assert len(one["resources"]) == 7


def test_a_consumers_children_are_not_those_of_one_whose_name_begins_the_same(project: Path) -> None:
    found = as_data(
        project,
        """
        for name in ("hands-late", "hands", "hands-early"):
            QueueConsumer(name, {"source": "hands"})
        """,
    )
    assert {one["name"]: len(one["resources"]) for one in found} == {"hands": 7, "hands-late": 7, "hands-early": 7}


def test_the_targets_of_a_rule_are_among_what_the_rule_is_made_of(project: Path) -> None:
    found = as_data(
        project,
        """
        from components import EventRule
        rule = EventRule("big", {"event_pattern": {"source": ["poker"]}})
        hands = QueueConsumer("a", {"source": "hands", "queue": {"allowed_senders": {"event_rules": [rule.arn]}}})
        rule.add_target(hands)
        """,
    )
    made = {one["component"]: [resource["name"] for resource in one["resources"]] for one in found}
    assert (made["EventRule"], made["EventTarget"]) == (["big-rule", "big-a"], [])


THEIRS = {"arn": "arn:aws:sqs:eu-central-1:123456789012:theirs"}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({}, "15 min: 5 receives, 3 min (the visibility timeout) apart"),
        ({"max_receive_count": 1}, "3 min: 1 receive, 3 min (the visibility timeout) apart"),
        ({"source": "careful", "fifo": True}, "12 min: 5 receives, 3 min (the visibility timeout) apart"),
        ({"source": "careful", "fifo": True, "max_receive_count": 1}, "at once: after 1 receive"),
        ({"source": "careful", "retry": {}}, "75 s to 2.5 min: 5 receives, with retries after 10 s, 20 s, 40 s, 80 s"),
        ({"retry": {}}, "15 min: 5 receives, 3 min (the visibility timeout) apart"),
        ({"queue": THEIRS}, "as the queue itself says: it exists already, and its redrive policy is not known"),
        ({"queue": THEIRS, "max_receive_count": 4}, "12 min: 4 receives, 3 min (the visibility timeout) apart"),
    ],
)
def test_a_message_is_dead_after_what_the_settings_say(
    project: Path, monkeypatch: pytest.MonkeyPatch, args: dict[str, Any], says: str
) -> None:
    monkeypatch.chdir(project)
    accepted, _ = validation.examine("hands", {"source": "hands", **args})
    assert consequences.dead_after(accepted) == says


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({}, "1,250 invocations at once, or what is left of the account's quota (1,000 at first)"),
        ({"mapping": {"maximum_concurrency": 4}}, "4 invocations at once, 40 messages"),
        ({"mapping": {"provisioned_pollers": {"maximum": 3}}, "batch_size": 5}, "30 invocations at once, 150 messages"),
        ({"function": {"reserved_concurrent_executions": 7}}, "7 invocations at once, 70 messages"),
        ({"fifo": True}, "as many as there are message groups in flight, one each"),
    ],
)
def test_how_many_invocations_there_are_at_once_is_what_the_settings_allow(
    project: Path, monkeypatch: pytest.MonkeyPatch, args: dict[str, Any], says: str
) -> None:
    monkeypatch.chdir(project)
    accepted, _ = validation.examine("hands", {"source": "hands", **args})
    assert consequences.concurrency(accepted) == says


@given(
    receives=st.integers(2, 30),
    base=st.integers(1, 900),
    most=st.integers(1, 900),
)
def test_the_delays_that_it_counts_are_the_longest_that_the_runtime_takes(receives: int, base: int, most: int) -> None:
    accepted, _ = validation.examine(
        "hands",
        {
            "source": "functions/poker_hands",
            "max_receive_count": receives,
            "retry": {"base_delay_seconds": base, "maximum_delay_seconds": max(base, most)},
        },
    )
    variables = {
        "SQS_BATCH_MAX_RECEIVE_COUNT": str(receives),
        "SQS_BATCH_RETRY_BASE_DELAY_SECONDS": str(base),
        "SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS": str(max(base, most)),
    }
    with mock.patch.dict(os.environ, variables):
        runtime = sqs_batch.Consumer(lambda record: None, None)
    records = [sqs_batch.Record({"attributes": {"ApproximateReceiveCount": str(n)}}) for n in range(1, receives)]
    longest = list(consequences.longest_delays(accepted))
    assert len(longest) == len(records)
    for record, delay in zip(records, longest, strict=True):
        taken = runtime.visibility_timeout(record)
        assert taken is not None
        assert delay // 2 <= taken <= delay


def test_every_rule_can_be_asked_for_by_its_id() -> None:
    known = json.loads(CliRunner().invoke(main, ["rules", "--json"]).stdout)
    assert {rule.id for rule in validation.RULES} < {one["id"] for one in known}
    assert len({one["id"] for one in known}) == len(known)
    for one in known:
        assert one["why"]
        assert one["page"].startswith("https://")
    result = CliRunner().invoke(main, ["rules", "few-recieves"])
    assert (result.exit_code, "Did you mean 'few-receives'?" in result.stderr) == (1, True)
    assert CliRunner().invoke(main, ["rules", "few-receives"]).stdout.startswith("few-receives  warning  max_receive")


def test_a_policy_that_is_given_as_a_dict_is_text_as_on_aws(project: Path) -> None:
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


def test_what_sends_is_told_by_its_kind_and_where_it_sends(project: Path) -> None:
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
        EventRule("big", {"event_pattern": {"source": ["poker"]}})
        """
    found = {one["name"]: one for one in as_data(project, program)}
    assert found["uploads"]["sends_to"] == ["a", "b"]
    made = "aws:s3/bucketNotification:BucketNotification"
    assert found["uploads"]["resources"] == [{"type": made, "name": "uploads-notification"}]
    assert [one["name"] for one in found["big"]["resources"]] == ["big-rule"]
    assert len(found["a"]["resources"]) == 7
    assert (
        f"uploads  BucketEvents to a, b\n  made of            uploads-notification  {made}\n"
        in check(project, program).stdout
    )


def test_what_a_consumer_is_granted_is_among_what_it_may_and_what_it_grants_to_others_is_not(project: Path) -> None:
    program = """
        one, other = (QueueConsumer(name, {"source": "hands"}) for name in ("one", "other"))
        one.grant_send(other.role)
        one.grant_send("somebody")
        other.grant_send(other.role)
        """
    found = {one["name"]: one["permissions"] for one in as_data(project, program)}
    own, also = (f"sqs:SendMessage on arn:aws:sqs:us-east-1:123456789012:{name}-queue-1a2b3c4" for name in found)
    assert [own in found["one"], own in found["other"], also in found["other"]] == [False, True, True]
