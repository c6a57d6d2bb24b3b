"""Validation inside a Pulumi program: errors stop it, except in a dry run, which collects the findings."""

from collections.abc import Iterable
from typing import Any

import pulumi
from pulumi.runtime.settings import get_monitor

from .. import validation
from ..packaging.package import PackagedSettings
from ..settings.findings import Finding, Level
from ..validation import AnySettings, ComponentSettings


def consumer_settings(name: str, args: Any) -> tuple[PackagedSettings, list[Finding]]:
    """Return the settings of a QueueConsumer, and the warnings about them; raise RunError for errors."""
    settings, findings = validation.examine(name, args)
    report(settings, findings)
    return settings, findings


def component_findings(
    model: type[AnySettings], name: str, args: Any, **more: Any
) -> tuple[AnySettings, list[Finding]]:
    """Return the settings, of the class `model`, of another component, and the warnings; raise RunError for errors."""
    settings, findings = validation.examine_component(model, name, args, **more)
    report(settings, findings)
    return settings, findings


def component_settings(model: type[AnySettings], name: str, args: Any, **more: Any) -> AnySettings:
    """Return the settings, of the class `model`, of another component; raise RunError for errors."""
    return component_findings(model, name, args, **more)[0]


def resolved(settings: ComponentSettings, argument: str, value: Any, **more: Any) -> Any:
    """Return the value of an Output that has resolved; raise RunError if it is an error.

    `more` are other fields of the settings that have resolved.
    """
    report(settings, validation.examine_later(settings, argument, value, **more))
    return value


def log_warnings(findings: Iterable[Finding], component: pulumi.Resource) -> None:
    """Print the warnings among the findings, each with the argument that turns it off."""
    for finding in findings:
        if finding.level is Level.WARNING:
            reason = f"To keep it: ignore_advice={{{finding.rule!r}: 'your reason'}}."
            pulumi.log.warn(f"{finding} {reason}", component)


def report(settings: ComponentSettings, findings: Iterable[Finding]) -> None:
    """Add findings to the collector of a dry run; without one, raise errors as RunError.

    A RunError is what the CLI prints once, without a traceback.
    """
    # The program constructs the components, so consumers/evaluate passes its collector on the monitor.
    collector: validation.Collector | None = getattr(get_monitor(), "finding_collector", None)
    if collector is not None:
        collector.report(settings, findings)
    elif text := validation.error_text(settings, findings):
        raise pulumi.RunError(text)
