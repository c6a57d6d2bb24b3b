"""Sources with the real engine: exactly what is created, changed, replaced and deleted."""

import json
from collections.abc import Callable
from typing import Any

from components.policies import canonical_json
from consumers.local.emulator import LocalAws
from engine_stack import Result, Stack
from left_over import left_over
from source_programs import ALLOWED, BY_ROLE, HEAD

NewStack = Callable[..., Stack]
CONSUMER = {f"hands-{part}" for part in ("role", "logs", "dlq", "queue", "policy", "function", "mapping")}
SURROUNDINGS = {"uploads", "topic", "other-topic", "bus", "other-bus", "dead-dlq"}
OF_RULE = {"rule-rule", "rule-hands"}
OF_ROLES = {
    *(f"nightly-{part}" for part in ("role", "policy", "schedule")),
    *(f"posted-{part}" for part in ("role", "policy", "api", "authorizer", "integration", "route", "stage")),
    *(f"changed-{part}" for part in ("role", "policy", "pipe")),
}
REPLACING = ("create-replacement", "replace", "delete-replaced")
ADD_TARGET = 'rule.add_target(hands, {"input_path": "$.detail"})\n'


def test_sources_of_a_queue_are_added_changed_replaced_and_removed_alone(new_stack: NewStack, aws: LocalAws) -> None:
    stack, nothing = new_stack(ALLOWED), left_over(aws)
    up = stack.deploy()
    fed = {"uploaded-notification", "sub-subscription"}
    assert by_step(up) == {"create": CONSUMER | SURROUNDINGS | OF_RULE | fed}

    stack.edit("__main__.py", ADD_TARGET, ADD_TARGET + BY_ROLE)
    assert by_step(stack.deploy()) == {"create": OF_ROLES}

    write_policy_as_aws_may(stack)
    assert stack.deploy("refresh", "--expect-no-changes").steps == []
    assert stack.deploy("up", "--expect-no-changes").steps == []

    changed_in_place(stack)
    replaced(stack)
    moved_to_another_queue(stack)
    removed(stack)

    assert stack.deploy("up", "--expect-no-changes").steps == []
    destroyed = [name for step, name in stack.deploy("destroy").steps if step == "delete"]
    assert comes_first("sub-subscription", destroyed, "other-topic", "hands-queue", "dead-dlq")
    assert comes_first("uploaded-notification", destroyed, "uploads", "hands-queue")
    assert left_over(aws) == nothing


def changed_in_place(stack: Stack) -> None:
    stack.edit("__main__.py", '"hands/", ', '"new/", ')
    stack.edit("__main__.py", '{"game": ["holdem"]}', '{"game": ["omaha"]}')
    stack.edit("__main__.py", '"$.detail"', '"$.detail.hand"')
    stack.edit("__main__.py", "cron(0 3", "cron(0 4")
    stack.edit("__main__.py", "POST /hands", "PUT /hands")
    stack.edit("__main__.py", '{"blind": [5]}', '{"blind": [10]}')
    changed = {
        "uploaded-notification": {"queues"},
        "sub-subscription": {"filterPolicy"},
        "rule-hands": {"inputPath"},
        "nightly-schedule": {"scheduleExpression"},
        "posted-route": {"routeKey"},
        "changed-pipe": {"sourceParameters"},
    }
    up = stack.deploy()
    assert by_step(up) == {"update": changed.keys()}
    assert up.changed == changed


def replaced(stack: Stack) -> None:
    """Another topic, another bus, another stream: each is allowed first, and created before the old one is deleted."""
    stack.edit("__main__.py", "topics=[topic.arn]", "topics=[other_topic.arn]")
    stack.edit("__main__.py", '"topic": topic.arn', '"topic": other_topic.arn')
    stack.edit("__main__.py", '"event_bus_name": bus.name', '"event_bus_name": other_bus.name')
    stack.edit("__main__.py", ":stream/hands", ":stream/others")
    new = {"rule-rule": {"eventBusName"}, "sub-subscription": {"topic"}, "changed-pipe": {"source"}}
    targets = {"rule-hands": {"rule", "eventBusName"}}
    policies = {"hands-queue": {"policy"}, "changed-policy": {"policy"}}
    for command in ("preview", "up"):
        done = stack.deploy(command)
        names = (new | targets).keys()
        assert by_step(done) == {**dict.fromkeys(REPLACING, names), "update": policies.keys()}
        assert done.changed == new | targets | policies
    made = [name for step, name in done.steps if step in ("create-replacement", "update")]
    # The queue lets the new ones send before they do, and a rule can go only when it has no targets.
    assert comes_first("hands-queue", made, "sub-subscription", "rule-hands")
    assert comes_first("rule-hands", [name for step, name in done.steps if step == "delete-replaced"], "rule-rule")


def moved_to_another_queue(stack: Stack) -> None:
    """A queue that cannot change in place: its sources follow before the old one is deleted."""
    stack.edit("__main__.py", '"allowed_senders": senders', '"name": "Hands", "allowed_senders": senders')
    new = {"hands-queue", "sub-subscription", "hands-mapping"}
    follow = {
        "uploaded-notification": {"queues"},
        "rule-hands": {"arn"},
        "nightly-schedule": {"target"},
        "posted-integration": {"requestParameters"},
        "changed-pipe": {"target"},
        **{f"{sender}-policy": {"policy"} for sender in ("hands", "nightly", "posted", "changed")},
    }
    up = stack.deploy()
    assert by_step(up) == {**dict.fromkeys(REPLACING, new), "update": follow.keys()}
    assert up.changed.items() >= follow.items()
    assert comes_first("hands-queue", [name for _, name in up.steps], *follow)
    assert up.steps[-1] == ("delete-replaced", "hands-queue")


