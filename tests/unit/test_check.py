"""`consumers check` and `consumers rules`: the rules, before anything is deployed."""

import json
import os
import re
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
from consumers.simulation import consumer as simulated
from error_texts import ErrorTexts
from rule_cases import THIS_RUNTIME
from wheels import write_wheel


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    for name, text in (("hands", ""), ("careful", "import sqs_batch\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "handler.py").write_text(f"{text}def handle(event, context): ...\n")
    return tmp_path


def check(project: Path, program: str, *arguments: str) -> Result:
    head = "import pulumi\nfrom components import BucketEvents, EventRule, HttpRoute, QueueConsumer, Schedule\n"
    (project / "__main__.py").write_text(head + textwrap.dedent(program))
    return CliRunner().invoke(main, ["check", "--project", str(project), *arguments])


def as_data(project: Path, program: str) -> list[dict[str, Any]]:
    result = check(project, program, "--json")
    assert result.stdout, result.output
    return json.loads(result.stdout)


PROGRAMS = {
    "findings of all consumers": """
        QueueConsumer("first", {"source": "hands", "timeout": 901, "batch_size": 0})
        QueueConsumer("second", {"source": "hands", "max_receive_count": 1})
        QueueConsumer("third", {"source": "nowhere"})
        """,
    "Outputs": """
        QueueConsumer("first", {"source": "hands", "queue": {"arn": "hands"}, "dead_letter_queue": {"arn": "dead"}})
        later = pulumi.Output.from_input("no-arn")
        QueueConsumer("second", {"source": "hands", "queue": {"arn": later, "kms_master_key_id": later}})
        """,
    "consumers whose names begin alike": """
        for name in ("hands-late", "hands", "hands-early"):
            QueueConsumer(name, {"source": "hands"})
        """,
    "findings of sources": """
        hands = QueueConsumer("hands", {"source": "hands"})
        Schedule("nightly", hands, {"schedule_expression": "cron(0 3 * * * *)"})
        BucketEvents("uploads", "histories", [hands])
        """,
    "sources": """
        senders = {"buckets": ["arn:aws:s3:::histories"]}
        one, other = (QueueConsumer(n, {"source": "hands", "queue": {"allowed_senders": senders}}) for n in ("a", "b"))
        BucketEvents("uploads", "histories", [(one, "a/"), (other, "b/"), (one, "c/")])
        rule = EventRule("big", {"event_pattern": {"source": ["poker"]}})
        own = {"queue": {"allowed_senders": {"event_rules": [rule.arn]}}}
        rule.add_target(QueueConsumer("c", {"source": "hands", **own}))
        """,
    "an exception": """
        QueueConsumer("hands", {"source": "hands"})
        print(1 / 0)
        """,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_findings_and_permissions_of_each_component_are_printed(
    project: Path, program: str, error_text: ErrorTexts
) -> None:
    result = check(project, PROGRAMS[program])
    lines = [line for line in result.output.splitlines() if not re.search(r"  aws:\S+$", line)]  # without resources
    error_text("\n".join([f"exit code {result.exit_code}", *lines]))


def test_resources_and_permissions_are_sorted_because_programs_register_them_in_any_order(project: Path) -> None:
    program = """
        hands = QueueConsumer("hands", {"source": "hands"})
        others = [QueueConsumer(name, {"source": "hands"}) for name in ("zoe", "ann")]
        for one in others:
            one.grant_send(hands.role)
        """
    found = as_data(project, program)[0]
    listed = [resource["name"] for resource in found["resources"]]
    parts = ("queue", "dlq", "function", "mapping", "role", "policy", "logs")
    assert listed == [*(f"hands-{part}" for part in parts)]
    senders = [line.split(":")[-1] for line in found["permissions"] if line.startswith("sqs:SendMessage on ")]
    assert [name.split("-")[0] for name in senders] == ["ann", "zoe"]


ALARM = '"alarms": {"actions": ["arn:aws:sns:eu-central-1:123456789012:on-call"], "maximum_noisy_groups": 0}'


def test_a_source_with_a_group_id_sends_to_a_fair_queue_unless_the_queue_is_fifo(
    project: Path, error_text: ErrorTexts
) -> None:
    program = """
        plain = QueueConsumer("plain", {"source": "hands"})
        watched = QueueConsumer("watched", {"source": "hands", %s})
        fifo = QueueConsumer("fifo", {"source": "hands", "fifo": True})
        for one in (plain, watched, fifo):
            HttpRoute(f"to-{one.settings.consumer}", one, {
                "route_key": "POST /hands", "message_group_id": "$request.header.x-table"})
        HttpRoute("without", plain, {"route_key": "POST /hands"})
        Schedule("nightly", plain, {"schedule_expression": "rate(1 day)", "message_group_id": "nightly"})
        """
    listed = {one["name"]: one.get("message_group") for one in as_data(project, program % ALARM)}
    assert (listed["to-fifo"], listed["without"], listed["plain"]) == ("", "", None)
    error_text("\n".join(str(listed[name]) for name in ("to-plain", "to-watched", "nightly")))
    assert f"  message group      {listed['to-plain']}\n" in check(project, program % ALARM).stdout


def test_each_component_has_its_own_resources(project: Path) -> None:
    alike = as_data(project, PROGRAMS["consumers whose names begin alike"])
    assert [len(one["resources"]) for one in alike] == [7, 7, 7]
    listed = as_data(project, PROGRAMS["sources"])
    (uploads,) = (one for one in listed if one["name"] == "uploads")
    assert (uploads["component"], uploads["sends_to"]) == ("BucketEvents", ["a", "b"])
    made = "aws:s3/bucketNotification:BucketNotification"
    assert uploads["resources"] == [{"type": made, "name": "uploads-notification"}]
    assert f"  made of            uploads-notification  {made}\n" in check(project, PROGRAMS["sources"]).stdout
    names = {one["component"]: {resource["name"] for resource in one["resources"]} for one in listed}
    assert (names["EventRule"], names["EventTarget"]) == ({"big-rule", "big-c"}, set())


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


def test_nothing_is_refused_any_less_after_a_check(project: Path) -> None:
    check(project, 'QueueConsumer("hands", {"source": "nowhere"})')
    settings, findings = validation.examine("hands", {"source": "nowhere"})
    with pytest.raises(pulumi.RunError):
        reporting.report(settings, findings)


def test_a_cold_start_compiles_python_that_is_packaged_without_bytecode(
    project: Path, wheels: Path, error_text: ErrorTexts
) -> None:
    program = 'QueueConsumer("hands", {"source": "hands", %s})'
    for runtime in ('"runtime": "nodejs22.x"', f'"runtime": "{THIS_RUNTIME}", "function": {{"bytecode": True}}'):
        assert as_data(project, program % runtime)[0].get("compiles") == ""
    write_wheel(wheels, "chips", files={"chips/large.py": "#" * 9_999, "chips/data.txt": "#" * 9_999})
    alone = as_data(project, program % "")[0]["compiles"]
    (project / "hands" / "requirements.txt").write_text("chips==1.0\n")
    error_text("\n".join([alone, as_data(project, program % "")[0]["compiles"]]))


THEIRS = {"arn": "arn:aws:sqs:eu-central-1:123456789012:theirs"}
CONSEQUENCES: list[dict[str, Any]] = [
    {},
    {"max_receive_count": 1},
    {"source": "careful", "fifo": True},
    {"source": "careful", "fifo": True, "max_receive_count": 1},
    {"source": "careful", "dead_letter_queue": {"reasons": True}},
    {"source": "careful", "retry": {}},
    {"retry": {}},
    {"queue": THEIRS},
    {"queue": THEIRS, "max_receive_count": 4},
    {"mapping": {"maximum_concurrency": 4}},
    {"mapping": {"provisioned_pollers": {"maximum": 120}}, "batch_size": 5},
    {"mapping": {"provisioned_pollers": {"maximum": 125}}},
    {"mapping": {"provisioned_pollers": {"maximum": 200}}},
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
def test_the_waits_of_a_failed_message_are_those_of_the_runtime(receives: int, base: int, most: int) -> None:
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
    waits = simulated.of(settings).waits
    assert len(waits) == len(records)
    for record, wait in zip(records, waits, strict=True):
        taken = runtime.visibility_timeout(record)
        assert taken is not None
        assert int(wait.shortest) <= taken <= wait.longest


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
