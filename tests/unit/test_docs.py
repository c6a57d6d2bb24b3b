"""The documentation: what is generated is up to date, what is linked is there, and the code in it runs."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from consumers.cli import main

PAGES = [*sorted(Path().glob("*.md")), *sorted(Path("docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')


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
    reached, new = set[Path](), {Path("README.md")}
    while new:
        reached |= new
        found = {page.parent / link.partition("#")[0] for page in new for link in links(page) if ".md" in link}
        new = {Path(os.path.normpath(page)) for page in found} - reached
    assert {page.resolve() for page in PAGES} <= {page.resolve() for page in reached}


def test_the_documented_arguments_are_those_of_the_docstrings() -> None:
    made = subprocess.run([sys.executable, "docs/reference.py"], check=True, capture_output=True, text=True).stdout
    assert Path("docs/arguments.md").read_text("utf-8") == made, "make docs writes it"


def test_the_documented_rules_are_those_of_the_command() -> None:
    result = CliRunner().invoke(main, ["rules", "--markdown"])
    assert Path("docs/rules.md").read_text("utf-8") == result.stdout, "make docs writes it"


def projects() -> Iterator[tuple[Path, dict[str, str]]]:
    """Each page with the files that its blocks are: ```python title="orders/handler.py"."""
    for page in PAGES:
        blocks = BLOCK.findall(page.read_text("utf-8"))
        titled: dict[str, str] = {found[1]: text for _, info, text in blocks if (found := TITLE.search(info))}
        if titled:
            yield page, titled


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_python_in_a_page_says_which_file_it_is_so_that_it_is_run(page: Path) -> None:
    for language, info, text in BLOCK.findall(page.read_text("utf-8")):
        if language == "python":
            assert TITLE.search(info), f"{page}: {text}"


@pytest.mark.parametrize(("page", "files"), list(projects()), ids=str)
def test_the_code_of_a_page_runs(page: Path, files: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("from queue_consumer ", "from components "))
    assert any(name == "__main__.py" or name.startswith("test_") for name in files), "nothing of it would run"
    if "__main__.py" in files:
        result = CliRunner().invoke(main, ["check", "--project", str(tmp_path)])
        assert result.exit_code == 0, result.output
    if any(name.startswith("test_") for name in files):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
