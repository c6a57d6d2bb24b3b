"""Which findings arguments get. The unit tests validate arguments through this module."""

from pathlib import Path
from typing import Any

from components import settings
from components.settings import Finding, Settings


def findings_of(args: Any, consumer: str = "hands") -> list[Finding]:
    """Return the errors and warnings on the arguments of a consumer."""
    return settings.examine(consumer, args)[1]


def rules_of(folder: Path, **args: Any) -> list[str]:
    """Return the ids of the rules that a consumer of the function in `folder` breaks."""
    return [finding.rule for finding in findings_of({"source": str(folder), **args})]


def settings_of(args: Any) -> Settings:
    """Return the settings of a consumer that breaks no rule but warnings."""
    return settings.accept("hands", args)[0]


def package_of(folder: Path, **args: Any) -> Any:
    """Return the settings of a consumer and its package, whether or not it breaks rules."""
    return settings.examine("hands", {"source": str(folder), **args})[0]


def component_findings(model: type, args: Any, called: str = "source", **more: Any) -> list[Finding]:
    """Return the errors on the arguments of another component; `more` are settings that the component sets itself."""
    with settings.collecting() as examined:
        settings.accept_component(model, called, args, **more)
    return examined[0].findings
