"""`consumers up`: a program and the local AWS, brought together again and again."""

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]
import pytest
from click.testing import CliRunner

from consumers.cli import main
from consumers.evaluate.program import WITHHELD, ProgramError
from consumers.local.background import ensure, find, stop
from consumers.local.emulator import LocalAws
from consumers.provider.update import Outcome, Step, update
from consumers.resource_table import find as find_type

ROOT = Path(__file__).parents[2]
HANDLER = "def handle(event, context):\n    return {'batchItemFailures': []}\n"
CONSUMER = """
    from components import QueueConsumer, QueueConsumerArgs

    QueueConsumer("hands", QueueConsumerArgs(source="hands", runtime="python3.12", timeout={timeout}))
"""
OF_A_CONSUMER = {f"hands-{part}" for part in ("role", "logs", "dlq", "queue", "policy", "function", "mapping")}

Up = Callable[..., Outcome]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the handler of a consumer, and where a local AWS is running already."""
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    (tmp_path / "hands").mkdir()
    (tmp_path / "hands" / "handler.py").write_text(HANDLER)
    (tmp_path / ".consumers").mkdir()
    return tmp_path


@pytest.fixture
def up(aws: LocalAws, project: Path) -> Up:
    """Brings a program up: its text, after `import pulumi` and `pulumi_aws as aws`."""

    def run(program: str, stack: str = "dev") -> Outcome:
        write_program(project, program)
        return update(project, stack, aws)

    return run


def write_program(project: Path, program: str) -> None:
    head = "import json, pulumi\nimport pulumi_aws as aws\nfrom pulumi import ResourceOptions\n"
    (project / "__main__.py").write_text(head + textwrap.dedent(program))


def done(outcome: Outcome) -> dict[str, str]:
    """What was done, by logical name."""
    assert len({step.name for step in outcome.steps}) == len(outcome.steps)
    return {step.name: step.action for step in outcome.steps}


def recorded(project: Path) -> dict[str, Any]:
    """Each resource of the stack, by logical name."""
    record = json.loads((project / ".consumers" / "stacks" / "dev.json").read_text())
    assert record["leftovers"] == []
    return {each["name"]: each for each in record["resources"]}


def attributes(aws: LocalAws, url: str) -> dict[str, str]:
    return aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def exists(aws: LocalAws, url: str) -> bool:
    sqs = aws.client("sqs")
    try:
        sqs.get_queue_attributes(QueueUrl=url)
    except sqs.exceptions.QueueDoesNotExist:
        return False
    return True


def listed(aws: LocalAws, service: str, operation: str, key: str) -> list[Any]:
    pages = aws.client(service).get_paginator(operation).paginate()
    return [each for page in pages for each in page.get(key, [])]


def all_names(aws: LocalAws) -> set[str]:
    """The name of everything there is on the local AWS that these tests' programs can make."""
    roles = [role["RoleName"] for role in listed(aws, "iam", "list_roles", "Roles")]
    policies = {role: aws.client("iam").list_role_policies(RoleName=role)["PolicyNames"] for role in roles}
    return {
        *roles,
        *(f"{role}:{name}" for role in roles for name in policies[role]),
        *(each["FunctionName"] for each in listed(aws, "lambda", "list_functions", "Functions")),
        *(each["UUID"] for each in listed(aws, "lambda", "list_event_source_mappings", "EventSourceMappings")),
        *(each["logGroupName"] for each in listed(aws, "logs", "describe_log_groups", "logGroups")),
        *listed(aws, "sqs", "list_queues", "QueueUrls"),
        *(each["Name"] for each in listed(aws, "s3", "list_buckets", "Buckets")),
        *(each["TopicArn"] for each in listed(aws, "sns", "list_topics", "Topics")),
        *(each["SubscriptionArn"] for each in listed(aws, "sns", "list_subscriptions", "Subscriptions")),
        *(f"{each['GroupName']}/{each['Name']}" for each in listed(aws, "scheduler", "list_schedules", "Schedules")),
        *names_on_buses(aws.client("events")),
    }


