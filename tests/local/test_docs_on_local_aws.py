"""The tests that pages show, where they use the fixture `local_aws`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from pages import PAGES, files_of, write_project

USERS = [(page, name) for page in PAGES for name, text in files_of(page).items() if "local_aws: " in text]


@pytest.mark.parametrize(("page", "name"), USERS, ids=str)
def test_the_test_of_a_page_passes_on_a_local_aws(page: Path, name: str, tmp_path: Path) -> None:
    write_project(page, tmp_path, "components")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
    runtime = {**os.environ, "PYTHONPATH": str(Path("functions").resolve())}
    done = subprocess.run(command, cwd=tmp_path, env=runtime, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_program_of_the_page_on_sources_is_deployed(aws: LocalAws, tmp_path: Path) -> None:
    write_project(Path("docs/sources.md"), tmp_path, "components")
    deployed = deploy(tmp_path, aws)
    made = {one.type for one in deployed.resources}
    carried = {"aws:s3/bucketNotification:BucketNotification", "aws:sns/topicSubscription:TopicSubscription"}
    assert made >= carried | {"aws:cloudwatch/eventTarget:EventTarget", "aws:scheduler/schedule:Schedule"}
    assert made >= {"aws:apigatewayv2/route:Route", "aws:pipes/pipe:Pipe"}  # the pipe is not live
    assert deployed.exports["url"].startswith(aws.endpoint_url)


def test_at_least_one_page_has_such_a_test() -> None:
    assert USERS
