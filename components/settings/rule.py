"""What a rule is, and how a module declares its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .findings import Breach, Finding, Level
from .kinds import Kind
from .model import Settings

Check = Callable[[Settings], Iterator[Breach]]


def _none(settings: Settings) -> Iterator[Breach]:
    """Find nothing: rules on single values and names are decided where arguments are read."""
    return iter(())


@dataclass(frozen=True)
class Rule:
    """A sentence about one or more arguments that a check decides.

    `arguments` are all that the check reads; the first is the one that a finding names. A check yields nothing for a
    value that is not known yet: the rule runs again when it is.
    """

    id: str
    level: Level
    arguments: tuple[str, ...]
    why: str
    page: str
    check: Check = _none
    allowed: str = ""
    """What a single value may be; a rule that ties arguments together says it in each finding."""

    @staticmethod
    def of_kind(id: str, argument: str, kind: Kind) -> "Rule":
        """Return the rule that an argument is of its kind and within its bounds."""
        return Rule(id, Level.ERROR, (argument,), kind.why, kind.page, allowed=kind.allowed)

    def findings(self, settings: Settings) -> Iterator[Finding]:
        return map(self.finding, self.check(settings))

    def finding(self, breach: Breach) -> Finding:
        return Finding(self.id, self.level, self.arguments[0], breach, self.why, self.page)


def error(id: str, *arguments: str, why: str, page: str) -> Callable[[Check], Rule]:
    """Declare a rule whose breach stops the deployment of this consumer."""
    return lambda check: Rule(id, Level.ERROR, arguments, why, page, check)


def warning(id: str, *arguments: str, why: str, page: str) -> Callable[[Check], Rule]:
    """Declare a rule whose breach is a warning."""
    return lambda check: Rule(id, Level.WARNING, arguments, why, page, check)
