"""The package of a function: the files and dependencies of its `source`, or why they cannot be packaged."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..settings.model import Settings
from .archive import RUNTIME_FILE, Dependencies, UnreadableSource, function_files, python_sizes
from .bytecode import Bytecode, compiled
from .dependencies import install, target_of
from .interpreters import NotCompiled
from .requirements import Requirements, find_requirements
from .wheels_only import NotInstalled

PYTHON = re.compile(r"python3\.\d+")


@dataclass(frozen=True)
class Package:
    """What the archive of a function is made of; empty with `code` and `image_uri`, which are not inspected."""

    files: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """By their names in the archive: the files of `source` and `include`, and the modules of ours that they import."""
    unreadable: UnreadableSource | None = None
    """Why `source` cannot be packaged, if it cannot."""
    requirements: Requirements | None = None
    dependencies: Dependencies | None = None
    not_installed: NotInstalled | None = None
    """Why the requirements cannot be installed, if they cannot."""
    bytecode: Bytecode = field(default_factory=Bytecode)
    """The bytecode of `files`."""
    not_compiled: NotCompiled | None = None
    """Why there is no bytecode, if it cannot be made."""
    python_sizes: tuple[int, ...] = ()
    """Bytes of each Python file, also of the dependencies."""

    @property
    def all_files(self) -> Mapping[str, Path]:
        """The files and their bytecode, without the dependencies."""
        return {**self.files, **self.bytecode.files}


@dataclass(frozen=True)
class PackagedSettings(Settings):
    """The settings of one consumer together with its package: what the rules judge, and what resources are made of."""

    package: Package = Package()

    @property
    def has_runtime(self) -> bool:
        """Whether the function in `source` imports `sqs_batch`."""
        return RUNTIME_FILE in self.package.files and self.runtime.startswith("python")


def packaged(settings: Settings) -> PackagedSettings:
    """Return the settings with their package, and the one default that depends on it."""
    with_package = PackagedSettings(**vars(settings), package=package_of(settings))
    group = settings.dead_letter_queue
    if group.allow_rejects is not None:  # pyright: ignore[reportUnnecessaryComparison]
        return with_package
    allow_rejects = (with_package.has_runtime or group.reasons) and settings.has_dead_letter_queue
    return dataclasses.replace(with_package, dead_letter_queue=dataclasses.replace(group, allow_rejects=allow_rejects))


def package_of(settings: Settings) -> Package:
    """Read the source folder and install what it requires."""
    if settings.source is None or not Path(settings.source).is_dir():
        return Package()
    try:
        files = function_files(Path(settings.source), map(Path, settings.include))
    except UnreadableSource as error:
        return Package(unreadable=error)
    if not PYTHON.fullmatch(settings.runtime):
        return Package(files)
    try:
        requirements = find_requirements(files)
        target = target_of(settings.runtime, settings.function)
        dependencies = requirements and install(requirements, target)
        sizes = python_sizes(files) + (dependencies.python_sizes if dependencies else ())
        bytecode = compiled(files, target.python) if target.bytecode else Bytecode()
        return Package(files, None, requirements, dependencies, bytecode=bytecode, python_sizes=sizes)
    except NotInstalled as error:
        return Package(files, not_installed=error)
    except NotCompiled as error:
        return Package(files, not_compiled=error)
