"""Rules that the Python handler exists in `source`. Its code is parsed, and never imported."""

import ast
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ...settings import pages
from ...settings.findings import Breach, nearest, show
from ...settings.rules.runtimes import handler_form
from ..package import PackagedSettings
from . import rules


@rules.error("handler", "source", "runtime", "image_uri", "function.layers", page=pages.LAMBDA_HANDLER)
def handler_missing(settings: PackagedSettings) -> Iterator[Breach]:
    """Every invocation would fail, and every message would end in the dead-letter queue."""
    if not settings.package.files or not settings.runtime.startswith("python") or list(handler_form.check(settings)):
        return
    name, attribute = handler_of(settings)
    if name not in settings.package.files and settings.function.layers:
        return  # a layer may contain it: monitoring tools wrap functions that way
    if name not in settings.package.files:
        found = [found.removesuffix(".py") for found in settings.package.files if found.endswith(".py")]
        where = f"{show(settings.handler)}, with no file {name} in {settings.source}"
        fix = f"Correct it{nearest(name.removesuffix('.py') or attribute, found)}"
        yield Breach(where, "'file.function' of a file there", fix)
    else:
        yield from _attribute_missing(settings, name, attribute)


def handler_of(settings: PackagedSettings) -> tuple[str, str]:
    """Return the file of the handler and the name in it: `app/main.py` and `run` for `app.main.run`."""
    module, _, attribute = settings.handler.rpartition(".")
    return f"{module.replace('.', '/')}.py", attribute


def _attribute_missing(settings: PackagedSettings, name: str, attribute: str) -> Iterator[Breach]:
    tree = parse(settings.package.files[name])
    if isinstance(tree, ast.Module):
        names = set(_top_level_names(tree.body))
        if attribute not in names and "*" not in names:
            got = f"{show(settings.handler)}, with no {attribute!r} at the top level of {name}"
            yield Breach(got, "a function that is defined there", f"Correct it{nearest(attribute, names)}")
    elif not _newer_than_here(settings.runtime):
        yield Breach(f"{name} with {tree}", "Python that compiles", "Correct it")


@rules.warning("handler", "source", "runtime", page=pages.LAMBDA_HANDLER)
def handler_syntax(settings: PackagedSettings) -> Iterator[Breach]:
    """This machine's Python, older than the function's, cannot compile it, and the function's may not either."""
    name, _ = handler_of(settings)
    file = settings.package.files.get(name)
    if file and _newer_than_here(settings.runtime) and isinstance(problem := parse(file), str):
        fix = f"Correct it, or compile it with {settings.runtime}"
        yield Breach(f"{name} with {problem}", "Python that compiles", fix)


def parse(path: Path) -> ast.Module | str:
    """Return the syntax tree of a file, or what is wrong with it."""
    return _parsed(path.read_bytes())


@functools.lru_cache(maxsize=1)  # two rules read the same file, one after the other
def _parsed(code: bytes) -> ast.Module | str:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError) as error:  # its text differs between Python versions
        line: int | None = getattr(error, "lineno", None)
        return f"a syntax error in line {line}" if line else "bytes that are not Python"


def _newer_than_here(runtime: str) -> bool:
    """Whether the function's Python is newer than this one, whose parser may not know its syntax."""
    version = re.fullmatch(r"python(\d+)\.(\d+)", runtime)
    return version is not None and (int(version[1]), int(version[2])) > sys.version_info[:2]


def _top_level_names(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
        else:
            yield from (leaf.id for leaf in ast.walk(node) if _binds(leaf) and isinstance(leaf, ast.Name))
            for block in ("body", "orelse", "finalbody"):
                yield from _top_level_names(getattr(node, block, []))
            for clause in getattr(node, "handlers", []):
                yield from _top_level_names(clause.body)


def _binds(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
