"""What a rule is, and how a check becomes one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from .findings import Breach, Finding, Level
from .kinds import Kind

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)


def _nothing(settings: object) -> Iterator[Breach]:
    """Find nothing: names and single values are checked when arguments are read."""
    return iter(())


@dataclass(frozen=True)
class Rule(Generic[S_contra]):
    """A requirement on one or more arguments, and the check of the settings `S_contra` for it.

    `arguments` are all that the check reads; a finding names the first. A check yields nothing for an Output: the rule
    runs again when the Output resolves.
    """

    id: str
    level: Level
    arguments: tuple[str, ...]
    why: str
    page: str
    check: Callable[[S_contra], Iterator[Breach]] = _nothing
    allowed: str = ""
    """The allowed values of a single argument; a rule on several arguments names them in each finding."""

    @staticmethod
    def of_kind(id: str, argument: str, kind: Kind) -> "Rule[object]":
        """Return the rule that an argument has the type and the bounds of its kind."""
        return Rule(id, Level.ERROR, (argument,), kind.why, kind.page, allowed=kind.allowed)

    def reads(self, argument: str) -> bool:
        """Whether the check reads this argument, one inside it, or the group that it is in."""
        return any(
            f"{one}.".startswith(f"{argument}.") or f"{argument}.".startswith(f"{one}.") for one in self.arguments
        )

    def findings(self, settings: S_contra) -> Iterator[Finding]:
        return map(self.finding, self.check(settings))

    def finding(self, breach: Breach) -> Finding:
        return Finding(self.id, self.level, self.arguments[0], breach, self.why, self.page)


class Rules(Generic[S]):
    """The rules of one component, in the order in which they are declared.

    `error` and `warning` make a rule of a check: its id is the check's name, its reason the check's docstring.
    """

    def __init__(self, component: str = "") -> None:
        self.component = component
        self._rules: dict[str, Rule[S]] = {}

    def __iter__(self) -> Iterator[Rule[S]]:
        return iter(self._rules.values())

    def error(self, *arguments: str, page: str, why: str = "") -> Callable[[Callable[[S], Iterator[Breach]]], Rule[S]]:
        """Declare a rule whose breach is an error."""
        return lambda check: self._declare(Level.ERROR, arguments, page, why, check)

    def warning(
        self, *arguments: str, page: str, why: str = ""
    ) -> Callable[[Callable[[S], Iterator[Breach]]], Rule[S]]:
        """Declare a rule whose breach is a warning."""
        return lambda check: self._declare(Level.WARNING, arguments, page, why, check)

    def include(self, *rules: Rule[S]) -> None:
        """Add rules that other components share."""
        for rule in rules:
            self.add(rule)

    def add(self, rule: Rule[S]) -> Rule[S]:
        """Add a rule; raise ValueError for a duplicate id."""
        if rule.id in self._rules:
            raise ValueError(f"two rules {rule.id!r} of {self.component}")
        self._rules[rule.id] = rule
        return rule

    def _declare(
        self, level: Level, arguments: tuple[str, ...], page: str, why: str, check: Callable[[S], Iterator[Breach]]
    ) -> Rule[S]:
        id = check.__name__.replace("_", "-")
        return self.add(Rule(id, level, arguments, why or reason(check), page, check))


def reason(check: Callable[..., object]) -> str:
    """Return a check's docstring as one line without the full stop, which `python -OO` leaves out."""
    return " ".join((check.__doc__ or "its page says why").split()).removesuffix(".")
