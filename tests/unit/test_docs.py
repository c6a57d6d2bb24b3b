"""The documentation: generated pages are current, links lead somewhere, and its code runs."""

import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from consumers.cli import main
from pages import BLOCK, PAGES, TITLE, files_of, write_project


def links(page: Path) -> Iterator[str]:
    text = BLOCK.sub("", page.read_text("utf-8"))
    yield from (link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith(("https://", "http://")))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
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


def test_the_page_of_arguments_is_current() -> None:
    made = subprocess.run([sys.executable, "docs/reference.py"], check=True, capture_output=True, text=True).stdout
    assert Path("docs/arguments.md").read_text("utf-8") == made, "make docs writes it"


def test_the_page_of_rules_is_current() -> None:
    result = CliRunner().invoke(main, ["rules", "--markdown"])
    assert Path("docs/rules.md").read_text("utf-8") == result.stdout, "make docs writes it"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_python_block_of_a_page_has_a_file_name_and_so_runs(page: Path) -> None:
    for language, info, text in BLOCK.findall(page.read_text("utf-8")):
        if language == "python":
            assert TITLE.search(info), f"{page}: {text}"


@pytest.mark.parametrize("page", [page for page in PAGES if files_of(page)], ids=str)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    files = write_project(page, tmp_path, "components")
    tests = [name for name in files if name.startswith("test_")]
    assert "__main__.py" in files or tests, "nothing of it would run"
    if "__main__.py" in files:
        result = CliRunner().invoke(main, ["check", "--project", str(tmp_path)])
        assert result.exit_code == 0, result.output
    # What needs a local AWS is run with the tests that have one.
    if tests := [name for name in tests if "local_aws: " not in files[name]]:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "consumers.testing.plugin",
            *tests,
        ]
        # The wheel has `sqs_batch` beside it. Other plugins double the time that pytest takes to start.
        runtime = {"PYTHONPATH": str(Path("functions").resolve()), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **runtime}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", [page for page in PAGES if files_of(page)], ids=str)
def test_the_code_of_a_page_imports_only_the_public_interface(page: Path) -> None:
    trees = [ast.parse(text) for name, text in files_of(page).items() if name.endswith(".py")]
    for node in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)):
        name = str(node.module).replace("queue_consumer", "components")
        if name.split(".")[0] in {"components", "consumers", "sqs_batch"}:
            public = importlib.import_module(name).__all__
            assert {alias.name for alias in node.names} <= set(public), f"{page}: {ast.unparse(node)}"