def removed(stack: Stack) -> None:
    """A rule with its statement in the queue's policy; and the sources that send by a role, which have none."""
    stack.edit("__main__.py", ADD_TARGET.replace("detail", "detail.hand"), "")
    stack.edit("__main__.py", ", event_rules=[rule.arn]", "")
    program = stack.project / "__main__.py"
    lines = program.read_text().partition("Schedule(")[0].splitlines()
    program.write_text("\n".join(line for line in lines if not line.startswith("rule = ")))
    up = stack.deploy()
    assert by_step(up) == {"update": {"hands-queue"}, "delete": OF_RULE | OF_ROLES}
    assert up.changed["hands-queue"] == {"policy"}
    assert comes_first("rule-hands", [name for _, name in up.steps], "rule-rule")


def write_policy_as_aws_may(stack: Stack) -> None:
    """Write an equivalent policy of the queue in another form."""
    sqs, url = stack.aws.client("sqs"), stack.resources()["hands-queue"]["id"]
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    document: dict[str, Any] = json.loads(policy)
    assert policy == canonical_json(document)
    allowed = [one["Principal"] for one in document["Statement"] if one["Effect"] == "Allow"]
    assert allowed == [{"Service": f"{service}.amazonaws.com"} for service in ("sns", "s3", "events")]
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            (statement["Action"],) = statement["Action"]
            (statement["Condition"]["ArnLike"]["aws:SourceArn"],) = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    document["Statement"].reverse()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document, indent=1)})


def test_an_error_in_a_resolved_value_stops_the_update_and_the_next_one_continues(new_stack: NewStack) -> None:
    program = """
topic, other = aws.sns.Topic("topic"), aws.sns.Topic("other-topic")
hands = consumer("hands", topics=[topic.arn])
TopicSubscription("sub", hands, {"topic": other.arn})
"""
    stack = new_stack(f"{HEAD}{program}")
    refused, fault = error_lines(stack.deploy(code=255))
    assert refused == "error: TopicSubscription 'sub' is refused, 1 error:"
    assert rule_of(fault) == "[topic-not-allowed]"
    there = stack.resources().keys()
    assert {"topic", "other-topic"} <= there
    assert "sub-subscription" not in there
    stack.edit("__main__.py", '"topic": other.arn', '"topic": topic.arn')
    assert by_step(stack.deploy()) == {"create": (CONSUMER | {"sub-subscription"}) - there}


def test_an_api_gets_routes_cors_and_a_log_in_place_and_loses_them(new_stack: NewStack, aws: LocalAws) -> None:
    options = '{"cors": {"allow_origins": ["https://app.example"]}, "access_log": {}}'
    route, other = (f'{{"route_key": "{method} /hands", "consumer": hands}}' for method in ("POST", "PUT"))
    program = f"""
options = {{}}
hands = consumer("hands")
HttpApi("api", {{"routes": [{route}], **options}})
HttpRoute("alone", hands, {{"route_key": "POST /hands", **options}})
"""
    stack = new_stack(f"{HEAD}{program}")
    parts = {"api", "stage", "hands-role", "hands-policy", "POST /hands-integration", "POST /hands-route"}
    alone = {f"alone-{part}" for part in ("api", "stage", "role", "policy", "integration", "route")}
    assert by_step(stack.deploy()) == {"create": CONSUMER | {f"api-{part}" for part in parts} | alone}

    stack.edit("__main__.py", "options = {}", f"options = {options}")
    stack.edit("__main__.py", f"[{route}]", f"[{other}, {route}]")
    logs, added = (
        {"api-access-log", "alone-access-log"},
        {f"api-PUT /hands-{part}" for part in ("integration", "route")},
    )
    changed = {f"{name}-{part}" for name in ("api", "alone") for part in ("api", "stage")}
    assert by_step(stack.deploy()) == {"create": logs | added, "update": changed}
    assert stack.deploy("refresh", "--expect-no-changes").steps == []
    assert stack.deploy("up", "--expect-no-changes").steps == []

    stack.edit("__main__.py", f"options = {options}", "options = {}")
    stack.edit("__main__.py", f"[{other}, {route}]", f"[{route}]")
    assert by_step(stack.deploy()) == {"update": changed, "delete": logs | added}
    gateway = aws.client("apigatewayv2")
    apis = gateway.get_apis()["Items"]
    stages = [gateway.get_stages(ApiId=api["ApiId"])["Items"][0] for api in apis]
    assert [one for one in (*apis, *stages) if {"CorsConfiguration", "AccessLogSettings"} & one.keys()] == []
    assert stack.deploy("refresh", "--expect-no-changes").steps == []


def error_lines(done: Result) -> list[str]:
    """The lines of the error, up to the CLI's own remark that the program has failed."""
    assert "Traceback" not in done.output
    lines = [line.strip() for line in done.output.partition("Diagnostics:")[2].splitlines()]
    return lines[2 : lines.index("error: an unhandled error occurred: program exited with non-zero exit code: 1")]


def rule_of(fault: str) -> str:
    return fault.split()[-2]  # before the page that it rests on


def by_step(done: Result) -> dict[str, set[str]]:
    """The resources by what was done with them."""
    return {step: {name for also, name in done.steps if also == step} for step, _ in done.steps}


def comes_first(name: str, names: list[str], *others: str) -> bool:
    """Whether a name comes before these others."""
    return names.index(name) < min(map(names.index, others))
