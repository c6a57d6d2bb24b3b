"""Which findings arguments get. The unit tests validate arguments through this module."""

from pathlib import Path
from typing import Any

from components import validation
from components.packaging.dependencies import Dependencies
from components.packaging.package import Package, PackagedSettings
from components.packaging.wheels_only import NotInstalled
from components.settings.findings import Finding, Level


def findings_of(args: Any, consumer: str = "hands") -> list[Finding]:
    """Return the errors and warnings on the arguments of a consumer."""
    return validation.examine(consumer, args)[1]


def rules_of(folder: Path, **args: Any) -> list[str]:
    """Return the ids of the rules that a consumer of the function in `folder` breaks."""
    return [finding.rule for finding in findings_of({"source": str(folder), **args})]


def settings_of(args: Any) -> PackagedSettings:
    """Return the settings of a consumer that breaks no rule but warnings."""
    settings, findings = validation.examine("hands", args)
    assert [finding for finding in findings if finding.level is Level.ERROR] == []
    return settings


def package_of(folder: Path, **args: Any) -> Package:
    """Return the package of a consumer, whether or not it breaks rules."""
    return validation.examine("hands", {"source": str(folder), **args})[0].package


def dependencies_of(folder: Path, **args: Any) -> Dependencies:
    """Return the installed dependencies of a consumer."""
    package = package_of(folder, **args)
    assert package.dependencies is not None, package.not_installed
    return package.dependencies


def not_installed(folder: Path, **args: Any) -> NotInstalled:
    """Return why the dependencies of a consumer are not installed."""
    package = package_of(folder, **args)
    assert package.not_installed is not None, package.dependencies
    return package.not_installed


def component_findings(model: type[Any], args: Any, called: str = "source", **more: Any) -> list[Finding]:
    """Return the errors on the arguments of another component; `more` are settings that the component sets itself."""
    return validation.examine_component(model, called, args, **more)[1]
