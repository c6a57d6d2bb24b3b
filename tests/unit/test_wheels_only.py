"""Nothing is built, whatever asks for it: a project that would write a file when it is built never does."""

import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from components import validation
from components.packaging import dependencies, wheels_only
from components.packaging.requirements import Requirements, find_requirements
from components.packaging.wheels_only import NotInstalled, redacted
from consumers.cli import main
from wheels import write_wheel

PROGRAM = """
from components import QueueConsumer
QueueConsumer("hands", {{"source": {source!r}}})
"""
BACKEND = """
import pathlib
pathlib.Path({sentinel!r}).write_text("built")
raise SystemExit("no build")
"""
BUILT = """[project]
name = "evil"
version = "1.0"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
PROJECT = '[project]\nname = "hands"\nversion = "1"\ndependencies = ["evil"]\n'
LINES = {
    "editable": "-e ../evil",
    "editable, long": "--editable ../evil",
    "editable, with =": "--editable=../evil",
    "editable, from a URL": "-e {url}/evil",
    "editable, indented": "\t-e\t../evil",
    "editable, with extras": "-e ../evil[more]",
    "editable, from a variable": "-e ${{EVIL}}",
    "editable, after a comment that ends with a backslash": "# why \\\n-e ../evil",
    "editable, after a comment beside a requirement": "chips # why \\\n-e ../evil",
    "editable, after a byte order mark": "\ufeff-e ../evil",
    "editable, after a carriage return": "chips\r-e ../evil",
    "folder": "../evil",
    "folder, as .": ".",
    "folder, as a file URL": "{url}/evil",
    "folder, from a variable": "${{EVIL}}",
    "folder, with a name": "evil @ ../evil",
    "folder, with a name and a file URL": "evil @ {url}/evil",
    "folder, named like a wheel": "../evil.whl",
    "folder, bare": "evil/",
    "sdist": "../links/evil-1.0.tar.gz",
    "sdist, with a name": "evil @ ../links/evil-1.0.tar.gz",
    "sdist, from a URL": "https://127.0.0.1:9/evil-1.0.tar.gz?x=.whl",
    "sdist, from an index": "evil",
    "git": "git+{url}/evil",
    "git, with a name": "evil @ git+{url}/evil",
    "git, editable": "-e git+{url}/evil#egg=evil",
    "git, named like a wheel": "evil @ git+{url}/evil.whl",
    "hg": "hg+https://127.0.0.1:9/evil",
    "no-binary, of one": "--no-binary evil\nevil",
    "no-binary, with =": "--no-binary=evil\nevil",
    "no-binary, of all": "--no-binary :all:\nevil",
    "no-binary, on a line with another option": "--pre --no-binary evil\nevil",
    "only-binary, of none": "--only-binary :none:\nevil",
    "in a file that is included": "-r ../more.txt",
    "in a file that is included, with a space in its name": "-r ../more of it.txt",
    "in a file that is included, in quotes": '--requirement="../more.txt"',
    "in a file that is included, as a URL": "-r {url}/more.txt",
    "in a file that is included, from a variable": "-r ${{MORE}}",
    "in constraints": "-c ../more.txt\nevil",
}
SOURCES = {
    "path": "{path = '../evil'}",
    "editable": "{path = '../evil', editable = true}",
    "workspace": "{workspace = true}",
    "git": "{git = 'file:///evil'}",
    "url": "{url = 'https://127.0.0.1:9/evil.tar.gz'}",
    "several": "[{index = 'x'}, {path = '../evil', editable = true, marker = \"sys_platform != 'x'\"}]",
    "no table": "1",
}
SETTINGS = {
    "uv.toml": "no-binary-package = ['evil']\n",
    "function/uv.toml": "[pip]\nno-binary = ['evil']\n",
    "function/pyproject.toml": "[tool.uv]\nno-binary-package = ['evil']\n",
    "pyproject.toml": "[tool.uv.pip]\nonly-binary = [':none:']\nno-build = false\n",
    "config/uv/uv.toml": "[pip]\nno-binary = ['evil']\n",
    "system/uv/uv.toml": "[pip]\nno-binary = ['evil']\n",
    "named.toml": "[pip]\nno-binary = ['evil']\n",
}


@pytest.fixture
def sentinel(tmp_path: Path, wheels: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a build of `evil` writes; `evil` lies beside the function in every form."""
    path = tmp_path / "sentinel"
    backend = BACKEND.format(sentinel=str(path))
    for name in ("evil", "evil.whl", "function/evil"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text(BUILT)
        (tmp_path / name / "backend.py").write_text(backend)
        (tmp_path / name / "setup.py").write_text(backend)
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path / "evil", check=True)
    (tmp_path / "links").mkdir()
    for target in (tmp_path / "links", wheels):
        with tarfile.open(target / "evil-1.0.tar.gz", "w:gz") as archive:
            archive.add(tmp_path / "evil", "evil-1.0", filter=lambda file: None if ".git" in file.name else file)
    write_wheel(wheels, "chips")
    for name in ("more.txt", "more of it.txt"):
        (tmp_path / name).write_text("-e ../evil\n")
    (folder / ".lambdaignore").write_text("evil/\n")
    monkeypatch.setenv("EVIL", "../evil")
    monkeypatch.setenv("MORE", "../more.txt")
    return path


