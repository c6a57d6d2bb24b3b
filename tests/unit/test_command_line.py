"""The command line loads a command when it is used, and its help lists all of them without loading any."""

import subprocess
import sys

import click
import pytest

from consumers.cli import SECTIONS, main
from consumers.commands.unloaded import Unloaded

HELP = """
import sys
from consumers.cli import main

main(["--help"], standalone_mode=False)
print(*sys.modules)
"""


def test_help_imports_no_command_and_none_of_the_large_libraries() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    *_, imported = done.stdout.splitlines()
    modules = set(imported.split())
    packages = {name.partition(".")[0] for name in modules}
    assert "click" in packages
    assert not packages & {"boto3", "botocore", "components", "grpc", "ministack", "pulumi", "pulumi_aws", "rich"}
    own = {name for name in modules if name.startswith("consumers.commands.")}
    assert own == {"consumers.commands.printing", "consumers.commands.unloaded"}


@pytest.mark.parametrize("one", [one for commands in SECTIONS.values() for one in commands], ids=lambda one: one.name)
def test_a_command_that_is_loaded_has_the_name_and_the_first_sentence_that_the_help_lists(one: Unloaded) -> None:
    command = main.get_command(click.Context(main), str(one.name))
    assert command
    assert not isinstance(command, Unloaded)
    assert (command.name, command.get_short_help_str(1_000)) == (one.name, one.help)


def test_the_commands_of_a_group_are_loaded_too() -> None:
    dlq = main.get_command(click.Context(main), "dlq")
    assert isinstance(dlq, click.Group)
    context = click.Context(dlq)
    names = dlq.list_commands(context)
    assert names == ["list", "show", "redrive", "export", "purge"]
    assert [command and command.name for command in (dlq.get_command(context, name) for name in names)] == names
