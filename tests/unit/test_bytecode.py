"""Bytecode in the archive: of every Python file, the same on every machine, compiled once."""

import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from components.packaging import bytecode, interpreters
from components.packaging.archive import stored_size, write_archive
from components.packaging.rules import archives
from rule_cases import THIS_RUNTIME
from validate import package_of, rules_of
from wheels import write_wheel

TAG = sys.implementation.cache_tag
ON: dict[str, Any] = {"runtime": THIS_RUNTIME, "function": {"bytecode": True}}


def archive_of(folder: Path, **args: Any) -> zipfile.ZipFile:
    package = package_of(folder, **{**ON, **args})
    assert (package.not_installed, package.not_compiled) == (None, None)
    return zipfile.ZipFile(write_archive(package.all_files, package.dependencies))


def compiled_in(archive: zipfile.ZipFile) -> list[str]:
    return [name.replace(f".{TAG}.pyc", "") for name in archive.namelist() if name.endswith(".pyc")]


def run(code: str, folder: Path) -> str:
    """Run code with the files of an extracted archive, in a Python that writes no bytecode."""
    command = [sys.executable, "-S", "-B", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_sources_includes_our_modules_and_dependencies_are_compiled(batch: Path, wheels: Path, tmp_path: Path) -> None:
    (batch / "app" / "deep").mkdir(parents=True)
    (batch / "app" / "deep" / "main.py").write_text("x = 1\n")
    (tmp_path / "shared.py").write_text("y = 2\n")
    write_wheel(wheels, "chips", files={"chips/deep/m.py": "n = 3\n", "chips/data.txt": "no code"})
    (batch / "requirements.txt").write_text("chips==1.0\n")
    archive = archive_of(batch, include=[str(tmp_path / "shared.py")])
    assert compiled_in(archive) == [
        *("__pycache__/handler", "__pycache__/shared", "__pycache__/sqs_batch", "app/deep/__pycache__/main"),
        *("chips/__pycache__/__init__", "chips/deep/__pycache__/m"),
    ]
    assert sorted(archive.namelist()) == archive.namelist()
    assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100755}


def test_lambdas_python_imports_the_bytecode_and_does_not_look_at_the_source(folder: Path, tmp_path: Path) -> None:
    (folder / "handler.py").write_text("def handle(event, context):\n    return 'compiled'\n")
    archive_of(folder).extractall(tmp_path / "task")
    (tmp_path / "task" / "handler.py").write_text("raise SystemExit('compiled again')\n")
    assert run("import handler; print(handler.handle({}, None))", tmp_path / "task") == "compiled"


def test_compiling_runs_no_code_of_packages_named_like_pythons_own_modules(folder: Path, wheels: Path) -> None:
    evil = f"open({str(folder / 'ran')!r}, 'w')\n"
    modules = ("py_compile", "enum", "importlib", "traceback", "os", "sitecustomize", "encodings", "codecs")
    write_wheel(wheels, "chips", files={f"{module}.py": evil for module in modules})
    (folder / "requirements.txt").write_text("chips==1.0\n")
    (folder / "usercustomize.py").write_text(evil)
    assert "__pycache__/py_compile" in compiled_in(archive_of(folder))
    assert not (folder / "ran").exists()


def test_without_the_argument_nothing_is_compiled(folder: Path, wheels: Path) -> None:
    write_wheel(wheels, "chips", files={f"chips/__pycache__/__init__.{TAG}.pyc": "of another machine"})
    (folder / "requirements.txt").write_text("chips==1.0\n")
    assert compiled_in(archive_of(folder, function={})) == []
    archive = archive_of(folder)
    assert "of another machine" not in str(archive.read(f"chips/__pycache__/__init__.{TAG}.pyc"))


@pytest.mark.parametrize(("runtime", "handler"), [("nodejs22.x", "index.handle"), ("provided.al2023", "bootstrap")])
def test_only_python_functions_are_compiled(folder: Path, runtime: str, handler: str) -> None:
    assert compiled_in(archive_of(folder, runtime=runtime, handler=handler)) == []


