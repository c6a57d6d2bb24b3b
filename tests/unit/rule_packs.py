"""The rules of the common packs on the resources of a consumer, each with the check of its property."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.rule_packs import COMPLETE, KEY
from consumers.testing import Registered

Values = dict[str, Any]
OPTIONS: Values = COMPLETE["function"]
SERVICES_OF_THE_ROLE = {"sqs", "logs", "kms", "dynamodb", "xray", "ec2"}


class Made:
    """The resources of one consumer, as rules read them."""

    def __init__(self, resources: Sequence[Registered]) -> None:
        self._resources = resources

    def of(self, kind: str) -> list[Values]:
        """Return the inputs of each resource whose type ends like this."""
        return [one.inputs for one in self._resources if one.type.endswith(f":{kind}")]

    @property
    def allowed(self) -> list[Values]:
        """The statements of the role that allow something."""
        policies = [json.loads(one["policy"]) for one in self.of("RolePolicy")]
        return [one for policy in policies for one in policy["Statement"] if one["Effect"] == "Allow"]

    @property
    def actions(self) -> list[str]:
        """All actions that the role may call."""
        return [action for statement in self.allowed for action in statement["Action"]]


@dataclass(frozen=True)
class Rule:
    """The requirement of rules with these ids, and the argument that the page names if one decides."""

    ids: str
    holds: Callable[[Made], bool]
    argument: str = ""
    """Its path, such as `function.tracing`. Without one, the rule holds always or never."""
    value: Any = True
    beside: Values | None = None
    """Other arguments that this one needs."""

    @property
    def given(self) -> Values:
        """The arguments that the page names."""
        *group, name = self.argument.split(".")
        return {group[0]: {name: self.value}, **(self.beside or {})} if group else {name: self.value}


def _each(kind: str, holds: Callable[[Values], Any]) -> Callable[[Made], bool]:
    """Return the check of each resource of this kind, of which there must be one."""

    def check(made: Made) -> bool:
        assert made.of(kind), f"no {kind} to check"
        return all(bool(holds(one)) for one in made.of(kind))

    return check


def _is_tagged(one: Values) -> bool:
    return "queue-consumer:consumer" in one["tags"]


def _denies_all_without_tls(queue: Values) -> bool:
    """The policy of a queue has this statement only: roles allow the rest."""
    (statement,) = json.loads(queue["policy"])["Statement"]
    denies = (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    return denies and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def _only_lambda_assumes(role: Values) -> bool:
    (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
    return statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def _is_redriven_or_redriven_to(made: Made) -> bool:
    policies = [json.loads(queue["redrivePolicy"]) for queue in made.of("Queue") if "redrivePolicy" in queue]
    ends = [queue for queue in made.of("Queue") if "redrivePolicy" not in queue]
    return [":hands-dlq" in policy["deadLetterTargetArn"] for policy in policies] == [True] and len(ends) == 1


def _stars(made: Made) -> set[str]:
    """Return the services that the role may use on `*`."""
    return {action.partition(":")[0] for one in made.allowed if one["Resource"] == "*" for action in one["Action"]}


def _no(*kinds: str) -> Callable[[Made], bool]:
    """Return the check that a consumer has no such resource."""
    return lambda made: not any(made.of(kind) for kind in kinds)


def _permissions(made: Made) -> bool:
    used = {action.partition(":")[0] for action in made.actions}
    manages = ("Policy", "Permission", "CreateGrant", "PassRole")
    return used <= SERVICES_OF_THE_ROLE and not any(action.endswith(manages) for action in made.actions)


RULES = (
    Rule(
        "SQS.1 AwsSolutions-SQS2 CKV_AWS_27",
        _each("Queue", lambda one: one.get("sqsManagedSseEnabled") or one.get("kmsMasterKeyId")),
    ),
    Rule("CKV2_AWS_73", _each("Queue", lambda one: one.get("kmsMasterKeyId") != "alias/aws/sqs")),
    Rule("SQS.2", _each("Queue", _is_tagged)),
    Rule("SQS.3 AwsSolutions-SQS4 CKV_AWS_72 CKV_AWS_168 CKV_AWS_387", _each("Queue", _denies_all_without_tls)),
    Rule("AwsSolutions-SQS3", _is_redriven_or_redriven_to),
    Rule("Serverless-SQSRedrivePolicy", _each("Queue", lambda one: "redrivePolicy" in one)),
    Rule("Lambda.1 CKV_AWS_258 CKV_AWS_301 CKV_AWS_364 CKV2_AWS_75", _no("Permission", "FunctionUrl")),
    Rule("Lambda.2 CKV_AWS_363", _each("Function", lambda one: one["runtime"] in ("python3.13", "python3.14"))),
    Rule(
        "AwsSolutions-L1 Serverless-LambdaLatestVersion",
        _each("Function", lambda one: one["runtime"] == "python3.14"),
        *("runtime", "python3.14"),
    ),
    Rule("Lambda.3 CKV_AWS_117", _each("Function", lambda one: one.get("vpcConfig")), "function.vpc", OPTIONS["vpc"]),
    Rule("Lambda.5", _each("Function", lambda one: "vpcConfig" not in one or len(one["vpcConfig"]["subnetIds"]) > 1)),
    Rule("Lambda.6", _each("Function", _is_tagged)),
    Rule(
        "Lambda.7 Serverless-LambdaTracing",
        _each("Function", lambda one: one["tracingConfig"]["mode"] == "Active"),
        "function.tracing",
    ),
    Rule("CKV_AWS_50", _each("Function", lambda one: one["tracingConfig"]["mode"] in ("Active", "PassThrough"))),
    Rule("CKV_AWS_116 Serverless-LambdaDLQ", _each("Function", lambda one: "deadLetterConfig" in one)),
    Rule("Serverless-LambdaAsyncFailureDestination", _no("FunctionEventInvokeConfig")),
    Rule(
        "Serverless-LambdaEventSourceMappingDestination",
        _each("EventSourceMapping", lambda one: "destinationConfig" in one),
    ),
    Rule("Serverless-LambdaDefaultMemorySize", _each("Function", lambda one: one["memorySize"])),
    Rule("Serverless-LambdaDefaultTimeout", _each("Function", lambda one: one["timeout"])),
    Rule(
        "CKV_AWS_45",
        _each(
            "Function",
            lambda one: all(
                name.startswith(("SQS_BATCH_", "IDEMPOTENCY_")) or name == "TABLE"
                for name in one["environment"]["variables"]
            ),
        ),
    ),
    Rule(
        "CKV_AWS_115",
        _each("Function", lambda one: "reservedConcurrentExecutions" in one),
        "function.reserved_concurrent_executions",
        5,
        {"mapping": {"maximum_concurrency": 5}},
    ),
    Rule("CKV_AWS_173", _each("Function", lambda one: "kmsKeyArn" in one), "function.environment_kms_key_arn", KEY),
    Rule(
        "CKV_AWS_272",
        _each("Function", lambda one: "codeSigningConfigArn" in one),
        "function.code_signing_config_arn",
        OPTIONS["code_signing_config_arn"],
    ),
    Rule("IAM.24", _each("Role", _is_tagged)),
    Rule("CKV_AWS_60 CKV_AWS_61 CKV_AWS_393", _each("Role", _only_lambda_assumes)),
    Rule(
        "IAM.1 IAM.21 CKV_AWS_62 CKV_AWS_63 CKV2_AWS_40",
        lambda made: bool(made.actions) and not any("*" in action for action in made.actions),
    ),
    Rule("AwsSolutions-IAM4 CKV_AWS_274 CKV2_AWS_56", _no("RolePolicyAttachment")),
    Rule("KMS.1 KMS.2", lambda made: "kms" not in _stars(made)),
    Rule("CKV_AWS_286 CKV_AWS_287 CKV_AWS_288 CKV_AWS_289", _permissions),
    Rule("CKV_AWS_355", lambda made: _stars(made) <= {"xray", "ec2"}),
    Rule("CKV_AWS_290", lambda made: _stars(made) <= {"xray"}, "function.vpc", OPTIONS["vpc"]),
    Rule("Serverless-LambdaStarPermissions", lambda made: not _stars(made), "function.tracing"),
    Rule("AwsSolutions-IAM5", lambda made: not any("*" in one["Resource"] for one in made.allowed)),
    Rule(
        "CKV_AWS_66 Serverless-CloudWatchLogGroupRetentionPeriod", _each("LogGroup", lambda one: one["retentionInDays"])
    ),
    Rule(
        "CloudWatch.16 CKV_AWS_338",
        _each("LogGroup", lambda one: one["retentionInDays"] >= 365),
        "function.log_retention_in_days",
        365,
    ),
    Rule("CKV_AWS_158", _each("LogGroup", lambda one: "kmsKeyId" in one), "function.log_kms_key_arn", KEY),
    Rule("CloudWatch.15", _each("MetricAlarm", lambda one: one["alarmActions"])),
    Rule("CloudWatch.17 CKV_AWS_319", _each("MetricAlarm", lambda one: one.get("actionsEnabled", True))),
    Rule("DynamoDB.1 CKV2_AWS_16", _each("Table", lambda one: one["billingMode"] == "PAY_PER_REQUEST")),
    Rule("DynamoDB.2 AwsSolutions-DDB3 CKV_AWS_28", _each("Table", lambda one: one["pointInTimeRecovery"]["enabled"])),
    Rule("DynamoDB.4", lambda made: bool(made.of("Selection"))),
    Rule("DynamoDB.5", _each("Table", _is_tagged)),
    Rule("DynamoDB.6", _each("Table", lambda one: one["deletionProtectionEnabled"]), "queue.protect"),
    Rule(
        "CKV_AWS_119",
        _each("Table", lambda one: one["serverSideEncryption"]["enabled"]),
        "idempotency.kms_key_arn",
        KEY,
    ),
)
