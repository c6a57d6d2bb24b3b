"""The component library as this tool sees it: `components` in the repository, else `queue_consumer`."""

import importlib
from typing import Any


def validation() -> Any:
    """Return the module that validates: the very one that the program's own consumers use."""
    try:
        return importlib.import_module("queue_consumer.validation")
    except ModuleNotFoundError:
        return importlib.import_module("components.validation")
