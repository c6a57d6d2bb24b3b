"""A function's folder as an archive: the same everywhere, with what Lambda needs and nothing else."""

import os
import zipfile
from pathlib import Path

import pytest

from components.packaging import archive
from components.packaging.archive import UnreadableSource, function_files, source_files, write_archive


def test_the_archive_ignores_times_modes_and_the_order_of_files(tmp_path: Path) -> None:
    archives: list[bytes] = []
    for number, names in enumerate((("a.py", "b/c.py"), ("b/c.py", "a.py"))):
        folder = tmp_path / str(number)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"# {name}\n")
            os.utime(folder / name, (number * 10**8, number * 10**8))
            (folder / name).chmod(0o600 + number * 0o155)
        archives.append(write_archive(source_files(folder)).read_bytes())
    assert archives[0] == archives[1]


def test_an_entry_contains_nothing_of_this_machine(folder: Path) -> None:
    (entry,) = zipfile.ZipFile(write_archive(source_files(folder))).infolist()
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    assert entry.external_attr >> 16 == 0o100755
    assert entry.compress_type == zipfile.ZIP_STORED
    assert (entry.create_system, entry.extra, entry.comment) == (3, b"", b"")


def test_only_an_archive_that_is_too_large_is_deflated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(256)) * 40
    (folder / "data.bin").write_bytes(data)
    size = archive.stored_size(source_files(folder), None)
    monkeypatch.setattr(archive, "DIRECT_UPLOAD_BYTES", size)
    stored = zipfile.ZipFile(write_archive(source_files(folder)))
    monkeypatch.setattr(archive, "DIRECT_UPLOAD_BYTES", size - 1)
    deflated = zipfile.ZipFile(write_archive(source_files(folder)))
    assert [entry.compress_type for entry in stored.infolist()] == [zipfile.ZIP_STORED] * 2
    assert [entry.compress_type for entry in deflated.infolist()] == [zipfile.ZIP_DEFLATED] * 2
    assert deflated.read("data.bin") == stored.read("data.bin") == data
    assert deflated.infolist()[0].file_size == len(data) > 1_000 > deflated.infolist()[0].compress_size


LEFT_OUT = [
    *("__pycache__/handler.cpython-312.pyc", "handler.pyc", "lib/__pycache__/x.pyc"),
    *("tests/test_handler.py", "lib/tests/data.json", "test_handler.py", "handler_test.py", "conftest.py"),
    *(".git/config", ".gitignore", ".venv/lib/site.py", ".env", "package.egg-info/PKG-INFO"),
    *(".idea/misc.xml", ".vscode/settings.json", "handler.py~", ".handler.py.swp", ".DS_Store", ".lambdaignore"),
]
PACKAGED = ["tests.py", "contest.py", "latest/data.json", "node_modules/x/index.js", "LICENSE"]


def test_files_that_lambda_does_not_need_are_left_out(folder: Path) -> None:
    for name in LEFT_OUT + PACKAGED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    assert list(source_files(folder)) == sorted([*PACKAGED, "handler.py"])


def test_a_lambdaignore_file_leaves_out_more(folder: Path) -> None:
    for name in ("notes.md", "docs/a.md", "lib/docs/b.md", "data/big.csv", "keep.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / ".lambdaignore").write_text("# comments and empty lines\n\n*.md\n/data\nlib/docs/\n")
    assert list(source_files(folder)) == ["handler.py", "keep.csv"]


def test_sqs_batch_is_packaged_where_it_is_imported_but_replaces_no_file(folder: Path) -> None:
    assert "sqs_batch.py" not in function_files(folder)
    (folder / "handler.py").write_text("import json, sqs_batch\n")
    assert function_files(folder)["sqs_batch.py"] == archive.module_file("sqs_batch")
    (folder / "other.py").write_text("from sqs_send import send\n")
    assert function_files(folder)["sqs_send.py"] == archive.module_file("sqs_send")
    (folder / "sqs_batch.py").write_text("# our own fork\n")
    assert function_files(folder)["sqs_batch.py"] == folder / "sqs_batch.py"


IMPORTS = [
    "import sqs_batch",
    "import sqs_batch as batch",
    "import json, sqs_batch",
    "    from sqs_batch import Record",
    "from sqs_batch import (",
]
NO_IMPORTS = ["import sqs_batch_other", "from .sqs_batch import Record", "# import sqs_batch", "name = 'sqs_batch'"]


def test_an_import_of_sqs_batch_is_found_in_the_text(folder: Path) -> None:
    for line in IMPORTS + NO_IMPORTS:
        (folder / "handler.py").write_text(f"if True:\n    pass\n{line}\n")
        assert ("sqs_batch" in archive.imported_modules([folder / "handler.py"])) is (line in IMPORTS), line


def test_links_are_followed_but_a_link_to_a_folder_above_is_an_error(folder: Path) -> None:
    (folder / "shared").mkdir()
    (folder / "shared" / "common.py").write_text("")
    (folder / "lib").symlink_to("shared")
    assert list(source_files(folder)) == ["handler.py", "lib/common.py", "shared/common.py"]
    (folder / "again").symlink_to(folder)
    with pytest.raises(UnreadableSource, match="again, a link to a folder above it"):
        source_files(folder)


@pytest.mark.parametrize("target", ["nowhere.py", "loop.py"])
def test_a_broken_link_is_an_error_that_names_it(folder: Path, target: str) -> None:
    (folder / "loop.py").symlink_to(target)
    with pytest.raises(UnreadableSource, match=r"loop\.py, a broken link"):
        source_files(folder)


@pytest.mark.parametrize("damage", [0, 1, 30, -1, -22])
def test_a_damaged_archive_in_the_cache_is_written_again(folder: Path, damage: int) -> None:
    archive = write_archive(source_files(folder))
    whole = archive.read_bytes()
    archive.write_bytes(whole[:damage])
    assert write_archive(source_files(folder)) == archive
    assert archive.read_bytes() == whole


def test_names_are_normalized_so_that_every_system_writes_the_same(folder: Path) -> None:
    (folder / "cafe\u0301.txt").write_text("")
    assert list(source_files(folder)) == ["caf\u00e9.txt", "handler.py"]
    (folder / "caf\u00e9.txt").write_text("")
    with pytest.raises(UnreadableSource, match="two files whose name is"):
        source_files(folder)


def test_an_archive_that_could_not_be_finished_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        write_archive({"handler.py": folder / "handler.py", "nowhere.py": folder / "nowhere.py"})
    assert list((tmp_path / "cache" / "queue-consumer").iterdir()) == []


def test_archives_are_named_after_their_content_and_removed_after_a_week_without_use(folder: Path) -> None:
    old = write_archive(source_files(folder))
    (folder / "handler.py").write_text("# changed\n")
    new = write_archive(source_files(folder))
    assert {*new.parent.iterdir()} == {old, new}
    for path in (old, new):
        os.utime(path, (0, 0))
    assert write_archive(source_files(folder)) == new
    (folder / "handler.py").write_text("# again\n")
    latest = write_archive(source_files(folder))
    assert {*new.parent.iterdir()} == {new, latest}
