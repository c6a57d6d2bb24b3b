"""The settings of the component library: from `components` in the repository, from `queue_consumer` in a wheel."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.settings import COMPONENTS as COMPONENTS
    from components.settings import AnySettings as AnySettings
    from components.settings import Finding as Finding
    from components.settings import Level as Level
    from components.settings import Settings as Settings
    from components.settings import collecting as collecting
    from components.settings import listed as listed
else:

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            settings = importlib.import_module("queue_consumer.settings")
        except ModuleNotFoundError:
            settings = importlib.import_module("components.settings")
        return getattr(settings, name)
