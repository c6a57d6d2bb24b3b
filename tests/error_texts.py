"""The texts that users read, in one file: tests compare with it, `make error-texts` writes it, reviews read it."""

from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")
HEAD = "# What users read when something is wrong, by the test that provokes it. Written by `make error-texts`.\n"


def read() -> dict[str, str]:
    """Return each text by its test's id."""
    if not FILE.exists():
        return {}
    blocks = FILE.read_text().removeprefix(HEAD).split("\n\n")
    entries = (block.strip("\n").partition("\n") for block in blocks if block.strip())
    return {name: "\n".join(line[2:] for line in lines.split("\n")) for name, _, lines in entries}


def write(texts: dict[str, str]) -> None:
    """Write the file, sorted, with each text below its test's id."""
    quoted = {name: "\n".join(f"| {line}".rstrip() for line in texts[name].split("\n")) for name in sorted(texts)}
    FILE.write_text("\n".join([HEAD, *(f"{name}\n{text}\n" for name, text in quoted.items())]))


class ErrorTexts:
    """The texts of one test. Called with each in turn: `error_text(str(error))`."""

    def __init__(self, test: str, folder: Path, update: bool) -> None:
        self._test, self._folder, self._update = test, str(folder), update
        self._count = 0

    def __call__(self, text: str) -> None:
        """Assert that this is the text on record. The test's own folder is written as {tmp}."""
        self._count += 1
        name = self._test if self._count == 1 else f"{self._test} ({self._count})"
        text = "\n".join(line.rstrip() for line in text.replace(self._folder, "{tmp}").strip("\n").split("\n"))
        texts = read()
        if self._update:
            write(texts | {name: text})
            return
        assert name in texts, f"no text on record for {name}: run `make error-texts` and read what it adds"
        assert text == texts[name]