def names_on_buses(events: Any) -> Iterator[str]:
    for bus in [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]:
        yield bus
        for rule in [rule["Name"] for rule in events.list_rules(EventBusName=bus)["Rules"]]:
            yield f"{bus}/{rule}"
            targets = events.list_targets_by_rule(EventBusName=bus, Rule=rule)["Targets"]
            yield from (f"{bus}/{rule}/{target['Id']}" for target in targets)


# --- what it does ---


def test_it_creates_and_a_second_time_changes_nothing(aws: LocalAws, up: Up, project: Path) -> None:
    before = all_names(aws)
    program = CONSUMER.format(timeout=10)
    assert done(up(program)) == dict.fromkeys(OF_A_CONSUMER, "created")
    made = recorded(project)
    assert all_names(aws) - before == {each["id"] for each in made.values()}
    again = up(program)
    assert (again.steps, again.unchanged) == ([], 7)
    assert {name: each["id"] for name, each in recorded(project).items()} == {n: e["id"] for n, e in made.items()}


def test_outputs_are_the_same_whether_something_was_created_updated_or_left_alone(up: Up) -> None:
    program = """
        queue = aws.sqs.Queue("queue", delay_seconds={}, tags={{"own": "tag"}})
        function = aws.iam.Role("role", assume_role_policy=json.dumps({{"Version": "2012-10-17", "Statement": []}}))
        pulumi.export("queue", [queue.id, queue.url, queue.arn, queue.tags, queue.tags_all, queue.max_message_size])
        pulumi.export("role", [function.id, function.arn, function.name])
    """
    first, same, other = up(program.format(1)), up(program.format(1)), up(program.format(2))
    assert first.exports == same.exports == other.exports
    assert done(other) == {"queue": "updated"}


def test_a_changed_property_is_updated_in_place_and_named(aws: LocalAws, up: Up, project: Path) -> None:
    up(CONSUMER.format(timeout=10))
    outcome = up(CONSUMER.format(timeout=20))
    assert {step.name: (step.action, step.properties) for step in outcome.steps} == {
        "hands-queue": ("updated", ["visibilityTimeoutSeconds"]),
        "hands-function": ("updated", ["timeout"]),
    }
    assert outcome.unchanged == 5
    made = recorded(project)
    function = aws.client("lambda").get_function_configuration(FunctionName=made["hands-function"]["id"])
    assert function["Timeout"] == 20
    assert attributes(aws, made["hands-queue"]["id"])["VisibilityTimeout"] == "120"


def test_a_handlers_change_updates_the_functions_code_alone(aws: LocalAws, up: Up, project: Path) -> None:
    program = CONSUMER.format(timeout=10)
    up(program)
    (project / "hands" / "handler.py").touch()
    assert up(program).steps == []
    (project / "hands" / "handler.py").write_text(HANDLER + "# changed\n")
    client, name = aws.client("lambda"), recorded(project)["hands-function"]["id"]
    before = client.get_function_configuration(FunctionName=name)["CodeSha256"]
    [step] = up(program).steps
    assert (step.action, step.name, step.properties) == ("updated", "hands-function", ["code"])
    assert client.get_function_configuration(FunctionName=name)["CodeSha256"] != before


def test_what_cannot_change_in_place_is_replaced_and_what_hangs_on_it_follows(
    aws: LocalAws, up: Up, project: Path
) -> None:
    before = all_names(aws)
    up(CONSUMER.format(timeout=10))
    outcome = up(CONSUMER.format(timeout="10, fifo=True"))
    replaced, updated = {"hands-dlq", "hands-queue", "hands-mapping"}, {"hands-policy", "hands-function"}
    assert {name for name, action in done(outcome).items() if action == "replaced"} == replaced
    assert {name for name, action in done(outcome).items() if action == "updated"} <= updated
    assert "fifoQueue" in next(step for step in outcome.steps if step.name == "hands-queue").properties
    made = recorded(project)
    assert all_names(aws) - before == {each["id"] for each in made.values()}
    source = aws.client("lambda").get_event_source_mapping(UUID=made["hands-mapping"]["id"])["EventSourceArn"]
    assert source == made["hands-queue"]["outputs"]["arn"]
    assert source.endswith(".fifo")


