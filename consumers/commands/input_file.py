"""A file that a command reads: a path, or `-` for standard input."""

import shutil
import sys
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, TypeVar

import click

from consumers.commands.printing import echo
from consumers.operations.message_lines import InvalidLine

Line = TypeVar("Line")


def title_of(file: str) -> str:
    """Return the name of a file in messages."""
    return "standard input" if file == "-" else file


@contextmanager
def opened(file: str) -> Generator[BinaryIO]:
    """Open a file, which can be read twice: a pipe is copied to a temporary file."""
    if file == "-" and sys.stdin.isatty():
        echo("Reading messages from the keyboard; Ctrl-D ends the input.", err=True)
    with ExitStack() as open_files:
        try:
            source: Any = open_files.enter_context(click.open_file(file, "rb"))
            if file == "-" or not source.seekable():
                copy = open_files.enter_context(tempfile.TemporaryFile())
                shutil.copyfileobj(source, copy)
                copy.seek(0)
                source = copy
        except OSError as error:
            raise click.FileError(file, error.strerror) from None
        yield source


def valid(lines: Iterable[Line | InvalidLine], file: str, consequence: str) -> Iterator[Line]:
    """Yield the lines. The first invalid one is an error, whose text ends with the consequence: `Nothing was tried.`"""
    for line in lines:
        if isinstance(line, InvalidLine):
            raise click.ClickException(f"{title_of(file)}:{line.line}: {line.reason}. {consequence}")
        yield line
