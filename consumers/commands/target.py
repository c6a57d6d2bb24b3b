"""The AWS that a command works on, and the errors of its calls."""

# boto3 comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import functools
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from consumers.commands.options import project_option
from consumers.commands.printing import echo

ATTEMPTS = 5  # of a call, by botocore's standard retry mode
CONNECT_TIMEOUT = 5  # seconds, so that a blocked network does not take minutes to show
CREDENTIAL_ERRORS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
"""AWS's error codes for invalid or expired credentials."""
DENIED_ERRORS = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "KmsAccessDenied",
    "KMS.AccessDeniedException",
    "NotAuthorized",
    "UnauthorizedOperation",
}
"""AWS's error codes for a missing permission."""
GRANT = "`grant_operate(role)` on the consumer in its program allows a role all that these commands call"
FIND = "GetResources"
"""The call that every command finds consumers by, with a name or without."""
OF_ALL = "Without NAME this reads all consumers: name those that the grant is for"
USE_AWS = "To work on AWS instead, pass --aws, --profile or --region."


@dataclass(frozen=True)
class Target:
    """One region of an account, or the local AWS."""

    title: str
    """`AWS account 123456789012, eu-west-1` or `the local AWS, us-east-1`."""
    make_client: Callable[[str, int], Any]
    is_local: bool = False
    source: Any = None
    """Where the clients come from: the `LocalAws`, or boto3's session."""
    options: Sequence[str] = ()
    """The options that choose this AWS; none where no option chose it."""

    def client(self, service: str, attempts: int = ATTEMPTS) -> Any:
        """Return the boto3 client of a service, which makes each call at most `attempts` times."""
        return self.make_client(service, attempts)

    def announce(self, queue: str) -> None:
        """Print the queue that is about to change, below the line that names the AWS."""
        echo(f"Queue {queue}", err=True)