def test_what_the_program_no_longer_has_is_deleted_each_before_what_it_depends_on(
    aws: LocalAws, up: Up, project: Path
) -> None:
    before = all_names(aws)
    up(CONSUMER.format(timeout=10) + '\n    aws.sqs.Queue("other")\n')
    outcome = up('aws.sqs.Queue("other")')
    assert done(outcome) == dict.fromkeys(OF_A_CONSUMER, "deleted")
    order = [step.name.removeprefix("hands-") for step in outcome.steps]
    assert order.index("mapping") < order.index("function") < min(order.index("role"), order.index("logs"))
    assert order.index("mapping") < order.index("queue") < order.index("dlq")
    assert order.index("policy") < order.index("role")
    assert all_names(aws) - before == {recorded(project)["other"]["id"]}


def test_a_name_that_must_stay_is_free_before_the_replacement_comes(
    aws: LocalAws, up: Up, project: Path, name: str
) -> None:
    program = """
        role = aws.iam.Role("role", name="{name}", path="{path}",
            assume_role_policy=json.dumps({{"Version": "2012-10-17", "Statement": []}}))
        may = {{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}}
        aws.iam.RolePolicy("policy", role=role.name, policy=json.dumps({{"Version": "2012-10-17", "Statement": [may]}}))
        aws.sqs.Queue("queue", tags={{"role": role.arn}})
    """
    up(program.format(name=name, path="/"))
    outcome = up(program.format(name=name, path="/hands/"))
    assert done(outcome) == {"role": "replaced", "policy": "replaced", "queue": "updated"}
    iam = aws.client("iam")
    assert iam.get_role(RoleName=name)["Role"]["Path"] == "/hands/"
    assert len(iam.list_role_policies(RoleName=name)["PolicyNames"]) == 1
    assert up(program.format(name=name, path="/hands/")).unchanged == 3


def test_an_automatic_name_stays_until_the_program_gives_one(up: Up, project: Path, name: str) -> None:
    up('aws.sqs.Queue("queue")')
    automatic = recorded(project)["queue"]["outputs"]["name"]
    assert done(up('aws.sqs.Queue("queue", delay_seconds=3)')) == {"queue": "updated"}
    assert recorded(project)["queue"]["outputs"]["name"] == automatic
    assert done(up(f'aws.sqs.Queue("queue", name="{name}")')) == {"queue": "replaced"}
    assert recorded(project)["queue"]["outputs"]["name"] == name
    assert done(up('aws.sqs.Queue("queue")')) == {"queue": "replaced"}
    assert recorded(project)["queue"]["outputs"]["name"] not in (name, automatic)


def test_changed_default_tags_reach_every_resource(aws: LocalAws, up: Up, project: Path) -> None:
    program = 'aws.sqs.Queue("queue", tags={"own": "tag"})'
    config = "config:\n  aws:defaultTags:\n    tags: {%s}\n"
    (project / "Pulumi.dev.yaml").write_text(config % "team: cards, old: tag")
    up(program)
    (project / "Pulumi.dev.yaml").write_text(config % "team: dice")
    [step] = up(program).steps
    assert (step.action, sorted(step.properties)) == ("updated", ["tagsAll.old", "tagsAll.team"])
    url = recorded(project)["queue"]["id"]
    assert aws.client("sqs").list_queue_tags(QueueUrl=url)["Tags"] == {"own": "tag", "team": "dice"}
    assert recorded(project)["queue"]["outputs"]["tags"] == {"own": "tag"}


def test_what_somebody_else_has_deleted_is_made_again(aws: LocalAws, up: Up, project: Path) -> None:
    program = CONSUMER.format(timeout=10)
    up(program)
    aws.client("lambda").delete_function(FunctionName=recorded(project)["hands-function"]["id"])
    outcome = up(program)
    assert done(outcome)["hands-function"] == "created"
    mapping = recorded(project)["hands-mapping"]["id"]
    target = aws.client("lambda").get_event_source_mapping(UUID=mapping)["FunctionArn"]
    assert target.endswith(recorded(project)["hands-function"]["id"])


