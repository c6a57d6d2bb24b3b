"""The wheel, used by a program in an environment without this repository."""

import os
import re
import runpy
import subprocess
import time
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from pages import Command, commands_of, write_project

ROOT = Path(__file__).parents[2]
START = Path("docs/start.md")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder that a reader of the first page has."""
    write_project(START, tmp_path, "queue_consumer")
    return tmp_path


def run(binaries: Path, project: Path, command: str) -> str:
    environment = {"PATH": f"{binaries}:{os.defpath}", "HOME": str(project / "home")}
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def kinds_of_lines(lines: list[str]) -> set[str]:
    """The lines without their order, and without numbers and random names, which differ in each run."""
    plain = (" ".join(line.split()).removeprefix("made of ") for line in lines)
    return {re.sub(r"[0-9a-f]*[0-9][0-9a-f.-]*", "#", line) for line in plain}


def see(binaries: Path, project: Path, command: Command) -> None:
    """Run a command until it prints the lines of the page; only `logs` and `status` are run again."""
    end = time.monotonic() + 30
    while True:
        printed = kinds_of_lines(run(binaries, project, command.line).splitlines())
        missing = kinds_of_lines(command.prints) - printed
        if not missing:
            return
        may_be_late = command.line.startswith(("consumers logs", "consumers status")) and time.monotonic() < end
        assert may_be_late, f"`{command.line}` has not printed {missing}, but {printed}"
        time.sleep(0.2)


def test_it_claims_our_names_only_and_has_types_and_what_a_release_must(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert top == {"queue_consumer", "consumers", "sqs_batch.py", "sqs_send.py"}
    assert {"queue_consumer/py.typed", "consumers/py.typed"} <= set(names)
    of_wheel = runpy.run_path("scripts/release_check.py")["of_wheel"]
    assert list(of_wheel(wheel, wheel.name.split("-")[1])) == []


def test_its_core_needs_pulumi_and_the_aws_provider_only(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    required = Parser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist") or []
    assert sorted(line.split(">")[0] for line in required if "extra ==" not in line) == ["pulumi", "pulumi-aws"]


def test_the_library_is_the_repositorys_own(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    ours = {path.relative_to(ROOT / "components"): path for path in (ROOT / "components").rglob("*.py")}
    assert {f"queue_consumer/{path.as_posix()}" for path in ours} <= set(archive.namelist())
    for path, file in ours.items():
        assert archive.read(f"queue_consumer/{path.as_posix()}") == file.read_bytes()


def test_the_page_has_its_templates_styles_and_script(wheel: Path) -> None:
    ours = {
        path for path in (ROOT / "consumers" / "ui").rglob("*.*") if path.suffix in (".html", ".css", ".js", ".svg")
    }
    assert len(ours) > 8
    assert {path.relative_to(ROOT).as_posix() for path in ours} <= set(zipfile.ZipFile(wheel).namelist())


def test_the_page_is_drawn_from_the_wheel(binaries: Path, project: Path) -> None:
    code = """
from pathlib import Path
from starlette.requests import Request
from consumers.ui import app, rendering
from consumers.ui.aws_site import Site
from consumers.ui.state import State
state = State(Site("a title", print, (), Path()))
request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
print(rendering.render(state, request, rendering.Page("overview.html", {"rows": []})).body.decode())
print(sorted(path.name for path in (app.HERE / "static").iterdir()))
"""
    (project / "draw.py").write_text(code)
    printed = run(binaries, project, "python draw.py")
    assert "<title>Consumers – a title</title>" in printed
    assert "['icon.svg', 'ui.css', 'ui.js']" in printed


def test_nothing_of_the_repository_is_needed(binaries: Path, project: Path) -> None:
    code = "import queue_consumer, consumers, sqs_batch, sqs_send; print(queue_consumer.__file__, sqs_batch.__file__)"
    assert str(ROOT / "components") not in run(binaries, project, f"python -c '{code}'")
    failing = subprocess.run([binaries / "python", "-c", "import components"], cwd=project, check=False, stderr=-1)
    assert failing.returncode


def test_the_demo_names_the_place_of_the_example(binaries: Path, project: Path) -> None:
    done = subprocess.run([binaries / "consumers", "demo"], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: The example is not installed: only a clone of this project has it, where `make demo` runs it. "
        "`consumers up` deploys the program of this folder.\n"
    )


def test_in_an_empty_folder_the_start_page_comes_true(binaries: Path, project: Path) -> None:
    commands = list(commands_of(START))
    words = ["python", "check", "up", "printf", "logs", "status", "down"]
    assert [command.line.removeprefix("consumers ").split()[0] for command in commands] == words
    try:
        for command in commands:
            see(binaries, project, command)
    finally:
        run(binaries, project, "consumers down --yes")
