"""The component library's validation: from `components` in the repository, from `queue_consumer` in a wheel."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.packaging.package import PackagedSettings as PackagedSettings
    from components.settings.findings import Finding as Finding
    from components.settings.findings import Level as Level
    from components.validation import COMPONENTS as COMPONENTS
    from components.validation import Collector as Collector
    from components.validation import ComponentSettings as ComponentSettings
    from components.validation import error_text as error_text
    from components.validation import examine_changed as examine_changed
    from components.validation import highest as highest
    from components.validation import listed as listed
else:

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            validation = importlib.import_module("queue_consumer.validation")
        except ModuleNotFoundError:
            validation = importlib.import_module("components.validation")
        return getattr(validation, name)
