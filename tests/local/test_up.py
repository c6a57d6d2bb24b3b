"""`consumers up`: repeated updates of a stack on the local AWS."""

import fcntl
import os
from dataclasses import replace
from typing import Any

import pytest

from consumers.evaluate.program import ProgramError
from consumers.local.emulator import LocalAws
from consumers.provider.stack_record import StackRecord
from error_texts import ErrorTexts
from left_over import left_over
from up_project import CONSUMER, HANDLER, PARTS, UpProject, done


def everything(aws: LocalAws) -> set[str]:
    return {resource_id for ids in left_over(aws).values() for resource_id in ids}


def attributes(aws: LocalAws, url: str) -> dict[str, str]:
    return aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def exists(aws: LocalAws, url: str) -> bool:
    sqs = aws.client("sqs")
    try:
        sqs.get_queue_attributes(QueueUrl=url)
    except sqs.exceptions.QueueDoesNotExist:
        return False
    return True


def refused(stack: UpProject, program: str, name: str = "dev") -> str:
    with pytest.raises(ProgramError) as caught:
        stack.up(program, name)
    return str(caught.value)


def test_a_consumer_is_created_left_alone_and_changed_in_place(aws: LocalAws, stack: UpProject) -> None:
    client, before = aws.client("lambda"), everything(aws)
    assert done(stack.up(CONSUMER.format(timeout=10))) == dict.fromkeys(PARTS, "created")
    ids = stack.ids()
    assert everything(aws) - before == {ids[name] for name in ids if name != "hands-policy"}  # which is in its role
    (stack.folder / "hands" / "handler.py").touch()
    again = stack.up(CONSUMER.format(timeout=10))
    assert (again.steps, again.unchanged) == ([], 7)

    outcome = stack.up(CONSUMER.format(timeout=20))
    assert {step.name: (step.action, step.properties) for step in outcome.steps} == {
        "hands-queue": ("updated", ["visibilityTimeoutSeconds"]),
        "hands-function": ("updated", ["timeout"]),
    }
    assert outcome.unchanged == 5
    function = client.get_function_configuration(FunctionName=ids["hands-function"])
    assert function["Timeout"] == 20
    assert attributes(aws, ids["hands-queue"])["VisibilityTimeout"] == "120"

    (stack.folder / "hands" / "handler.py").write_text(HANDLER + "# changed\n")
    [step] = stack.up(CONSUMER.format(timeout=20)).steps
    assert (step.action, step.name, step.properties) == (
        *("updated", "hands-function"),
        ["code", "tags.queue-consumer:code-sha256"],
    )
    assert client.get_function_configuration(FunctionName=ids["hands-function"])["CodeSha256"] != function["CodeSha256"]
    assert stack.ids() == ids


def test_a_replaced_queue_takes_its_dependents_along_and_all_are_deleted_in_order(
    aws: LocalAws, stack: UpProject
) -> None:
    before = everything(aws)
    stack.up(CONSUMER.format(timeout=10) + '\n    aws.sqs.Queue("other")\n')
    outcome = stack.up(CONSUMER.format(timeout="10, fifo=True") + '\n    aws.sqs.Queue("other")\n')
    steps = done(outcome)
    assert {name for name in steps if steps[name] == "replaced"} == {"hands-dlq", "hands-queue", "hands-mapping"}
    assert {name for name in steps if steps[name] == "updated"} <= {"hands-policy", "hands-function"}
    assert "fifoQueue" in next(step for step in outcome.steps if step.name == "hands-queue").properties
    ids = stack.ids()
    assert everything(aws) - before == {ids[name] for name in ids if name != "hands-policy"}
    source = aws.client("lambda").get_event_source_mapping(UUID=ids["hands-mapping"])["EventSourceArn"]
    assert source == attributes(aws, ids["hands-queue"])["QueueArn"]
    assert source.endswith(".fifo")

    outcome = stack.up('aws.sqs.Queue("other")')
    assert done(outcome) == dict.fromkeys(PARTS, "deleted")
    order = [step.name.removeprefix("hands-") for step in outcome.steps]
    assert order.index("mapping") < order.index("function") < min(order.index("role"), order.index("logs"))
    assert order.index("mapping") < order.index("queue") < order.index("dlq")
    assert order.index("policy") < order.index("role")
    assert everything(aws) - before == {ids["other"]}


