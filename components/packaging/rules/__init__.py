"""The rules on a consumer's settings and its package, a module for each topic."""

from ...settings.rule import Rules
from ..package import PackagedSettings

rules = Rules[PackagedSettings]("QueueConsumer")

# A module declares its rules when it is imported. Users read them in this order.
# isort: off
from . import source, python_handlers, handlers, archives, bytecode, runtime  # noqa: E402

__all__ = ["archives", "bytecode", "handlers", "python_handlers", "rules", "runtime", "source"]
