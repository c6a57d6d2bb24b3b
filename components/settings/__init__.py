"""Arguments as validated, frozen settings, and the rules on them. Pure: standard library, no files, no processes."""

from .model import DeadLetterQueueComponentSettings, Settings

__all__ = ["DeadLetterQueueComponentSettings", "Settings"]
