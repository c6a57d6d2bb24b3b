"""Run the commands of pages on a local AWS, and write what they print into the pages.

A page has a project of its own, which begins as the example. A block of JSON is a file, a block of a diff changes one.
What a page types into a debugger are its lines after `(Pdb)`.
"""

import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "docs" / "dead-letters.md", ROOT / "docs" / "alarm-to-fix.md"]
PROGRAM = ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "workflow.py", "functions")
STEP = re.compile(
    r'^```(?P<language>json|diff) title="(?P<file>[^"]+)"\n(?P<text>(?:.*\n)*?)```$'
    r"|^    \$ (?P<command>(?:consumers|pytest|cat) .+)\n(?P<output>(?:    (?!\$ ).*\n|\n(?=\n*    (?!\$ )))*)",
    re.MULTILINE,
)
CALLS = {
    "consumers": [sys.executable, "-m", "consumers"],
    "pytest": [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "consumers.testing.plugin"],
    "cat": ["cat"],
}
MAY_FAIL = ("consumers try ", "consumers invoke ", "pytest ")
"""Commands that exit with 1 if a message fails."""
PROMPT = "(Pdb) "
VARIABLE = (
    (re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?"), "<time>"),
    (re.compile(r"\d{8}T\d{6}Z"), "<time>"),
    (re.compile(r"\d+\.\d+ ?s\b|\d+ ms"), "<duration>"),
    (re.compile(r"OK - .*|PROBLEM.*"), "<last batch>"),
    (re.compile(r"^    \d+ visible, .*\n", re.MULTILINE), ""),
    (re.compile(r" Messages that became dead letters meanwhile: \d+\."), ""),  # some may be dead before
    (re.compile(r"'[0-9a-f]{8}-[0-9a-f]{2}\.\.\."), "<id>"),
    (re.compile(r"(?<=-)[0-9a-f]{7}\b"), "<suffix>"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), "<port>"),
)
"""What differs between two runs, besides the order of letters."""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def masked(page: str) -> list[str]:
    """Return the lines of the page, sorted, without what differs between two runs."""
    for pattern, mask in VARIABLE:
        page = pattern.sub(mask, page)
    return sorted(page.splitlines())


def with_outputs(page: str) -> str:
    """Return the page with what each of its commands prints now, run in their order."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        for part in PROGRAM:
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
        _run(folder, "consumers up")
        try:
            return STEP.sub(lambda step: _step(folder, step), page)
        finally:
            _run(folder, "consumers down --yes")


def _step(folder: Path, step: re.Match[str]) -> str:
    file, command = step["file"], step["command"]
    if command:
        typed = [line.partition(PROMPT)[2] for line in step["output"].splitlines() if PROMPT in line]
        lines = [f"$ {command}", *_run(folder, command, typed)]
        return "".join(f"    {line}".rstrip() + "\n" for line in lines)
    path, text = folder / file, step["text"]
    path.write_text(text if step["language"] == "json" else _patched(path.read_text("utf-8"), text), "utf-8")
    return step[0]


def _patched(source: str, diff: str) -> str:
    before = "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] in " -")
    after = "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] in " +")
    assert before in source, f"the page replaces a line that is not there: {before}"
    return source.replace(before, after)


def _run(folder: Path, command: str, typed: list[str] | None = None) -> list[str]:
    name, *arguments = shlex.split(command)
    call = [*CALLS[name], *arguments]
    # In CI, pytest prints longer differences than at a desk.
    hidden = ("AWS_", "PYTEST_", "CI", "BUILD_NUMBER")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TERM": "dumb", "NO_COLOR": "1"}
    run = _run_in_terminal if typed else _run_in_pipe
    status, output = run(folder, call, environment, typed or [])
    allowed = (0, 1) if command.startswith(MAY_FAIL) else (0,)
    assert status in allowed, f"{command}: {output}"
    assert "Traceback" not in output or name == "pytest", f"{command}: {output}"
    return output.replace(f"{folder}/", "").strip("\n").splitlines()


def _run_in_pipe(folder: Path, call: list[str], environment: dict[str, str], typed: list[str]) -> tuple[int, str]:
    done = subprocess.run(
        call, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout


def _run_in_terminal(folder: Path, call: list[str], environment: dict[str, str], typed: list[str]) -> tuple[int, str]:
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(call[0], call, environment)
    output, rest = b"", [*typed]
    with suppress(OSError):  # what a terminal answers at its end
        while data := os.read(terminal, 65536):
            output += data
            if output.endswith(PROMPT.encode()) and rest:
                os.write(terminal, rest.pop(0).encode() + b"\n")
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, _ESCAPES.sub("", output.decode().replace("\r\n", "\n"))


if __name__ == "__main__":
    for page in PAGES:
        before = page.read_text("utf-8")
        after = with_outputs(before)
        if masked(before) != masked(after):
            page.write_text(after, "utf-8")
