"""Rules on the function: its names, environment, network, log and permissions, and on tags and the consumer's name."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .. import pages
from ..findings import Breach, nearest, show
from ..model import Settings
from ..rule import error, warning

ENVIRONMENT_BYTES = 4_096
OWN_VARIABLES = "SQS_BATCH_"
OWN_VARIABLES_BYTES = 512  # their five names, three numbers, a namespace and the longest URL of a queue
IDEMPOTENCY_BYTES = 384  # their two names, a number and the longest name of a table
OWN_TAGS = "queue-consumer:"
MOST_TAGS, OWN_TAG_COUNT = 50, 4
TAG_CHARACTERS = "letters, digits, spaces and '_.:/=+-@'"
TAG = re.compile(r"[\w .:/=+@-]*")
OWN_STATEMENTS = 3_072  # characters, with every option that has one
ROLE_POLICY_CHARACTERS = 10_240 - OWN_STATEMENTS  # what IAM takes in one role, less those
AUTO_NAME = 8  # what Pulumi appends: a hyphen and seven hexadecimal digits

VARIABLE_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
# "Defined runtime environment variables": those that Lambda reserves refuse to be set.
RESERVED_VARIABLES = (
    *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
    *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
    *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
    *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
)
STATEMENT_KEYS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")


@error(
    "consumer-name",
    *("name", "function.name", "function.role_name"),
    why="every resource is named after the consumer, and automatic names of functions and roles end at 64 characters",
    page=pages.LAMBDA_CREATE_FUNCTION,
)
def consumer_name(s: Settings) -> Iterator[Breach]:
    longest = 64 - AUTO_NAME - len("-role" if s.function.name is not None else "-function")
    yield from misnamed(s.consumer, longest, "consumer")


def misnamed(name: str, longest: int, kind: str = "component") -> Iterator[Breach]:
    """Yield a breach where names of resources cannot begin with this name of a component."""
    if not re.fullmatch(rf"[a-zA-Z][a-zA-Z0-9_-]{{0,{longest - 1}}}", name):
        allowed = f"a letter, then letters, digits, '-' and '_', {longest} characters at most"
        yield Breach(f"{show(name)} as the {kind}'s name", allowed, f"Rename the {kind}")


@error(
    "function-name",
    "function.name",
    why="Lambda takes no other names",
    page=pages.LAMBDA_CREATE_FUNCTION,
)
def function_name(s: Settings) -> Iterator[Breach]:
    name = s.function.name
    if isinstance(name, str) and not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
        yield Breach(show(name), "1 to 64 of letters, digits, '-' and '_'", "Shorten or correct it, or leave it out")


@error("role-name", "function.role_name", why="IAM takes no other names", page=pages.IAM_QUOTAS)
def role_name(s: Settings) -> Iterator[Breach]:
    name = s.function.role_name
    if isinstance(name, str) and not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,64}", name):
        yield Breach(show(name), "1 to 64 of letters, digits and '_+=,.@-'", "Shorten or correct it, or leave it out")


@error(
    "environment-name",
    "environment",
    why="Lambda takes no other names",
    page=pages.LAMBDA_ENVIRONMENT,
)
def environment_name(s: Settings) -> Iterator[Breach]:
    for name in s.environment:
        if not VARIABLE_NAME.fullmatch(name) and name not in RESERVED_VARIABLES:
            yield Breach(
                f"the name {show(name)}", "two or more letters, digits and '_', a letter first", "Rename the variable"
            )


@error(
    "environment-reserved",
    "environment",
    why=f"Lambda sets these variables itself, and sqs_batch is configured by those that begin with {OWN_VARIABLES}",
    page=pages.LAMBDA_ENVIRONMENT,
)
def environment_reserved(s: Settings) -> Iterator[Breach]:
    for name in s.environment:
        if name in RESERVED_VARIABLES or name.startswith(OWN_VARIABLES):
            yield Breach(f"the name {show(name)}", "names that are not reserved", "Rename the variable")


@error(
    "environment-size",
    *("environment", "retry", "dead_letter_queue.allow_rejects", "function.record_metrics", "idempotency"),
    why=f"Lambda holds {ENVIRONMENT_BYTES:,} bytes of variables together, those that we set included",
    page=pages.LAMBDA_QUOTAS,
)
def environment_size(s: Settings) -> Iterator[Breach]:
    # What is not known yet counts nothing here; the rule runs again with every value when they are known.
    known = {name: text for name, text in s.environment.items() if isinstance(text, str)}
    size = len(json.dumps(known, separators=(",", ":"), ensure_ascii=False).encode())
    has_own = s.has_runtime or s.retry or s.dead_letter_queue.allow_rejects or s.function.record_metrics
    most = ENVIRONMENT_BYTES - bool(has_own) * OWN_VARIABLES_BYTES - bool(s.idempotency) * IDEMPOTENCY_BYTES
    if size > most:
        fix = "Keep large values in Parameter Store or in the archive, and their names here"
        yield Breach(f"{size:,} bytes as JSON", f"at most {most:,} bytes", fix)


@error(
    "policy-statement",
    "policy_statements",
    why="a statement of a role's policy has an Effect, an Action and a Resource, and applies to the role itself",
    page=pages.IAM_POLICY_ELEMENTS,
)
def policy_statement(s: Settings) -> Iterator[Breach]:
    for statement in s.policy_statements:
        for problem, fix in _statement_problems(statement):
            yield Breach(f"{problem} in {show(_plain(statement))}", f"the keys {', '.join(STATEMENT_KEYS)}", fix)


def _statement_problems(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in statement:
        if key not in STATEMENT_KEYS:
            yield f"the key {key!r}", f"Remove or correct it{nearest(key, STATEMENT_KEYS)}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield "no Effect of 'Allow' or 'Deny'", "Add one"
    for key in ("Action", "Resource"):
        if (key in statement) == (f"Not{key}" in statement):
            yield f"not exactly one of {key} and Not{key}", f"Give {key}"


def _plain(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, str | list) else show(value) for key, value in statement.items()}


@error(
    "policy-size",
    "policy_statements",
    why=f"IAM takes 10,240 characters of inline policies in one role, and our own statements need {OWN_STATEMENTS:,}",
    page=pages.IAM_QUOTAS,
)
def policy_size(s: Settings) -> Iterator[Breach]:
    size = len(json.dumps(s.policy_statements, separators=(",", ":"), default=show))
    if size > ROLE_POLICY_CHARACTERS:
        fix = "Join statements that differ in one element only, or use fewer and wider ARNs"
        yield Breach(f"{size:,} characters", f"at most {ROLE_POLICY_CHARACTERS:,}", fix)


@error(
    "vpc-incomplete",
    *("function.vpc", "function.vpc.subnet_ids", "function.vpc.security_group_ids"),
    why="Lambda makes its network interfaces in the subnets, with the security groups",
    page=pages.LAMBDA_VPC,
)
def vpc_incomplete(s: Settings) -> Iterator[Breach]:
    vpc = s.function.vpc
    missing = [name for name in ("subnet_ids", "security_group_ids") if vpc and not getattr(vpc, name)]
    if missing:
        yield Breach(f"no {' and no '.join(missing)}", "at least one of each", "Add them, or leave vpc out")


@warning(
    "one-subnet",
    "function.vpc.subnet_ids",
    why="a subnet is in one availability zone, and the consumer stops when that zone does",
    page=pages.LAMBDA_VPC,
)
def one_subnet(s: Settings) -> Iterator[Breach]:
    if s.function.vpc and len(s.function.vpc.subnet_ids) == 1:
        yield Breach("one subnet", "subnets in two zones or more", "Add one in another zone")


@error(
    "log-level-without-json",
    *("function.log_format", "function.application_log_level", "function.system_log_level"),
    why="Lambda filters lines by their level in JSON only",
    page=pages.LAMBDA_LOGGING,
)
def log_level_without_json(s: Settings) -> Iterator[Breach]:
    names = [name for name in ("application_log_level", "system_log_level") if getattr(s.function, name) is not None]
    if names and s.function.log_format != "JSON":
        given = f"{show(s.function.log_format)} with {' and '.join(names)}"
        yield Breach(given, "'JSON' with a level", "Set log_format to 'JSON', or leave the level out")


@warning(
    "many-managed-policies",
    "function.managed_policy_arns",
    why="a role has at most 10 managed policies without a raised quota",
    page=pages.IAM_QUOTAS,
)
def many_managed_policies(s: Settings) -> Iterator[Breach]:
    count = len(s.function.managed_policy_arns)
    if count > 10:
        yield Breach(f"{count} policies", "at most 10 without a raised quota", "Join policies, or raise the quota")


@error(
    "tag-reserved",
    "tags",
    why=f"'aws:' belongs to AWS, and the tool finds consumers by the tags that begin with {OWN_TAGS!r}",
    page=pages.TAGS,
)
def tag_reserved(s: Settings) -> Iterator[Breach]:
    for key in s.tags:
        if key.lower().startswith("aws:") or key.startswith(OWN_TAGS):
            yield Breach(f"the key {show(key)}", "other keys", "Rename the tag")


@error(
    "tag-size",
    "tags",
    why="IAM, whose tags have the narrowest form, takes keys of 1 to 128 and values of at most 256 characters",
    page=pages.TAGS,
)
def tag_size(s: Settings) -> Iterator[Breach]:
    for key, value in s.tags.items():
        if not TAG.fullmatch(key) or not 1 <= len(key) <= 128:
            yield Breach(f"the key {show(key)}", f"1 to 128 of {TAG_CHARACTERS}", "Shorten or correct it")
        elif isinstance(value, str) and not (TAG.fullmatch(value) and len(value) <= 256):
            yield Breach(f"the value of {show(key)}", f"at most 256 of {TAG_CHARACTERS}", "Shorten or correct it")


@error(
    "tag-count",
    "tags",
    why=f"AWS takes {MOST_TAGS} tags on a resource, and {OWN_TAG_COUNT} of them name consumer, part, stack and project",
    page=pages.TAGS,
)
def tag_count(s: Settings) -> Iterator[Breach]:
    if len(s.tags) > MOST_TAGS - OWN_TAG_COUNT:
        yield Breach(f"{len(s.tags)} tags", f"at most {MOST_TAGS - OWN_TAG_COUNT}", "Leave some out")


RULES = (
    *(consumer_name, function_name, role_name),
    *(environment_name, environment_reserved, environment_size, policy_statement, policy_size),
    *(vpc_incomplete, one_subnet, log_level_without_json, many_managed_policies, tag_reserved, tag_size, tag_count),
)
