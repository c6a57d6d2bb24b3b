"""Deploys an unchanged Pulumi program to a local AWS, without the Pulumi CLI.

    with local_aws() as aws:
        deployment = deploy(Path("."), aws, stack="dev")
        print(deployment.exports["queueUrl"])

`deploy` has no state: it only creates. `provider/update.py` keeps a record, so that it also updates and deletes.
"""

import importlib
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from consumers.evaluate.own_process import is_project_file, own_process
from consumers.evaluate.results import Deployment, Message, ProgramError, Registration
from consumers.evaluate.stack_config import read_stack_config
from consumers.local.emulator import LocalAws
from consumers.resource_table import TABLE, Aws, ResourceError, Values, find

NO_CREDENTIALS = (
    "the program calls AWS itself, and has no credentials where nothing is deployed: pass what it asks for as "
    "configuration."
)


def create(aws: Aws, registration: Registration) -> tuple[str, Values]:
    """Create a resource."""
    from consumers.provider.desired_state import create_desired, desired_inputs

    entry = find(registration.type, registration.name)
    return create_desired(aws, entry, registration, desired_inputs(entry, registration, None))


def deploy(
    project_folder: Path,
    aws: Aws,
    *,
    stack: str = "dev",
    provision: Callable[[Aws, Registration], tuple[str, Values]] = create,
    on_message: Callable[[Message], None] = lambda message: None,
    finding_collector: Any = None,
) -> Deployment:
    """Run the program of a Pulumi project, and `provision` each resource that it registers.

    Resources that do not depend on each other are provisioned in parallel. `on_message` is called for each line that
    the program logs.

    Raises:
        ProgramError: the configuration is invalid, or the program or a resource has failed. What was created until
            then still exists.
    """
    # Here: importing pulumi takes as long as starting the local AWS.
    from consumers.evaluate.aws_mocks import AwsMocks
    from consumers.evaluate.evaluator import evaluate

    folder = project_folder.resolve()
    config = read_stack_config(folder, stack)
    if (region := config.values.get("aws:region", aws.region)) != aws.region:
        raise ProgramError(f"Stack '{stack}' is for the region {region}, but this local AWS is {aws.region}.")
    mocks = AwsMocks(aws, config.values, provision)
    process = own_process(config.program, folder, aws if isinstance(aws, LocalAws) else None, aws.region)
    with _as_program_error(mocks.errors, folder), process:
        evaluation = evaluate(
            config.program,
            mocks,
            project=config.project,
            stack=stack,
            config={"aws:region": aws.region, **config.values},
            on_message=on_message,
            root=folder,
            finding_collector=finding_collector,
        )
    return Deployment(evaluation.exports, evaluation.secret_exports, mocks.deployed)


CONSUMER_MODULES = ("cloudwatch", "dynamodb", "iam", "lambda", "sqs")
"""The modules of pulumi_aws that every consumer needs. Loading those of event sources takes half as long again."""


def warm_up() -> None:
    """Import what `deploy` needs. It takes half a second, so run it in a thread while the local AWS starts."""
    importlib.import_module("consumers.evaluate.aws_mocks")
    importlib.import_module("consumers.evaluate.evaluator")
    for token in TABLE:
        _, path, name = token.split(":")
        module = path.partition("/")[0]
        if module in CONSUMER_MODULES:
            # pulumi_aws loads a module at the first access to one of its attributes, not at its import.
            getattr(importlib.import_module(f"pulumi_aws.{module}{'_' if module == 'lambda' else ''}"), name)


@contextmanager
def _as_program_error(errors: Iterable[str], folder: Path) -> Generator[None]:
    """Raise a ProgramError with the `errors` of the resources, and with the error that is raised here."""
    try:
        yield
    except (Exception, SystemExit) as error:
        raise ProgramError("\n".join(dict.fromkeys([*errors, _error_text(error, folder)]))) from error


def _error_text(error: BaseException, folder: Path) -> str:
    from pulumi import RunError

    if isinstance(error, RunError | ResourceError):
        return str(error)
    if isinstance(error, SyntaxError):
        return f"{_relative(error.filename or '?', folder)}:{error.lineno}: {type(error).__name__}: {error.msg}"
    text = f"the program called exit({error.code!r})" if isinstance(error, SystemExit) else str(error)
    text = NO_CREDENTIALS if type(error).__name__ == "NoCredentialsError" else text
    frames = traceback.extract_tb(error.__traceback__)
    place = next((frame for frame in reversed(frames) if is_project_file(frame.filename, folder)), frames[-1])
    return f"{_relative(place.filename, folder)}:{place.lineno}: {type(error).__name__}: {text}"


def _relative(file: str, folder: Path) -> str:
    return str(Path(file).relative_to(folder)) if Path(file).is_relative_to(folder) else file
