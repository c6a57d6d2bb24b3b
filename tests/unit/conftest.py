from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _hermetic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts in the project's folder, with a cache of its own and nothing of this machine's AWS."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a function whose handler does nothing."""
    path = tmp_path / "function"
    path.mkdir()
    (path / "handler.py").write_text("def handle(event, context):\n    return None\n")
    return path