def test_outputs_are_the_same_after_a_creation_an_update_and_no_change(stack: UpProject) -> None:
    program = """
        queue = aws.sqs.Queue("queue", delay_seconds={}, tags={{"own": "tag"}})
        role = aws.iam.Role("role", assume_role_policy=json.dumps({{"Version": "2012-10-17", "Statement": []}}))
        pulumi.export("queue", [queue.id, queue.url, queue.arn, queue.tags, queue.tags_all, queue.max_message_size])
        pulumi.export("role", [role.id, role.arn, role.name])
    """
    first, same, other = (stack.up(program.format(delay)) for delay in (1, 1, 2))
    assert first.exports == same.exports == other.exports
    assert done(other) == {"queue": "updated"}


def test_a_resource_with_a_fixed_name_is_deleted_before_its_successor_exists(
    aws: LocalAws, stack: UpProject, name: str
) -> None:
    program = """
        role = aws.iam.Role("role", name="{name}", path="{path}",
            assume_role_policy=json.dumps({{"Version": "2012-10-17", "Statement": []}}))
        may = {{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}}
        aws.iam.RolePolicy("policy", role=role.name, policy=json.dumps({{"Version": "2012-10-17", "Statement": [may]}}))
        aws.sqs.Queue("queue", tags={{"role": role.arn}})
    """
    stack.up(program.format(name=name, path="/"))
    outcome = stack.up(program.format(name=name, path="/hands/"))
    assert done(outcome) == {"role": "replaced", "policy": "replaced", "queue": "updated"}
    assert aws.client("iam").get_role(RoleName=name)["Role"]["Path"] == "/hands/"
    assert len(aws.client("iam").list_role_policies(RoleName=name)["PolicyNames"]) == 1
    assert stack.up(program.format(name=name, path="/hands/")).unchanged == 3


def test_an_automatic_name_stays_until_the_program_sets_one(stack: UpProject, name: str) -> None:
    def queue_name() -> str:
        return stack.recorded()["queue"]["outputs"]["name"]

    stack.up('aws.sqs.Queue("queue")')
    automatic = queue_name()
    assert done(stack.up('aws.sqs.Queue("queue", delay_seconds=3)')) == {"queue": "updated"}
    assert queue_name() == automatic
    assert done(stack.up(f'aws.sqs.Queue("queue", name="{name}")')) == {"queue": "replaced"}
    assert queue_name() == name
    assert done(stack.up('aws.sqs.Queue("queue")')) == {"queue": "replaced"}
    assert queue_name() not in (name, automatic)


def test_a_resource_that_somebody_else_has_deleted_is_created_again(aws: LocalAws, stack: UpProject) -> None:
    stack.up(CONSUMER.format(timeout=10))
    aws.client("lambda").delete_function(FunctionName=stack.ids()["hands-function"])
    assert done(stack.up(CONSUMER.format(timeout=10)))["hands-function"] == "created"
    ids = stack.ids()
    target = aws.client("lambda").get_event_source_mapping(UUID=ids["hands-mapping"])["FunctionArn"]
    assert target.endswith(ids["hands-function"])


def test_stacks_of_one_project_do_not_touch_each_other(aws: LocalAws, stack: UpProject) -> None:
    program = 'aws.sqs.Queue("queue")\npulumi.export("url", aws.sqs.Queue("other").url)'
    url = stack.up(program, "one").exports["url"]
    stack.up(program, "two")
    stack.up("", "two")
    assert exists(aws, url)


def test_a_consumer_that_is_renamed_with_an_alias_keeps_its_resources(stack: UpProject) -> None:
    stack.up("QueueConsumer('hands', {'source': 'hands'})")
    before = stack.ids()
    renamed = "QueueConsumer('pots', {'source': 'hands'}, ResourceOptions(aliases=[pulumi.Alias(name='hands')]))"
    # The tags name the consumer. What has an automatic name keeps it.
    assert set(done(stack.up(renamed)).values()) == {"updated"}
    assert stack.ids() == {name.replace("hands-", "pots-"): resource_id for name, resource_id in before.items()}
    assert stack.up(renamed).steps == []


def test_a_change_of_a_property_in_replace_on_changes_replaces(stack: UpProject) -> None:
    options = "ResourceOptions(replace_on_changes=['delaySeconds', 'tags'])"
    queue = (
        f"aws.sqs.Queue('q', delay_seconds={{0}}, max_message_size={{1}}, tags={{{{'a': '{{2}}'}}}}, opts={options})"
    )
    stack.up(queue.format(1, 2048, 3))
    assert stack.up(queue.format(1, 2048, 3)).steps == []
    assert done(stack.up(queue.format(2, 2048, 3))) == {"q": "replaced"}
    assert done(stack.up(queue.format(2, 2048, 4))) == {"q": "replaced"}
    assert done(stack.up(queue.format(2, 1024, 4))) == {"q": "updated"}


# --- what must stay ---


