import getpass
import platform
import time
from contextlib import suppress
from typing import Any

import click

from consumers.commands.options import Duration, deployed_stack_option, json_option, timeout_option
from consumers.commands.printing import echo, print_json, waiting
from consumers.commands.target import Target, target_options
from consumers.operations import pausing
from consumers.operations.discovery import Consumer, find_one
from consumers.operations.leases import MOST_BY, MOST_WHY, Lease
from consumers.operations.pausing import Wait


def user_name() -> str:
    """Return the name of this machine's user; empty in a container whose user has none."""
    with suppress(KeyError, OSError):
        return getpass.getuser()
    return ""


def this_user() -> str:
    """Return `user@host`."""
    return f"{user_name() or 'unknown'}@{platform.node() or 'unknown'}"


@click.command()
@click.argument("name")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@click.option("--for", "seconds", type=Duration(), default="1h", show_default=True, help="How long you need the pause.")
@click.option("--why", default="", help=f"Reason for the pause, at most {MOST_WHY} characters.")
@click.option("--by", help=f"Who pauses it, at most {MOST_BY} characters.  [default: user@host]")
@timeout_option("15m")
@json_option("Print the pause as one JSON object.")
@target_options(changes=True)
def pause(
    name: str,
    stack: str | None,
    seconds: float,
    why: str,
    by: str | None,
    timeout: float,
    as_json: bool,
    target: Target,
) -> None:
    """Pause consumer NAME: its function gets no more messages, and its queue keeps them.

    Disables the mapping, and waits until it is really Disabled and no message is in flight. A tag on the function says
    who paused it, when, until when and why. The pause does not end by itself: after --for, `consumers status` says that
    its time is up. Anybody ends it with `consumers resume`, also after a `consumers pause` that was interrupted.

    Refuses a pause that messages would not survive: --for must be shorter than the queue's retention, less the age of
    the oldest message. A failed message is in flight until its visibility timeout ends. Exits with 1 if the --timeout
    ends first; the consumer then stays paused.
    """
    _check_length("--why", why, MOST_WHY)
    _check_length("--by", by or "", MOST_BY)
    consumer = find_one(target.client, name, stack)
    announce(target, consumer)
    now = time.time()
    lease = Lease.read(Lease(now, now + seconds, by or this_user(), why).tag)  # as everybody else will read it
    assert lease  # --for, --why and --by are not too long for a tag
    try:
        with waiting() as tell:
            wait = Wait(timeout, tell, _warn)
            pausing.pause(target.client, consumer, lease, wait)
            pausing.wait_for_state(target.client, consumer, "Disabled", wait)
            pausing.wait_until_idle(target.client, consumer, wait)
    except KeyboardInterrupt:
        echo(f"{name} may be paused now: `consumers resume {name}` ends that.", err=True)
        raise
    report(consumer, as_json, f"{name} is paused, {lease}. End it with `consumers resume {name}`.", lease.as_data())


def announce(target: Target, consumer: Consumer) -> None:
    """Print the queue, on which the command works."""
    target.announce(consumer.queue_name or "that is gone")


def report(consumer: Consumer, as_json: bool, text: str, data: dict[str, Any]) -> None:
    """Print the outcome: the text, or with `--json` the data and whose it is."""
    if as_json:
        print_json({"name": consumer.name, "stack": consumer.stack, "project": consumer.project, **data})
    else:
        echo(text)


def _check_length(option: str, text: str, most: int) -> None:
    if len(text) > most:
        raise click.BadParameter(f"{len(text)} characters, but a tag has room for {most}.", param_hint=option)


def _warn(text: str) -> None:
    echo(text, color="yellow", err=True)
