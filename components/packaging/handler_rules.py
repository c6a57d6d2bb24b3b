"""Rules that the handler exists in `source`, for every language but Python, whose rules are in `function_source`."""

import posixpath
from collections.abc import Iterator

from ..settings import pages
from ..settings.findings import Breach, nearest, show
from ..settings.model import Settings
from ..settings.rules import rules
from ..settings.rules.runtimes import handler_form, language
from .node_exports import exported_names

WHY = "every invocation would fail, and every message would end in the dead-letter queue"
BUNDLE = 1_000_000  # bytes; files that are larger are made by bundlers, and reading one takes a second
NODE_ENDINGS = ("", ".js", ".mjs", ".cjs")  # in the order in which Lambda looks


@rules.error("handler", "source", "runtime", "image_uri", "function.layers", why=WHY, page=pages.LAMBDA_RUNTIMES)
def handler_file_missing(s: Settings) -> Iterator[Breach]:
    wanted = _wanted(s)
    # A layer may bring the handler: monitoring tools wrap functions that way.
    if not wanted or s.function.layers or any(name in s.files for name in wanted):
        return
    if language(s.runtime) == "java" and any(name.endswith(".jar") for name in s.files):
        return
    words = " or ".join(name for name in wanted if posixpath.splitext(name)[1] or len(wanted) == 1)
    given = f"{show(s.handler)} of {s.runtime}, with no file {words} in {s.source}"
    typescript = f"{wanted[0]}.ts" in s.files
    fix = "Compile it: Lambda runs no TypeScript" if typescript else f"Correct it{nearest(wanted[-1], s.files)}"
    yield Breach(given, "the handler of a file there", fix)


def _wanted(s: Settings) -> list[str]:
    """Return the files of which one must be there; none where that cannot be told."""
    if not s.files or list(handler_form.check(s)):
        return []
    handler = posixpath.normpath(s.handler)
    match language(s.runtime):
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
def handler_export_missing(s: Settings) -> Iterator[Breach]:
    found = next((name for name in _wanted(s) if name in s.files), None)
    if found is None or language(s.runtime) != "nodejs" or s.files[found].stat().st_size > BUNDLE:
        return
    wanted = posixpath.basename(s.handler).split(".")[1]
    names = exported_names(s.files[found].read_text("utf-8", errors="replace"))
    if names is not None and wanted not in names:
        given = f"{show(s.handler)}, with no export {wanted!r} in {found}"
        yield Breach(given, "a function that is exported there", f"Correct it{nearest(wanted, names)}")
