"""Decides which files of installed packages no import needs: their tests, type stubs, and installers' metadata.

A file stays if a package may read it at run time. This is decided from text, not from syntax trees, so that it does not
depend on the Python that evaluates the program.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

TESTS = re.compile(r"(?![^/]*\.dist-info/)(?:.*/)?tests/")
STUBS = re.compile(r"(?:.*/)?(?:[^/]*\.pyi|py\.typed)")
CODE = re.compile(r"\.py$|\.dist-info/entry_points\.txt$")
# importlib.metadata reads METADATA, entry_points.txt and top_level.txt. Licenses stay: most demand to be distributed.
METADATA = re.compile(r"[^/]*\.dist-info/(?:WHEEL|RECORD\.\w+|sboms/.*|(?:not-)?zip-safe)")
USES_TESTS = re.compile(
    rb"""^[ \t]*(?:from[ \t]+[\w.]*\btests\b|import[ \t][^#\n]*\btests\b"""
    rb"""|from[ \t]+[\w.]+[ \t]+import[ \t]*(?:\([^)]*|[^#\n(]*)\btests\b)"""
    rb"""|['"][\w.]*\.tests\b[\w.:]*['"]|^[^\n=]+=[ \t]*[\w.]+\.tests\b""",
    re.MULTILINE,
)
"""An import of a package's tests by its other modules; or their name as a text or an entry point, imported later."""
READS_STUBS = re.compile(rb"""attach_stub|\.pyi['"]|py\.typed['"]""")
"""A package that reads stubs at run time, as `lazy_loader` does."""


def unused(files: Mapping[str, Path]) -> set[str]:
    """Return the names of the installed files that no import needs; `files` are all files by their names."""
    tests = {name for name in files if TESTS.match(name)}
    code = {name: path.read_bytes() for name, path in files.items() if CODE.search(name) and name not in tests}
    tested = _packages(tests)
    for name, text in code.items():
        for use in USES_TESTS.finditer(text):
            tested -= {_package(name), *re.findall(r"\w+", use[0].decode(errors="replace"))}
    stubs = {name for name in files if STUBS.fullmatch(name)}
    stubbed = _packages(stubs) - {_package(name) for name, text in code.items() if READS_STUBS.search(text)}
    return (
        {name for name in tests if _package(name) in tested}
        | {name for name in stubs if _package(name) in stubbed}
        | {name for name in files if METADATA.fullmatch(name)}
    )


def _packages(names: Iterable[str]) -> set[str]:
    return set(map(_package, names))


def _package(name: str) -> str:
    """Return the top-level package of a file; `numpy` also for `numpy.libs/x.so` and `numpy.py`."""
    return name.partition("/")[0].partition(".")[0]
