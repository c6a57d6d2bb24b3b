"""Fixtures and settings of all tests."""

import signal
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs]

pytest.register_assert_rewrite("error_texts")
from error_texts import ErrorTexts  # noqa: E402

ROOT = Path(__file__).parents[1]
SHARED_FIXTURES = {
    "test_check_examples.py": "wheel",
    "test_wheel.py": "wheel",
    "test_examples.py": "wheel",
    "test_commands.py": "commands",
    "test_plugin.py": "plugin",
    "test_saved_tests.py": "saved tests",
    "test_attach_command.py": "attach command",
    "test_ui_pages.py": "page",
    "test_ui_actions.py": "page",
    "test_ui_safety.py": "page",
    "test_ui_command.py": "page",
    "test_dev_loop.py": "dev loop",
    "test_dlq_list.py": "dead letters",
    "test_operators.py": "operators",
    "test_pausing.py": "pausing",
    "test_status_watch.py": "status watch",
    "test_ui_on_aws.py": "page",
}
"""The files whose tests share a session's or a module's fixture that takes seconds."""
LONG = (
    *("test_dead_letter_page.py", "test_dev_loop.py", "test_workflow.py", "test_attach_kills.py"),
    *("test_dlq_faults.py", "test_docs_on_local_aws.py", "test_simulation_against_local_aws.py", *SHARED_FIXTURES),
)
"""The files that come first, because one of their tests, or a shared fixture, takes long."""

# A busy machine must not fail a test.
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")

# A background job ignores Ctrl-C, and so do its children; tests that press it need the default.
signal.signal(signal.SIGINT, signal.default_int_handler)
# So does `nohup` with the end of a terminal.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-error-texts", action="store_true", help="write tests/error_texts.txt; without xdist")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-error-texts") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--update-error-texts writes one file: run it without -n")


@pytest.hookimpl(trylast=True)  # after pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, and end with unit tests, so that no process works alone at the end."""

    def order(item: pytest.Item) -> int:
        name, folder = item.path.name, item.path.parent.name
        return LONG.index(name) if name in LONG else len(LONG) + (folder == "unit")

    items.sort(key=order)


class Scheduling(LoadScopeScheduling):
    """Runs a unit-test file, and the tests on one expensive fixture, in one process; other tests anywhere."""

    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.partition("::")[0])
        return SHARED_FIXTURES.get(path.name, path.name if path.parent.name == "unit" else nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # it would begin with the files that have the most tests
    return Scheduling(config, log)


@pytest.fixture
def error_text(request: pytest.FixtureRequest, tmp_path: Path) -> ErrorTexts:
    """Compare the texts that users read with those on record."""
    return ErrorTexts(request.node.nodeid, tmp_path, bool(request.config.getoption("--update-error-texts")))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def binaries(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of an environment with the wheel and this environment's dependencies, but without the repository."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "uv", "pip", "install", "--python", python, "--no-deps", "--offline", wheel]
    subprocess.run(install, check=True, capture_output=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # Python reads no path file in a folder that a path file adds, so the editable installation is not found.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"
