"""What a stranger gets: the wheel, where there is nothing of this repository, used by a program of their own."""

import os
import subprocess
import sys
import sysconfig
import time
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """\
import pulumi
from queue_consumer import QueueConsumer, QueueConsumerArgs

orders = QueueConsumer("orders", QueueConsumerArgs(source="orders", timeout=10))
pulumi.export("queueUrl", orders.queue_url)
"""
HANDLER = """\
from sqs_batch import Record, batch_handler


@batch_handler
def handle(record: Record) -> None:
    print("order", record.json["id"])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def binaries(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and what it depends on from ours; not the repository."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # A path file in a folder that a path file names is not read: so our own editable installation is not seen.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "handler.py").write_text(HANDLER)
    return tmp_path


def run(binaries: Path, project: Path, *command: str, stdin: str = "") -> str:
    environment = {"PATH": os.defpath, "HOME": str(project / "home")}
    done = subprocess.run(
        [binaries / command[0], *command[1:]],
        cwd=project,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_claims_only_the_names_that_are_ours(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == {"queue_consumer", "consumers", "sqs_batch.py", "sqs_send.py"}


def test_its_core_needs_pulumi_and_the_aws_provider_only(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    required = Parser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist") or []
    assert sorted(line.split(">")[0] for line in required if "extra ==" not in line) == ["pulumi", "pulumi-aws"]


def test_its_types_are_seen(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"queue_consumer/py.typed", "consumers/py.typed"} <= set(names)


def test_the_library_is_the_repositorys_own(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    ours = {path.relative_to(ROOT / "components"): path for path in (ROOT / "components").rglob("*.py")}
    assert {f"queue_consumer/{path.as_posix()}" for path in ours} <= set(archive.namelist())
    for path, file in ours.items():
        assert archive.read(f"queue_consumer/{path.as_posix()}") == file.read_bytes()


def test_nothing_of_the_repository_is_needed(binaries: Path, project: Path) -> None:
    code = "import queue_consumer, consumers, sqs_batch, sqs_send; print(queue_consumer.__file__, sqs_batch.__file__)"
    assert str(ROOT / "components") not in run(binaries, project, "python", "-c", code)
    failing = subprocess.run([binaries / "python", "-c", "import components"], cwd=project, check=False, stderr=-1)
    assert failing.returncode


def test_a_program_is_checked_deployed_locally_used_and_removed(binaries: Path, project: Path) -> None:
    assert "orders-mapping" in run(binaries, project, "consumers", "check")
    try:
        run(binaries, project, "consumers", "up")
        run(binaries, project, "consumers", "send", "orders", stdin='{"id": "first"}\n')
        end = time.monotonic() + 30
        while "order first" not in run(binaries, project, "consumers", "logs", "orders"):
            assert time.monotonic() < end, "the message was not handled in time"
            time.sleep(0.1)
    finally:
        run(binaries, project, "consumers", "down", "--yes")
