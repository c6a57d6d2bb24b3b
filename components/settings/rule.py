"""What a rule is, and how the modules named `…_rules` declare theirs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .findings import Breach, Finding, Level
from .model import Settings

Check = Callable[[Settings], Iterator[Breach]]


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
    check: Check

    def findings(self, settings: Settings) -> Iterator[Finding]:
        for breach in self.check(settings):
            yield Finding(self.id, self.level, self.arguments[0], breach, self.why, self.page)


def refuse(id: str, *arguments: str, why: str, page: str) -> Callable[[Check], Rule]:
    """Declare a rule whose breach stops the deployment of this consumer."""
    return lambda check: Rule(id, Level.REFUSE, arguments, why, page, check)


def advise(id: str, *arguments: str, why: str, page: str) -> Callable[[Check], Rule]:
    """Declare a rule whose breach is a warning."""
    return lambda check: Rule(id, Level.ADVISE, arguments, why, page, check)
