"""Dependencies are installed from wheels only: a project that writes a file when it is built never writes it."""

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.packaging import dependencies
from components.packaging.requirements import Requirements, find_requirements
from components.packaging.wheels_only import redacted
from error_texts import ErrorTexts
from validate import dependencies_of, findings_of, not_installed
from wheels import write_wheel

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
    "editable, indented": "\t-e\t../evil",
    "editable, after a comment that ends with a backslash": "# why \\\n-e ../evil",
    "editable, after a byte order mark": "\ufeff-e ../evil",
    "editable, after a carriage return": "chips\r-e ../evil",
    "folder": "../evil",
    "folder, as a file URL": "{url}/evil",
    "folder, from a variable": "${{EVIL}}",
    "folder, with a name": "evil @ ../evil",
    "folder, named like a wheel": "../evil.whl",
    "folder, bare": "evil/",
    "sdist": "../links/evil-1.0.tar.gz",
    "sdist, from a URL": "https://127.0.0.1:9/evil-1.0.tar.gz?x=.whl",
    "sdist, from an index": "evil",
    "git": "git+{url}/evil",
    "git, named like a wheel": "evil @ git+{url}/evil.whl",
    "no-binary, of one": "--no-binary evil\nevil",
    "no-binary, on a line with another option": "--pre --no-binary evil\nevil",
    "only-binary, of none": "--only-binary :none:\nevil",
    "in a file that is included": "-r ../more.txt",
    "in a file that is included, in quotes": '--requirement="../more of it.txt"',
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


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project `evil` in every form, and the path `sentinel`, which a build of it writes."""
    base = tmp_path_factory.mktemp("evil")
    backend = BACKEND.format(sentinel=str(base / "sentinel"))
    for name in ("evil", "evil.whl", "function/evil"):
        (base / "beside" / name).mkdir(parents=True)
        for file, text in (("pyproject.toml", BUILT), ("backend.py", backend), ("setup.py", backend)):
            (base / "beside" / name / file).write_text(text)
    (base / "beside" / "links").mkdir()
    with tarfile.open(base / "beside" / "links" / "evil-1.0.tar.gz", "w:gz") as archive:
        archive.add(base / "beside" / "evil", "evil-1.0")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=base / "beside" / "evil", check=True)
    for name in ("more.txt", "more of it.txt"):
        (base / "beside" / name).write_text("-e ../evil\n")
    return base


@pytest.fixture(autouse=True)
def sentinel(
    built: Path, tmp_path: Path, wheels: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The file that a build of `evil`, which is beside the function in every form, writes: no test may leave it."""
    shutil.copytree(built / "beside", tmp_path, dirs_exist_ok=True)
    shutil.copy(tmp_path / "links" / "evil-1.0.tar.gz", wheels)
    write_wheel(wheels, "chips")
    (folder / ".lambdaignore").write_text("evil/\n")
    monkeypatch.setenv("EVIL", "../evil")
    monkeypatch.setenv("MORE", "../more.txt")
    (built / "sentinel").unlink(missing_ok=True)
    yield built / "sentinel"
    assert not (built / "sentinel").exists()


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let uv have requirements that we would refuse."""

    def nothing(*args: Any) -> None: ...

    monkeypatch.setattr("components.packaging.requirements.refuse_build", nothing)


@pytest.mark.parametrize("form", LINES)
def test_no_form_of_a_requirement_is_built(folder: Path, form: str) -> None:
    text = LINES[form].format(url=folder.parent.as_uri())
    (folder / "requirements.txt").write_text(f"{text}\n", newline="")
    not_installed(folder)


@pytest.mark.usefixtures("unchecked")
def test_these_tests_would_notice_a_build(folder: Path, sentinel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "_environment", lambda: dict(os.environ))
    (folder / "requirements.txt").write_text("-e ../evil\n")
    not_installed(folder)
    assert sentinel.read_text() == "built"
    sentinel.unlink()


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("line", ["-e ../evil", "../evil", "evil @ git+{url}/evil", "evil"])
def test_uv_itself_does_not_build_either(folder: Path, line: str) -> None:
    (folder / "requirements.txt").write_text(line.format(url=folder.parent.as_uri()) + "\n")
    assert "(uv: " in str(not_installed(folder))


def test_no_dependency_of_a_wheel_is_built(folder: Path) -> None:
    write_wheel(folder.parent / "wheels", "table", needs=(f"evil @ {folder.parent.as_uri()}/evil",))
    (folder / "requirements.txt").write_text("table\n")
    not_installed(folder)


@pytest.mark.parametrize("line", ["evil @ ../evil", "evil @ {url}/evil", "evil @ git+{url}/evil", "evil"])
def test_no_dependency_of_a_project_is_built(folder: Path, line: str) -> None:
    text = PROJECT.replace('"evil"', repr(line.format(url=folder.parent.as_uri())))
    (folder / "pyproject.toml").write_text(text)
    not_installed(folder)


@pytest.mark.parametrize(
    ("source", "where"), [*((source, "function") for source in SOURCES), ("path", "workspace"), ("git", "workspace")]
)
def test_no_source_of_a_project_or_of_its_workspace_is_built(folder: Path, source: str, where: str) -> None:
    table = f"[tool.uv.sources]\nEvil = {SOURCES[source]}\n"
    workspace = '[project]\nname = "all"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["function", "evil"]\n'
    if source == "workspace" or where == "workspace":
        (folder.parent / "pyproject.toml").write_text(workspace + (table if where == "workspace" else ""))
    (folder / "pyproject.toml").write_text(PROJECT + (table if where == "function" else ""))
    assert "pyproject.toml with Evil from tool.uv.sources, which needs a build" in not_installed(folder).got


def test_sources_that_need_no_build_are_used(folder: Path, wheels: Path) -> None:
    wheel = write_wheel(folder.parent, "felt")
    text = PROJECT.replace('"evil"', '"chips", "felt"') + '[[tool.uv.index]]\nname = "own"\nformat = "flat"\n'
    text += f'url = "{wheels.as_uri()}"\n[tool.uv.sources]\nchips = {{index = "own"}}\nother = {{path = "../evil"}}\n'
    (folder / "pyproject.toml").write_text(f"{text}felt = {{path = '../{wheel.name}'}}\n")
    assert sorted(dependencies_of(folder).packages) == ["chips 1.0", "felt 1.0"]


@pytest.mark.parametrize("file", SETTINGS)
def test_no_settings_of_uv_allow_a_build(
    folder: Path, file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "system"))
    if file == "named.toml":
        monkeypatch.setenv("UV_CONFIG_FILE", str(tmp_path / file))
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(SETTINGS[file])
    (folder / "requirements.txt").write_text("evil\n")
    error = not_installed(folder)
    assert error.got.startswith(f"dependencies, and uv's settings in {tmp_path / file} with ")
    assert error.got.endswith(", which allow builds")
    assert error.fix.startswith("Remove ")


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        *(("UV_CONSTRAINT", text) for text in ("-e ../evil\n", "--no-binary evil\n", "-r ../more.txt\n")),
        *((variable, "evil @ ../evil\n") for variable in ("UV_OVERRIDE", "UV_BUILD_CONSTRAINT")),
    ],
)
def test_no_file_that_a_variable_of_uv_names_is_built(
    folder: Path, variable: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "requirements.txt").write_text("evil\n")
    (folder / "own.txt").write_text(text)
    monkeypatch.setenv(variable, "own.txt")
    assert "which needs a build" in str(not_installed(folder))


@pytest.mark.parametrize("variable", ["UV_WORKING_DIR", "UV_PROJECT", "UV_NO_BINARY", "UV_NO_BINARY_PACKAGE"])
def test_no_variable_of_uv_leads_to_a_build(
    folder: Path, variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("-e ./evil\n")
    (folder / "requirements.txt").write_text("evil\n")
    monkeypatch.setenv(variable, "evil" if "BINARY" in variable else str(tmp_path))
    not_installed(folder)


@pytest.mark.parametrize(
    "text",
    [
        "chips\n-e  ../evil\n",
        "evil @ git+https://me:pw@h/x?t=1 ; python_version > '3'",
        "--no-binary chips\n",
        "-r https://me:pw@h.example/r.txt?sig=abc\n",
        "-c gone.txt\n",
    ],
)
def test_the_error_names_the_line_and_how_to_fix_it(folder: Path, text: str, error_text: ErrorTexts) -> None:
    (folder / "requirements.txt").write_text(text)
    (finding,) = findings_of({"source": str(folder)})
    error_text(str(finding))


@pytest.mark.parametrize(
    "line",
    [
        *("chips", "chips==1.0", "chips [extra] >=1 ; python_version > '3'", "chips(>=1)", "chips --hash=sha256:00"),
        *("./x/chips-1.0-py3-none-any.whl", "chips @ ../chips-1.0-py3-none-any.whl", "my dir/chips-1-py3-none-any.whl"),
        *("file:///x/chips-1.0-py3-none-any.whl", "../chips-1-py3-none-any.whl[x]"),
        "chips[a] @ https://me:pw@h.example:8/chips-1.0-py3-none-any.whl?sig=1#sha256=0 ; python_version > '3'",
        *("--index-url https://h.example/-e/simple", "--find-links ../x", "--only-binary :all:", "--require-hashes"),
    ],
)
def test_names_wheels_and_other_options_are_accepted(folder: Path, line: str) -> None:
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
