"""The command line `consumers`."""

from typing import Any

import click

from consumers.commands.attach import attach
from consumers.commands.check import check
from consumers.commands.cost import cost
from consumers.commands.demo import demo
from consumers.commands.dev import dev
from consumers.commands.dlq import dlq
from consumers.commands.down import down
from consumers.commands.drain import drain
from consumers.commands.env import env
from consumers.commands.invoke import invoke
from consumers.commands.logs import logs
from consumers.commands.pause import pause
from consumers.commands.printing import visible_errors
from consumers.commands.pulumi_command import pulumi
from consumers.commands.resume import resume
from consumers.commands.rules import rules
from consumers.commands.send import send
from consumers.commands.status import status
from consumers.commands.try_letters import try_letters
from consumers.commands.ui import ui
from consumers.commands.up import up

SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Check a program": (check, rules, cost),
    "Run it on the local AWS": (demo, dev, up, pulumi, env, down),
    "Run the working copy": (try_letters, invoke, attach),
    "Work with deployed consumers": (ui, send, logs, status, dlq, pause, resume, drain),
}
"""All commands in the order of use, as `--help` and docs/commands.md list them."""


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        room = formatter.width - max(len(name) for name in self.commands) - 6
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(str(one.name), one.get_short_help_str(room)) for one in commands])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="docs/commands.md in the repository describes every command and option.",
)
def main() -> None:
    """Develop and operate SQS queue consumers on AWS Lambda, with a local AWS to try them on.

    Every command exits with 1 after an error, with 2 if an option is wrong, and with 130 after Ctrl-C.
    """


for command in (command for commands in SECTIONS.values() for command in commands):
    main.add_command(command)

if __name__ == "__main__":
    main()
