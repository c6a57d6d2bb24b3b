"""A function's folder as an archive: the same everywhere, with what Lambda needs and nothing else."""

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.packaging import archive
from components.packaging.archive import UnreadableSource, function_files, source_files, write_archive


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_archive_does_not_change_with_times_modes_or_the_order_of_files(tmp_path: Path) -> None:
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


def test_an_entry_tells_nothing_of_this_machine(folder: Path) -> None:
    (entry,) = zipfile.ZipFile(write_archive(source_files(folder))).infolist()
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    assert entry.external_attr >> 16 == 0o100755
    assert entry.compress_type == zipfile.ZIP_STORED
    assert (entry.create_system, entry.extra, entry.comment) == (3, b"", b"")


def test_only_what_lambda_would_not_take_stored_is_deflated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "data.txt").write_text("x" * 10_000)
    size = archive.stored_size(source_files(folder), None)
    monkeypatch.setattr(archive, "DIRECT_UPLOAD_BYTES", size)
    stored = zipfile.ZipFile(write_archive(source_files(folder)))
    monkeypatch.setattr(archive, "DIRECT_UPLOAD_BYTES", size - 1)
    deflated = zipfile.ZipFile(write_archive(source_files(folder)))
    assert [entry.compress_type for entry in stored.infolist()] == [zipfile.ZIP_STORED] * 2
    assert [entry.compress_type for entry in deflated.infolist()] == [zipfile.ZIP_DEFLATED] * 2
    assert deflated.read("data.txt") == stored.read("data.txt") == b"x" * 10_000
    assert deflated.infolist()[0].file_size == 10_000 > 100 > deflated.infolist()[0].compress_size


def test_the_archive_is_named_after_its_content_so_that_a_change_is_a_new_file(folder: Path) -> None:
    first = write_archive(source_files(folder))
    assert write_archive(source_files(folder)) == first
    (folder / "handler.py").write_text("def handle(event, context): return 1\n")
    assert write_archive(source_files(folder)) != first
    assert [path.suffix for path in first.parent.iterdir()] == [".zip", ".zip"]


