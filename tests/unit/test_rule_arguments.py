"""The arguments that a rule declares are those that its check reads: what is unreadable, or resolves late, goes by them."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from components import settings
from components.settings.findings import Finding
from components.settings.kinds import Boolean, Group, InputText, Integer, Kind, OneOf, Subset
from components.settings.rule import Rule, Rules
from rule_cases import CONSUMERS, DEAD_LETTER_QUEUES, FILES
from source_rule_cases import BROKEN, PASSING
from validate import component_findings, findings_of

FOUND_IN_SOURCE = dict.fromkeys(("files", "unreadable", "requirements", "dependencies", "not_installed"), "source")
SET_BY_THE_COMPONENT = {"consumer", "given", "others", "taken_by", "malformed", "target.given", "target.consumer"}


class Recorded:
    """Settings that write down the path of each argument that is read."""

    def __init__(self, recorded: Any, reads: set[str], prefix: str = "") -> None:
        self._recorded, self._reads, self._prefix = recorded, reads, prefix

    def __getattr__(self, name: str) -> Any:
        computed = getattr(type(self._recorded), name, None)
        if isinstance(computed, property):
            return computed.fget(self)  # pyright: ignore[reportOptionalCall]
        value, path = getattr(self._recorded, name), f"{self._prefix}{name}"
        self._reads.add(path)
        if dataclasses.is_dataclass(value) and not path.startswith(tuple(FOUND_IN_SOURCE)):
            return Recorded(value, self._reads, f"{path}.")
        return value
