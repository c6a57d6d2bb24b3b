"""Which findings arguments get. The unit tests validate arguments through this module."""

from pathlib import Path
from typing import Any

from components import validation
from components.packaging.package import PackagedSettings
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


def package_of(folder: Path, **args: Any) -> PackagedSettings:
    """Return the settings of a consumer with its package, whatever rules it breaks."""
    return validation.examine("hands", {"source": str(folder), **args})[0]


def component_findings(model: type, args: Any, called: str = "source", **more: Any) -> list[Finding]:
    """Return the errors on the arguments of another component; `more` are settings that the component sets itself."""
    return validation.examine_component(model, called, args, **more)[1]