def test_stacks_of_one_project_do_not_touch_each_other(aws: LocalAws, up: Up, project: Path) -> None:
    program = 'aws.sqs.Queue("queue")\npulumi.export("url", aws.sqs.Queue("other").url)'
    url = up(program, "one").exports["url"]
    up(program, "two")
    up("", "two")
    assert exists(aws, url)


# --- what must stay ---


def test_a_protected_resource_is_not_deleted_until_it_is_no_longer_protected(
    aws: LocalAws, up: Up, project: Path
) -> None:
    up('aws.sqs.Queue("queue", opts=ResourceOptions(protect=True))\naws.sqs.Queue("other")')
    url = recorded(project)["queue"]["id"]
    with pytest.raises(ProgramError, match="Queue 'queue' is protected, but the program no longer has it: first"):
        up("")
    assert exists(aws, url)
    assert recorded(project).keys() == {"queue", "other"}
    up('aws.sqs.Queue("queue")')
    up("")
    assert not exists(aws, url)


def test_a_protected_resource_is_not_replaced(aws: LocalAws, up: Up, project: Path) -> None:
    up('aws.sqs.Queue("queue", opts=ResourceOptions(protect=True))')
    with pytest.raises(ProgramError, match="protected, but only a new one could have another fifoQueue: first"):
        up('aws.sqs.Queue("queue", fifo_queue=True)')
    assert exists(aws, recorded(project)["queue"]["id"])


def test_what_is_to_be_retained_goes_from_the_record_only(aws: LocalAws, up: Up, project: Path) -> None:
    up('aws.sqs.Queue("queue", opts=ResourceOptions(retain_on_delete=True))')
    url = recorded(project)["queue"]["id"]
    assert done(up("")) == {"queue": "retained"}
    assert exists(aws, url)
    assert recorded(project) == {}


def test_a_refused_property_is_an_error_also_where_nothing_else_has_changed(up: Up) -> None:
    role = """
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        aws.iam.Role("role", assume_role_policy=trust%s)
    """
    up(role % "")
    with pytest.raises(ProgramError, match="Role 'role': the local AWS does not support the property 'forceDetachPol"):
        up(role % ", force_detach_policies=True")


# --- failures ---


def test_a_failure_deletes_nothing_and_the_next_time_goes_on(aws: LocalAws, up: Up, project: Path, name: str) -> None:
    up('aws.sqs.Queue("old")')
    aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    role = f'aws.iam.Role("role", name="{name}", assume_role_policy=json.dumps({{"Statement": []}}))'
    with pytest.raises(ProgramError, match="Role 'role': EntityAlreadyExists"):
        up(f'aws.sqs.Queue("new")\n{role}')
    assert recorded(project).keys() == {"old", "new"}
    assert done(up('aws.sqs.Queue("new")')) == {"old": "deleted"}
    assert aws.client("iam").get_role(RoleName=name), "it is somebody else's"


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from consumers.local.emulator import connect
    from consumers.resource_table import TABLE
    from consumers.provider.update import update

    token, method, endpoint, key = sys.argv[1:]
    kind = type(TABLE[token])
    original = getattr(kind, method)

    def die(*arguments, **options):
        original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(kind, method, die)
    update(Path(), "dev", connect(endpoint, key))
