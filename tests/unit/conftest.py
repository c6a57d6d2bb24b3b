from pathlib import Path

import pytest

from wheels import only_wheels_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _hermetic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts in the repository's folder with an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)
    # uv finds only the wheels that the test has written.
    for name, value in only_wheels_of(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE", raising=False)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """The folder where uv finds packages."""
    path = tmp_path / "wheels"
    path.mkdir()
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a function whose handler does nothing."""
    path = tmp_path / "function"
    path.mkdir()
    (path / "handler.py").write_text("def handle(event, context):\n    return None\n")
    return path


@pytest.fixture
def batch(folder: Path) -> Path:
    """The folder of a function that uses `sqs_batch`."""
    (folder / "handler.py").write_text("from sqs_batch import batch_handler\n\n@batch_handler\ndef handle(r): ...\n")
    return folder
