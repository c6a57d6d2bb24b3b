import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumers import ui as page
from consumers.commands.options import deployed_stack_option
from consumers.commands.printing import echo
from consumers.commands.target import Target, target_options

if TYPE_CHECKING:
    from consumers.ui.aws_site import Site

INSTALL = "pip install 'sqs-queue-consumer[ui]'"


@click.command()
@deployed_stack_option("Stack to show, where there are several")
@click.option("--write", is_flag=True, help="Offer actions: try, redrive, export, purge, pause, resume. Each asks.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port.  [default: 4567 if it is free, else any free one]")
@target_options(changes=False, with_project=True)
def ui(stack: str | None, write: bool, port: int | None, target: Target, project: Path) -> None:
    """Show consumers, dead letters and logs as a web page on this machine.

    It listens on loopback only, and the address has a token that nobody else knows. Without --write the page only
    reads. On AWS, dead letters are read on demand, which hides them from others for seconds; figures are CloudWatch's.
    Ctrl-C ends it, after the actions that are under way.
    """
    if missing := page.missing():
        raise click.ClickException(f"The page needs {', '.join(missing)}: {INSTALL}")
    if write and not (target.is_local or target.options):
        raise click.ClickException("--write on AWS requires --aws, --profile or --region.")
    _serve(_site(stack, write, target, project), port)


def _site(stack: str | None, write: bool, target: Target, project: Path) -> "Site":
    from consumers.ui.aws_site import Site

    options = [*target.options, "--project", str(project.resolve())]
    local = target.source if target.is_local else None
    return Site(target.title, target.client, options, project.resolve(), stack, local, write)


def _serve(site: "Site", port: int | None) -> None:
    from consumers.ui.server import Server

    try:
        server = Server(site, port)
    except OSError as error:
        raise click.ClickException(f"The page cannot use port {port}: {error.strerror}. Choose another.") from None
    for number in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal must not leave actions behind
        if signal.getsignal(number) is signal.SIG_DFL:  # not under nohup
            signal.signal(number, signal.default_int_handler)
    server.start()
    echo(f"The page of {site.title}: {server.address}")
    echo("It only reads: pass --write for actions. Ctrl-C ends it." if not site.is_writable else "Ctrl-C ends it.")
    try:
        server.wait()
    except KeyboardInterrupt:
        server.stop()
