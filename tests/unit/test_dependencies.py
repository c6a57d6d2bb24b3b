"""Dependencies: installed for the function's platform, cached while nothing changes, the same in every archive."""

import json
import os
import random
import shutil
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from components.packaging import archive, dependencies
from components.packaging.archive import write_archive
from components.packaging.rules import archives
from validate import dependencies_of, findings_of, not_installed, package_of
from wheels import THIS_PYTHON, sha256, write_wheel


def require(folder: Path, *lines: str, file: str = "requirements.txt") -> None:
    (folder / file).write_text("".join(f"{line}\n" for line in lines))


def archive_of(package: Any) -> zipfile.ZipFile:
    assert package.not_installed is None, package.not_installed
    return zipfile.ZipFile(write_archive(package.files, package.dependencies))


def packaged(folder: Path, **args: Any) -> dict[str, str]:
    """Return the files in the archive of a function, as text."""
    archive = archive_of(package_of(folder, **args))
    return {name: archive.read(name).decode() for name in archive.namelist()}


def no_uv(*args: Any, **kwargs: Any) -> None:
    raise AssertionError("uv was started")


@pytest.mark.parametrize(
    ("runtime", "architecture", "tag"),
    [
        ("python3.13", "x86_64", "cp313-cp313-manylinux_2_34_x86_64"),
        ("python3.13", "arm64", "cp313-cp313-manylinux_2_28_aarch64"),
        ("python3.12", "x86_64", "cp312-abi3-manylinux_2_17_x86_64"),
    ],
)
def test_the_wheel_matches_the_functions_python_and_platform(
    folder: Path, wheels: Path, runtime: str, architecture: str, tag: str
) -> None:
    others = ("cp314-cp314-manylinux_2_28_x86_64", "cp310-cp310-manylinux_2_17_x86_64", "py3-none-any")
    for other in (tag, *others, "cp313-cp313-win_amd64", "cp313-cp313-macosx_11_0_arm64"):
        write_wheel(wheels, "chips", tag=other)
    require(folder, "chips")
    files = packaged(folder, runtime=runtime, function={"architecture": architecture})
    assert tag in files["chips/__init__.py"]


def test_a_runtime_on_amazon_linux_2_gets_no_wheel_for_a_newer_glibc(folder: Path, wheels: Path) -> None:
    for python in ("cp311-cp311", "cp312-cp312"):
        write_wheel(wheels, "chips", tag=f"{python}-manylinux_2_28_x86_64")
    require(folder, "chips")
    assert "manylinux_2_28" in packaged(folder, runtime="python3.12")["chips/__init__.py"]
    error = not_installed(folder, runtime="python3.11")
    assert "requirements.txt with a package that has no wheel for Python 3.11 on x86_64-manylinux_2_17" in error.got
    assert error.fix.startswith("Require a version that has such a wheel, choose another runtime or architecture")


def test_dependencies_of_dependencies_are_installed_for_that_platform(folder: Path, wheels: Path) -> None:
    needs = ("felt", "wood; sys_platform == 'win32'", "cloth; python_version < '3.13'")
    write_wheel(wheels, "table", needs=needs)
    for name in ("felt", "wood", "cloth"):
        write_wheel(wheels, name)
    require(folder, "table")
    assert {name.partition("/")[0] for name in packaged(folder)} == {
        *("handler.py", "requirements.txt", "table", "table-1.0.dist-info", "felt", "felt-1.0.dist-info")
    }


