import click

from consumers.commands.options import deployed_stack_option, json_option, timeout_option
from consumers.commands.pause import announce, report
from consumers.commands.printing import waiting
from consumers.commands.target import Target, target_options
from consumers.operations import pausing
from consumers.operations.discovery import find_one
from consumers.operations.pausing import Wait


@click.command()
@click.argument("name")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@timeout_option("15m")
@json_option("Print the outcome as one JSON object.")
@target_options(changes=True)
def drain(name: str, stack: str | None, timeout: float, as_json: bool, target: Target) -> None:
    """Wait until the queue of consumer NAME is empty: no message visible, in flight or delayed.

    It changes nothing: the function keeps running, and so do the producers. Stop those first. Afterwards the queue can
    be replaced or deleted without a loss. Says how many messages became dead letters meanwhile. Refuses a consumer that
    is paused. Exits with 1 if the --timeout ends first.
    """
    consumer = find_one(target.client, name, stack)
    announce(target, consumer)
    with waiting() as tell:
        dead = pausing.wait_until_empty(target.client, consumer, Wait(timeout, tell))
    letters = f" Messages that became dead letters meanwhile: {dead:,}." if dead else ""
    report(consumer, as_json, f"The queue of {name} is empty.{letters}", {"empty": True, "new_dead_letters": dead})