def test_the_archive_with_bytecode_is_the_same_on_every_machine(
    folder: Path, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "def f(x):\n    return x in {'a', 'b', 'c', 'd'}, (1.5, 'e'), [g for g in (x, 'h')], f'{x} {f}'\n"
    write_wheel(wheels, "chips", files={f"chips/m{number}.py": text + f"n = {number}\n" for number in range(9)})
    (folder / "requirements.txt").write_text("chips==1.0\n")
    (folder / "lib.py").write_text(text)
    found: list[bytes] = []
    for machine, variables in (("one", {}), ("two", {"PYTHONHASHSEED": "7", "PYTHONOPTIMIZE": "2"})):
        venv.create(tmp_path / machine / "python", symlinks=True)
        monkeypatch.setattr(interpreters.sys, "executable", str(tmp_path / machine / "python" / "bin" / "python"))
        interpreters._python.cache_clear()  # pyright: ignore[reportPrivateUsage]
        for name, value in {**variables, "XDG_CACHE_HOME": str(tmp_path / machine / "cache")}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(bytecode.tempfile, "tempdir", str(tmp_path / machine))
        elsewhere = folder.rename(tmp_path / machine / "function")
        found.append(Path(str(archive_of(elsewhere).filename)).read_bytes())
        folder = elsewhere
    assert found[0] == found[1]
    assert str(tmp_path).encode() not in found[0]
    assert b"/var/task/chips/m3.py" in found[0]
    interpreters._python.cache_clear()  # pyright: ignore[reportPrivateUsage]


def test_an_unchanged_function_needs_no_python_and_a_change_compiles_one_file(
    folder: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(wheels, "chips")
    (folder / "requirements.txt").write_text("chips==1.0\n")
    (folder / "lib.py").write_text("x = 1\n")
    first = archive_of(folder).filename
    ran: list[list[str]] = []
    compile_folder = bytecode.compile_folder

    def recorded(path: Path, names: Iterable[str], version: str) -> None:
        ran.append([*names])
        compile_folder(path, names, version)

    monkeypatch.setattr(bytecode, "compile_folder", recorded)
    assert archive_of(folder).filename == first
    assert ran == []
    (folder / "lib.py").write_text("x = 2\n")
    assert archive_of(folder).filename != first
    assert ran == [["lib.py"]]


def test_a_file_with_a_syntax_error_has_no_bytecode_and_keeps_no_other_from_having_it(
    folder: Path, wheels: Path
) -> None:
    write_wheel(wheels, "chips", files={"chips/template.py": "print 'Python 2'\n", "chips/zero.py": "\0"})
    (folder / "requirements.txt").write_text("chips==1.0\n")
    (folder / "broken.py").write_text("def f(:\n")
    (folder / "zero.py").write_text("\0")
    for _ in range(2):  # the second time from the cache
        archive = archive_of(folder)
        assert compiled_in(archive) == ["__pycache__/handler", "chips/__pycache__/__init__"]
        assert {"broken.py", "zero.py", "chips/template.py", "chips/zero.py"} <= {*archive.namelist()}
        assert rules_of(folder, **ON) == ["bytecode-syntax", "bytecode-syntax"]


def test_files_with_the_same_content_have_their_own_names_in_tracebacks(folder: Path) -> None:
    for name in ("one.py", "other.py"):
        (folder / name).write_text("x = 1\n")
    archive = archive_of(folder)
    for name in ("one", "other"):
        assert f"/var/task/{name}.py".encode() in archive.read(f"__pycache__/{name}.{TAG}.pyc")


def test_another_python_gets_bytecode_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE", "1")
    assert compiled_in(archive_of(folder, runtime="python3.99")) == ["__pycache__/handler"]
    monkeypatch.delenv("QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE")
    assert rules_of(folder, **{**ON, "runtime": "python3.99"}) == ["bytecode-not-compiled"]


def test_the_limits_of_lambda_count_the_bytecode(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "large.py").write_text("".join(f"def f{n}(x): return [x, '{n}']\n" for n in range(500)))
    package = package_of(folder, **ON)
    size = stored_size(package.files, None)
    assert stored_size(package.all_files, None) > size * 1.5
    monkeypatch.setattr(archives, "UNZIPPED_BYTES", size)
    assert rules_of(folder, runtime=THIS_RUNTIME) == []
    assert rules_of(folder, **ON) == ["source-too-large"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("raise SystemExit('no memory')", "cannot compile: no memory"),
        ("import time; time.sleep(60)", "none within"),
    ],
)
def test_a_python_that_fails_is_an_error(
    folder: Path, program: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bytecode, "PROGRAM", program)
    monkeypatch.setattr(bytecode, "TIMEOUT", 0.5)
    assert expected in str(package_of(folder, **ON).not_compiled)
    assert rules_of(folder, **ON) == ["bytecode-not-compiled"]


def test_a_cache_that_cannot_be_written_is_an_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache" / "queue-consumer").mkdir(parents=True)
    (tmp_path / "cache" / "queue-consumer" / "bytecode").write_text("a file where a folder should be")
    problem = package_of(folder, **ON).not_compiled
    assert problem is not None
    assert problem.got.startswith("True, and the cache cannot be written: ")
    assert "XDG_CACHE_HOME" in problem.fix


def test_the_error_of_a_full_archive_names_packages_with_their_bytecode(folder: Path, wheels: Path) -> None:
    write_wheel(wheels, "chips")
    (folder / "requirements.txt").write_text("chips==1.0\n")
    sizes: list[Mapping[str, int]] = []
    for args in ({}, {"bytecode": True}):
        dependencies = package_of(folder, runtime=THIS_RUNTIME, function=args).dependencies
        assert dependencies is not None
        sizes.append(dependencies.packages)
        assert dependencies.size == sum(dependencies.packages.values())
    assert sizes[1]["chips 1.0"] > sizes[0]["chips 1.0"]
