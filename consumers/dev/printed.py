"""What is printed while the screen is drawn becomes lines of it, instead of damage."""

import contextlib
import io
from collections.abc import Callable, Generator


class _Lines(io.TextIOBase):
    """A stream that passes on each line."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell, self._rest = tell, ""

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._tell(line)
        return len(text)


@contextlib.contextmanager
def redirected(tell: Callable[[str], None]) -> Generator[None]:
    """Pass on what this process prints, on both standard streams, until the end of the block."""
    with contextlib.redirect_stdout(_Lines(tell)), contextlib.redirect_stderr(_Lines(tell)):
        yield
