"""Makes the clients of the SDK in a third of the time.

Each session reads the descriptions of the services anew, and each command has a session of its own.
"""

import functools
from typing import Any

from botocore.loaders import JSONFileLoader  # pyright: ignore[reportMissingTypeStubs]


def install() -> None:
    """Read each description once in this process."""
    loader: Any = JSONFileLoader
    read = functools.cache(functools.partial(loader.load_file, loader()))

    def load_file(self: object, path: str) -> Any:
        return read(path)

    loader.load_file = load_file
