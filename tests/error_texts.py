"""The texts that users read when something is wrong, and inputs of resources, in one file for review.

Tests compare with tests/error_texts.txt; `make error-texts` writes it again. A heading is a test, below it are its
texts, each under the test's parameter.
"""

import re
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")
HEAD = "# The texts that users read when something is wrong, and inputs of resources. Written by `make error-texts`.\n"
Name = tuple[str, str]
"""A test, and which of its texts."""


def read() -> dict[Name, str]:
    """Return each text on record."""
    texts: dict[Name, str] = {}
    test, name = "", ("", "")
    for line in FILE.read_text("utf-8").splitlines()[1:] if FILE.exists() else []:
        if line.startswith("## "):
            test = line.removeprefix("## ")
        elif line.startswith("|"):
            texts[name] = f"{texts[name]}\n{line[2:]}" if name in texts else line[2:]
        elif line:
            name = (test, line)
    return texts


def write(texts: dict[Name, str]) -> None:
    """Write the file, sorted."""
    FILE.write_text("\n".join([HEAD, *_lines(texts)]), "utf-8")


def _lines(texts: dict[Name, str]) -> Iterator[str]:
    last = ""
    for test, name in sorted(texts):
        if test != last:
            yield f"## {test}\n"
        last = test
        quoted = [f"| {line}".rstrip() for line in texts[test, name].split("\n")]
        yield "\n".join([name, *quoted, ""])


class ErrorTexts:
    """The texts of one test: `error_text(str(error))` compares one with that on record."""

    def __init__(self, test: str, folder: Path, update: bool) -> None:
        self._test, self._parameter = re.fullmatch(r"([^\[]+)(?:\[(.*)\])?", test, re.DOTALL).groups()  # pyright: ignore[reportOptionalMemberAccess]
        self._folder, self._update = str(folder), update
        self._count = 0

    def __call__(self, text: str) -> None:
        """Assert that this is the text on record, in which {tmp} stands for the test's folder."""
        self._count += 1
        number = [] if self._count == 1 else [f"#{self._count}"]
        name = self._test, " ".join([self._parameter or "text", *number])
        text = "\n".join(line.rstrip() for line in text.replace(self._folder, "{tmp}").strip("\n").split("\n"))
        texts = read()
        if self._update:
            write(texts | {name: text})
            return
        assert name in texts, f"no text on record for {' '.join(name)}: run `make error-texts` and read what it adds"
        assert text == texts[name]
