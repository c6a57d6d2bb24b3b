"""Rules on the bytecode in the archive."""

from collections.abc import Iterator

from ...settings import pages
from ...settings.findings import Breach
from ...settings.rules.runtimes import language
from ..package import PackagedSettings
from ..package_filter import IGNORE_FILE
from . import rules
from .python_handlers import handler_of, parse


@rules.error("function.bytecode", "source", "runtime", page=pages.LAMBDA_PYTHON_PACKAGE)
def bytecode_not_compiled(settings: PackagedSettings) -> Iterator[Breach]:
    """Without bytecode, this machine would build another archive than a machine that can compile it."""
    if problem := settings.package.not_compiled:
        yield Breach(problem.got, "a machine with the function's Python", problem.fix)


@rules.warning("function.bytecode", "source", "runtime", page=pages.LAMBDA_PYTHON_PACKAGE)
def bytecode_without_source(settings: PackagedSettings) -> Iterator[Breach]:
    """Only Python that is packaged from source is compiled."""
    if settings.function.bytecode and (settings.source is None or language(settings.runtime) != "python"):
        yield Breach("True", "source with a Python runtime", "Set both, or leave bytecode out")


@rules.warning("function.bytecode", "source", "include", "runtime", "handler", page=pages.LAMBDA_PYTHON_PACKAGE)
def bytecode_syntax(settings: PackagedSettings) -> Iterator[Breach]:
    """Lambda cannot import such a file."""
    for name in settings.package.bytecode.broken:
        if name != handler_of(settings)[0]:  # other rules judge the handler's file
            problem = parse(settings.package.files[name])
            what = problem if isinstance(problem, str) else f"syntax that {settings.runtime} does not have"
            yield Breach(f"{name} with {what}", "Python that compiles", f"Correct it, or name it in {IGNORE_FILE}")
