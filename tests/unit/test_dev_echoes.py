"""Files that every update changes start no endless loop, and files that are saved fast are always updated."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from consumers.dev.echoes import Echoes


class Saves:
    """Files that are changed by updates or between them, and the reports of a watcher while somebody waits."""

    def __init__(self, folder: Path, *meanwhile: Sequence[str]) -> None:
        self._folder, self._meanwhile, self.now = folder, list(meanwhile), 1000.0
        self.echoes = Echoes(self._wait)

    def update(self, trigger: str, *written: str) -> None:
        """Run an update for one file, while which others are written."""
        start, self.now = self.now, self.now + 1
        for name in written:
            self._write(name, start + 0.5)
        self.echoes.updated(frozenset([self._folder / trigger]), start, self.now)

    def seen(self, name: str, *, between: bool = False) -> tuple[list[str], bool]:
        if between:
            self._write(name, self.now + 0.5)
            self.now += 1
        changed, is_echo = self.echoes.strip(frozenset([self._folder / name]))
        return sorted(path.name for path in changed), is_echo

    def _write(self, name: str, moment: float) -> None:
        (self._folder / name).touch()
        os.utime(self._folder / name, (moment, moment))

    def _wait(self, seconds: float) -> frozenset[Path]:
        return frozenset(self._folder / name for name in (self._meanwhile.pop(0) if self._meanwhile else ()))


def test_a_file_that_each_update_changes_is_found_after_three_updates(tmp_path: Path) -> None:
    saves = Saves(tmp_path)
    saves.update("handler.py", "made")
    for _ in range(3):
        assert saves.seen("made") == (["made"], False)
        saves.update("made", "made")
    assert saves.seen("made") == ([], True)


def test_a_file_that_was_found_starts_no_update_when_another_one_is_saved(tmp_path: Path) -> None:
    saves = Saves(tmp_path)
    saves.update("handler.py", "made")
    for _ in range(3):
        saves.seen("made")
        saves.update("made", "made")
    saves.seen("made")
    saves.update("handler.py", "made")
    assert saves.seen("made") == ([], False)
    assert saves.seen("made", between=True) == (["made"], False)  # by hand


def test_a_file_that_is_saved_fast_is_updated_each_time(tmp_path: Path) -> None:
    saves = Saves(tmp_path, *[["handler.py"]] * 100)
    for _ in range(100):
        saves.update("handler.py", "handler.py")
        assert saves.seen("handler.py") == (["handler.py"], False)


@pytest.mark.parametrize("other", ["other.py", "handler.py"])
def test_a_save_between_two_updates_begins_the_count_anew(tmp_path: Path, other: str) -> None:
    saves = Saves(tmp_path)
    for _ in range(10):
        saves.update("handler.py", "handler.py")
        assert saves.seen("handler.py") == (["handler.py"], False)
        saves.update("handler.py")
        assert saves.seen(other, between=True) == ([other], False)


def test_a_deleted_file_is_updated(tmp_path: Path) -> None:
    saves = Saves(tmp_path)
    for _ in range(10):
        saves.update("gone.py")
        assert saves.seen("gone.py") == (["gone.py"], False)