"""


def killed_after(aws: LocalAws, project: Path, token: str, method: str) -> None:
    """Bring the program up in a process that is killed when it has just made (changed, deleted) one of this type."""
    script = textwrap.dedent(KILLED)
    done = subprocess.run(
        [sys.executable, "-c", script, token, method, aws.endpoint_url, aws.access_key_id],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize(
    "token",
    [
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:sqs/queue:Queue",
        "aws:lambda/function:Function",
        "aws:lambda/eventSourceMapping:EventSourceMapping",
    ],
)
def test_what_was_being_created_when_it_was_killed_is_repaired(
    aws: LocalAws, up: Up, project: Path, token: str
) -> None:
    before = all_names(aws)
    program = CONSUMER.format(timeout=10)
    write_program(project, program)
    killed_after(aws, project, token, "create")
    up(program)
    assert recorded(project).keys() == OF_A_CONSUMER
    assert all_names(aws) - before == {each["id"] for each in recorded(project).values()}
    assert up(program).unchanged == 7


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("aws:lambda/alias:Alias", "alias"),
        ("aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig", "provisioned-concurrency"),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws-policy-AWSXRayDaemonWriteAccess"),
    ],
)
def test_what_hangs_on_a_function_or_a_role_is_repaired_too(
    aws: LocalAws, up: Up, project: Path, token: str, name: str
) -> None:
    policies = ["arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"]
    function = {"alias": {"provisioned_concurrent_executions": 1}, "managed_policy_arns": policies}
    program = CONSUMER.format(timeout=f"10, function={function}")
    write_program(project, program)
    killed_after(aws, project, token, "create")
    up(program)
    made = recorded(project)[f"hands-{name}"]
    assert find_type(token, name).read(aws, made["id"]) is not None
    assert up(program).unchanged == 10


FED = """
    from components import BucketEvents, EventRule, QueueConsumer, Schedule, Stream, TopicSubscription

    bucket, topic, bus = aws.s3.Bucket("uploads"), aws.sns.Topic("topic"), aws.cloudwatch.EventBus("bus")
    rule = EventRule("rule", {"event_pattern": {"source": ["poker"]}, "event_bus_name": bus.name})
    senders = {"buckets": [bucket.arn], "topics": [topic.arn], "event_rules": [rule.arn]}
    hands = QueueConsumer("hands", {"source": "hands", "queue": {"allowed_senders": senders}})
    BucketEvents("uploaded", bucket, [(hands,)])
    TopicSubscription("told", hands, {"topic": topic.arn})
    rule.add_target(hands)
    Schedule("nightly", hands, {"schedule_expression": "rate(1 day)"})
    Stream("changed", hands, {"source_arn": "arn:aws:kinesis:us-east-1:000000000000:stream/hands"})
"""


@pytest.mark.parametrize(
    "token",
    [
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:s3/bucketNotification:BucketNotification",
        "aws:cloudwatch/eventTarget:EventTarget",
    ],
)
def test_what_feeds_a_queue_is_repaired_too(aws: LocalAws, up: Up, project: Path, token: str) -> None:
    before = all_names(aws)
    write_program(project, FED)
    killed_after(aws, project, token, "create")
    up(FED)
    made = recorded(project)
    assert all_names(aws) - before == {each["id"] for name, each in made.items() if name != "changed-pipe"}
    assert up(FED).unchanged == len(made) == 20
    up("")
    assert all_names(aws) == before


def test_an_update_and_a_deletion_that_were_killed_are_repaired(aws: LocalAws, up: Up, project: Path) -> None:
    before = all_names(aws)
    up(CONSUMER.format(timeout=10))
    write_program(project, CONSUMER.format(timeout=20))
    killed_after(aws, project, "aws:lambda/function:Function", "update")
    up(CONSUMER.format(timeout=20))
    function = recorded(project)["hands-function"]["id"]
    assert aws.client("lambda").get_function_configuration(FunctionName=function)["Timeout"] == 20
    write_program(project, "")
    killed_after(aws, project, "aws:lambda/function:Function", "delete")
    up("")
    assert all_names(aws) == before
    assert recorded(project) == {}


def test_a_replacement_that_was_killed_is_finished(aws: LocalAws, up: Up, project: Path) -> None:
    before = all_names(aws)
    up('aws.sqs.Queue("queue")')
    write_program(project, 'aws.sqs.Queue("queue", fifo_queue=True)')
    killed_after(aws, project, "aws:sqs/queue:Queue", "create")
    up('aws.sqs.Queue("queue", fifo_queue=True)')
    assert all_names(aws) - before == {recorded(project)["queue"]["id"]}


def test_two_at_once_are_refused(up: Up, project: Path) -> None:
    folder = project / ".consumers" / "stacks"
    folder.mkdir()
    holder = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(ProgramError, match="Another `consumers up` is running in this project"):
            up('aws.sqs.Queue("queue")')
    finally:
        os.close(holder)
    assert done(up('aws.sqs.Queue("queue")')) == {"queue": "created"}


@pytest.mark.parametrize("stack", ["../dev", "a/b", ""])
def test_a_stack_that_could_be_a_path_is_refused(up: Up, stack: str) -> None:
    with pytest.raises(ProgramError, match="is no stack's name"):
        up("", stack)


def test_only_its_owner_can_read_what_was_made(up: Up, project: Path) -> None:
    up('aws.sqs.Queue("queue", tags={"token": pulumi.Output.secret("s3cret")})')
    file = project / ".consumers" / "stacks" / "dev.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


# --- the program's own calls to AWS ---

WHO = """
    import os, boto3
    print(boto3.client("sts").get_caller_identity()["Account"])
    pulumi.export("seen", sorted({value for name, value in os.environ.items() if name.startswith("AWS_")}))
    pulumi.export("queues", len(boto3.client("sqs").list_queues().get("QueueUrls", [])))
