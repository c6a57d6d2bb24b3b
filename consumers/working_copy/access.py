"""Which AWS a handler of the working copy calls, and as who."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consumers.local.aws_environment import NO_ACCOUNT, aws_environment
from consumers.local.emulator import LocalAws
from consumers.operations.discovery import Client, DiscoveryError, find_one
from consumers.working_copy.copies import WorkingCopy

_NO_CREDENTIALS = re.compile("Unable to locate credentials|Could not load credentials")
"""What boto3 and the SDK of JavaScript say."""
ADVICE = "AWS is withheld from the handler: start a local one with `consumers up`, or pass --allow-aws"


@dataclass(frozen=True)
class Access:
    """The AWS that a handler may call."""

    title: str
    """`AWS account 123456789012, eu-west-1`, `the local AWS, us-east-1` or `no AWS`."""
    variables: Mapping[str, str]
    """The `AWS_*` variables of the handler's process."""
    client: Client | None = None
    """The tool's own clients of the same AWS."""
    is_account: bool = False

    def fill_in(self, copy: WorkingCopy) -> WorkingCopy:
        """Return a copy with the outputs that its deployed function has, if it is deployed."""
        if self.client is None:
            return copy
        try:
            function = find_one(self.client, copy.name, copy.stack).function
        except DiscoveryError:
            return copy
        return copy.with_deployed(function.get("Environment", {}).get("Variables", {}))

    def explain(self, reason: str) -> str:
        """Return why a message failed, and what to do if that is because the handler may call no AWS."""
        return f"{reason} ({ADVICE})" if self.is_withheld(reason) else reason

    def is_withheld(self, reason: str) -> bool:
        """Whether a message failed because the handler may call no AWS."""
        return self.client is None and _NO_CREDENTIALS.search(reason) is not None


NO_ACCESS = Access("no AWS", aws_environment(None))
"""Calls fail: there are no credentials."""


def local_access(aws: LocalAws) -> Access:
    """Return the access to a local AWS."""
    return Access(f"the local AWS, {aws.region}", aws_environment(aws), aws.client)


def account_access(title: str, client: Client, credentials: Any, region: str) -> Access:
    """Return the access to an account with botocore's `credentials`, as they are now."""
    frozen = credentials.get_frozen_credentials()
    variables = NO_ACCOUNT | {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
    if frozen.token:
        variables["AWS_SESSION_TOKEN"] = frozen.token
    # Where the tool's own calls go.
    shell = {name: value for name, value in os.environ.items() if re.match("AWS_(ENDPOINT_URL|CA_BUNDLE$)", name)}
    return Access(title, shell | variables, client, is_account=True)
