"""Code that several functions share."""

import zipfile
from pathlib import Path

import pytest

from components import validation
from components.packaging.archive import function_files, write_archive


@pytest.fixture
def lib(tmp_path: Path) -> Path:
    """A folder with a shared package and a shared module."""
    for name in ("shared/__init__.py", "shared/money.py", "shared/tests/test_money.py", "shared/notes.md", "cards.py"):
        (tmp_path / "lib" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "lib" / name).write_text(f"# {name}\n")
    return tmp_path / "lib"


def refused(folder: Path, *include: str) -> list[str]:
    return [
        finding.rule for finding in validation.examine("hands", {"source": str(folder), "include": list(include)})[1]
    ]


def test_a_folder_and_a_file_lie_at_the_archives_root_under_their_own_names(folder: Path, lib: Path) -> None:
    (lib / "shared" / ".lambdaignore").write_text("*.md\n")
    known, findings = validation.examine(
        "hands", {"source": str(folder), "include": [f"{lib}/shared/", str(lib / "cards.py")]}
    )
    assert findings == []
    archive = zipfile.ZipFile(write_archive(known.package.files))
    assert archive.namelist() == ["cards.py", "handler.py", "shared/__init__.py", "shared/money.py"]
    assert archive.read("shared/money.py") == b"# shared/money.py\n"


def test_paths_are_relative_to_the_program_and_may_lead_out_of_it(
    folder: Path, lib: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert "shared/money.py" in function_files(Path(), [Path("../lib/shared/../shared")])


def test_a_link_is_named_as_it_is_called(folder: Path, lib: Path, tmp_path: Path) -> None:
    (tmp_path / "common").symlink_to(lib / "shared")
    assert "common/money.py" in function_files(folder, [tmp_path / "common"])


def test_shared_code_that_imports_the_batch_runtime_brings_it(folder: Path, lib: Path) -> None:
    assert "sqs_batch.py" not in function_files(folder, [lib / "shared"])
    (lib / "shared" / "money.py").write_text("from sqs_batch import Record\n")
    assert "sqs_batch.py" in function_files(folder, [lib / "shared"])


def test_the_handler_may_be_shared(folder: Path, lib: Path) -> None:
    (lib / "shared" / "main.py").write_text("def handle(event, context): ...\n")
    args = {"source": str(folder), "include": [str(lib / "shared")], "handler": "shared.main.handle"}
    assert validation.examine("hands", args)[1] == []


@pytest.mark.parametrize(
    ("own", "included"), [("shared/x.py", "shared"), ("shared.py", "shared"), ("cards/x.py", "cards.py")]
)
def test_a_name_that_the_function_has_itself_is_refused(folder: Path, lib: Path, own: str, included: str) -> None:
    (folder / own).parent.mkdir(exist_ok=True)
    (folder / own).write_text("")
    assert refused(folder, str(lib / included)) == ["include-collision"]


def test_two_of_one_name_are_refused_and_one_given_twice_too(folder: Path, lib: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / "shared").mkdir(parents=True)
    assert refused(folder, str(lib / "shared"), str(tmp_path / "other" / "shared")) == ["include-collision"]
    assert refused(folder, str(lib / "shared"), str(lib / "shared")) == ["include-collision"]


def test_a_name_that_is_ignored_in_the_function_is_free(folder: Path, lib: Path) -> None:
    (folder / "shared.py").write_text("# for the editor\n")
    (folder / ".lambdaignore").write_text("shared.py\n")
    assert refused(folder, str(lib / "shared")) == []


def test_a_broken_link_in_shared_code_is_refused(folder: Path, lib: Path) -> None:
    (lib / "shared" / "gone.py").symlink_to(lib / "nowhere.py")
    assert refused(folder, str(lib / "shared")) == ["source-unreadable"]


@pytest.mark.parametrize("value", ["lib/shared", [1], [""], {"shared": "lib/shared"}, None])
def test_anything_but_a_list_of_paths_is_refused(folder: Path, value: object) -> None:
    findings = validation.examine("hands", {"source": str(folder), "include": value})[1]
    assert [finding.rule for finding in findings] == ["include-value"]
