"""The command line `consumers`. Every click command in a module of `commands` is one of its commands."""

import importlib
import pkgutil
from typing import Any

import click

from consumers import commands
from consumers.commands.printing import visible_errors


class Commands(click.Group):
    """A group that exits with 130 after Ctrl-C, as shells expect, where click itself would exit with 1.

    It escapes control characters in every error, so that no command has to.
    """

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with visible_errors():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with visible_errors():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Develop and operate SQS queue consumers on AWS Lambda, with a local AWS to try them on."""


for _module in pkgutil.iter_modules(commands.__path__):
    for _member in vars(importlib.import_module(f"{commands.__name__}.{_module.name}")).values():
        if isinstance(_member, click.Command):
            main.add_command(_member)

if __name__ == "__main__":
    main()
