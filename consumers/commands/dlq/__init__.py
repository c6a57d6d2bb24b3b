"""`consumers dlq`"""

import click

from consumers.commands.unloaded import LoadingGroup, Unloaded


@click.group(cls=LoadingGroup)
def dlq() -> None:
    """See what failed and why, and send it back.

    Reading receives messages for a moment and makes them visible again, also on Ctrl-C; after a kill they are visible
    again within two minutes.
    """


dlq.add_command(Unloaded("list", place="consumers.commands.dlq.list_letters:list_letters"))
for name in ("show", "redrive", "export", "purge"):
    dlq.add_command(Unloaded(name, place=f"consumers.commands.dlq.{name}:{name}"))
