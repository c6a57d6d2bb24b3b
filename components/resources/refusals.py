"""What the rules refuse, told to whoever runs the program."""

from collections.abc import Generator
from contextlib import contextmanager

import pulumi

from .. import settings


@contextmanager
def told() -> Generator[None]:
    """Raise RunError for what is refused within: the one error that the CLI prints as its text alone, once and without
    a traceback."""
    try:
        yield
    except settings.Refused as refused:
        raise pulumi.RunError(str(refused)) from None
