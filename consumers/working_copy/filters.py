"""Whether the filters of a mapping let a message through to the function. Lambda deletes every other message.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
`python scripts/ruler_verdicts` compares this with Event Ruler, AWS's own matcher.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from consumers.working_copy.filter_values import any_of, fits, fits_absence, read

Rule = Mapping[str, list[Any]]
"""A pattern without `$or`: the entries of each path, of which one has to fit."""
Place = tuple[tuple[int, int], ...]
"""Where a value is: a number for each array around it, from the outside, with the index of its element."""


class Leaf(NamedTuple):
    """A value of a body that is neither an object nor an array."""

    path: str
    value: Any
    place: Place


def matches(filters: Sequence[Mapping[str, Any]], message: Mapping[str, Any]) -> bool | None:
    """Return whether Lambda passes a message on (True) or deletes it (False).

    None means that this is unknown, so do not delete it: AWS's page leaves the case open or contradicts Event Ruler, or
    the pattern has an operator that Lambda does not document.

    :param filters: the mapping's patterns, of which one has to match. Without patterns, every message does.
    :param message: a record of an event, as Lambda passes it.
    """
    return not filters or any_of(_pattern_matches(read(json.dumps(pattern)), message["body"]) for pattern in filters)


def _pattern_matches(pattern: dict[str, Any], body: str) -> bool | None:
    if "body" not in pattern:
        return None
    try:
        verdict = _body_matches(pattern["body"], body)
    except RecursionError:  # so many brackets that Lambda may or may not read them
        return None
    # Lambda supports no other key. What it does with one is unknown.
    return None if verdict and len(pattern) > 1 else verdict


def _body_matches(wanted: Any, body: str) -> bool | None:
    try:
        value = read(body)
    except ValueError:  # plain text, which no pattern on fields matches, not even one on missing fields
        return False if isinstance(wanted, dict) else _matches(wanted, body)
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return _matches(wanted, fields) if isinstance(wanted, dict) else _unless_false(_matches(wanted, fields))
    # AWS's page does not say whether a number, a text in quotes or an array is plain text or JSON.
    return _unless_false(any_of([_matches(wanted, value), _matches(wanted, body)]))


def _unless_false(verdict: bool | None) -> bool | None:
    """Return that it is unknown whether a message passes, except where neither reading of AWS's page lets it pass."""
    return None if verdict is not False else False


def _matches(wanted: Any, body: Any) -> bool | None:
    leaves = list(_leaves(body))
    return any_of(_Choices(rule, leaves).fit() for rule in _rules("body", wanted))


def _rules(path: str, wanted: Any) -> Iterator[Rule]:
    """Yield each way to match a pattern, with an alternative of every `$or`."""
    if not isinstance(wanted, dict):
        yield {path: cast("list[Any]", wanted)}
        return
    fields = cast("dict[str, Any]", wanted).items()
    ways = [_either(path, each) if name == "$or" else _rules(f"{path}.{name}", each) for name, each in fields]
    for rules in itertools.product(*ways):
        yield {name: entries for rule in rules for name, entries in rule.items()}


def _either(path: str, patterns: Iterable[Any]) -> Iterator[Rule]:
    return itertools.chain.from_iterable(_rules(path, pattern) for pattern in patterns)


def _leaves(body: Any) -> Iterator[Leaf]:
    numbers = itertools.count()
    waiting = [Leaf("body", body, ())]
    while waiting:  # without recursion, because bodies may be nested deeply
        path, value, place = waiting.pop()
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value).items()
            waiting += [Leaf(f"{path}.{name}", inner, place) for name, inner in fields]
        elif isinstance(value, list):
            array, elements = next(numbers), cast("list[Any]", value)
            for index, inner in enumerate(elements):
                # To Event Ruler, an element that is a plain value is in no element: any of them goes with it.
                waiting.append(Leaf(path, inner, (*place, (array, index)) if isinstance(inner, dict | list) else place))
        else:
            yield Leaf(path, value, place)


class _Choices:
    """Chooses a value for each path of a rule, all of them in the same element of an array that several paths share."""

    def __init__(self, rule: Rule, leaves: Iterable[Leaf]) -> None:
        self._rule = rule
        self._paths: defaultdict[int, set[str]] = defaultdict(set)
        """The paths that have values in an array."""
        self._verdicts: defaultdict[Any, dict[Place, bool | None]] = defaultdict(dict)
        """The places of a path's values, all or those in one array or element, and whether a value there fits."""
        own = [leaf for leaf in leaves if leaf.path in rule]
        for path, _, place in own:
            for array, _ in place:
                self._paths[array].add(path)
        for leaf in own:
            self._add(leaf)

    def _add(self, leaf: Leaf) -> None:
        verdict = any_of(fits(entry, leaf.value) for entry in self._rule[leaf.path])
        place = tuple(element for element in leaf.place if len(self._paths[element[0]]) > 1)
        for key in (leaf.path, *((leaf.path, part) for element in place for part in (element, element[0]))):
            others = self._verdicts[key]
            others[place] = any_of([others.get(place, False), verdict])

    def fit(self) -> bool | None:
        # The order in which Event Ruler compares paths decides in which element of an array a field has to be missing.
        return self._fit(sorted(self._rule), {})

    def _fit(self, paths: list[str], chosen: Mapping[int, int]) -> bool | None:
        if not paths:
            return True
        path, *rest = paths
        places = self._consistent(path, chosen)
        if not places:
            places = {(): any_of(map(fits_absence, self._rule[path]))}
        return any_of(
            None if (found := self._fit(rest, {**chosen, **dict(place)})) and verdict is None else found
            for place, verdict in places.items()
            if verdict is not False
        )

    def _consistent(self, path: str, chosen: Mapping[int, int]) -> Mapping[Place, bool | None]:
        places = self._verdicts[path]
        for element in chosen.items():  # a shortcut for large arrays
            if len(self._verdicts[path, element[0]]) == len(self._verdicts[path]):
                places = self._verdicts[path, element]
        return {place: fit for place, fit in places.items() if all(chosen.get(a, at) == at for a, at in place)}