"""


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that has the credentials of an account, in its variables and in ~/.aws."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAOFTHESHELL",
        "AWS_SECRET_ACCESS_KEY": "of-the-shell",
        "AWS_SESSION_TOKEN": "of-the-shell",
        "AWS_PROFILE": "of-the-shell",
        "AWS_CONFIG_FILE": str(tmp_path / "aws-config"),
        "HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    text = "[{}]\naws_access_key_id = AKIAOFTHESHELL\naws_secret_access_key = of-the-shell\nregion = eu-west-1\n"
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(text.format("default"))
    (tmp_path / "aws-config").write_text(text.format("profile of-the-shell"))


@pytest.mark.usefixtures("account")
def test_a_program_calls_the_local_aws_and_does_not_see_the_credentials_of_the_shell(
    aws: LocalAws, up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", shell := boto3.Session())
    before = dict(os.environ)
    url = aws.client("sqs").create_queue(QueueName="of-the-local-aws")["QueueUrl"]
    exports = up(WHO).exports
    aws.client("sqs").delete_queue(QueueUrl=url)
    assert exports["queues"] >= 1
    assert {aws.access_key_id, aws.endpoint_url, aws.region} < set(exports["seen"])
    assert "of-the-shell" not in exports["seen"]
    assert dict(os.environ) == before
    assert boto3.DEFAULT_SESSION is shell  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("command", ["check", "cost"])
def test_a_program_that_is_not_deployed_has_no_credentials_and_a_call_of_its_own_is_one_line(
    project: Path, command: str
) -> None:
    write_program(project, WHO)
    result = CliRunner().invoke(main, [command, "--project", str(project)])
    text = f"Error: __main__.py:6: NoCredentialsError: {WITHHELD}\n"
    assert (result.exit_code, result.output) == (1, text)


# --- secrets ---

SECRETS = """
    from components import QueueConsumer, QueueConsumerArgs

    token = pulumi.Config().require_secret("token")
    QueueConsumer("hands", QueueConsumerArgs(
        source="hands", runtime="python3.12", timeout=10, environment={"TOKEN": token, "LEVEL": "INFO"}
    ))
    key = {"name": token, "type": "S"}
    table = aws.dynamodb.Table("table", hash_key=token, attributes=[key], billing_mode="PAY_PER_REQUEST")
    topic = aws.sns.Topic("topic", display_name=token, opts=pulumi.ResourceOptions(additional_secret_outputs=["owner"]))
    aws.sqs.Queue("derived", tags={"key": table.hash_key, "name": topic.display_name.apply(lambda name: f"<{name}>")})
    pulumi.export("key", table.hash_key)
"""


def files_with(folder: Path, text: str) -> list[str]:
    """The files below `folder` that hold a text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if text.encode() in path.read_bytes()]


