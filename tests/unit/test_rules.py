"""Every rule, with a consumer that breaks it and the whole text that its user reads."""

import importlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from components import validation
from components.settings.findings import Level
from queue_rule_cases import QUEUE_CASES
from wheels import LAMBDA_X86, write_wheel


class Case(NamedTuple):
    rule: str
    consumer: str
    args: dict[str, Any]
    text: str
    also: list[str]
    """Other rules that the same arguments break."""


CASES = [
    Case(
        "consumer-name",
        "9 lives",
        {},
        "name: got '9 lives' as the consumer's name; allowed: a letter, then letters, digits, '-' and '_', 47 characters at most. Every resource is named after the consumer, and automatic names of functions and roles end at 64 characters. Rename the consumer.",
        also=[],
    ),
    Case(
        "function-name",
        "hands",
        {"function": {"name": "poker hands"}},
        "function.name: got 'poker hands'; allowed: 1 to 64 of letters, digits, '-' and '_'. Lambda takes no other names. Shorten or correct it, or leave it out.",
        also=[],
    ),
    Case(
        "role-name",
        "hands",
        {"function": {"role_name": "a/b"}},
        "function.role_name: got 'a/b'; allowed: 1 to 64 of letters, digits and '_+=,.@-'. IAM takes no other names. Shorten or correct it, or leave it out.",
        also=[],
    ),
    Case(
        "unknown-runtime",
        "hands",
        {"runtime": "pyhton3.12"},
        "runtime: got 'pyhton3.12'; allowed: an identifier such as python3.11, python3.12, python3.13, python3.14. Lambda has no such runtime. Correct it (did you mean 'python3.12'?).",
        also=[],
    ),
    Case(
        "deprecated-runtime",
        "hands",
        {"runtime": "python3.9"},
        "runtime: got 'python3.9'; allowed: one of python3.11, python3.12, python3.13, python3.14, python3.15, nodejs22.x, nodejs24.x, nodejs26.x, ruby3.3, ruby3.4, ruby4.0, dotnet8, dotnet10, java8.al2023, java11.al2023, java17, java17.al2023, java21, java25, provided.al2023. AWS no longer patches it, and will refuse to create and then to update functions with it. Move to a current runtime.",
        also=[],
    ),
    Case(
        "handler-form",
        "hands",
        {"handler": "my handler.handle"},
        "handler: got 'my handler.handle' of python3.13; allowed: 'file.function' without spaces, 128 characters at most. Lambda finds the function by it, and takes at most 128 characters and no spaces. Correct or shorten it.",
        also=[],
    ),
    Case(
        "environment-name",
        "hands",
        {"environment": {"9LIVES": "x"}},
        "environment: got the name '9LIVES'; allowed: two or more letters, digits and '_', a letter first. Lambda takes no other names. Rename the variable.",
        also=[],
    ),
    Case(
        "environment-reserved",
        "hands",
        {"environment": {"AWS_REGION": "x"}},
        "environment: got the name 'AWS_REGION'; allowed: names that are not reserved. Lambda sets these variables itself, and sqs_batch is configured by those that begin with SQS_BATCH_. Rename the variable.",
        also=[],
    ),
    Case(
        "environment-size",
        "hands",
        {"environment": {"TEXT": "x" * 4_096}},
        "environment: got 4,107 bytes as JSON; allowed: at most 4,096 bytes. Lambda holds 4,096 bytes of variables together, those that we set included. Keep large values in Parameter Store or in the archive, and their names here.",
        also=[],
    ),
    Case(
        "policy-size",
        "hands",
        {"policy_statements": [{"Effect": "Allow", "Action": "s3:*", "Resource": "x" * 8_704}]},
        "policy_statements: got 8,754 characters; allowed: at most 7,168. IAM takes 10,240 characters of inline policies in one role, and our own statements need 3,072. Join statements that differ in one element only, or use fewer and wider ARNs.",
        also=[],
    ),
    Case(
        "policy-statement",
        "hands",
        {"policy_statements": [{"Effect": "Allow", "Action": "s3:GetObject", "Resorce": "*", "Resource": "*"}]},
        "policy_statements: got the key 'Resorce' in {'Effect': 'Allow', 'Action': 's3:GetObject', 'Resorce': '*', "
        "'Resource': '*'}; allowed: the keys Sid, Effect, Action, NotAction, Resource, NotResource, Condition. A statement "
        "of a role's policy has an Effect, an Action and a Resource, and applies to the role itself. Remove or correct it "
        "(did you mean 'Resource'?).",
        also=[],
    ),
    Case(
        "tag-reserved",
        "hands",
        {"tags": {"aws:team": "cards"}},
        "tags: got the key 'aws:team'; allowed: other keys. 'aws:' belongs to AWS, and the tool finds consumers by the tags that begin with 'queue-consumer:'. Rename the tag.",
        also=[],
    ),
    Case(
        "tag-size",
        "hands",
        {"tags": {"team": "x" * 257}},
        "tags: got the value of 'team'; allowed: at most 256 of letters, digits, spaces and '_.:/=+-@'. IAM, whose tags have the narrowest form, takes keys of 1 to 128 and values of at most 256 characters. Shorten or correct it.",
        also=[],
    ),
    Case(
        "tag-count",
        "hands",
        {"tags": {f"key-{number}": "x" for number in range(47)}},
        "tags: got 47 tags; allowed: at most 46. AWS takes 50 tags on a resource, and 4 of them name consumer, part, stack and project. Leave some out.",
        also=[],
    ),
    Case(
        "one-code",
        "hands",
        {"source": None},
        "source: got none of source, code and image_uri; allowed: exactly one of source, code and image_uri. The function has exactly one source of code. Give source, a folder that is packaged for you, code, an archive, or image_uri, a container image.",
        also=[],
    ),
    Case(
        "source-unreadable",
        "hands",
        {"source": "functions/poker_hnds"},
        "source: got 'functions/poker_hnds', which does not exist in the program's folder; allowed: an existing folder. The folder is packaged as it is. Correct the path (did you mean 'poker_hands'?).",
        also=[],
    ),
    Case(
        "source-too-large",
        "hands",
        {},
        "source: got 300.0 MB of files; allowed: at most 250 MB. Lambda takes 50 MB as an archive directly, and 250 MB of files. Leave out what the function does not need (.lambdaignore, requirements), or bring it in a layer or a container image; the largest: model.bin (300.0 MB), handler.py (0.0 MB).",
        also=[],
    ),
    Case(
        "archive-deflated",
        "hands",
        {},
        "source: got 60.0 MB of files, which only fit deflated; allowed: 50 MB, which is stored as it is. Zlib's builds differ in what they write, so that another machine would update the function without a change. Deploy from machines of one kind, or bring less; the largest: model.bin (60.0 MB), handler.py (0.0 MB).",
        also=[],
    ),
    Case(
        "handler-missing",
        "hands",
        {"handler": "handler.handel"},
        "handler: got 'handler.handel', with no 'handel' at the top level of handler.py; allowed: a function that is defined there. Every invocation would fail, and every message would end in the dead-letter queue. Correct it (did you mean 'handle'?).",
        also=[],
    ),
    Case(
        "handler-syntax",
        "hands",
        {"runtime": "python3.99", "handler": "broken.handle"},
        "handler: got broken.py with a syntax error in line 1; allowed: Python that compiles. This "
        "machine's Python, older than the function's, cannot compile it, and the function's may not either. "
        "Correct it, or compile it with python3.99.",
        also=[],
    ),
    Case(
        "retry-without-runtime",
        "hands",
        {"retry": {}},
        "retry: got delays; allowed: a function that imports sqs_batch. The delays are set by sqs_batch, which the function does not import. Use its batch_handler, or leave retry out.",
        also=[],
    ),
    Case(
        "record-metrics-without-runtime",
        "hands",
        {"function": {"record_metrics": True}},
        "function.record_metrics: got True; allowed: a function that imports sqs_batch. The records are counted by sqs_batch, which the function does not import. Use its batch_handler, or leave record_metrics out.",
        also=[],
    ),
    Case(
        "include-without-source",
        "hands",
        {"source": None, "include": ["functions/sqs_batch.py"]},
        "include: got paths without source; allowed: paths beside source. It is packaged together with source, and an archive that was made elsewhere is not looked into. Give source, or leave include out.",
        also=["one-code"],
    ),
    Case(
        "include-unreadable",
        "hands",
        {"include": ["functions/sqs_bach.py"]},
        "include: got 'functions/sqs_bach.py', which does not exist; allowed: existing folders and files. What is included is packaged as it is. Correct the path (did you mean 'sqs_batch.py'?).",
        also=[],
    ),
    Case(
        "include-collision",
        "hands",
        {"include": ["functions/poker_hands", "functions/poker_hands/handler.py"], "source": "functions/big_pots"},
        "include: got functions/poker_hands/handler.py, and handler.py of functions/big_pots; allowed: names that differ. Each is packaged at the archive's root under its own name, and one would hide the other. Rename one of them.",
        also=[],
    ),
    Case(
        "dependencies-not-installed",
        "hands",
        {"function": {"architecture": "arm64"}},
        "source: got requirements.txt with a package that has no wheel for Python 3.13 on aarch64-manylinux_2_34 (uv: No solution found when resolving dependencies: Because chips==1.0 has no wheels with a matching platform tag (e.g., `manylinux_2_34_aarch64`) and you require chips==1.0, we can conclude that your requirements are unsatisfiable. hint: Wheels are available for `chips` (v1.0) on the following platform: `manylinux_2_28_x86_64`); allowed: dependencies that can be installed from wheels. The function would fail to import what it depends on. Ask for a version that has such a wheel, choose another runtime or architecture, or bring the package in a layer, a container image, or an archive of your own (code).",
        also=[],
    ),
    Case(
        "dependency-collision",
        "hands",
        {"include": ["functions/poker_hands"]},
        "source: got poker_hands, and poker_hands of the dependency poker_hands 1.0; allowed: names that differ. Both are packaged at the archive's root, and one would hide the other. Rename yours, or leave the dependency out.",
        also=[],
    ),
    Case(
        "dependencies-not-fixed",
        "hands",
        {},
        "source: got requirements.txt that does not fix the version of felt 2.0; allowed: name==version for each package, also for what a package needs. Another machine, or this one later, may install another version and so update the function unasked. Fix every version: uv pip compile requirements.in --universal --generate-hashes -o requirements.txt.",
        also=[],
    ),
    Case(
        "visibility-below-timeout",
        "hands",
        {"timeout": 10, "queue": {"visibility_timeout_seconds": 5}},
        "queue.visibility_timeout_seconds: got 5 seconds; allowed: 10 seconds, the function's timeout, or more. SQS would hand out a message again while the function still works on it, and Lambda refuses such a mapping. Leave it out: 60 is derived.",
        also=[],
    ),
    Case(
        "visibility-below-advice",
        "hands",
        {"timeout": 10, "queue": {"visibility_timeout_seconds": 59}},
        "queue.visibility_timeout_seconds: got 59 seconds; allowed: 60 seconds or more. Lambda needs time to try again when it is throttled; AWS advises six times the timeout plus the window. Leave it out: 60 is derived.",
        also=[],
    ),
    Case(
        "deduplication-without-fifo",
        "hands",
        {"queue": {"content_based_deduplication": True}},
        "queue.content_based_deduplication: got True on a standard queue; allowed: only False there. Only FIFO queues deduplicate. Set fifo=True, or leave it out.",
        also=[],
    ),
    Case(
        "dead-letters-expire-first",
        "hands",
        {"dead_letter_queue": {"message_retention_seconds": 3600}},
        "dead_letter_queue.message_retention_seconds: got 3,600 seconds; allowed: 345,600 seconds, the queue's own, or more. A message that moves to a standard dead-letter queue keeps its age, so it would be deleted there at once. Leave it out for 14 days.",
        also=[],
    ),
    Case(
        "dead-letters-expire-soon",
        "hands",
        {"dead_letter_queue": {"message_retention_seconds": 345600}},
        "dead_letter_queue.message_retention_seconds: got 345,600 seconds, as the queue; allowed: more than 345,600 seconds. A message keeps its age when it moves, so one that moves late is gone before anybody looks. Leave it out for 14 days.",
        also=[],
    ),
    Case(
        "few-receives",
        "hands",
        {"max_receive_count": 2},
        "max_receive_count: got 2; allowed: 3 or more, better 5. A throttled or interrupted invocation counts as a receive, so good messages would be dead-lettered too. Raise it.",
        also=[],
    ),
    Case(
        "retention-below-receives",
        "hands",
        {"queue": {"message_retention_seconds": 600}},
        "queue.message_retention_seconds: got 600 seconds; allowed: 900 seconds (visibility timeout x max_receive_count) or more. A message that fails is deleted by age before its last receive, and never reaches the dead-letter queue. Raise it, or lower one of these two.",
        also=[],
    ),
    Case(
        "queue-name",
        "hands",
        {"queue": {"name": "hands.fifo"}},
        "queue.name: got 'hands.fifo'; allowed: 1 to 80 of letters, digits, '-' and '_'. SQS names have at most 80 characters, '.fifo' of a FIFO queue included. Set fifo=True, or drop '.fifo'.",
        also=[],
    ),
    Case(
        "dead-letter-queue-name",
        "hands",
        {"fifo": True, "dead_letter_queue": {"name": "x" * 76}},
        "dead_letter_queue.name: got 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'; allowed: 1 to 75 of letters, digits, '-' and '_'. SQS names have at most 80 characters, '.fifo' of a FIFO queue included. Shorten or correct it, or leave it out.",
        also=[],
    ),
    Case(
        "same-queue-name",
        "hands",
        {"queue": {"name": "hands"}, "dead_letter_queue": {"name": "hands"}},
        "dead_letter_queue.name: got 'hands'; allowed: a name other than queue.name. A queue cannot be its own dead-letter queue. Rename one of the two.",
        also=[],
    ),
    Case(
        "retry-delays-crossed",
        "hands",
        {"retry": {"base_delay_seconds": 60, "maximum_delay_seconds": 30}},
        "retry.maximum_delay_seconds: got 30 seconds; allowed: 60 seconds, the base, or more. The delay doubles from the base up to the maximum. Raise it, or lower base_delay_seconds.",
        also=["retry-without-runtime"],
    ),
    Case(
        "fifo-batch-size",
        "hands",
        {"fifo": True, "batch_size": 11},
        "batch_size: got 11 on a FIFO queue; allowed: 1 to 10. Lambda reads at most 10 messages at once from a FIFO queue. Lower it to 10.",
        also=[],
    ),
    Case(
        "large-batch-without-window",
        "hands",
        {"batch_size": 11},
        "batch_size: got 11 with a batching window of 0 seconds; allowed: 1 to 10. SQS hands out at most 10 messages a call, so Lambda needs time to collect more. Set mapping.maximum_batching_window_in_seconds to 1 or more.",
        also=[],
    ),
    Case(
        "fifo-batching-window",
        "hands",
        {"fifo": True, "mapping": {"maximum_batching_window_in_seconds": 1}},
        "mapping.maximum_batching_window_in_seconds: got 1 seconds on a FIFO queue; allowed: only 0. Lambda has no batching window on FIFO queues. Leave it out.",
        also=[],
    ),
    Case(
        "batch-never-fills",
        "hands",
        {"batch_size": 7000, "mapping": {"maximum_batching_window_in_seconds": 1}},
        "batch_size: got 7,000; allowed: 6,144 or less. A batch is at most 6 MB, and a record with its metadata takes about 1 KB or more. Lower it: batches stop growing before that.",
        also=[],
    ),
    Case(
        "concurrency-above-quota",
        "hands",
        {"mapping": {"maximum_concurrency": 1001}},
        "mapping.maximum_concurrency: got 1,001; allowed: 2 to 1,000. Lambda's API documents 2 to 1,000 and has taken more from accounts with a raised quota; where it does not, it refuses the mapping after the queues are made. Lower it, or have the quota of concurrent executions raised first.",
        also=[],
    ),
    Case(
        "too-many-filters",
        "hands",
        {"filters": [{"body": {"won": [True]}}] * 11},
        "filters: got 11 patterns; allowed: at most 10. A mapping has at most 10 patterns, quota raised. Join patterns: a list of values matches any of them.",
        also=[],
    ),
    Case(
        "many-filters",
        "hands",
        {"filters": [{"body": {"won": [True]}}] * 6},
        "filters: got 6 patterns; allowed: at most 5 without a raised quota. More than 5 patterns need a raised quota. Join patterns, or raise the quota.",
        also=[],
    ),
    Case(
        "filter-not-on-body",
        "hands",
        {"filters": [{"bdy": {"won": [True]}}]},
        "filters: got 'bdy' in {'bdy': {'won': [True]}}; allowed: only the key 'body'. SQS messages are filtered on their body only, and one that matches no pattern is deleted unseen. Write {'body': {…}}.",
        also=[],
    ),
    Case(
        "filter-not-json",
        "hands",
        {"filters": [{"body": {"chips": [float("nan")]}}]},
        "filters: got nan at filters[0].body.chips[0]; allowed: plain JSON values. Lambda takes a pattern as a JSON object of at most 4,096 characters. Use text, numbers, booleans, lists, dicts.",
        also=[],
    ),
    Case(
        "idempotency-variable",
        "hands",
        {"idempotency": {}, "environment": {"IDEMPOTENCY_TABLE": "x"}},
        "environment: got the name 'IDEMPOTENCY_TABLE'; allowed: other names. With the group idempotency the component sets these variables itself. Remove the variable, or leave the group out.",
        also=[],
    ),
    Case(
        "idempotency-table-name",
        "hands",
        {"idempotency": {"name": "my table"}},
        "idempotency.name: got 'my table'; allowed: 3 to 255 of letters, digits, '_', '.' and '-'. DynamoDB takes no other names. Shorten or correct it, or leave it out.",
        also=[],
    ),
    Case(
        "idempotency-expires-early",
        "hands",
        {"idempotency": {"expires_after_seconds": 3600}},
        "idempotency.expires_after_seconds: got 3,600 seconds; allowed: 1,555,200 seconds, the retention of both queues together, or more. A dead letter that is redriven after that has its effect a second time. Leave it out.",
        also=[],
    ),
    Case(
        "alarm-without-action",
        "hands",
        {"alarms": {}},
        "alarms.actions: got none; allowed: 1 to 5 ARNs. An alarm without an action is one that nobody hears of. Give the ARN of what tells people, such as an SNS topic, or leave the group alarms out.",
        also=[],
    ),
    Case(
        "alarm-ok-actions",
        "hands",
        {
            "alarms": {
                "actions": ["arn:aws:sns:eu-west-1:123456789012:on-call"],
                "ok_actions": ["arn:aws:sns:eu-west-1:123456789012:on-call"] * 6,
            }
        },
        "alarms.ok_actions: got 6 actions; allowed: at most 5 ARNs such as arn:aws:sns:eu-west-1:123456789012:on-call. CloudWatch takes actions by ARN, 5 for each state. Let one SNS topic tell the others.",
        also=[],
    ),
    Case(
        "alarm-actions",
        "hands",
        {"alarms": {"actions": ["on-call"]}},
        "alarms.actions: got 'on-call'; allowed: at most 5 ARNs such as arn:aws:sns:eu-west-1:123456789012:on-call. CloudWatch takes actions by ARN, 5 for each state. Give the ARN, not the name.",
        also=[],
    ),
    Case(
        "no-alarm-left",
        "hands",
        {
            "alarms": {
                "actions": ["arn:aws:sns:eu-west-1:123456789012:on-call"],
                "leave_out": ["dead_letters", "message_age", "errors", "throttles", "duration"],
            }
        },
        "alarms.leave_out: got all 5 alarms; allowed: at most 4 of them. The group would make nothing, and whoever reads the program would take the consumer for watched. Keep one of them, or leave the group alarms out.",
        also=[],
    ),
    Case(
        "age-alarm-too-late",
        "hands",
        {
            "alarms": {"actions": ["arn:aws:sns:eu-west-1:123456789012:on-call"], "maximum_message_age_seconds": 7200},
            "queue": {"message_retention_seconds": 7200},
        },
        "alarms.maximum_message_age_seconds: got 7,200 seconds; allowed: less than 7,200 seconds, the queue's retention. SQS deletes a message when its retention is over, so the alarm would never come, or after the loss. Lower it, leave it out, or raise queue.message_retention_seconds.",
        also=[],
    ),
    *(Case(*case) for case in QUEUE_CASES),
]


