"""Rules on the function's code: there is exactly one, and the handler exists in it. Nothing of it is imported."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from .. import pages
from ..findings import Breach, nearest, show
from ..model import Settings
from . import rules
from .runtimes import handler_form


@rules.error("source", "code", "image_uri", page=pages.LAMBDA_PYTHON_PACKAGE)
def one_code(settings: Settings) -> Iterator[Breach]:
    """The function has exactly one source of code."""
    given = [name for name in ("source", "code", "image_uri") if getattr(settings, name) is not None]
    if len(given) != 1:
        fix = "Give source, a folder that is packaged for you, code, an archive, or image_uri, a container image"
        told = " and ".join(given) or "none of source, code and image_uri"
        yield Breach(told, "exactly one of source, code and image_uri", fix)


@rules.error("source", page=pages.LAMBDA_PYTHON_PACKAGE)
def source_unreadable(settings: Settings) -> Iterator[Breach]:
    """The folder is packaged as it is."""
    if settings.source is None:
        return
    folder = Path(settings.source)
    if not folder.is_dir():
        given = f"{show(settings.source)}, {'a file' if folder.exists() else 'which does not exist'} in {_here(folder)}"
        yield Breach(given, "an existing folder", f"Correct the path{nearest(folder.name, _siblings(folder))}")
    elif settings.unreadable:
        yield Breach(
            str(settings.unreadable), "files of the folder that can be read, and no secrets", settings.unreadable.fix
        )
    elif not settings.files:
        yield Breach(
            f"{show(settings.source)}, a folder with nothing to package", "a folder with code", "Add the handler"
        )


def _here(folder: Path) -> str:
    return "the program's folder" if not folder.is_absolute() else show(str(folder.parent))


def _siblings(folder: Path) -> list[str]:
    parent = folder.parent
    return [entry.name for entry in parent.iterdir() if entry.is_dir()] if parent.is_dir() else []


@rules.error("handler", "source", "runtime", "image_uri", "function.layers", page=pages.LAMBDA_HANDLER)
def handler_missing(settings: Settings) -> Iterator[Breach]:
    """Every invocation would fail, and every message would end in the dead-letter queue."""
    if not settings.files or not settings.runtime.startswith("python") or list(handler_form.check(settings)):
        return
    name, attribute = _handler(settings)
    if name not in settings.files and settings.function.layers:
        return  # a layer may bring it: monitoring tools wrap functions that way
    if name not in settings.files:
        found = [found.removesuffix(".py") for found in settings.files if found.endswith(".py")]
        where = f"{show(settings.handler)}, with no file {name} in {settings.source}"
        fix = f"Correct it{nearest(name.removesuffix('.py') or attribute, found)}"
        yield Breach(where, "'file.function' of a file there", fix)
    else:
        yield from _attribute_missing(settings, name, attribute)


def _handler(settings: Settings) -> tuple[str, str]:
    """Return the file of the handler and the name in it: `app/main.py` and `run` for `app.main.run`."""
    module, _, attribute = settings.handler.rpartition(".")
    return f"{module.replace('.', '/')}.py", attribute


def _attribute_missing(settings: Settings, name: str, attribute: str) -> Iterator[Breach]:
    tree = _parse(settings.files[name])
    if isinstance(tree, ast.Module):
        names = set(_top_level_names(tree.body))
        if attribute not in names and "*" not in names:
            given = f"{show(settings.handler)}, with no {attribute!r} at the top level of {name}"
            yield Breach(given, "a function that is defined there", f"Correct it{nearest(attribute, names)}")
    elif not _newer_than_here(settings.runtime):
        yield Breach(f"{name} with {tree}", "Python that compiles", "Correct it")


@rules.warning("handler", "source", "runtime", page=pages.LAMBDA_HANDLER)
def handler_syntax(settings: Settings) -> Iterator[Breach]:
    """This machine's Python, older than the function's, cannot compile it, and the function's may not either."""
    name, _ = _handler(settings)
    if (
        name in settings.files
        and _newer_than_here(settings.runtime)
        and isinstance(problem := _parse(settings.files[name]), str)
    ):
        yield Breach(
            f"{name} with {problem}", "Python that compiles", f"Correct it, or compile it with {settings.runtime}"
        )


def _parse(path: Path) -> ast.Module | str:
    """Return the syntax tree of a file, or what is wrong with it."""
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:  # Python's own words differ between its versions, so they are left out
        line: int | None = getattr(error, "lineno", None)
        return f"a syntax error in line {line}" if line else "bytes that are no Python"


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


@rules.warning("retry", "source", "runtime", page=pages.LAMBDA_SQS_ERRORS)
def retry_without_runtime(settings: Settings) -> Iterator[Breach]:
    """The delays are set by sqs_batch, which the function does not import."""
    if settings.retry is not None and settings.files and not settings.has_runtime:
        yield Breach("delays", "a function that imports sqs_batch", "Use its batch_handler, or leave retry out")


@rules.warning("function.record_metrics", "source", "runtime", page=pages.EMBEDDED_METRICS)
def record_metrics_without_runtime(settings: Settings) -> Iterator[Breach]:
    """The records are counted by sqs_batch, which the function does not import."""
    if settings.function.record_metrics and settings.files and not settings.has_runtime:
        yield Breach("True", "a function that imports sqs_batch", "Use its batch_handler, or leave record_metrics out")