def test_an_unchanged_function_needs_neither_uv_nor_its_packages(
    folder: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(wheels, "chips")
    require(folder, "chips")
    first = package_of(folder)
    shutil.rmtree(wheels)
    monkeypatch.setattr(dependencies.subprocess, "run", no_uv)
    assert archive_of(package_of(folder)).filename == archive_of(first).filename
    require(folder, "# a comment", "", "chips  # another")
    assert package_of(folder).dependencies == first.dependencies


@pytest.mark.parametrize(
    ("file", "line", "args"),
    [
        ("requirements.txt", "chips==1.0", {}),
        ("more.txt", "chips==1.0", {}),
        ("fixed.txt", "chips<2", {}),
        ("wheel", "", {}),
        ("", "", {"runtime": "python3.12"}),
        ("", "", {"function": {"architecture": "arm64"}}),
    ],
)
def test_every_change_of_the_requirements_installs_again(
    folder: Path, wheels: Path, file: str, line: str, args: dict[str, Any]
) -> None:
    for version in ("1.0", "2.0", "3.0"):
        write_wheel(wheels, "chips", version)
    for tag in ("cp312-cp312-manylinux_2_28_x86_64", "cp313-cp313-manylinux_2_28_aarch64"):
        write_wheel(wheels, "chips", "2.0", tag)
    write_wheel(folder / "dist", "table")
    require(folder, "-r more.txt", "-c fixed.txt", "./dist/table-1.0-py3-none-any.whl")
    require(folder, "chips>=1.0", file="more.txt")
    require(folder, "chips<3", file="fixed.txt")
    (folder / ".lambdaignore").write_text("dist/\n")
    before = dependencies_of(folder)
    assert sorted(before.packages) == ["chips 2.0", "table 1.0"]
    if line:
        require(folder, line, file=file)
    elif file == "wheel":
        write_wheel(folder / "dist", "table", files={"table/felt.py": "green = True\n"})
    assert dependencies_of(folder, **args).digest != before.digest


def test_the_archive_is_the_same_on_every_machine(
    folder: Path, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(wheels, "table", needs=("chips",), script="deal")
    local = write_wheel(tmp_path / "here", "chips", files={"chips/__pycache__/x.cpython-313.pyc": "machine"})
    archives: list[bytes] = []
    for machine in ("one", "two"):
        elsewhere = tmp_path / machine
        shutil.copytree(folder, elsewhere)
        shutil.copy(local, elsewhere)
        require(elsewhere, "table", f"./{local.name}")
        for variable in ("XDG_CACHE_HOME", "UV_CACHE_DIR"):
            monkeypatch.setenv(variable, str(elsewhere / variable))
        (elsewhere / ".lambdaignore").write_text("*.whl\nXDG_CACHE_HOME/\nUV_CACHE_DIR/\n")
        archive = archive_of(package_of(elsewhere))
        archives.append(Path(str(archive.filename)).read_bytes())
    assert archives[0] == archives[1]
    assert str(tmp_path).encode() not in archives[0]
    assert sorted(archive.namelist()) == archive.namelist()
    assert [name for name in archive.namelist() if "chips" in name or "table" in name] == [
        *("chips-1.0.dist-info/METADATA", "chips/__init__.py"),
        *("table-1.0.dist-info/METADATA", "table-1.0.dist-info/entry_points.txt", "table/__init__.py"),
    ]


def test_hashes_are_checked(folder: Path, wheels: Path) -> None:
    wheel = write_wheel(wheels, "chips")
    require(folder, "--require-hashes", "chips==1.0 \\", f"    --hash=sha256:{sha256(wheel)}")
    assert "chips/__init__.py" in packaged(folder)
    require(folder, "chips==1.0 \\", f"    --hash=sha256:{'0' * 64}")
    assert "Hash mismatch for `chips==1.0`" in str(not_installed(folder))


def test_pyproject_is_read_where_requirements_name_nothing(folder: Path, wheels: Path) -> None:
    write_wheel(wheels, "chips")
    write_wheel(wheels, "table")
    project = '[project]\nname = "hands"\nversion = "1"\ndependencies = ["chips"]\n'
    (folder / "pyproject.toml").write_text(project)
    assert "chips/__init__.py" in packaged(folder)
    require(folder, "# see pyproject.toml")
    assert "chips/__init__.py" in packaged(folder)
    require(folder, "table")
    files = packaged(folder)
    assert "table/__init__.py" in files
    assert "chips/__init__.py" not in files


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[project\n", "pyproject.toml, which is not TOML"),
        ('[project]\nname = "x"\ndynamic = ["dependencies"]\n', "pyproject.toml with dynamic dependencies"),
        ('[project]\nname = "x"\nversion = "1"\ndependencies = ["a=1"]\n', "uv cannot read without a build"),
        ('[project]\ndependencies = ["a"]\n', "the required `project.name` field is not set"),
        ('[project]\ndependencies = "a"\n', "pyproject.toml with dependencies that are not a list of texts"),
        ("[project]\ndependencies = [1]\n", "pyproject.toml with dependencies that are not a list of texts"),
    ],
)
@pytest.mark.usefixtures("wheels")
def test_an_unusable_pyproject_is_an_error(folder: Path, text: str, expected: str) -> None:
    (folder / "pyproject.toml").write_text(text)
    assert expected in str(not_installed(folder))


@pytest.mark.parametrize(
    ("file", "text", "args"),
    [
        ("requirements.txt", "", {}),
        ("pyproject.toml", "[tool.ruff]\nline-length = 120\n", {}),
        ("pyproject.toml", '[project]\nname = "hands"\ndependencies = []\n', {}),
        ("requirements.txt", "chips\n", {"runtime": "nodejs22.x", "handler": "index.handle"}),
        ("lib/requirements.txt", "chips\n", {}),
        (".lambdaignore", "requirements.txt\n", {}),
    ],
)
def test_uv_does_not_run_where_nothing_is_required(
    folder: Path, file: str, text: str, args: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependencies.subprocess, "run", no_uv)
    (folder / "lib").mkdir()
    if file == ".lambdaignore":
        require(folder, "chips")
    (folder / file).write_text(text)
    package = package_of(folder, **args)
    assert (package.dependencies, package.not_installed) == (None, None)
    assert (file in package.files) is (file != ".lambdaignore")


def test_several_functions_may_include_one_requirements_file(folder: Path, wheels: Path, tmp_path: Path) -> None:
    write_wheel(wheels, "chips")
    require(tmp_path, "chips==1.0")
    assert "chips/__init__.py" in packaged(folder, include=[str(tmp_path / "requirements.txt")])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["chips==9"], "Because there is no version of chips==9 and you require chips==9"),
        (["chips", "table=1.0"], "requirements.txt, line 2: no such comparison operator"),
        (["chips", "", "!!"], "requirements.txt:3:1"),
        (["no-such-package"], "no-such-package was not found"),
    ],
)
def test_an_error_of_uv_is_one_line_of_its_output(folder: Path, wheels: Path, lines: list[str], expected: str) -> None:
    write_wheel(wheels, "chips")
    require(folder, *lines)
    error = not_installed(folder)
    assert error.got.startswith("requirements.txt, which cannot be installed for Python 3.13 on x86_64-manylinux")
    assert expected in error.got
    assert "\n" not in error.got
    assert error.fix == "Correct it"