def target_options(
    *, changes: bool, with_project: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds the options of the target, passes it as `target`, and prints errors in one line.

    A command that `changes` something works on an account only with an explicit option, and calls `target.announce`
    before it changes anything. `with_project` passes the folder of the program too, as `project`.
    """
    otherwise = "without one, --aws, --profile or --region is required" if changes else "without one, AWS is used"

    def add_options(command: Callable[..., None]) -> Callable[..., None]:
        @click.option("--aws", is_flag=True, help="Work on AWS, with the default credentials.")
        @click.option("--profile", help="Work on AWS, with this profile of ~/.aws.")
        @click.option("--region", help="Work on AWS, in this region.")
        @project_option(f"Folder of the Pulumi program, whose local AWS is used; {otherwise}.")
        @functools.wraps(command)
        def with_target(aws: bool, profile: str | None, region: str | None, project: Path, **rest: Any) -> None:
            with one_line_errors(of_all=not rest.get("names", True) or rest.get("name", "") is None):
                target = chosen_aws(aws, profile, region) or find_target(project, changes)
                echo(f"On {target.title}", err=True)
                command(target=target, **rest, **({"project": project} if with_project else {}))

        return with_target

    return add_options


def deployed_target_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the AWS that a command on a program looks at too, which it gets as `deployed`.

    Without one it is the project's local AWS if that runs, else None: such a command needs no AWS.
    """

    @click.option("--aws", is_flag=True, help="Look also at AWS, with the default credentials.")
    @click.option("--profile", help="Look also at AWS, with this profile of ~/.aws.")
    @click.option("--region", help="Look also at AWS, in this region.")
    @functools.wraps(command)
    def with_target(aws: bool, profile: str | None, region: str | None, project: Path, **rest: Any) -> None:
        with one_line_errors():
            deployed = chosen_aws(aws, profile, region) or running_local(project)
            command(project=project, deployed=deployed, **rest)

    return with_target


def running_local(project: Path) -> Target | None:
    """Return the project's local AWS, if it runs and answers."""
    from consumers.local import background

    try:
        local = background.find(project)
    except background.LocalAwsError:
        return None
    return _local(local) if local else None


def _local(aws: Any) -> Target:
    return Target(f"the local AWS, {aws.region}", lambda service, attempts: aws.client(service), True, aws)


def find_target(project: Path, changes: bool) -> Target:
    """Return the project's local AWS; AWS only where the project has none, and the command changes nothing."""
    from consumers.local import background

    try:
        local = background.find(project)
    except background.LocalAwsError as error:
        raise click.ClickException(f"{error} `consumers up` starts a new one. {USE_AWS}") from None
    if local:
        return _local(local)
    if changes:
        raise click.ClickException(f"No local AWS belongs to {project.resolve()}: `consumers up` starts one. {USE_AWS}")
    return _aws(None, None)


def chosen_aws(aws: bool, profile: str | None, region: str | None) -> Target | None:
    """Return the AWS that the options choose, or None without one."""
    if "" in (profile, region):
        raise click.UsageError("--profile and --region must not be empty.")
    if not (aws or profile or region):
        return None
    named = {"--profile": profile, "--region": region}
    options = [part for option, value in named.items() if value for part in (option, value)]
    return replace(_aws(profile, region), options=options or ["--aws"])


def _aws(profile: str | None, region: str | None) -> Target:
    import boto3
    from botocore.config import Config

    session: Any = boto3.Session(profile_name=profile, region_name=region)

    @functools.cache
    def client(service: str, attempts: int) -> Any:
        retries = {"mode": "standard", "total_max_attempts": attempts}
        config = Config(retries=retries, connect_timeout=CONNECT_TIMEOUT, max_pool_connections=32)
        return session.client(service, config=config)

    # The first call, so that invalid credentials show before the command starts.
    account = client("sts", 1).get_caller_identity()["Account"]
    for service in ("sqs", "lambda", "logs", "cloudwatch", "resourcegroupstaggingapi"):
        client(service, ATTEMPTS)  # here, because creating clients is not thread-safe
    return Target(f"AWS account {account}, {session.region_name}", client, source=session)


@contextmanager
def one_line_errors(*, of_all: bool = False) -> Generator[None]:
    """Turn errors of boto3 and the operations into click's: one line, exit code 1.

    `of_all` says that the command works on all consumers because no name was passed.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from consumers.operations.errors import OperationError

    try:
        yield
    except OperationError as error:
        raise click.ClickException(str(error)) from None
    except (BotoCoreError, ClientError) as error:
        raise click.ClickException(" ".join(explain(error, of_all=of_all).split())) from None


def explain(error: Any, *, of_all: bool = False) -> str:
    """Return the meaning of boto3's error, and the fix. `of_all` is that of `one_line_errors`."""
    from botocore import exceptions as e

    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, e.ClientError) else ""
    expired = e.SSOTokenLoadError | e.UnauthorizedSSOTokenError | e.TokenRetrievalError | e.SSOError
    unreachable = e.EndpointConnectionError | e.ConnectTimeoutError | e.ReadTimeoutError | e.HTTPClientError
    if isinstance(error, e.NoCredentialsError | e.PartialCredentialsError | e.CredentialRetrievalError):
        problem = f"There are no AWS credentials: {str(error).rstrip('.')}"
        fix = "Set them up with `aws configure` or `aws sso login`, or pass --profile"
        return f"{problem}. {fix}. To work on a local AWS, start it with `consumers up`."
    if isinstance(error, e.NoRegionError):
        return "No AWS region is set: pass --region, or set AWS_DEFAULT_REGION."
    if isinstance(error, expired) or code in CREDENTIAL_ERRORS:
        return f"AWS refuses these credentials; log in again (`aws sso login`): {error}"
    if code in DENIED_ERRORS:
        return _denied(error, of_all)
    if isinstance(error, unreachable):
        ended = " If that is the local AWS, it has ended: `consumers up`." if "//127.0.0.1:" in str(error) else ""
        return f"AWS cannot be reached: {error}{ended}"
    return str(error)


def _denied(error: Any, of_all: bool) -> str:
    """Name the missing action, as policies write it: SQS's own texts have it in lower case."""
    text, operation = error.response["Error"].get("Message", ""), error.operation_name.removesuffix("Batch")
    found = re.search(r"not authorized to perform: ([\w-]+):(\w+)", text)
    service, action = found.groups() if found else ("", operation)
    action = operation if action.lower().removesuffix("batch") == operation.lower() else action
    name = f"{service}:{action}" if service else action
    allow = "An explicit deny outweighs every grant" if "explicit deny" in text else GRANT
    advice = f"{allow}. {OF_ALL}" if of_all and operation != FIND else allow
    return f"You lack the permission {name}. {advice}. AWS says: {text}"
