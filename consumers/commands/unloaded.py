"""Commands whose modules are imported when they run: `--help` and every other command start without them."""

import importlib

import click


class Unloaded(click.Command):
    """Stands for a command until it is used, with its name and the first sentence of its help.

    `place` is its module and function, where they are not named as the command. `needs` is a package that its module
    imports, and `extra` the extra that installs it.
    """

    def __init__(self, name: str, help: str = "", place: str = "", *, needs: str = "", extra: str = "") -> None:
        super().__init__(name, help=help)
        self._module, _, self._function = (place or f"consumers.commands.{name}:{name}").partition(":")
        self._needs, self._extra = needs, extra

    def load(self) -> click.Command:
        """Import the command."""
        if self._needs:
            self._require()
        return getattr(importlib.import_module(self._module), self._function)

    def _require(self) -> None:
        """Import the package first, to tell a missing package from an error in the command's own module."""
        try:
            importlib.import_module(self._needs)
        except ImportError as error:
            needs = f"`consumers {self.name}` needs {self._needs}"
            if isinstance(error, ModuleNotFoundError) and error.name == self._needs:
                raise click.ClickException(f"{needs}: pip install 'sqs-queue-consumer[tool,{self._extra}]'") from None
            # numpy's own text has many lines of advice, and the cause in the last one.
            *_, cause = str(error).strip().splitlines() or [type(error).__name__]
            repair = f"Install it again: pip install --force-reinstall {self._needs}"
            raise click.ClickException(f"{needs}, and its import fails ({cause}). {repair}") from None


class LoadingGroup(click.Group):
    """A group that loads a command when it is used, and lists its commands in the order of use."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        if isinstance(command, Unloaded):
            command = self.commands[cmd_name] = command.load()
        return command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)
