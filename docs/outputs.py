"""Write the output of commands into pages: `python docs/outputs.py docs/costs.md`.

In an indented block, the output replaces the lines below `$ consumers …`. If these end with `…`, only the output up to
its first empty line does.
"""

import re
import sys
from pathlib import Path

from click.testing import CliRunner

from consumers.cli import main

BLOCK = re.compile(r"^    \$ consumers (.+)\n((?:    .*\n|\n(?=    ))*)", re.MULTILINE)

MAY_MISS_GOALS = "simulate "
"""A command that exits with 1 if the program's settings do not meet its goals."""


def with_outputs(page: str) -> str:
    """Return the page with the current output of each command."""
    return BLOCK.sub(_block, page)


def _block(found: re.Match[str]) -> str:
    result = CliRunner().invoke(main, found[1].split(), catch_exceptions=False)
    assert result.exit_code == 0 or (result.exit_code == 1 and found[1].startswith(MAY_MISS_GOALS)), result.output
    output = result.stdout.strip("\n")
    if found[2].rstrip().endswith("…"):
        output = output.partition("\n\n")[0] + "\n…"
    lines = [f"$ consumers {found[1]}", *output.splitlines()]
    return "".join(f"    {line}".rstrip() + "\n" for line in lines)


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(with_outputs(path.read_text("utf-8")), "utf-8")