DEPENDS_ON = {
    "dependencies-not-installed": "chips==1.0",
    "dependency-collision": "poker_hands==1.0",
    "dependencies-not-fixed": "table==1.0",
}
MODEL_MB = {"source-too-large": 300, "archive-deflated": 60}


@pytest.fixture
def source(folder: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of a function, with what the rule under test is about."""
    case: Case = request.getfixturevalue("case")
    if wanted := DEPENDS_ON.get(case.rule):
        wheels: Path = request.getfixturevalue("wheels")
        write_wheel(wheels, "chips", tag=LAMBDA_X86)
        write_wheel(wheels, "poker_hands")
        write_wheel(wheels, "table", needs=("felt",))
        write_wheel(wheels, "felt", "2.0")
        (folder / "requirements.txt").write_text(f"# what the function imports\n{wanted}\n")
    if case.rule == "handler-syntax":
        (folder / "broken.py").write_text("def handle(record)\n    pass\n")
    if case.rule in MODEL_MB:
        with (folder / "model.bin").open("wb") as file:
            file.truncate(MODEL_MB[case.rule] * 1_048_576)
    return folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_says_what_was_given_what_is_allowed_why_and_what_to_do(case: Case, source: Path) -> None:
    assert_told(case, source)


def assert_told(case: Case, source: Path) -> None:
    """The arguments of `case` break its rule, which says its text, and no others than it names."""
    args = {"source": str(source), **case.args}
    _, findings = validation.examine(case.consumer, {key: value for key, value in args.items() if value is not None})
    texts = {finding.rule: str(finding) for finding in findings}
    assert set(texts) == {case.rule, *case.also}
    text, page = re.fullmatch(r"(.*) \[[a-z-]+\] (\S+)", texts[case.rule]).groups()  # pyright: ignore[reportOptionalMemberAccess]
    assert text == case.text
    assert page.startswith("https://docs.aws.amazon.com/")


def test_every_rule_has_a_case() -> None:
    modules = [importlib.import_module(path.stem) for path in Path(__file__).parent.glob("test_rules*.py")]
    assert {case.rule for module in modules for case in module.CASES} == {rule.id for rule in validation.RULES}


def test_no_two_rules_have_one_id() -> None:
    ids = [rule.id for rule in validation.RULES]
    assert len(ids) == len(set(ids))


def test_rules_read_arguments_that_exist() -> None:
    from components.settings import reading

    known = {"name", *(argument for argument, _ in reading.kinds())}
    assert {argument for rule in validation.RULES for argument in rule.arguments} <= known


def test_the_defaults_break_no_rule(folder: Path) -> None:
    assert validation.examine("hands", {"source": str(folder)})[1] == []
    assert validation.examine("hands", {"source": str(folder), "fifo": True})[1] == []


def test_what_can_be_turned_off_is_advice_only(folder: Path) -> None:
    for rule in validation.RULES:
        args = {"source": str(folder), "ignore_advice": {rule.id: "a reason"}}
        refused = bool(validation.examine("hands", args)[1])
        assert refused is (rule.level is Level.ERROR)


@pytest.mark.parametrize(
    "edge", [{"timeout": 1}, {"timeout": 900}, {"memory_size": 10_240}, {"max_receive_count": 1_000}]
)
def test_the_bounds_themselves_are_allowed(folder: Path, edge: dict[str, int]) -> None:
    findings = validation.examine("hands", {"source": str(folder), **edge})[1]
    assert [finding for finding in findings if finding.level is Level.ERROR] == []


def test_a_relation_is_not_judged_on_a_value_that_could_not_be_read(folder: Path) -> None:
    args = {"source": str(folder), "timeout": "five", "queue": {"visibility_timeout_seconds": 1}}
    assert [finding.rule for finding in validation.examine("hands", args)[1]] == ["timeout-value"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("async def handle(event, context): ...", True),
        ("class handle: ...", True),
        ("handle = print", True),
        ("handle: object = print", True),
        ("from other import handle", True),
        ("from other import work as handle", True),
        ("from other import *", True),
        ("try:\n    from fast import handle\nexcept ImportError:\n    def handle(e, c): ...", True),
        ("if True:\n    def handle(e, c): ...", True),
        ("a, handle = 1, print", True),
        ("def other():\n    handle = 1", False),
        ("class A:\n    def handle(self): ...", False),
        ("other = lambda handle: handle", False),
        ("", False),
    ],
)
def test_a_handler_is_found_as_python_would_find_it_without_importing_it(folder: Path, body: str, found: bool) -> None:
    (folder / "handler.py").write_text(f"raise_if_imported = 1 / 0\n{body}\n")
    rules = [finding.rule for finding in validation.examine("hands", {"source": str(folder)})[1]]
    assert rules == ([] if found else ["handler-missing"])


@pytest.mark.parametrize("handler", ["app/main.run", "app.main.run"])
def test_a_handler_may_lie_in_a_package(folder: Path, handler: str) -> None:
    (folder / "app").mkdir()
    (folder / "app" / "main.py").write_text("def run(event, context): ...\n")
    assert validation.examine("hands", {"source": str(folder), "handler": handler})[1] == []


def test_a_syntax_error_names_file_and_line(folder: Path) -> None:
    (folder / "handler.py").write_text("def fine(): ...\n\ndef handle(record)\n    pass\n")
    (finding,) = validation.examine("hands", {"source": str(folder), "runtime": "python3.11"})[1]
    assert str(finding).startswith("handler: got handler.py with a syntax error in line 3; allowed: ")


def test_syntax_that_only_the_functions_newer_python_knows_is_not_refused(folder: Path) -> None:
    (folder / "handler.py").write_text("type Hand = dict[[]\ndef handle(e, c): ...\n")
    findings = validation.examine("hands", {"source": str(folder), "runtime": "python3.99"})[1]
    assert [(finding.rule, finding.level) for finding in findings] == [("handler-syntax", Level.WARNING)]


def test_the_file_of_the_handler_is_looked_for_under_the_names_that_are_there(folder: Path) -> None:
    (finding,) = validation.examine("hands", {"source": str(folder), "handler": "handlers.handle"})[1]
    assert "with no file handlers.py in" in str(finding)
    assert "(did you mean 'handler'?)" in str(finding)
