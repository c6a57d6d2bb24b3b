"""Rules on the function: its names, environment, network, log and permissions, and on tags and the consumer's name."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from .. import pages
from ..findings import Breach, nearest, show
from ..model import Settings
from ..rule import Rules
from ..shapes import at_most, complete, matches
from . import rules

OWN_VARIABLES = "SQS_BATCH_"
OWN_TAGS = "queue-consumer:"
MAX_TAGS = 50 - 4  # four are set by the component
TAG_CHARACTERS = "letters, digits, spaces and '_.:/=+-@'"
TAG = re.compile(r"[\w .:/=+@-]*")
OWN_STATEMENTS = 3_072  # characters, with every option turned on
ROLE_POLICY_CHARACTERS = 10_240 - OWN_STATEMENTS
AUTO_NAME_SUFFIX = 8  # Pulumi appends a hyphen and seven hexadecimal digits
VARIABLE_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
# The "defined runtime environment variables" that Lambda reserves.
RESERVED_VARIABLES = (
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
)  # fmt: skip
STATEMENT_KEYS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")


@rules.error("name", "function.name", page=pages.LAMBDA_CREATE_FUNCTION)
def consumer_name(settings: Settings) -> Iterator[Breach]:
    """Every resource is named after the consumer, and names of functions and roles have at most 64 characters."""
    max_length = 64 - AUTO_NAME_SUFFIX - len("-role" if settings.function.name is not None else "-function")
    return invalid_component_name(settings.consumer, max_length, "consumer")


def invalid_component_name(name: str, max_length: int, kind: str = "component") -> Iterator[Breach]:
    """Yield a breach for a component's name that is not a valid prefix of its resources' names."""
    if not re.fullmatch(rf"[a-zA-Z][a-zA-Z0-9_-]{{0,{max_length - 1}}}", name):
        allowed = f"a letter, then letters, digits, '-' and '_', {max_length} characters at most"
        yield Breach(f"{show(name)} as the {kind}'s name", allowed, f"Rename the {kind}")


@rules.error("function.name", page=pages.LAMBDA_CREATE_FUNCTION)
def function_name(settings: Settings) -> Iterator[Breach]:
    """Lambda rejects other names."""
    return matches(settings.function.name, "[a-zA-Z0-9_-]{1,64}", "1 to 64 of letters, digits, '-' and '_'")


@rules.error("function.role_name", page=pages.IAM_QUOTAS)
def role_name(settings: Settings) -> Iterator[Breach]:
    """IAM rejects other names."""
    return matches(settings.function.role_name, "[A-Za-z0-9_+=,.@-]{1,64}", "1 to 64 of letters, digits and '_+=,.@-'")


@rules.error("environment", page=pages.LAMBDA_ENVIRONMENT)
def environment_name(settings: Settings) -> Iterator[Breach]:
    """Lambda rejects other names."""
    allowed = "two or more letters, digits and '_', a letter first"
    for name in settings.environment:
        if not VARIABLE_NAME.fullmatch(name) and name not in RESERVED_VARIABLES:
            yield Breach(f"the name {show(name)}", allowed, "Rename the variable")


@rules.error("environment", page=pages.LAMBDA_ENVIRONMENT)
def environment_reserved(settings: Settings) -> Iterator[Breach]:
    """Lambda reserves these names, or the component sets them to configure sqs_batch."""
    for name in settings.environment:
        if name in RESERVED_VARIABLES or name.startswith(OWN_VARIABLES):
            yield Breach(f"the name {show(name)}", "names that are not reserved", "Rename the variable")


@rules.error("policy_statements", page=pages.IAM_POLICY_ELEMENTS)
def policy_statement(settings: Settings) -> Iterator[Breach]:
    """A statement of a role's policy has an Effect, an Action and a Resource, and no Principal."""
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
            yield f"not exactly one of {key} and Not{key}", f"Add {key}"


def _plain(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, str | list) else show(value) for key, value in statement.items()}


