"""`consumers try`"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.access_options import access_options, confirm_account
from consumers.commands.dlq.options import selection_options
from consumers.commands.dlq.reading import find_queue
from consumers.commands.dry_run import load_copy
from consumers.commands.options import deployed_stack_option, json_option, project_option
from consumers.commands.printing import echo
from consumers.commands.target import Target
from consumers.commands.trying.run import Options, Run, Source
from consumers.commands.trying.saving import check_folder

if TYPE_CHECKING:
    from consumers.working_copy.access import Access


@click.command("try")
@click.argument("name")
@deployed_stack_option("Stack of the consumer, and of the program's configuration")
@selection_options()
@click.option(
    "--exported",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Try the letters in a file of `dlq export`; - is standard input.",
)
@click.option("--log", is_flag=True, help="Print the handler's log on standard error.")
@click.option(
    "--save-tests",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a pytest into DIR for each reason that still occurs. It fails now, and passes after the fix.",
)
@click.option("--redact", metavar="PATH", multiple=True, help="Field to redact in the tests, such as player.name.")
@click.option("--redrive-passed", is_flag=True, help="Send those that pass back to the queue, as `dlq redrive` does.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option("Print the outcome as one JSON object.")
@project_option("Folder of the Pulumi program, whose local AWS is used; without one, AWS is used.")
@access_options
def try_letters(
    name: str, stack: str | None, project: Path, access: "Access", target: Callable[..., Target], **rest: Any
) -> None:
    """Run dead letters of consumer NAME through the handler of the working copy.

    It shows which would pass now, by the reason for which they failed. The handler runs on this machine, packaged
    as it would be deployed, in a process of its own, with the program's batch size. Without options that select, all
    are tried. Nothing is sent or deleted, and while the handler runs, no letter is hidden from others.

    Exits with 1 if any still fails.
    """
    options = Options(**rest)
    _check(options)
    if options.save_tests:
        check_folder(options.save_tests, project)
    source = None if options.exported else _source(target(options.redrive_passed), name, stack)
    stack = source.queue.consumers[0].stack if source else (stack or "dev").rpartition("/")[2]
    copy = load_copy(project, stack, name)
    confirm_account(access, yes=options.yes)
    Run(copy, access, project, stack, source, options).start()


def _check(options: Options) -> None:
    if options.exported and options.redrive_passed:
        raise click.UsageError("--redrive-passed excludes --exported: a file is not a queue to redrive from.")
    if options.redact and options.save_tests is None:
        raise click.UsageError("--redact requires --save-tests: it is about the messages in the tests.")


def _source(target: Target, name: str, stack: str | None) -> Source:
    echo(f"On {target.title}", err=True)
    return Source(target, find_queue(target, name, stack))
