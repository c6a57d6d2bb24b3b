"""Compares checkov's findings for three consumers with docs/rule-packs.md: `make packs`.

The consumers are registered under mocks and written as a Terraform plan, whose properties the AWS provider of Pulumi
has by the same names. Ends with exit code 1 where a finding is not explained. checkov itself is fetched by uv.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components import QueueConsumer
from consumers.resource_table.properties import is_object, with_integers
from consumers.testing import Registered, evaluate

CHECKOV = ("uv", "tool", "run", "--from", "checkov==3.3.30", "checkov")
PAGE = Path("docs/rule-packs.md")
SOURCE = "functions/poker_hands"
ACCOUNT = "eu-central-1:123456789012"
KEY = f"arn:aws:kms:{ACCOUNT}:key/k"

# Every option that a rule requires: the remaining findings cannot be fixed by arguments.
COMPLETE: dict[str, Any] = {
    "source": SOURCE,
    "environment": {"TABLE": "hands"},
    "retry": {},
    "mapping": {"maximum_concurrency": 5, "metrics": True},
    "queue": {"kms_master_key_id": KEY, "protect": True},
    "dead_letter_queue": {"restricted": True},
    "idempotency": {"kms_key_arn": KEY},
    "alarms": {"actions": [f"arn:aws:sns:{ACCOUNT}:pager"]},
    "function": {
        "alias": {},
        "code_signing_config_arn": f"arn:aws:lambda:{ACCOUNT}:code-signing-config:csc-0a1b2c3d4e5f6a7b8",
        "environment_kms_key_arn": KEY,
        "log_kms_key_arn": KEY,
        "log_retention_in_days": 365,
        "permissions_boundary": "arn:aws:iam::123456789012:policy/Boundary",
        "reserved_concurrent_executions": 5,
        "tracing": True,
        "vpc": {"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]},
    },
}
DEFAULT: dict[str, Any] = {"source": SOURCE, "idempotency": {}, "alarms": COMPLETE["alarms"]}
CONSUMERS: dict[str, dict[str, Any]] = {
    "default": DEFAULT,
    "fifo": {**DEFAULT, "fifo": True, "retry": {}},
    "complete": COMPLETE,
}

KINDS = ("always", "with `", "without `", "no: ")
TERRAFORM = {
    "aws:cloudwatch/logGroup:LogGroup": "aws_cloudwatch_log_group",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "aws_cloudwatch_metric_alarm",
    "aws:dynamodb/table:Table": "aws_dynamodb_table",
    "aws:iam/role:Role": "aws_iam_role",
    "aws:iam/rolePolicy:RolePolicy": "aws_iam_role_policy",
    "aws:lambda/alias:Alias": "aws_lambda_alias",
    "aws:lambda/eventSourceMapping:EventSourceMapping": "aws_lambda_event_source_mapping",
    "aws:lambda/function:Function": "aws_lambda_function",
    "aws:sqs/queue:Queue": "aws_sqs_queue",
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": "aws_sqs_queue_redrive_allow_policy",
}
QUEUES = {"aws:sqs/queue:Queue"}
MAPS = {"tags", "variables", "dimensions"}


def registered(args: dict[str, Any]) -> list[Registered]:
    """Return the resources of a consumer with these arguments."""
    given: Any = args
    result = evaluate(lambda: QueueConsumer("hands", given) and None)
    if result.error:
        raise result.error
    return [one for one in result.resources.values() if one.custom]


def plan(resources: list[Registered]) -> dict[str, Any]:
    """Return the resources as in a Terraform plan without prior state."""
    planned = [_planned(one) for one in resources] + [_policy(one) for one in resources if one.type in QUEUES]
    changes = [one | {"change": {"actions": ["create"], "before": None, "after": one["values"]}} for one in planned]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": planned}},
    }


def _planned(one: Registered) -> dict[str, Any]:
    kind = TERRAFORM[one.type]
    values = _block({key: with_integers(value) for key, value in one.inputs.items() if key != "code"})
    return {"address": f"{kind}.{one.name}", "mode": "managed", "type": kind, "name": one.name, "values": values}


def _policy(queue: Registered) -> dict[str, Any]:
    """Return a queue's policy as a separate resource, since checkov does not read inline policies."""
    kind, values = "aws_sqs_queue_policy", {"queue_url": queue.name, "policy": queue.inputs["policy"]}
    return {"address": f"{kind}.{queue.name}", "mode": "managed", "type": kind, "name": queue.name, "values": values}


def _value(key: str, value: Any) -> Any:
    """In Terraform, a block is a list even if only one is allowed."""
    return [_block(value)] if is_object(value) and key not in MAPS else value


def _block(values: dict[str, Any]) -> dict[str, Any]:
    return {_snake(key): _value(_snake(key), value) for key, value in values.items()}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", name)


def checkov(args: dict[str, Any]) -> dict[str, dict[str, set[str]]]:
    """Return `passed` and `failed`, each rule's id with the resources."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "plan.json")
        file.write_text(json.dumps(plan(registered(args))))
        command = [
            *CHECKOV,
            "--skip-download",
            "--framework",
            "terraform_plan",
            "--output",
            "json",
            "--file",
            str(file),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        sys.exit(f"checkov could not be run:\n{done.stderr}{done.stdout}")
    results = json.loads(done.stdout)["results"]
    return {kind: _by_rule(results[f"{kind}_checks"]) for kind in ("passed", "failed")}


def _by_rule(checks: list[dict[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for check in checks:
        found.setdefault(check["check_id"], set()).add(check["resource"])
    return found


def verdicts() -> dict[str, str]:
    """Return each rule of the page with its comment, which begins with one of `KINDS`."""
    rows = re.findall(r"^\| (\w+[.\w-]*\d|Serverless-\w+) \| .*? \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(dict(rows)) == len(rows), "a rule stands on the page twice"
    return dict(rows)


def _unexplained() -> Iterator[str]:
    told = verdicts()
    for name, args in CONSUMERS.items():
        found = checkov(args)
        print(f"{name}: {len(found['passed'])} rules hold, {len(found['failed'])} do not")
        allowed = ("no: ", "without `") if name == "complete" else ("no: ", "with `")
        for rule, resources in sorted(found["failed"].items()):
            verdict = told.get(rule, "not on the page")
            print(f"  {rule}  {', '.join(sorted(resources))}\n    {verdict}")
            if not verdict.startswith(allowed):
                yield f"{name}: {rule}"
        yield from (f"{name}: {rule} holds, and is not on the page" for rule in sorted(found["passed"].keys() - told))


if __name__ == "__main__":
    if unexplained := list(_unexplained()):
        sys.exit("Not explained: " + "; ".join(unexplained))