@rules.error("policy_statements", page=pages.IAM_QUOTAS)
def policy_size(settings: Settings) -> Iterator[Breach]:
    """A role has at most 10,240 characters of inline policies, of which the component's statements need some."""
    size = len(json.dumps(settings.policy_statements, separators=(",", ":"), default=show))
    fix = "Join statements that differ in one element only, or use fewer and wider ARNs"
    return at_most(size, ROLE_POLICY_CHARACTERS, fix, "characters")


@rules.error("function.vpc", "function.vpc.subnet_ids", "function.vpc.security_group_ids", page=pages.LAMBDA_VPC)
def vpc_incomplete(settings: Settings) -> Iterator[Breach]:
    """Lambda creates network interfaces in the subnets, with the security groups."""
    if vpc := settings.function.vpc:
        values = {"subnet_ids": vpc.subnet_ids, "security_group_ids": vpc.security_group_ids}
        yield from complete(values, "Add them, or leave vpc out")


@rules.warning("function.vpc.subnet_ids", page=pages.LAMBDA_VPC)
def one_subnet(settings: Settings) -> Iterator[Breach]:
    """A subnet is in one availability zone, and the consumer stops if that zone fails."""
    if settings.function.vpc and len(settings.function.vpc.subnet_ids) == 1:
        yield Breach("one subnet", "subnets in two zones or more", "Add one in another zone")


@rules.error(
    "function.log_format", "function.application_log_level", "function.system_log_level", page=pages.LAMBDA_LOGGING
)
def log_level_without_json(settings: Settings) -> Iterator[Breach]:
    """Lambda filters lines by level in JSON format only."""
    function = settings.function
    level = function.application_log_level or function.system_log_level
    if level and function.log_format != "JSON":
        got, fix = f"{show(function.log_format)} with the level {level}", "Set it to 'JSON', or leave the level out"
        yield Breach(got, "'JSON' with a level", fix)


@rules.warning("function.managed_policy_arns", page=pages.IAM_QUOTAS)
def many_managed_policies(settings: Settings) -> Iterator[Breach]:
    """A role has at most 10 managed policies without a raised quota."""
    return at_most(len(settings.function.managed_policy_arns), 10, "Join policies, or raise the quota", "policies")


class Tagged(Protocol):
    """Settings of a component that tags its resources."""

    @property
    def tags(self) -> Mapping[str, Any]: ...


tag_rules = Rules[Tagged]()


@tag_rules.error("tags", page=pages.TAGS)
def tag_reserved(settings: Tagged) -> Iterator[Breach]:
    """AWS reserves 'aws:', and the command-line tool finds consumers by tags with 'queue-consumer:'."""
    for key in settings.tags:
        if key.lower().startswith("aws:") or key.startswith(OWN_TAGS):
            yield Breach(f"the key {show(key)}", "keys without these prefixes", "Rename the tag")


@tag_rules.error("tags", page=pages.TAGS)
def tag_size(settings: Tagged) -> Iterator[Breach]:
    """IAM has the narrowest limits on tags: keys of 1 to 128 and values of at most 256 characters."""
    for key, value in settings.tags.items():
        if not TAG.fullmatch(key) or not 1 <= len(key) <= 128:
            yield Breach(f"the key {show(key)}", f"1 to 128 of {TAG_CHARACTERS}", "Shorten or correct it")
        elif isinstance(value, str) and not (TAG.fullmatch(value) and len(value) <= 256):
            yield Breach(f"the value of {show(key)}", f"at most 256 of {TAG_CHARACTERS}", "Shorten or correct it")


@tag_rules.error("tags", page=pages.TAGS)
def tag_count(settings: Tagged) -> Iterator[Breach]:
    """A resource has at most 50 tags, and four of them name consumer, part, stack and project."""
    return at_most(len(settings.tags), MAX_TAGS, "Leave some out", "tags")


rules.include(*tag_rules)
