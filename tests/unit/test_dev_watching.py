"""Which files count as changed for `consumers dev`, whatever an editor or a program does to them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.dev import watching
from consumers.dev.watching import Watcher

WAIT = 30.0
"""Seconds, at the most, until a change is reported."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    (project / "orders").mkdir(parents=True)
    (project / "orders" / "handler.py").write_text("one")
    (project / "__main__.py").write_text("program")
    return project


@pytest.fixture
def watcher(project: Path) -> Iterator[Watcher]:
    watcher = Watcher(project, lambda text: None)
    watcher.start()
    yield watcher
    watcher.stop()


def changed(watcher: Watcher, *expected: Path) -> None:
    """Check that exactly these files are reported, in one report or several."""
    found: set[Path] = set()
    while not found >= set(expected):
        more = watcher.next(WAIT)
        assert more, f"only {found}"
        found |= more
    assert found == set(expected)


def unchanged(watcher: Watcher, project: Path) -> None:
    """Check that nothing was reported before a change that certainly is."""
    mark = project / "mark"
    mark.write_text("mark")
    changed(watcher, mark)


def test_a_new_a_changed_and_a_deleted_file_are_reported(watcher: Watcher, project: Path) -> None:
    new, handler = project / "orders" / "new.py", project / "orders" / "handler.py"
    new.write_text("new")
    changed(watcher, new)
    handler.write_text("two")
    changed(watcher, handler)
    handler.unlink()
    changed(watcher, handler)


def test_a_touch_and_a_save_without_a_change_are_not_reported(watcher: Watcher, project: Path) -> None:
    (project / "orders" / "handler.py").touch()
    (project / "__main__.py").write_text("program")
    unchanged(watcher, project)


@pytest.mark.parametrize(
    "ignored", [".git/HEAD", ".consumers/aws.json", "orders/__pycache__/handler.pyc", "node_modules/a.js", "x.py~"]
)
def test_files_that_are_no_source_are_not_reported(watcher: Watcher, project: Path, ignored: str) -> None:
    (project / ignored).parent.mkdir(parents=True, exist_ok=True)
    (project / ignored).write_text("anything")
    unchanged(watcher, project)


def test_a_file_that_an_editor_creates_and_deletes_is_not_reported(watcher: Watcher, project: Path) -> None:
    (project / "4913").write_text("")
    (project / "4913").unlink()
    unchanged(watcher, project)


def test_a_folder_that_is_renamed_is_reported_with_its_files(watcher: Watcher, project: Path) -> None:
    (project / "orders").rename(project / "bills")
    changed(watcher, project / "orders" / "handler.py", project / "bills" / "handler.py")


def test_a_folder_that_is_moved_into_the_project_is_watched(watcher: Watcher, project: Path) -> None:
    outside = project.with_name("outside")
    outside.mkdir()
    (outside / "handler.py").write_text("one")
    outside.rename(project / "inside")
    handler = project / "inside" / "handler.py"
    changed(watcher, handler)
    handler.write_text("two")
    changed(watcher, handler)


def test_a_project_that_is_deleted_and_created_again_is_watched_again(watcher: Watcher, project: Path) -> None:
    files = (project / "__main__.py", project / "orders" / "handler.py")
    shutil.rmtree(project)
    changed(watcher, *files)
    (project / "orders").mkdir(parents=True)
    for file in files:
        file.write_text("again")
    changed(watcher, *files)
    files[1].write_text("and again")
    changed(watcher, files[1])


def test_a_file_outside_the_project_is_watched_also_after_it_was_replaced(watcher: Watcher, project: Path) -> None:
    shared = project.with_name("shared.py")
    shared.write_text("one")
    watcher.add([shared, project / "orders"])
    for text in ("two", "three"):
        aside = project.with_name("aside")
        aside.write_text(text)
        aside.replace(shared)
        changed(watcher, shared)


def test_what_the_program_has_written_is_not_reported_until_it_is_saved(watcher: Watcher, project: Path) -> None:
    made = project / "made.txt"
    made.write_text("made")
    watcher.note_written([made])
    unchanged(watcher, project)
    made.write_text("saved")
    changed(watcher, made)


def test_a_fifo_in_the_project_does_not_stop_the_watcher(watcher: Watcher, project: Path) -> None:
    os.mkfifo(project / "fifo")
    unchanged(watcher, project)


def test_a_large_file_is_compared_by_size_and_time(
    watcher: Watcher, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LARGE", 8)
    (project / "large").write_text("large file")
    changed(watcher, project / "large")
    (project / "large").write_text("other file")
    changed(watcher, project / "large")


def test_files_are_polled_where_the_system_watches_no_more_of_them(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, messages = watching.watch, list[str]()

    def limited(*paths: Path, force_polling: bool | None, **options: object) -> object:
        if not force_polling:
            raise OSError('OS file watch limit reached. about ["/project/orders"]')
        return watch(*paths, force_polling=True, **options)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(watching, "watch", limited)
    os.utime(project / "__main__.py", (1, 1))
    watcher = Watcher(project, messages.append)
    watcher.start()
    for text in ("one", "two", "six"):  # within a second, and of one size
        (project / "__main__.py").write_text(text)
        changed(watcher, project / "__main__.py")
    watcher.stop()
    assert messages == ["The system cannot watch these files (OS file watch limit reached), so they are polled."]
