"""Write docs/commands.md from the help of the commands."""

import re
import sys
from collections.abc import Iterator

import click

from consumers.cli import SECTIONS, main

HEAD = """\
# Commands

`consumers` checks a Pulumi program, runs it on a local AWS, and works with the consumers that are deployed. `make docs`
writes this page from the commands' `--help`, and a test compares them. [Start](start.md) shows the commands at work.
"""


def page() -> str:
    """Return the whole page."""
    _, *about = _paragraphs(main)
    lines = [HEAD.rstrip(), *about]
    for title, commands in SECTIONS.items():
        lines += [f"## {title}", "", *(line for command in commands for line in _section(command.load(), "consumers"))]
    return "\n".join(lines).rstrip() + "\n"


def _section(command: click.Command, parent: str) -> Iterator[str]:
    context = click.Context(command, info_name=f"{parent} {command.name}")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield from (f"### {context.command_path.removeprefix('consumers ')}", "", f"    {usage}", "")
    yield from _paragraphs(command)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if each := command.get_command(context, name):
                yield from _section(each, context.command_path)
    if options := [one for one in command.params if isinstance(one, click.Option)]:
        yield from ("| option | default | |", "|---|---|---|", *(_row(one, context) for one in options), "")


def _paragraphs(command: click.Command) -> Iterator[str]:
    for paragraph in (command.help or "").split("\n\n"):
        yield from (" ".join(paragraph.split()), "")


def _row(option: click.Option, context: click.Context) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(context).removesuffix(' RANGE')}"
    text, _, default = (option.help or "").partition("  [default: ")
    if not default and option.show_default:
        default = str(option.default)
    row = f"| `{', '.join(option.opts)}{value}` | {default.rstrip(']')} | {text}{_bounds(option.type)} |"
    return re.sub(r"(?<=\w)\|(?=\w)", r"\\|", row)


def _bounds(kind: object) -> str:
    if not isinstance(kind, click.IntRange | click.FloatRange):
        return ""
    return f" {kind.min:,} or more." if kind.max is None else f" {kind.min:,} to {kind.max:,}."


if __name__ == "__main__":
    sys.stdout.write(page())
