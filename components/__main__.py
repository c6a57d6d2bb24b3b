"""Starts the plugin: `python components/`, as the Pulumi CLI does, or `python -m` with the package's name."""

import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    if not __package__:
        # Started by its path: Python searches inside the package instead of beside it.
        sys.path[0] = str(HERE.parent)
    import_module(f"{HERE.name}.plugin").main()
