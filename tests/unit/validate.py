"""Which findings arguments get. The unit tests validate arguments through this module."""

from pathlib import Path
from typing import Any

from components import validation
from components.packaging.package import PackagedSettings
from components.settings import Finding


def findings_of(args: Any, consumer: str = "hands") -> list[Finding]:
    """Return the errors and warnings on the arguments of a consumer."""
    return validation.examine(consumer, args)[1]


def rules_of(folder: Path, **args: Any) -> list[str]:
    """Return the ids of the rules that a consumer of the function in `folder` breaks."""
    return [finding.rule for finding in findings_of({"source": str(folder), **args})]


def settings_of(args: Any) -> PackagedSettings:
    """Return the settings of a consumer, whatever rules it breaks."""
    return validation.examine("hands", args)[0]


def package_of(folder: Path, **args: Any) -> PackagedSettings:
    """Return the settings of a consumer with its package, whatever rules it breaks."""
    return settings_of({"source": str(folder), **args})


def component_findings(model: type[Any], args: Any, called: str = "source", **more: Any) -> list[Finding]:
    """Return the errors on the arguments of another component; `more` are settings that the component sets itself."""
    return validation.examine_component(model, called, args, **more)[1]
