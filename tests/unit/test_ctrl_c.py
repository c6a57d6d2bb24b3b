"""Ctrl-C at any moment of a command: no traceback, and the exit code that a shell expects."""

import sys

import click
import pytest
from click.testing import CliRunner

from consumers.__main__ import main
from consumers.cli import Commands


class CtrlC:
    """Presses it when the first module is looked for."""

    def find_spec(self, *args: object) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_while_modules_are_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "consumers.cli", raising=False)
    monkeypatch.setattr(sys, "meta_path", [CtrlC(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_ctrl_c_while_a_command_runs() -> None:
    commands = Commands("consumers")

    @commands.command("wait")
    def wait() -> None:
        raise KeyboardInterrupt

    assert isinstance(wait, click.Command)
    result = CliRunner().invoke(commands, ["wait"])
    assert (result.exit_code, result.output) == (130, "")
