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
@timeout_option("5m")
@json_option("Print the pause that ended as one JSON object.")
@target_options(changes=True)
def resume(name: str, stack: str | None, timeout: float, as_json: bool, target: Target) -> None:
    """End the pause of consumer NAME, no matter who started it.

    Enables the mapping, waits until it is really Enabled, and then removes the tag. A consumer that is not paused stays
    as it is. Refuses a mapping that was disabled without `consumers pause`.
    """
    consumer = find_one(target.client, name, stack)
    announce(target, consumer)
    with waiting() as tell:
        lease = pausing.resume(target.client, consumer, Wait(timeout, tell))
    if lease:
        report(consumer, as_json, f"{name} reads its queue again. It was paused {lease}.", {"paused": lease.as_data()})
    else:
        report(consumer, as_json, f"{name} was not paused.", {"paused": None})