def test_no_secret_is_on_disk_and_yet_a_change_of_one_is_seen(own: Path) -> None:
    def up_with(token: str) -> Outcome:
        (own / "Pulumi.dev.yaml").write_text(f"config:\n  hands:token: {token}\n")
        return update(own, "dev", aws)

    aws = ensure(own, "us-east-1")
    write_program(own, SECRETS)
    first = up_with("s3cret-1")
    assert (first.exports, first.secret_exports) == ({"key": "s3cret-1"}, {"key"})
    assert files_with(own / ".consumers", "s3cret") == []
    again = up_with("s3cret-1")
    assert (again.steps, again.unchanged, again.exports) == ([], 10, first.exports)
    changed = up_with("s3cret-2")
    assert {step.name: (step.action, step.properties) for step in changed.steps} == {
        "hands-function": ("updated", ["environment.variables.TOKEN"]),
        "table": ("replaced", ["hashKey", "attributes"]),
        "topic": ("updated", ["displayName"]),
        "derived": ("updated", ["tags.key", "tags.name"]),
    }
    assert changed.exports == {"key": "s3cret-2"}
    [queue] = [url for url in listed(aws, "sqs", "list_queues", "QueueUrls") if "derived" in url]
    tags = aws.client("sqs").list_queue_tags(QueueUrl=queue)["Tags"]
    assert tags == {"key": "s3cret-2", "name": "<s3cret-2>"}
    assert files_with(own / ".consumers", "s3cret") == []
    write_program(own, "")
    assert set(done(update(own, "dev", aws)).values()) == {"deleted"}


def test_a_secret_that_is_to_stay_as_it_is_stays_also_when_something_else_changes(aws: LocalAws, up: Up) -> None:
    program = """
        role = aws.iam.Role("role", assume_role_policy=json.dumps({{"Version": "2012-10-17", "Statement": []}}),
            description=pulumi.Output.secret("{}"), max_session_duration={},
            opts=ResourceOptions(ignore_changes=["description"]))
        pulumi.export("name", role.name)
        pulumi.export("description", role.description)
    """
    up(program.format("s3cret-1", 3600))
    assert up(program.format("s3cret-2", 3600)).steps == []
    outcome = up(program.format("s3cret-2", 7200))
    assert [(step.action, step.properties) for step in outcome.steps] == [("updated", ["maxSessionDuration"])]
    role = aws.client("iam").get_role(RoleName=outcome.exports["name"])["Role"]
    assert role["Description"] == outcome.exports["description"] == "s3cret-1"


def test_a_secret_is_not_in_what_aws_complains_of(up: Up) -> None:
    with pytest.raises(ProgramError) as caught:
        up("""
            policy = pulumi.Output.secret("s3cret{")
            aws.iam.Role("role", assume_role_policy=policy, max_session_duration=pulumi.Output.secret("s3cret-2"))
        """)
    assert "s3cret" not in str(caught.value)
    assert "[secret]" in str(caught.value)


def test_secret_default_tags_are_not_written_down(up: Up, project: Path) -> None:
    program = """
        tags = {{"token": pulumi.Output.secret("{}")}}
        provider = aws.Provider("p", region="us-east-1", default_tags={{"tags": tags}})
        queue = aws.sqs.Queue("queue", opts=ResourceOptions(provider=provider))
        pulumi.export("tags", queue.tags_all)
    """
    outcome = up(program.format("s3cret-1"))
    assert (outcome.exports, outcome.secret_exports) == ({"tags": {"token": "s3cret-1"}}, {"tags"})
    assert files_with(project / ".consumers", "s3cret") == []
    assert up(program.format("s3cret-1")).steps == []
    assert up(program.format("s3cret-2")).steps[0].properties == ["tagsAll.token"]


# --- the command ---


@pytest.fixture
def own(project: Path) -> Iterator[Path]:
    """A project with no local AWS yet; one that is started ends with the test."""
    (project / ".consumers").rmdir()
    yield project
    stop(project)


