"""The command `consumers`: parses and prints, nothing else."""

from typing import Any

import click

from consumers.commands.check import check
from consumers.commands.cost import cost
from consumers.commands.demo import demo
from consumers.commands.down import down
from consumers.commands.env import env
from consumers.commands.logs import logs
from consumers.commands.printing import visible_errors
from consumers.commands.pulumi_command import pulumi
from consumers.commands.rules import rules
from consumers.commands.send import send
from consumers.commands.status import status
from consumers.commands.up import up


class Commands(click.Group):
    """Ends with 130 after Ctrl-C, as a shell expects it; click's own end is an error like any other, 1.

    Whatever a command says as an error is made visible here, so that no command has to think of it.
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
    """SQS queue consumers on AWS Lambda, and an AWS inside this machine to try them on."""


main.add_command(check)
main.add_command(cost)
main.add_command(demo)
main.add_command(pulumi)
main.add_command(down)
main.add_command(env)
main.add_command(logs)
main.add_command(rules)
main.add_command(send)
main.add_command(status)
main.add_command(up)

if __name__ == "__main__":
    main()
