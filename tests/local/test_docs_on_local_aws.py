"""The tests that pages show, where they use the fixture `local_aws`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from consumers.local.emulator import local_aws
from consumers.local.program import deploy
from pages import PAGES, files_of, write_project

USERS = [(page, name) for page in PAGES for name, text in files_of(page).items() if "local_aws: " in text]


@pytest.mark.parametrize(("page", "name"), USERS, ids=str)
def test_the_test_of_a_page_passes_on_a_local_aws(page: Path, name: str, tmp_path: Path) -> None:
    write_project(page, tmp_path, "components")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
    runtime = {**os.environ, "PYTHONPATH": str(Path("functions").resolve())}
    done = subprocess.run(command, cwd=tmp_path, env=runtime, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_such_a_test() -> None:
    assert USERS


def test_the_program_with_every_source_runs_on_the_local_aws(tmp_path: Path) -> None:
    write_project(Path("docs/sources.md"), tmp_path, "components")
    with local_aws() as aws:
        assert deploy(tmp_path, aws, stack="dev").exports["url"].startswith(aws.endpoint_url)
