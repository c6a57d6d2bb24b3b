from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.debug_options import debug_options
from consumers.commands.dry_run import handler_errors, load_copy
from consumers.commands.interruption import stopped_by_ctrl_c
from consumers.commands.options import deployed_stack_option
from consumers.commands.pause import announce, this_user, user_name
from consumers.commands.printing import Printer, echo, waiting
from consumers.commands.target import GRANT, Target, explain, target_options
from consumers.operations import attaching
from consumers.operations.attaching import Batch, Listener, Mapping, Work
from consumers.operations.discovery import Consumer, find_one
from consumers.operations.pausing import Wait

if TYPE_CHECKING:
    from consumers.working_copy.access import Access
    from consumers.working_copy.copies import WorkingCopy
    from consumers.working_copy.debugging import Debugger

GRANT_OF_ATTACH = "`grant_operate` does not include it: docs/attach.md lists what `consumers attach` needs"
SHOWN_IDS = 10  # of a batch
TIMEOUT = 120.0
"""Seconds that the mapping may take until it is Disabled, which can take a minute. The lease must last longer."""


@click.command()
@click.argument("name")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@click.option("--assume-role", is_flag=True, help="Run the handler as the function's role, which must trust you.")
@click.option("--yes", is_flag=True, help="Attach to a stack named neither dev nor after you.")
@debug_options
@target_options(changes=True, with_project=True)
def attach(
    name: str,
    stack: str | None,
    assume_role: bool,
    yes: bool,
    debugger: "Debugger | None",
    target: Target,
    project: Path,
) -> None:
    """Consume the real queue of consumer NAME on this machine, with the handler of the working copy.

    Pauses the function, receives its messages as Lambda does, by the mapping's batch size, window and filters, and runs
    the working copy with the variables of the deployed function. Deletes only what was handled. At a breakpoint,
    messages stay invisible to others. The next batch after a save gets the new code.

    Ctrl-C finishes the running batch and resumes the function; a second one ends at once. If this process dies, the
    messages come back by themselves, and `consumers resume` by anybody resumes the function: the pause is a lease of
    five minutes, renewed every minute. Exits with 1 if somebody else has ended it.
    """
    consumer = find_one(target.client, name, stack)
    announce(target, consumer)
    _check_stack(target, consumer, yes=yes)
    if not consumer.function or consumer.queue_arn is None:
        raise click.ClickException(f"{name} has no function or no queue: deploy its stack again.")
    consumer = attaching.with_filters(target.client, consumer)
    load = partial(load_copy, project, consumer.stack, name)
    _attach(target, consumer, load, _access(target, consumer, assume_role), debugger, assume_role)


def _check_stack(target: Target, consumer: Consumer, *, yes: bool) -> None:
    user = user_name()
    if not (yes or target.is_local or consumer.stack in ("dev", user)):
        called = f"dev nor {user}" if user else "dev"
        raise click.ClickException(
            f"{consumer.name} belongs to the stack '{consumer.stack}', which is called neither {called}. Until you end "
            "it, everything that is sent to its queue would be handled on this machine: pass --yes if that is intended."
        )


def _access(target: Target, consumer: Consumer, assume_role: bool) -> "Callable[[], Access]":
    """Return what returns the AWS that the handler may call, with credentials that are still valid for a while."""
    from consumers.working_copy.access import account_access, local_access
    from consumers.working_copy.attached import assumed_role

    if not assume_role and target.is_local:
        return lambda: local_access(target.source)
    if assume_role:
        credentials: Any = assumed_role(target.client("sts"), consumer.function["Role"], "consumers-attach")
    else:
        credentials = target.source.get_credentials()
    region = (consumer.queue_arn or "").split(":")[3]
    endpoint = {"AWS_ENDPOINT_URL": target.source.endpoint_url} if target.is_local else {}

    def access() -> "Access":
        now = account_access(target.title, target.client, credentials, region)
        return replace(now, variables={**now.variables, **endpoint})

    return access