@given(
    files=st.dictionaries(
        st.text("abcxyz", min_size=1, max_size=6).map(lambda stem: f"{stem}.txt"), st.binary(max_size=64), max_size=6
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    folder = tmp_path_factory.mktemp("source")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    archive = zipfile.ZipFile(write_archive(source_files(folder)))
    assert {name: archive.read(name) for name in archive.namelist()} == files
    assert archive.namelist() == sorted(files)
    assert archive.testzip() is None


@pytest.mark.parametrize(
    "name",
    [
        *("__pycache__/handler.cpython-312.pyc", "handler.pyc", "lib/__pycache__/x.pyc"),
        *("tests/test_handler.py", "lib/tests/data.json", "test_handler.py", "handler_test.py", "conftest.py"),
        *(".git/config", ".gitignore", ".venv/lib/site.py", ".env", "package.egg-info/PKG-INFO"),
        *(".idea/misc.xml", ".vscode/settings.json", "handler.py~", ".handler.py.swp", ".DS_Store", ".lambdaignore"),
    ],
)
def test_what_lambda_does_not_need_is_left_out(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("")
    assert list(source_files(folder)) == ["handler.py"]


@pytest.mark.parametrize("name", ["tests.py", "contest.py", "latest/data.json", "node_modules/x/index.js", "LICENSE"])
def test_what_only_looks_like_it_stays(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("")
    assert name in source_files(folder)


def test_an_ignore_file_names_more_to_leave_out(folder: Path) -> None:
    write(folder, notes_dot_md="", docs__a_dot_md="", lib__docs__b_dot_md="", data__big_dot_csv="", keep_dot_csv="")
    (folder / ".lambdaignore").write_text("# comments and empty lines\n\n*.md\n/data\nlib/docs/\n")
    assert list(source_files(folder)) == ["handler.py", "keep.csv"]


def test_the_runtime_goes_in_only_where_it_is_imported_and_not_over_a_file_of_that_name(folder: Path) -> None:
    assert "sqs_batch.py" not in function_files(folder)
    (folder / "handler.py").write_text("import json, sqs_batch\n")
    assert function_files(folder)["sqs_batch.py"] == archive.module_file("sqs_batch")
    (folder / "other.py").write_text("from sqs_send import send\n")
    assert function_files(folder)["sqs_send.py"] == archive.module_file("sqs_send")
    (folder / "sqs_batch.py").write_text("# our own fork\n")
    assert function_files(folder)["sqs_batch.py"] == folder / "sqs_batch.py"


@pytest.mark.parametrize(
    ("line", "imports"),
    [
        ("import sqs_batch", True),
        ("import sqs_batch as batch", True),
        ("import json, sqs_batch", True),
        ("    from sqs_batch import Record", True),
        ("from sqs_batch import (", True),
        ("import sqs_batch_other", False),
        ("from .sqs_batch import Record", False),
        ("# import sqs_batch", False),
        ("name = 'sqs_batch'", False),
    ],
)
def test_an_import_of_the_runtime_is_seen_in_the_text(folder: Path, line: str, imports: bool) -> None:
    (folder / "handler.py").write_text(f"if True:\n    pass\n{line}\n")
    assert archive.imports(folder / "handler.py", "sqs_batch") is imports


def test_links_are_followed_and_a_link_in_a_circle_is_an_error(folder: Path) -> None:
    (folder / "shared").mkdir()
    (folder / "shared" / "common.py").write_text("")
    (folder / "lib").symlink_to("shared")
    assert list(source_files(folder)) == ["handler.py", "lib/common.py", "shared/common.py"]
    (folder / "again").symlink_to(folder)
    with pytest.raises(UnreadableSource, match="again, a link to a folder above it"):
        source_files(folder)


def test_a_broken_link_is_an_error_that_names_it(folder: Path) -> None:
    (folder / "gone.py").symlink_to(folder / "nowhere.py")
    with pytest.raises(UnreadableSource, match=r"gone\.py, a broken link"):
        source_files(folder)


def test_a_link_to_itself_is_a_broken_link(folder: Path) -> None:
    (folder / "loop.py").symlink_to("loop.py")
    with pytest.raises(UnreadableSource, match=r"loop\.py, a broken link"):
        source_files(folder)


@pytest.mark.parametrize("damage", [0, 1, 30, -1, -22])
def test_a_truncated_archive_in_the_cache_is_written_again(folder: Path, damage: int) -> None:
    archive = write_archive(source_files(folder))
    whole = archive.read_bytes()
    archive.write_bytes(whole[:damage])
    assert write_archive(source_files(folder)) == archive
    assert archive.read_bytes() == whole


def test_a_name_has_one_form_on_every_system(folder: Path) -> None:
    (folder / "cafe\u0301.txt").write_text("")
    assert list(source_files(folder)) == ["caf\u00e9.txt", "handler.py"]
    (folder / "caf\u00e9.txt").write_text("")
    with pytest.raises(UnreadableSource, match="two files whose name is"):
        source_files(folder)


def test_an_archive_that_could_not_be_finished_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        write_archive({"handler.py": folder / "handler.py", "nowhere.py": folder / "nowhere.py"})
    assert list((tmp_path / "cache" / "queue-consumer").iterdir()) == []


def test_archives_that_nobody_has_asked_for_in_a_week_are_removed(folder: Path) -> None:
    old = write_archive(source_files(folder))
    os.utime(old, (0, 0))
    assert write_archive(source_files(folder)) == old  # it is needed again
    os.utime(old, (0, 0))
    (folder / "handler.py").write_text("# changed\n")
    new = write_archive(source_files(folder))
    assert list(new.parent.iterdir()) == [new]
