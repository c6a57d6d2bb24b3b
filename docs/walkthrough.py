"""Run the commands of docs/dead-letters.md on a local AWS, and write what they print into the page."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "dead-letters.md"
PROGRAM = ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "workflow.py", "functions")
STEP = re.compile(
    r'^```(?P<language>json|diff) title="(?P<file>[^"]+)"\n(?P<text>(?:.*\n)*?)```$'
    r"|^    \$ consumers (?P<command>.+)\n(?P<output>(?:    (?!\$ ).*\n|\n(?=    (?!\$ )))*)",
    re.MULTILINE,
)
VARIABLE = (
    (re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?"), "<time>"),
    (re.compile(r"\d{8}T\d{6}Z"), "<time>"),
    (re.compile(r"\d+\.\d+ s|\d+ ms"), "<duration>"),
    (re.compile(r"OK - .*|PROBLEM.*"), "<last batch>"),
    (re.compile(r"^    \d+ visible, .*\n", re.MULTILINE), ""),
    (re.compile(r"(?<=-)[0-9a-f]{7}\b"), "<suffix>"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), "<port>"),
)
"""What differs between two runs, beside the order of letters."""


def masked(page: str) -> list[str]:
    """Return the lines of the page, sorted, without what differs between two runs."""
    for pattern, mask in VARIABLE:
        page = pattern.sub(mask, page)
    return sorted(page.splitlines())


def with_outputs(page: str) -> str:
    """Return the page with what each of its commands prints now, run in their order."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in PROGRAM:
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
        _run(folder, "up")
        try:
            return STEP.sub(lambda step: _step(folder, step), page)
        finally:
            _run(folder, "down --yes")


def _step(folder: Path, step: re.Match[str]) -> str:
    file, command = step["file"], step["command"]
    if command:
        lines = [f"$ consumers {command}", *_run(folder, command)]
        return "".join(f"    {line}".rstrip() + "\n" for line in lines)
    path, text = folder / file, step["text"]
    path.write_text(text if step["language"] == "json" else _patched(path.read_text("utf-8"), text), "utf-8")
    return step[0]


def _patched(source: str, diff: str) -> str:
    before = "".join(line[1:] for line in diff.splitlines(keepends=True) if line.startswith("-"))
    after = "".join(line[1:] for line in diff.splitlines(keepends=True) if line.startswith("+"))
    assert before in source, f"the page replaces a line that is not there: {before}"
    return source.replace(before, after)


def _run(folder: Path, command: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    call = [sys.executable, "-m", "consumers", *shlex.split(command)]
    done = subprocess.run(
        call, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, f"consumers {command}: {done.stdout}"
    return done.stdout.strip("\n").splitlines()


if __name__ == "__main__":
    before = PAGE.read_text("utf-8")
    after = with_outputs(before)
    if masked(before) != masked(after):
        PAGE.write_text(after, "utf-8")
