"""What no import needs is left out of dependencies; what a package may read at run time is not."""

import zipfile
from pathlib import Path

import pytest

from components.packaging.archive import write_archive
from validate import package_of
from wheels import write_wheel

INFO = "chips-1.0.dist-info"
UNUSED = {
    "chips/tests/test_it.py": "import chips.tests.data",
    "chips/tests/data.csv": "1",
    "chips/deep/tests/__init__.py": "",
    "chips/__init__.pyi": "",
    "chips/py.typed": "",
    "chips-stubs/__init__.pyi": "",
    f"{INFO}/sboms/sbom.json": "{}",
    f"{INFO}/zip-safe": "",
    "tests/test_of_a_careless_package.py": "",
}
USED = {
    "chips/test/__init__.py": "# Django's is public",
    "chips/tests.py": "# and so is Jinja's",
    "chips/testing.py": "",
    "chips/data.json": "{}",
    f"{INFO}/top_level.txt": "chips\n",
    f"{INFO}/licenses/LICENSE": "MIT",
    f"{INFO}/licenses/tests/LICENSE": "MIT",
    f"{INFO}/LICENSE.txt": "MIT",
    f"{INFO}/NOTICE": "",
    f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: chips\nVersion: 1.0\n",
}


def packaged(folder: Path, wheels: Path, files: dict[str, str], **options: bool) -> set[str]:
    """Return the names of the packaged files of a dependency."""
    write_wheel(wheels, "chips", files=files)
    (folder / "requirements.txt").write_text("chips==1.0\n")
    package = package_of(folder, function=options)
    assert package.not_installed is None
    return {*zipfile.ZipFile(write_archive(package.all_files, package.dependencies)).namelist()}


def test_tests_stubs_and_the_metadata_of_installers_are_left_out(folder: Path, wheels: Path) -> None:
    found = packaged(folder, wheels, {**UNUSED, **USED})
    assert found == {*USED, "chips/__init__.py", "handler.py", "requirements.txt"}


def test_keep_unused_files_packages_them(folder: Path, wheels: Path) -> None:
    found = packaged(folder, wheels, {**UNUSED, **USED}, keep_unused_files=True)
    assert {*UNUSED, *USED, f"{INFO}/WHEEL"} <= found
    assert f"{INFO}/RECORD" not in found


@pytest.mark.parametrize(
    "text",
    [
        "from .tests.runner import run",
        "from . import  helpers, tests",
        "from chips import (\n    helpers,\n    tests,\n)",
        "    from chips.tests import data",
        "import os, chips.tests.data as data",
        "load('chips.tests.data')",
        'load(".tests", __name__)',
    ],
)
def test_tests_that_other_modules_import_are_packaged(folder: Path, wheels: Path, text: str) -> None:
    assert {*UNUSED} & packaged(folder, wheels, {**UNUSED, "chips/api.py": f"{text}\n"}) >= {
        *("chips/tests/test_it.py", "chips/tests/data.csv", "chips/deep/tests/__init__.py")
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("table/api.py", "from chips.tests import data\n"),
        (f"{INFO}/entry_points.txt", "[plugins]\nx = chips.tests:data\n"),
    ],
)
def test_tests_that_another_package_or_an_entry_point_imports_are_packaged(
    folder: Path, wheels: Path, name: str, text: str
) -> None:
    assert "chips/tests/data.csv" in packaged(folder, wheels, {"chips/tests/data.csv": "1", name: text})


@pytest.mark.parametrize("text", ["import latest, contests", "# from .tests import x", "tests = 1", "'tests'"])
def test_a_text_that_only_looks_like_an_import_keeps_nothing(folder: Path, wheels: Path, text: str) -> None:
    assert "chips/tests/data.csv" not in packaged(folder, wheels, {**UNUSED, "chips/api.py": f"{text}\n"})


@pytest.mark.parametrize("text", ["lazy_loader.attach_stub(__name__, __file__)", "open(folder / 'py.typed')"])
def test_stubs_that_a_package_reads_are_packaged(folder: Path, wheels: Path, text: str) -> None:
    found = packaged(folder, wheels, {**UNUSED, "chips/api.py": f"{text}\n"})
    assert {"chips/__init__.pyi", "chips/py.typed"} <= found
    assert "chips-stubs/__init__.pyi" not in found
