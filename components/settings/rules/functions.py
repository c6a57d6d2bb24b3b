"""Rules on the function: its names, environment, network, log and permissions, and on tags and the consumer's name."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from .. import pages
from ..findings import Breach, nearest, show
from ..model import Settings
from ..rule import Rules
from . import rules

OWN_VARIABLES = "SQS_BATCH_"
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


@rules.error("name", "function.name", page=pages.LAMBDA_CREATE_FUNCTION)
def consumer_name(settings: Settings) -> Iterator[Breach]:
    """Every resource is named after the consumer, and automatic names of functions and roles end at 64 characters."""
    longest = 64 - AUTO_NAME - len("-role" if settings.function.name is not None else "-function")
    yield from misnamed(settings.consumer, longest, "consumer")


def misnamed(name: str, longest: int, kind: str = "component") -> Iterator[Breach]:
    """Yield a breach where names of resources cannot begin with this name of a component."""
    if not re.fullmatch(rf"[a-zA-Z][a-zA-Z0-9_-]{{0,{longest - 1}}}", name):
        allowed = f"a letter, then letters, digits, '-' and '_', {longest} characters at most"
        yield Breach(f"{show(name)} as the {kind}'s name", allowed, f"Rename the {kind}")


@rules.error("function.name", page=pages.LAMBDA_CREATE_FUNCTION)
def function_name(settings: Settings) -> Iterator[Breach]:
    """Lambda takes no other names."""
    name = settings.function.name
    if isinstance(name, str) and not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
        yield Breach(show(name), "1 to 64 of letters, digits, '-' and '_'", "Shorten or correct it, or leave it out")


@rules.error("function.role_name", page=pages.IAM_QUOTAS)
def role_name(settings: Settings) -> Iterator[Breach]:
    """IAM takes no other names."""
    name = settings.function.role_name
    if isinstance(name, str) and not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,64}", name):
        yield Breach(show(name), "1 to 64 of letters, digits and '_+=,.@-'", "Shorten or correct it, or leave it out")


@rules.error("environment", page=pages.LAMBDA_ENVIRONMENT)
def environment_name(settings: Settings) -> Iterator[Breach]:
    """Lambda takes no other names."""
    for name in settings.environment:
        if not VARIABLE_NAME.fullmatch(name) and name not in RESERVED_VARIABLES:
            yield Breach(
                f"the name {show(name)}", "two or more letters, digits and '_', a letter first", "Rename the variable"
            )


@rules.error(
    "environment",
    why=f"Lambda sets these variables itself, and sqs_batch is configured by those that begin with {OWN_VARIABLES}",
    page=pages.LAMBDA_ENVIRONMENT,
)
def environment_reserved(settings: Settings) -> Iterator[Breach]:
    for name in settings.environment:
        if name in RESERVED_VARIABLES or name.startswith(OWN_VARIABLES):
            yield Breach(f"the name {show(name)}", "names that are not reserved", "Rename the variable")


@rules.error("policy_statements", page=pages.IAM_POLICY_ELEMENTS)
def policy_statement(settings: Settings) -> Iterator[Breach]:
    """A statement of a role's policy has an Effect, an Action and a Resource, and applies to the role itself."""
    for statement in settings.policy_statements:
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


@rules.error(
    "policy_statements",
    why=f"IAM takes 10,240 characters of inline policies in one role, and our own statements need {OWN_STATEMENTS:,}",
    page=pages.IAM_QUOTAS,
)
def policy_size(settings: Settings) -> Iterator[Breach]:
    size = len(json.dumps(settings.policy_statements, separators=(",", ":"), default=show))
    if size > ROLE_POLICY_CHARACTERS:
        fix = "Join statements that differ in one element only, or use fewer and wider ARNs"
        yield Breach(f"{size:,} characters", f"at most {ROLE_POLICY_CHARACTERS:,}", fix)


@rules.error("function.vpc", "function.vpc.subnet_ids", "function.vpc.security_group_ids", page=pages.LAMBDA_VPC)
def vpc_incomplete(settings: Settings) -> Iterator[Breach]:
    """Lambda makes its network interfaces in the subnets, with the security groups."""
    vpc = settings.function.vpc
    missing = [name for name in ("subnet_ids", "security_group_ids") if vpc and not getattr(vpc, name)]
    if missing:
        yield Breach(f"no {' and no '.join(missing)}", "at least one of each", "Add them, or leave vpc out")


@rules.warning("function.vpc.subnet_ids", page=pages.LAMBDA_VPC)
def one_subnet(settings: Settings) -> Iterator[Breach]:
    """A subnet is in one availability zone, and the consumer stops when that zone does."""
    if settings.function.vpc and len(settings.function.vpc.subnet_ids) == 1:
        yield Breach("one subnet", "subnets in two zones or more", "Add one in another zone")


@rules.error(
    "function.log_format", "function.application_log_level", "function.system_log_level", page=pages.LAMBDA_LOGGING
)
def log_level_without_json(settings: Settings) -> Iterator[Breach]:
    """Lambda filters lines by their level in JSON only."""
    names = [
        name for name in ("application_log_level", "system_log_level") if getattr(settings.function, name) is not None
    ]
    if names and settings.function.log_format != "JSON":
        given = f"{show(settings.function.log_format)} with {' and '.join(names)}"
        yield Breach(given, "'JSON' with a level", "Set log_format to 'JSON', or leave the level out")


@rules.warning("function.managed_policy_arns", page=pages.IAM_QUOTAS)
def many_managed_policies(settings: Settings) -> Iterator[Breach]:
    """A role has at most 10 managed policies without a raised quota."""
    count = len(settings.function.managed_policy_arns)
    if count > 10:
        yield Breach(f"{count} policies", "at most 10 without a raised quota", "Join policies, or raise the quota")


class Tagged(Protocol):
    """Settings of a component that tags its resources."""

    @property
    def tags(self) -> Mapping[str, Any]: ...


tag_rules = Rules[Tagged]()


@tag_rules.error(
    "tags",
    why=f"'aws:' belongs to AWS, and the tool finds consumers by the tags that begin with {OWN_TAGS!r}",
    page=pages.TAGS,
)
def tag_reserved(settings: Tagged) -> Iterator[Breach]:
    for key in settings.tags:
        if key.lower().startswith("aws:") or key.startswith(OWN_TAGS):
            yield Breach(f"the key {show(key)}", "other keys", "Rename the tag")


@tag_rules.error("tags", page=pages.TAGS)
def tag_size(settings: Tagged) -> Iterator[Breach]:
    """IAM, whose tags have the narrowest form, takes keys of 1 to 128 and values of at most 256 characters."""
    for key, value in settings.tags.items():
        if not TAG.fullmatch(key) or not 1 <= len(key) <= 128:
            yield Breach(f"the key {show(key)}", f"1 to 128 of {TAG_CHARACTERS}", "Shorten or correct it")
        elif isinstance(value, str) and not (TAG.fullmatch(value) and len(value) <= 256):
            yield Breach(f"the value of {show(key)}", f"at most 256 of {TAG_CHARACTERS}", "Shorten or correct it")


@tag_rules.error(
    "tags",
    why=f"AWS takes {MOST_TAGS} tags on a resource, and {OWN_TAG_COUNT} of them name consumer, part, stack and project",
    page=pages.TAGS,
)
def tag_count(settings: Tagged) -> Iterator[Breach]:
    if len(settings.tags) > MOST_TAGS - OWN_TAG_COUNT:
        yield Breach(f"{len(settings.tags)} tags", f"at most {MOST_TAGS - OWN_TAG_COUNT}", "Leave some out")


rules.include(*tag_rules)
