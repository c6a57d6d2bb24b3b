"""What the functions of a program are made of, as its components report it while it runs."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from consumers.dev import syntax
from consumers.library import PackagedSettings, error_text

if TYPE_CHECKING:
    from consumers.library import ComponentSettings, Finding


class Packages:
    """Collects what to watch, and stops the program at code that must not become live.

    The library reports each component's settings to it before it registers resources, so the old code stays.
    """

    def __init__(self, changed: Iterable[Path]) -> None:
        """Only `changed` files are compiled: a package may contain files of others that never compile."""
        self._changed = {path.resolve(): path for path in changed}
        self.sources: set[Path] = set()
        """Folders and files that the packages are made of."""

    def report(self, settings: "ComponentSettings", findings: Iterable["Finding"]) -> None:
        """Raise an error of these settings, or of the syntax of their package, as `pulumi.RunError`."""
        from pulumi import RunError

        if isinstance(settings, PackagedSettings):
            files = [path.resolve() for path in settings.package.files.values()]
            named = [Path(path).resolve() for path in (settings.source, *settings.include) if path]
            self.sources |= {*files, *named}
            if errors := syntax.errors(self._changed[path] for path in files if path in self._changed):
                raise RunError("\n".join(errors))
        if text := error_text(settings, findings):
            raise RunError(text)
