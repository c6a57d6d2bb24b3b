"""The documentation: generated pages are current, links resolve, and the code runs."""

import ast
import importlib
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from components import AlarmOptions, QueueConsumer, QueueConsumerArgs, QueueOptions
from consumers.cli import SECTIONS, main
from consumers.testing import evaluate
from pages import BLOCK, PAGES, TITLE, files_of, write_project
from wheels import only_wheels_of


@pytest.fixture(autouse=True)
def _no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """uv finds no package."""
    for name, value in only_wheels_of(tmp_path).items():
        monkeypatch.setenv(name, value)


def links(page: Path) -> Iterator[str]:
    text = BLOCK.sub("", page.read_text("utf-8"))
    yield from (link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith(("https://", "http://")))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub generates them."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_resolves(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page} links to {link}"
        if anchor:
            assert anchor in anchors(target), f"{page} links to {link}"


def test_every_page_is_reached_from_the_readme() -> None:
    reached, new = set[str](), {"README.md"}
    while new:
        reached |= new
        found = {(Path(page).parent / link.partition("#")[0]) for page in new for link in links(Path(page))}
        new = {os.path.normpath(page) for page in found if page.suffix == ".md"} - reached
    assert {str(page) for page in PAGES} <= reached


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("docs/arguments.md", "docs/arguments.py"),
        ("docs/commands.md", "docs/commands.py"),
        ("docs/rules.md", "-m consumers rules --markdown"),
    ],
)
def test_a_generated_page_is_current(page: str, command: str) -> None:
    generated = subprocess.run([sys.executable, *command.split()], check=True, capture_output=True, text=True).stdout
    assert Path(page).read_text("utf-8") == generated, "stale: run `make docs`"


def test_the_error_in_the_readme_is_current() -> None:
    queue: QueueOptions = {"delay_seconds": 2.5, "visibility_timeout_seconds": 30}  # pyright: ignore[reportAssignmentType]
    args = QueueConsumerArgs(source="functions/poker_hands", timeout=60, queue=queue)
    error = evaluate(lambda: QueueConsumer("poker-hands", args)).error
    assert textwrap.indent(str(error), "    ") in Path("README.md").read_text("utf-8")


def test_the_alarm_on_the_page_is_what_cloudwatch_gets() -> None:
    alarms: AlarmOptions = {"actions": ["arn:aws:sns:us-east-1:123456789012:pager"]}
    args = QueueConsumerArgs(source="functions/poker_hands", max_receive_count=3, alarms=alarms)
    result = evaluate(lambda: QueueConsumer("poker-hands", args), project="poker-hands", stack_name="dev")
    quoted = re.findall("^> (.*)", Path("docs/alarm-to-fix.md").read_text("utf-8"), re.MULTILINE)
    assert " ".join(quoted) == result.resources["poker-hands-alarm-dead-letters"].inputs["alarmDescription"]


COMMAND = re.compile(r"(?:`|^ {4}(?:\$ |.*\| )?|^```bash\n)consumers ([a-z][^`|#&>\n]*)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_command_in_a_page_has_options_that_exist(page: Path) -> None:
    for words in map(str.split, COMMAND.findall(page.read_text("utf-8"))):
        command = main.get_command(click.Context(main), words[0])
        assert command, f"{page}: consumers {' '.join(words)}"
        command.make_parser(click.Context(command, **command.context_settings)).parse_args(words[1:])


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_python_block_names_its_file(page: Path) -> None:
    for language, info, text in BLOCK.findall(page.read_text("utf-8")):
        if language == "python":
            assert TITLE.search(info), f"{page}: {text}"


@pytest.mark.parametrize("page", [page for page in PAGES if any(".py" in name for name in files_of(page))], ids=str)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    files = write_project(page, tmp_path, "components")
    tests = [name for name in files if name.startswith("test_")]
    assert "__main__.py" in files or tests, f"{page}: neither a program nor a test"
    if "__main__.py" in files:
        result = CliRunner().invoke(main, ["check", "--project", str(tmp_path)])
        assert result.exit_code == 0, result.output
    # tests/local/test_docs_on_local_aws.py runs the tests that need a local AWS.
    if tests := [name for name in tests if "local_aws: " not in files[name]]:
        options = ["-q", "-p", "no:cacheprovider", "-p", "consumers.testing.plugin"]
        command = [sys.executable, "-m", "pytest", *options, *tests]
        # As in the wheel, `sqs_batch` is importable. Other plugins double the time that pytest takes to start.
        runtime = {"PYTHONPATH": str(Path("functions").resolve()), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        environment = {**os.environ, **runtime}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", [page for page in PAGES if files_of(page)], ids=str)
def test_the_code_of_a_page_uses_public_names_only(page: Path) -> None:
    trees = [ast.parse(text) for name, text in files_of(page).items() if name.endswith(".py")]
    for node in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)):
        name = str(node.module).replace("queue_consumer", "components")
        if name.split(".")[0] in {"components", "consumers", "sqs_batch"}:
            public = importlib.import_module(name).__all__
            assert {alias.name for alias in node.names} <= set(public), f"{page}: {ast.unparse(node)}"


def test_help_lists_every_command_in_its_section() -> None:
    text = CliRunner().invoke(main, ["--help"]).stdout
    places = [text.index(f"\n{title}:\n") for title in SECTIONS]
    for begin, end, commands in zip(places, [*places[1:], len(text)], SECTIONS.values(), strict=True):
        assert [one.name for one in commands if f"\n  {one.name} " not in text[begin:end]] == []
