"""The command line `consumers`."""

from typing import Any

import click

from consumers.commands.printing import visible_errors
from consumers.commands.unloaded import LoadingGroup, Unloaded

SECTIONS: dict[str, tuple[Unloaded, ...]] = {
    "Check a program": (
        Unloaded("check", "Validate the program's consumers without deploying."),
        Unloaded("rules", "List the rules for consumers, or show one by its id."),
        Unloaded("cost", "Estimate the monthly cost of the program's consumers."),
        Unloaded(
            "simulate", "Show how the program's consumers handle a load over time.", needs="numpy", extra="simulate"
        ),
    ),
    "Run it on the local AWS": (
        Unloaded("demo", "Run the example on a local AWS, and show the fate of ten messages."),
        Unloaded("dev", "Deploy to the local AWS, and again whenever a file is saved."),
        Unloaded("up", "Deploy the program to the local AWS, without the Pulumi CLI."),
        Unloaded("pulumi", "Run the Pulumi CLI on the local AWS.", "consumers.commands.pulumi_command:pulumi"),
        Unloaded("env", "Print the shell variables of the local AWS for other tools."),
        Unloaded("down", "Stop the project's local AWS, and remove its data."),
    ),
    "Run the working copy": (
        Unloaded(
            "try",
            "Run dead letters of consumer NAME through the handler of the working copy.",
            "consumers.commands.try_letters:try_letters",
        ),
        Unloaded("invoke", "Invoke the handler of consumer NAME in the working copy once, with one batch."),
        Unloaded(
            "attach", "Consume the real queue of consumer NAME on this machine, with the handler of the working copy."
        ),
    ),
    "Work with deployed consumers": (
        Unloaded("ui", "Show consumers, dead letters and logs as a web page on this machine."),
        Unloaded("send", "Send each line of FILE to the queue of consumer NAME."),
        Unloaded("logs", "Print the log of consumer NAME's function."),
        Unloaded("size", "Show durations, memory and cost of consumer NAME's invocations, and which size to try next."),
        Unloaded("status", "Show queue depths, states and problems of consumers."),
        Unloaded("dlq", "See what failed and why, and send it back."),
        Unloaded("pause", "Pause consumer NAME: its function gets no more messages, and its queue keeps them."),
        Unloaded("resume", "End the pause of consumer NAME, no matter who started it."),
        Unloaded("drain", "Wait until the queue of consumer NAME is empty: no message visible, in flight or delayed."),
    ),
}
"""All commands in the order of use, as `--help` and docs/commands.md list them."""


class Commands(LoadingGroup):
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