def test_the_command_starts_a_local_aws_and_prints_what_changes(own: Path) -> None:
    program = """
        queue = aws.sqs.Queue("queue", delay_seconds={}, tags={{"token": pulumi.Output.secret("s3cret")}})
        pulumi.log.warn("few hands", queue)
        pulumi.export("name", queue.name)
        pulumi.export("token", pulumi.Output.secret("s3cret"))
    """
    write_program(own, program.format(1))
    first = CliRunner().invoke(main, ["up", "--project", str(own)])
    write_program(own, program.format(2))
    second = CliRunner().invoke(main, ["up", "--project", str(own)])
    for result in (first, second):
        assert result.exit_code == 0, result.output
        assert "warning: queue: few hands\n" in result.output
        assert "token: [secret]\n" in result.output
        assert "s3cret" not in result.output
    assert "+  aws:sqs/queue:Queue queue created (" in first.output
    assert "~  aws:sqs/queue:Queue queue updated: delaySeconds (" in second.output
    assert "= 0 unchanged\n" in second.output
    aws = find(own)
    assert aws is not None
    assert aws.endpoint_url in second.output


def test_as_json_there_is_one_object_on_standard_output(own: Path) -> None:
    program = 'print("noise")\naws.sqs.Queue("queue")\npulumi.export("token", pulumi.Output.secret("s3cret"))'
    write_program(own, program)
    result = CliRunner().invoke(main, ["up", "--json", "--project", str(own)])
    said = json.loads(result.stdout)
    assert [Step(**step).name for step in said["steps"]] == ["queue"]
    assert (said["stack"], said["unchanged"], said["exports"]) == ("dev", 0, {"token": "[secret]"})


def test_after_the_local_aws_has_died_everything_is_made_again(own: Path) -> None:
    write_program(own, 'aws.sqs.Queue("queue")')
    CliRunner().invoke(main, ["up", "--project", str(own)])
    dead = find(own)
    assert dead is not None
    assert dead.process_id
    os.killpg(dead.process_id, signal.SIGKILL)
    result = CliRunner().invoke(main, ["up", "--project", str(own)])
    assert "The local AWS had died" in result.output
    assert "queue created" in result.output


@pytest.mark.parametrize("arguments", [["--stack", "a/b"], ["--port", "0"], ["--project", "nowhere"]])
def test_wrong_arguments_start_nothing(own: Path, arguments: list[str]) -> None:
    write_program(own, "")
    result = CliRunner().invoke(main, ["up", "--project", str(own), *arguments])
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    assert not (own / ".consumers").exists()


def test_a_folder_without_a_project_is_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["up", "--project", str(tmp_path)])
    expected = f"Error: There is no Pulumi.yaml in {tmp_path}: that is no Pulumi project.\n"
    assert (result.exit_code, result.output) == (1, expected)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_is_one_line_and_the_next_up_goes_on(own: Path) -> None:
    waiting = 'aws.sqs.Queue("first").id.apply(lambda _: print("ready", flush=True) or __import__("time").sleep(60))'
    write_program(own, waiting)
    with subprocess.Popen(
        [sys.executable, "-m", "consumers.cli", "up"],
        cwd=own,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        while "ready" not in command.stdout.readline():
            assert command.poll() is None
        command.send_signal(signal.SIGINT)
        _, errors = command.communicate(timeout=30)
    expected = "Error: Interrupted. Finished steps stay; the next `consumers up` continues from there.\n"
    assert (command.returncode, errors) == (1, expected)
    write_program(own, 'aws.sqs.Queue("first")\naws.sqs.Queue("second")')
    result = CliRunner().invoke(main, ["up", "--project", str(own)])
    assert "first" not in result.output
    assert "second created" in result.output


@pytest.mark.parametrize("said", ["{bro", "[]", "{}", '{"resources": 5}', "null"])
def test_a_record_that_cannot_be_read_is_one_line_that_says_what_to_do(up: Up, project: Path, said: str) -> None:
    up('aws.sqs.Queue("hands")')
    (project / ".consumers" / "stacks" / "dev.json").write_text(said)
    with pytest.raises(ProgramError, match="cannot be read, so what is there is not known: `consumers down` ends"):
        up('aws.sqs.Queue("hands")')
