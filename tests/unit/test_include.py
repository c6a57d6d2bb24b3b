"""Code that several functions share."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from components.packaging.archive import function_files, write_archive
from validate import package_of, rules_of


@pytest.fixture
def lib(tmp_path: Path) -> Path:
    """A folder with a shared package and a shared module."""
    for name in ("shared/__init__.py", "shared/money.py", "shared/tests/test_money.py", "shared/notes.md", "cards.py"):
        (tmp_path / "lib" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "lib" / name).write_text(f"# {name}\n")
    return tmp_path / "lib"


def rules_on(folder: Path, *include: Path) -> list[str]:
    return rules_of(folder, include=[str(path) for path in include])


def test_folders_and_files_are_packaged_at_the_root_under_their_own_names(folder: Path, lib: Path) -> None:
    (lib / "shared" / ".lambdaignore").write_text("*.md\n")
    args: dict[str, Any] = {"include": [f"{lib}/shared/", str(lib / "cards.py")]}
    assert rules_of(folder, **args) == []
    archive = zipfile.ZipFile(write_archive(package_of(folder, **args).files))
    assert archive.namelist() == ["cards.py", "handler.py", "shared/__init__.py", "shared/money.py"]
    assert archive.read("shared/money.py") == b"# shared/money.py\n"


def test_paths_are_relative_to_the_program_and_may_lead_out_of_its_folder(
    folder: Path, lib: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert "shared/money.py" in function_files(Path(), [Path("../lib/shared/../shared")])


def test_a_link_is_packaged_under_its_own_name(folder: Path, lib: Path, tmp_path: Path) -> None:
    (tmp_path / "common").symlink_to(lib / "shared")
    assert "common/money.py" in function_files(folder, [tmp_path / "common"])


def test_sqs_batch_is_packaged_where_shared_code_imports_it(folder: Path, lib: Path) -> None:
    assert "sqs_batch.py" not in function_files(folder, [lib / "shared"])
    (lib / "shared" / "money.py").write_text("from sqs_batch import Record\n")
    assert "sqs_batch.py" in function_files(folder, [lib / "shared"])


def test_the_handler_may_be_in_shared_code(folder: Path, lib: Path) -> None:
    (lib / "shared" / "main.py").write_text("def handle(event, context): ...\n")
    assert rules_of(folder, include=[str(lib / "shared")], handler="shared.main.handle") == []


@pytest.mark.parametrize(
    ("own", "included"), [("shared/x.py", "shared"), ("shared.py", "shared"), ("cards/x.py", "cards.py")]
)
def test_a_name_of_the_functions_own_is_an_error(folder: Path, lib: Path, own: str, included: str) -> None:
    (folder / own).parent.mkdir(exist_ok=True)
    (folder / own).write_text("")
    assert rules_on(folder, lib / included) == ["include-collision"]


def test_two_paths_of_the_same_name_are_an_error(folder: Path, lib: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / "shared").mkdir(parents=True)
    assert rules_on(folder, lib / "shared", tmp_path / "other" / "shared") == ["include-collision"]
    assert rules_on(folder, lib / "shared", lib / "shared") == ["include-collision"]


def test_a_name_that_the_function_ignores_is_free(folder: Path, lib: Path) -> None:
    (folder / "shared.py").write_text("# for the editor\n")
    (folder / ".lambdaignore").write_text("shared.py\n")
    assert rules_on(folder, lib / "shared") == []
