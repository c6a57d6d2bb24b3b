"""`consumers dlq`"""

import click

from consumers.commands.dlq.export import export
from consumers.commands.dlq.list_letters import list_letters
from consumers.commands.dlq.purge import purge
from consumers.commands.dlq.redrive import redrive
from consumers.commands.dlq.show import show


class InOrder(click.Group):
    """A group that lists its commands in the order of use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=InOrder)
def dlq() -> None:
    """See what failed and why, and send it back.

    Reading receives messages for a moment and makes them visible again, also on Ctrl-C; after a kill they are visible
    again within two minutes.
    """


for command in (list_letters, show, redrive, export, purge):
    dlq.add_command(command)