def test_a_protected_resource_is_not_replaced_or_deleted(
    aws: LocalAws, stack: UpProject, error_text: ErrorTexts
) -> None:
    stack.up('aws.sqs.Queue("queue", opts=ResourceOptions(protect=True))\naws.sqs.Queue("other")')
    url = stack.ids()["queue"]
    for program in ('aws.sqs.Queue("queue", fifo_queue=True)', ""):
        error_text(refused(stack, program))
        assert exists(aws, url)
    assert stack.recorded().keys() == {"queue", "other"}
    stack.up('aws.sqs.Queue("queue")')
    stack.up("")
    assert not exists(aws, url)


def test_a_retained_resource_is_removed_from_the_record_only(aws: LocalAws, stack: UpProject) -> None:
    stack.up('aws.sqs.Queue("queue", opts=ResourceOptions(retain_on_delete=True))')
    url = stack.ids()["queue"]
    assert done(stack.up("")) == {"queue": "retained"}
    assert exists(aws, url)
    assert stack.recorded() == {}


def test_a_queue_that_is_deleted_or_replaced_with_messages_in_it_is_a_warning(aws: LocalAws, stack: UpProject) -> None:
    queue = "{0} = aws.sqs.Queue('{0}')\npulumi.export('{0}', {0}.url)\n"
    urls = stack.up("".join(map(queue.format, ("one", "two", "three", "gone")))).exports
    for name in ("one", "two", "two"):
        aws.client("sqs").send_message(QueueUrl=urls[name], MessageBody="a hand")
    aws.client("sqs").delete_queue(QueueUrl=urls["gone"])  # by somebody else
    assert done(stack.up("pulumi.log.warn('take care')\naws.sqs.Queue('one', fifo_queue=True)")) == {
        **dict.fromkeys(("two", "three", "gone"), "deleted"),
        "one": "replaced",
    }
    assert sorted((message.severity, message.resource, message.text) for message in stack.messages) == [
        ("warning", "", "take care"),
        ("warning", "one", "the queue is deleted with 1 message in it."),
        ("warning", "two", "the queue is deleted with 2 messages in it."),
    ]


# --- failures ---


def test_an_unsupported_property_is_an_error_as_the_only_change(stack: UpProject, error_text: ErrorTexts) -> None:
    role = """
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        aws.iam.Role("role", assume_role_policy=trust%s)
    """
    stack.up(role % "")
    error_text(refused(stack, role % ", force_detach_policies=True"))


def test_a_failure_deletes_nothing_and_the_next_update_continues(aws: LocalAws, stack: UpProject, name: str) -> None:
    stack.up('aws.sqs.Queue("old")')
    aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    role = f'aws.iam.Role("role", name="{name}", assume_role_policy=json.dumps({{"Statement": []}}))'
    with pytest.raises(ProgramError, match="Role 'role': EntityAlreadyExists"):
        stack.up(f'aws.sqs.Queue("new")\n{role}')
    assert stack.recorded().keys() == {"old", "new"}
    assert done(stack.up('aws.sqs.Queue("new")')) == {"old": "deleted"}
    assert aws.client("iam").get_role(RoleName=name), "it is somebody else's"


def test_a_creation_that_was_begun_and_did_not_happen_is_forgotten(stack: UpProject, name: str) -> None:
    program = 'aws.sqs.Queue("queue")'
    stack.up(program)
    record = StackRecord(stack.folder / ".consumers" / "stacks" / "dev.json")
    [queue] = record.resources.values()
    record.begin(replace(queue, urn=f"{queue.urn}-2", id="", inputs=queue.inputs | {"name": name}))
    assert stack.up(program).unchanged == 1
    assert stack.recorded().keys() == {"queue"}  # and no leftovers


def test_two_updates_at_once_are_an_error(stack: UpProject, error_text: ErrorTexts) -> None:
    folder = stack.folder / ".consumers" / "stacks"
    folder.mkdir()
    holder = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        error_text(refused(stack, 'aws.sqs.Queue("queue")'))
    finally:
        os.close(holder)
    assert done(stack.up('aws.sqs.Queue("queue")')) == {"queue": "created"}


@pytest.mark.parametrize("name", ["../dev", ""])
def test_a_stack_name_that_could_be_a_path_is_an_error(stack: UpProject, error_text: ErrorTexts, name: str) -> None:
    error_text(refused(stack, "", name))


@pytest.mark.parametrize("content", ["{bro", '{"resources": 5}'])
def test_a_record_that_cannot_be_read_is_an_error(stack: UpProject, error_text: ErrorTexts, content: Any) -> None:
    stack.up('aws.sqs.Queue("hands")')
    (stack.folder / ".consumers" / "stacks" / "dev.json").write_text(content)
    error_text(refused(stack, 'aws.sqs.Queue("hands")'))
