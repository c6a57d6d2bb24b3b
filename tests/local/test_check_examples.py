"""`consumers check` on the examples, where the wheel is installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/Pulumi.yaml"))
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/thumbnails:1"


def check(binaries: Path, project: Path) -> list[dict[str, Any]]:
    environment = {"PATH": os.defpath, "HOME": str(project.parent)}
    command = [binaries / "consumers", "check", "--json"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_accepted_without_advice(example: Path, binaries: Path, tmp_path: Path) -> None:
    project = shutil.copytree(example, tmp_path / "project")
    if example.name == "container-image":
        (project / "Pulumi.dev.yaml").write_text(f"config:\n  container-image:imageUri: {IMAGE}\n")
    found = check(binaries, project)
    assert found
    assert [one["findings"] for one in found] == [[]] * len(found)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_small_and_has_a_title_and_is_listed(example: Path) -> None:
    assert len((example / "__main__.py").read_text().splitlines()) < 40
    assert (example / "README.md").read_text().startswith(f"# {example.name}\n")
    assert f"[{example.name}]({example.name}/README.md)" in (ROOT / "examples" / "README.md").read_text()


def test_the_examples_types_are_right_where_the_wheel_is_installed(binaries: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "examples", tmp_path / "examples")
    command = [sys.executable, "-m", "basedpyright", "--level", "error", "--pythonpath", binaries / "python", folder]
    # In GitHub's CI it fails for warnings too, whatever --level is.
    environment = {name: value for name, value in os.environ.items() if name != "GITHUB_ACTIONS"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
