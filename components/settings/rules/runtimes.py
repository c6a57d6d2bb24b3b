"""Rules on the code, the runtime, the handler, and the container image."""

import re
from collections.abc import Iterator

from .. import pages
from ..findings import Breach, nearest, show
from ..model import Settings
from ..shapes import requires
from . import rules

# All runtimes of Lambda's API: a test compares them with botocore's model.
CURRENT_RUNTIMES = (
    "python3.11", "python3.12", "python3.13", "python3.14", "python3.15", "nodejs22.x", "nodejs24.x", "nodejs26.x",
    "ruby3.3", "ruby3.4", "ruby4.0", "dotnet8", "dotnet10", "java8.al2023", "java11.al2023", "java17",
    "java17.al2023", "java21", "java25", "provided.al2023",
)  # fmt: skip
# As on AWS's page in November 2026. A warning, not an error: deployed functions must stay deployable.
DEPRECATED_RUNTIMES = (
    "python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.10", "provided", "provided.al2", "go1.x",
    "java8", "java8.al2", "java11", "ruby2.5", "ruby2.7", "ruby3.2", "nodejs", "nodejs4.3", "nodejs4.3-edge",
    "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x", "nodejs18.x", "nodejs20.x",
    "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet6",
)  # fmt: skip
FORM = re.compile(r"python3\.\d+|nodejs\d+\.x|java\d+(\.al\d+)?|dotnet\d+|ruby\d\.\d|provided\.al\d+")
# The form of a handler by language. The lookahead keeps our default from being a class in Java or an assembly in .NET.
HANDLER_FORMS = {
    "python": (r".+\.[^.]+", "'file.function'"),
    "nodejs": (r"(.*/)?[^/.]+\.[^/]+", "'file.function'"),
    "ruby": (r"[^.]+\..+", "'file.method' or 'file.Class.method'"),
    "java": (r"(?!handler\.handle$)[\w$.]+(::[\w$]+)?", "'package.Class::method'"),
    "dotnet": (r"(?!handler\.handle$)[^:]+(::[^:]+::[^:]+)?", "'Assembly::Namespace.Class::Method'"),
}


def language(runtime: str) -> str:
    """Return a runtime's language, its identifier without the version: `python`, `nodejs`, …"""
    return re.sub(r"[^a-z].*", "", runtime)


@rules.error("source", "code", "image_uri", page=pages.LAMBDA_PYTHON_PACKAGE)
def one_code(settings: Settings) -> Iterator[Breach]:
    """The function has exactly one source of code."""
    got = [name for name in ("source", "code", "image_uri") if getattr(settings, name) is not None]
    if len(got) != 1:
        fix = "Pass source (a folder), code (an archive) or image_uri (a container image)"
        shown = " and ".join(got) or "none of source, code and image_uri"
        yield Breach(shown, "exactly one of source, code and image_uri", fix)


@rules.error("runtime", page=pages.LAMBDA_RUNTIMES)
def unknown_runtime(settings: Settings) -> Iterator[Breach]:
    """Lambda does not have this runtime."""
    runtime = settings.runtime
    if runtime and runtime not in CURRENT_RUNTIMES + DEPRECATED_RUNTIMES and not _is_newer(runtime):
        fix = f"Correct it{nearest(runtime, CURRENT_RUNTIMES)}"
        yield Breach(show(runtime), f"an identifier such as {', '.join(CURRENT_RUNTIMES[:4])}", fix)


def _is_newer(runtime: str) -> bool:
    """Whether this looks like a runtime that is newer than the lists: above all versions of its language."""
    listed = [one for one in CURRENT_RUNTIMES if language(one) == language(runtime)]
    return FORM.fullmatch(runtime) is not None and all(_version(runtime) > _version(one) for one in listed)


def _version(runtime: str) -> list[int]:
    return list(map(int, re.findall(r"\d+", runtime)))


@rules.warning("runtime", page=pages.LAMBDA_RUNTIMES)
def deprecated_runtime(settings: Settings) -> Iterator[Breach]:
    """AWS no longer patches it, and will reject first new functions and then updates with it."""
    if settings.runtime in DEPRECATED_RUNTIMES:
        yield Breach(show(settings.runtime), f"one of {', '.join(CURRENT_RUNTIMES)}", "Move to a current runtime")


@rules.error("handler", "runtime", "image_uri", page=pages.LAMBDA_CREATE_FUNCTION)
def handler_form(settings: Settings) -> Iterator[Breach]:
    """The handler names the function to call, in at most 128 characters without spaces."""
    if settings.image_uri is not None:
        return
    form, description = HANDLER_FORMS.get(language(settings.runtime), (".*", "text"))
    if len(settings.handler) > 128 or re.search(r"\s", settings.handler) or not re.fullmatch(form, settings.handler):
        allowed = f"{description} without spaces, 128 characters at most"
        yield Breach(f"{show(settings.handler)} of {settings.runtime}", allowed, "Correct or shorten it")


@rules.error(
    "image_uri",
    "handler",
    "runtime",
    "function.layers",
    "function.code_signing_config_arn",
    "function.alias.snap_start",
    page=pages.LAMBDA_IMAGES,
)
def image_excludes(settings: Settings) -> Iterator[Breach]:
    """An image contains its runtime, handler and layers, and does not support code signing or SnapStart."""
    function = settings.function
    of_archives = {
        "handler": settings.handler,
        "runtime": settings.runtime,
        "function.layers": function.layers,
        "function.code_signing_config_arn": function.code_signing_config_arn is not None,
        "function.alias.snap_start": function.alias is not None and function.alias.snap_start,
    }
    got = [name for name, value in of_archives.items() if value]
    if settings.image_uri is not None and got:
        fix = "Leave these out; function.image_config overrides the image's own settings"
        yield Breach(f"an image together with {', '.join(got)}", "an image without them", fix)


@rules.error("function.image_config", "image_uri", page=pages.LAMBDA_IMAGES)
def image_config_without_image(settings: Settings) -> Iterator[Breach]:
    """This overrides the entry point, command and working directory of an image."""
    return requires(settings.function.image_config, settings.image_uri is not None, "image_uri")
