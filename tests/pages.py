"""The documentation's pages, and the files and commands in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [
    page.relative_to(ROOT) for name in ("*.md", "docs/*.md", "examples/**/*.md") for page in sorted(ROOT.glob(name))
]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Command:
    """A command of a page, and the lines that the page shows as its output."""

    line: str
    prints: list[str]


def files_of(page: Path) -> dict[str, str]:
    """The files that the blocks of a page are: ```python title="orders/handler.py"."""
    blocks = BLOCK.findall((ROOT / page).read_text("utf-8"))
    return {found[1]: text for _, info, text in blocks if (found := TITLE.search(info))}


def write_project(page: Path, folder: Path, library: str) -> dict[str, str]:
    """Write the files of a page, and a Pulumi.yaml where it has none; `library` is what they import."""
    files = {"Pulumi.yaml": "name: shop\nruntime: python\n", **files_of(page)}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(re.sub(r"\bfrom (queue_consumer|components) ", f"from {library} ", text))
    return files


def commands_of(page: Path) -> Iterator[Command]:
    """Yield the commands that a page shows with what they print: indented, after `$`."""
    for block in re.findall(r"^    \$ .*\n(?:    .*\n)*", (ROOT / page).read_text("utf-8"), re.MULTILINE):
        first, *rest = [line[4:] for line in block.splitlines()]
        yield Command(first.removeprefix("$ "), rest)
