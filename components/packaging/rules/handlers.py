"""Rules that the handler exists in `source`, for every language but Python."""

import posixpath
from collections.abc import Iterator

from ...settings import pages
from ...settings.findings import Breach, nearest, show
from ...settings.rules.runtimes import handler_form, language
from ..node_exports import exported_names
from ..package import PackagedSettings
from . import rules

WHY = "every invocation would fail, and every message would end in the dead-letter queue"
BUNDLE = 1_000_000  # bytes; larger files are written by bundlers, and reading one takes a second
NODE_ENDINGS = ("", ".js", ".mjs", ".cjs")  # in the order in which Lambda looks


@rules.error("handler", "source", "runtime", "image_uri", "function.layers", why=WHY, page=pages.LAMBDA_RUNTIMES)
def handler_file_missing(settings: PackagedSettings) -> Iterator[Breach]:
    expected, files = _expected_files(settings), settings.package.files
    # A layer may bring the handler: monitoring tools wrap functions that way.
    if not expected or settings.function.layers or any(name in files for name in expected):
        return
    if language(settings.runtime) == "java" and any(name.endswith(".jar") for name in files):
        return
    words = " or ".join(name for name in expected if posixpath.splitext(name)[1] or len(expected) == 1)
    got = f"{show(settings.handler)} of {settings.runtime}, with no file {words} in {settings.source}"
    typescript = f"{expected[0]}.ts" in files
    fix = (
        "Compile it: Lambda runs no TypeScript"
        if typescript
        else f"Correct it{nearest(expected[-1], settings.package.files)}"
    )
    yield Breach(got, "the handler of a file there", fix)


def _expected_files(settings: PackagedSettings) -> list[str]:
    """Return the names of files, one of which must exist; none if the handler does not name a file."""
    if not settings.package.files or list(handler_form.check(settings)):
        return []
    handler = posixpath.normpath(settings.handler)
    match language(settings.runtime):
        case "nodejs" if not handler.startswith("/"):
            return [f"{_node_module(handler)}{ending}" for ending in NODE_ENDINGS]
        case "ruby":
            return [f"{handler.partition('.')[0]}.rb"]
        case "java":
            return [f"{handler.partition('::')[0].replace('.', '/')}.class"]
        case "dotnet":
            return [f"{handler.partition('::')[0]}.dll"]
        case "provided" | "go":
            return ["bootstrap"]
        case _:
            return []


def _node_module(handler: str) -> str:
    folder, name = posixpath.split(handler)
    return posixpath.join(folder, name.partition(".")[0])


@rules.error("handler", "source", "runtime", "image_uri", why=WHY, page=pages.LAMBDA_NODE)
def handler_export_missing(settings: PackagedSettings) -> Iterator[Breach]:
    files = settings.package.files
    found = next((name for name in _expected_files(settings) if name in files), None)
    if found is None or language(settings.runtime) != "nodejs" or files[found].stat().st_size > BUNDLE:
        return
    expected = posixpath.basename(settings.handler).split(".")[1]
    names = exported_names(files[found].read_text("utf-8", errors="replace"))
    if names is not None and expected not in names:
        got = f"{show(settings.handler)}, with no export {expected!r} in {found}"
        yield Breach(got, "a function that is exported there", f"Correct it{nearest(expected, names)}")
