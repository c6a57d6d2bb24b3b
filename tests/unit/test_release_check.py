"""What `make release-check` finds."""

import runpy
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

check = SimpleNamespace(**runpy.run_path("scripts/release_check.py"))
INFO = "sqs_queue_consumer-1.2.3.dist-info"
METADATA = {f"{INFO}/METADATA", f"{INFO}/entry_points.txt", f"{INFO}/licenses/LICENSE"}


def wheel(folder: Path, names: set[str]) -> Path:
    path = folder / "sqs_queue_consumer-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return path


@pytest.mark.parametrize("heading", ["Unreleased", "1.2.2", "1.2.30"])
def test_a_changelog_must_begin_with_the_version(heading: str) -> None:
    for right in ("## 1.2.3", "## 1.2.3 (2026-11-21)"):
        assert list(check.of_changelog(f"# Changelog\n\n{right}\n\n- New.\n\n## 1.2.2\n", "1.2.3")) == []
    (finding,) = check.of_changelog(f"# Changelog\n\n## {heading}\n\n## 1.2.3\n", "1.2.3")
    assert finding == (f"CHANGELOG.md begins with '{heading}', pyproject.toml has version 1.2.3: make them the same.")


def test_a_wheel_must_have_the_required_files_and_no_others(tmp_path: Path) -> None:
    missing = tmp_path / "sqs_queue_consumer-1.2.3-py3-none-any.whl"
    assert list(check.of_wheel(missing, "1.2.3")) == [f"There is no {missing.name} in dist/: make wheel"]
    right = check.REQUIRED_FILES | METADATA
    assert list(check.of_wheel(wheel(tmp_path, right), "1.2.3")) == []
    assert list(check.of_wheel(wheel(tmp_path, (right | {"components/__init__.py"}) - {"sqs_batch.py"}), "1.2.3")) == [
        "The wheel lacks sqs_batch.py.",
        "The wheel must not have components/__init__.py.",
    ]


def test_a_file_that_is_not_committed_is_an_error(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    assert list(check.of_tree(tmp_path)) == []
    (tmp_path / "rules.md").write_text("new")
    assert list(check.of_tree(tmp_path)) == ["Not committed: rules.md"]
