"""Arguments as validated, frozen settings, and the rules on them. Pure: standard library, no files, no processes."""

from .findings import Finding, Level
from .model import DeadLetterQueueComponentSettings, Settings

__all__ = ["DeadLetterQueueComponentSettings", "Finding", "Level", "Settings"]