def problem(folder: Path) -> NotInstalled:
    known = validation.examine("hands", {"source": str(folder)})[0]
    assert known.package.not_installed is not None, known.package.dependencies
    return known.package.not_installed


def checked(folder: Path) -> str:
    """What `consumers check` prints of a program with this function."""
    (folder.parent / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    (folder.parent / "__main__.py").write_text(PROGRAM.format(source=str(folder)))
    result = CliRunner().invoke(main, ["check", "--project", str(folder.parent)])
    assert result.exit_code == 1, result.output
    return result.output


@pytest.mark.parametrize("form", LINES)
def test_no_form_of_a_requirement_is_built(folder: Path, sentinel: Path, form: str) -> None:
    text = LINES[form].format(url=folder.parent.as_uri())
    (folder / "requirements.txt").write_text(f"{text}\n", newline="")
    assert "dependencies-not-installed" in checked(folder)
    problem(folder)
    assert not sentinel.exists()


def test_a_build_is_seen_by_these_tests(
    folder: Path, sentinel: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nothing(*args: Any) -> None: ...

    monkeypatch.setattr("components.packaging.requirements.refuse_build", nothing)
    monkeypatch.setattr(dependencies, "_environment", lambda: dict(os.environ))
    (folder / "requirements.txt").write_text("-e ../evil\n")
    problem(folder)
    assert sentinel.read_text() == "built"


@pytest.mark.parametrize("line", ["-e ../evil", "../evil", "evil @ git+{url}/evil", "evil"])
def test_uv_alone_would_not_build_either(
    folder: Path, sentinel: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*args: Any) -> None: ...

    monkeypatch.setattr("components.packaging.requirements.refuse_build", nothing)
    (folder / "requirements.txt").write_text(line.format(url=folder.parent.as_uri()) + "\n")
    assert "(uv: " in str(problem(folder))
    assert not sentinel.exists()


def test_what_a_wheel_needs_is_not_built(folder: Path, sentinel: Path) -> None:
    write_wheel(folder.parent / "wheels", "table", needs=(f"evil @ {folder.parent.as_uri()}/evil",))
    (folder / "requirements.txt").write_text("table\n")
    assert "dependencies-not-installed" in checked(folder)
    assert not sentinel.exists()


@pytest.mark.parametrize("line", ["evil @ ../evil", "evil @ {url}/evil", "evil @ git+{url}/evil", "evil"])
def test_no_dependency_of_a_project_is_built(folder: Path, sentinel: Path, line: str) -> None:
    text = PROJECT.replace('"evil"', repr(line.format(url=folder.parent.as_uri())))
    (folder / "pyproject.toml").write_text(text)
    assert "dependencies-not-installed" in checked(folder)
    assert not sentinel.exists()


@pytest.mark.parametrize("where", ["function", "workspace"])
@pytest.mark.parametrize("source", SOURCES)
def test_no_source_of_a_project_or_of_its_workspace_is_built(
    folder: Path, sentinel: Path, source: str, where: str
) -> None:
    table = f"[tool.uv.sources]\nEvil = {SOURCES[source]}\n"
    workspace = '[project]\nname = "all"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["function", "evil"]\n'
    if source == "workspace" or where == "workspace":
        (folder.parent / "pyproject.toml").write_text(workspace + (table if where == "workspace" else ""))
    (folder / "pyproject.toml").write_text(PROJECT + (table if where == "function" else ""))
    assert "pyproject.toml with Evil from tool.uv.sources, which needs a build" in checked(folder)
    assert not sentinel.exists()


def test_sources_of_other_packages_and_indexes_stay(folder: Path, wheels: Path, sentinel: Path) -> None:
    wheel = write_wheel(folder.parent, "felt")
    text = PROJECT.replace('"evil"', '"chips", "felt"') + '[[tool.uv.index]]\nname = "own"\nformat = "flat"\n'
    text += f'url = "{wheels.as_uri()}"\n[tool.uv.sources]\nchips = {{index = "own"}}\nother = {{path = "../evil"}}\n'
    (folder / "pyproject.toml").write_text(f"{text}felt = {{path = '../{wheel.name}'}}\n")
    known = validation.examine("hands", {"source": str(folder)})[0]
    assert known.package.dependencies is not None, known.package.not_installed
    assert sorted(known.package.dependencies.packages) == ["chips 1.0", "felt 1.0"]
    assert not sentinel.exists()


@pytest.mark.parametrize("file", SETTINGS)
def test_no_settings_of_uv_allow_a_build(
    folder: Path, sentinel: Path, file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "system"))
    if file == "named.toml":
        monkeypatch.setenv("UV_CONFIG_FILE", str(tmp_path / file))
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(SETTINGS[file])
    (folder / "requirements.txt").write_text("evil\n")
    error = problem(folder)
    assert error.given.startswith(f"dependencies, and uv's settings in {tmp_path / file} with ")
    assert error.given.endswith(", which allow builds")
    assert error.fix.startswith("Remove ")
    checked(folder)
    assert not sentinel.exists()


@pytest.mark.parametrize("variable", ["UV_CONSTRAINT", "UV_OVERRIDE", "UV_BUILD_CONSTRAINT"])
@pytest.mark.parametrize("text", ["-e ../evil\n", "--no-binary evil\n", "evil @ ../evil\n", "-r ../more.txt\n"])
def test_no_file_of_the_environment_asks_for_a_build(
    folder: Path, sentinel: Path, variable: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "requirements.txt").write_text("evil\n")
    (folder / "own.txt").write_text(text)
    monkeypatch.setenv(variable, "own.txt")
    assert "which needs a build" in str(problem(folder))
    assert not sentinel.exists()


@pytest.mark.parametrize("variable", ["UV_WORKING_DIR", "UV_PROJECT", "UV_NO_BINARY", "UV_NO_BINARY_PACKAGE"])
def test_no_variable_of_uv_gives_it_other_files_or_builds(
    folder: Path, sentinel: Path, variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("-e ./evil\n")
    (folder / "requirements.txt").write_text("evil\n")
    monkeypatch.setenv(variable, "evil" if "BINARY" in variable else str(tmp_path))
    problem(folder)
    assert not sentinel.exists()


@pytest.mark.parametrize(
    ("text", "given", "fix"),
    [
        ("chips\n-e  ../evil\n", "requirements.txt with '-e  ../evil', which needs a build", wheels_only.TODO),
        ("evil @ git+https://me:pw@h/x?t=1 ; python_version > '3'", None, wheels_only.TODO),
        ("--no-binary chips\n", "requirements.txt with '--no-binary chips', which needs a build", "Remove --no-binary"),
        (
            "-r https://me:pw@h.example/r.txt?sig=abc\n",
            "requirements.txt with '-r https://h.example/r.txt?****', which is no file here",
            "Correct the path, or copy the file to there: a URL cannot be checked",
        ),
        (
            "-c gone.txt\n",
            "requirements.txt with '-c gone.txt', which is no file here",
            "Correct the path, or copy the file to there: a URL cannot be checked",
        ),
    ],
)
def test_the_error_names_the_line_and_what_to_do(folder: Path, text: str, given: str | None, fix: str) -> None:
    (folder / "requirements.txt").write_text(text)
    error = problem(folder)
    shown = "requirements.txt with \"evil @ git+https://h/x?**** ; python_version > '3'\", which needs a build"
    assert (error.given, error.fix) == (given or shown, fix)
    assert wheels_only.TODO == (
        "Package its code with include, or build a wheel (uv build --wheel) and require that: "
        "./dist/shared-1.0-py3-none-any.whl"
    )


@pytest.mark.parametrize(
    "line",
    [
        *("chips", "chips==1.0", "chips [extra] >=1 ; python_version > '3'", "chips(>=1)", "chips --hash=sha256:00"),
        *("./x/chips-1.0-py3-none-any.whl", "chips @ ../chips-1.0-py3-none-any.whl", "chips-1.0-py3-none-any.whl"),
        *(
            "file:///x/chips-1.0-py3-none-any.whl",
            "my dir/chips-1.0-py3-none-any.whl",
            "../chips-1-py3-none-any.whl[x]",
        ),
        "chips[a] @ https://me:pw@h.example:8/chips-1.0-py3-none-any.whl?sig=1#sha256=0 ; python_version > '3'",
        *("--index-url https://h.example/-e/simple", "--find-links ../x", "--only-binary :all:", "--require-hashes"),
    ],
)
def test_names_wheels_and_other_options_need_no_build(folder: Path, line: str) -> None:
    (folder / "requirements.txt").write_text(f"chips\n{line}\n")
    assert isinstance(find_requirements({"requirements.txt": folder / "requirements.txt"}), Requirements)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at https://me:pw@h.example/x: no", "at https://h.example/x: no"),
        ("(https://h.example/x?sig=a,b%20c&t=d)", "(https://h.example/x?****)"),
        ("`http://h/x?token=a`, and `//me@h/y?token`.", "`http://h/x?****`, and `//h/y?****`."),
        ("https://me:a/b@h.example/x", "https://h.example/x"),
        ("https://me:a?b@h.example/x", "https://h.example/x"),
        ("git+https://h.example:80/x@v1.0", "git+https://h.example:80/x@v1.0"),
        ("https://h/x?t=a#sha256=1 and https://h/y?t=b: refused", "https://h/x?**** and https://h/y?****: refused"),
        ("is it there?", "is it there?"),
    ],
)
def test_urls_are_printed_without_users_passwords_and_queries(text: str, shown: str) -> None:
    assert redacted(text) == shown