def _attach(
    target: Target,
    consumer: Consumer,
    load: "Callable[[], WorkingCopy]",
    access: "Callable[[], Access]",
    debugger: "Debugger | None",
    assume_role: bool,
) -> None:
    from consumers.working_copy.attached import AttachedHandler, differences, with_environment_of

    output, arn = _Output(consumer), consumer.queue_arn or ""

    def load_deployed() -> "WorkingCopy":
        return with_environment_of(load(), consumer.function)

    attached = AttachedHandler(load_deployed, access, arn, debugger=debugger, on_line=output.log)
    _print_differences(target, consumer, differences(attached.copy, consumer.function, is_own_role=assume_role))
    with handler_errors(), attached as handler:
        counts = _consume(target, consumer, Work(handler, _passes(consumer), output.listener), output)
    echo(f"{consumer.name} reads its queue again. {attaching.summary(counts)}")


def _consume(target: Target, consumer: Consumer, work: Work, output: "_Output") -> attaching.Counts:
    from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

    once = partial(target.client, attempts=1)
    for service in ("sqs", "lambda"):
        once(service)  # here, because creating clients is not thread-safe
    try:
        with stopped_by_ctrl_c() as stop, output:
            wait = Wait(TIMEOUT, output.wait, output.tell)
            return attaching.attach(target.client, consumer, work, by=this_user(), stop=stop, wait=wait, once=once)
    except ClientError as error:
        raise click.ClickException(" ".join(explain(error).replace(GRANT, GRANT_OF_ATTACH).split())) from None
    except KeyboardInterrupt:
        echo(f"{consumer.name} may be paused now: `consumers resume {consumer.name}` ends that.", err=True)
        raise


def _print_differences(target: Target, consumer: Consumer, texts: Sequence[str]) -> None:
    echo("What differs from Lambda:", err=True)
    for text in texts:
        echo(f"  {text}", err=True)
    if functions := attaching.others(target.client, consumer):
        names = ", ".join(arn.rpartition(":function:")[2] for arn in functions)
        echo(f"Other functions read this queue too, and go on: {names}.", color="yellow", err=True)


def _passes(consumer: Consumer) -> Callable[[attaching.Message], bool | None]:
    """Return whether the deployed filters let a message through."""
    from consumers.working_copy import events
    from consumers.working_copy.filters import matches

    patterns, arn = Mapping.of(consumer).filters, consumer.queue_arn or ""
    return lambda message: matches(patterns, events.record(message, arn))


class _Output:
    """Prints the wait for the mapping, then a line for each batch, and the handler's log."""

    def __init__(self, consumer: Consumer) -> None:
        self._name, self._printer = consumer.name, Printer()
        self._waiting = ExitStack()
        self._wait: Callable[[str], None] = lambda text: None

    def __enter__(self) -> "_Output":
        self._wait = self._waiting.enter_context(waiting())
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.close()

    @property
    def listener(self) -> Listener:
        return Listener(self._attached, self._batch, self.tell)

    def wait(self, text: str) -> None:
        self._wait(text)

    def _attached(self) -> None:
        self._waiting.close()
        echo(f"{self._name} is attached: its messages are handled here until Ctrl-C.", err=True)

    def log(self, line: str) -> None:
        self._printer.line(line, "dim")

    def tell(self, text: str) -> None:
        echo(text, color="yellow", err=True)

    def _batch(self, batch: Batch) -> None:
        handled = [id for id in batch.ids if id not in batch.failed]
        more = f" and {len(handled) - SHOWN_IDS:,} more" if len(handled) > SHOWN_IDS else ""
        ids = f": {', '.join(handled[:SHOWN_IDS])}{more}" if handled else ""
        failed = f", {len(batch.failed):,} failed" if batch.failed else ""
        self._printer.line(f"{len(handled):,} handled{failed} in {batch.seconds:.2f} s{ids}")
        for id, reason in batch.failed.items():
            self._printer.line(f"  failed: {id}{reason and f': {reason}'}", "red")