@pytest.mark.parametrize(
    ("line", "index"),
    [
        ("chips", "http://me:secret@127.0.0.1:9/simple?token=secret"),
        ("chips @ http://me:secret@127.0.0.1:9/chips-1.0-py3-none-any.whl?sig=secret&v=secret", ""),
        ("--index-url http://me:secret@127.0.0.1:port/simple?token=secret", ""),
        ("--find-links http://me:secret@127.0.0.1:9/simple?token=secret", ""),
    ],
)
@pytest.mark.usefixtures("wheels")
def test_no_error_of_uv_contains_a_secret_of_a_url(
    folder: Path, line: str, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    if index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index)
    require(folder, "felt", line)
    error = not_installed(folder)
    assert not index or error.fix.startswith("Check the network and the package index")
    assert "(uv: " in error.got
    assert "127.0.0.1:" in error.got
    assert "secret" not in error.got


@pytest.fixture
def path(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where uv may be; its Python package is not installed."""
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", str(wheels))
    return wheels


@pytest.mark.usefixtures("path")
def test_without_uv_the_error_has_the_command_that_installs_it(folder: Path) -> None:
    require(folder, "chips")
    error = not_installed(folder)
    assert error.got == "requirements.txt, and there is no uv to install it with"
    assert "pip install 'sqs-queue-consumer[packaging]'" in error.fix


def test_uv_on_path_is_enough(folder: Path, path: Path) -> None:
    (path / "uv").symlink_to(find_uv_bin())
    write_wheel(path, "chips")
    require(folder, "chips")
    assert "chips/__init__.py" in packaged(folder)


def test_uv_is_stopped_after_a_timeout(folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path / "uv").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    (path / "uv").chmod(0o755)
    monkeypatch.setattr(dependencies, "TIMEOUT", 0.2)
    require(folder, "chips")
    assert not_installed(folder).got == "requirements.txt, which uv has not installed within 0.2 seconds"


def test_a_cache_that_cannot_be_written_is_an_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    require(folder, "chips")
    error = not_installed(folder)
    assert error.got.startswith("requirements.txt, which cannot be installed into the cache: ")
    assert "XDG_CACHE_HOME" in error.fix


def test_programs_that_install_at_the_same_time_get_the_same_archive(
    folder: Path, wheels: Path, tmp_path: Path
) -> None:
    write_wheel(wheels, "chips", files={f"chips/m{number}.py": f"n = {number}\n" for number in range(50)})
    require(folder, "chips")
    with ThreadPoolExecutor(4) as programs:
        packages = list(programs.map(package_of, [folder] * 4))
    assert len({write_archive(one.files, one.dependencies).read_bytes() for one in packages}) == 1
    cached = tmp_path / "cache" / "queue-consumer" / "dependencies"
    assert sorted(path.suffix for path in cached.iterdir()) == [".json", ".zip"]


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [(".zip", None), (".zip", b""), (".zip", b"PK\3\4"), (".json", None), (".json", b'{"digest": "'), (".json", b"{}")],
)
def test_a_damaged_cache_is_filled_again(folder: Path, wheels: Path, suffix: str, damage: bytes | None) -> None:
    write_wheel(wheels, "chips")
    require(folder, "chips")
    before = dependencies_of(folder)
    (index,) = before.archive.parent.glob("*.json")
    damaged = index if suffix == ".json" else before.archive
    damaged.unlink()
    if damage is not None:
        damaged.write_bytes(damage)
    assert dependencies_of(folder) == before
    assert zipfile.is_zipfile(before.archive)
    assert json.loads(index.read_text())["digest"] == before.digest


def test_dependencies_that_are_unused_for_a_month_are_removed_from_the_cache(folder: Path, wheels: Path) -> None:
    write_wheel(wheels, "chips")
    write_wheel(wheels, "table")
    require(folder, "chips")
    used = dependencies_of(folder)
    require(folder, "table")
    unused = dependencies_of(folder)
    cache = used.archive.parent
    (cache / "tmp-of-a-killed-program").mkdir()
    for path in cache.iterdir():
        os.utime(path, (0, 0))
    require(folder, "chips")
    assert dependencies_of(folder) == used
    require(folder, "chips", "table")
    dependencies_of(folder)
    assert used.archive.is_file()
    assert not unused.archive.exists()
    assert len(list(cache.iterdir())) == 4


def test_wheels_of_this_python_are_installed_for_this_machine(
    folder: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(wheels, "chips", tag=THIS_PYTHON)
    write_wheel(wheels, "chips", tag="cp314-cp314-manylinux_2_28_x86_64")
    require(folder, "chips")
    lambdas = packaged(folder, runtime="python3.14")
    monkeypatch.setenv("QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE", "1")
    ours = packaged(folder, runtime="python3.14")
    assert "manylinux_2_28" in lambdas["chips/__init__.py"]
    assert THIS_PYTHON in ours["chips/__init__.py"]


def test_an_archive_that_is_too_large_deflated_is_an_error_with_the_largest_packages(
    folder: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (archive, archives):
        monkeypatch.setattr(module, "DIRECT_UPLOAD_BYTES", 100_000)
    for number in range(5):
        data = random.Random(number).randbytes(number * 40_000).hex()
        write_wheel(wheels, f"chips{number}", files={f"chips{number}/data.txt": data})
    require(folder, *(f"chips{number}==1.0" for number in range(5)))
    (finding,) = findings_of({"source": str(folder)})
    assert str(finding).startswith("source: got an archive of 0.4 MB; allowed: at most 50 MB. ")
    assert "the largest: chips4 1.0 (0.3 MB), chips3 1.0 (0.2 MB), chips2 1.0 (0.2 MB)." in str(finding)


def test_packages_have_a_size_and_their_names(folder: Path, wheels: Path) -> None:
    write_wheel(wheels, "chips", files={"chips/data.bin": "x" * 5_000, "chips_data.py": "y" * 7_000})
    write_wheel(wheels, "table")
    require(folder, "chips", "table")
    found = dependencies_of(folder)
    assert list(found.packages) == ["chips 1.0", "table 1.0"]
    assert 12_000 < found.packages["chips 1.0"] < 13_000
    assert sum(found.packages.values()) == found.size
    assert found.names["chips_data.py"] == "chips 1.0"
