"""The six fields of a cron expression, and the values that EventBridge Scheduler accepts in each.

Forms that its page does not mention are accepted: lower-case names, SAT-MON, `L-3`, a step of 0.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
"""

import re
from collections.abc import Iterable
from typing import NamedTuple


class CronField(NamedTuple):
    """A field, its bounds, and its other forms."""

    name: str
    low: int
    high: int
    signs: str = ", - * /"
    names: tuple[str, ...] = ()
    """The names of the values, from the lowest."""
    also: tuple[str, ...] = ()
    """Regular expressions of other forms, also in lists; N is a value of the field."""
    alone: tuple[str, ...] = ()
    """Regular expressions of forms that must be the whole field."""

    @property
    def allowed(self) -> str:
        names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.low} to {self.high}{names}, with the signs {self.signs}"

    def accepts(self, text: str) -> bool:
        """Whether `text` is valid in the field: a list of values, ranges and `*`, each with an optional step."""
        step = _numbers(0, self.high) if self.high < 100 else r"\d+"  # any number of years
        stands_for = {"N": "|".join([_numbers(self.low, self.high), *self.names]), "S": step}
        item = "|".join([r"(\*|N(-N)?)(/S)?", "/S", *self.also])
        form = "|".join([f"({item})(,({item}))*", *self.alone])
        form = re.sub("[NS]", lambda letter: f"({stands_for[letter[0]]})", form)
        return re.fullmatch(form, text, re.IGNORECASE) is not None


def _numbers(low: int, high: int) -> str:
    return f"0*({'|'.join(map(str, range(low, high + 1)))})"


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS = (
    CronField("minutes", 0, 59),
    CronField("hours", 0, 23),
    CronField("day of month", 1, 31, ", - * ? / L W", also=(r"L(-\d+)?W?", "NW"), alone=(r"\?",)),
    CronField("month", 1, 12, names=MONTHS),
    CronField("day of week", 1, 7, ", - * ? / L #", DAYS, also=("N?L",), alone=(r"\?", "N#[1-5]")),
    CronField("year", 1970, 2199),
)


def invalid_fields(fields: Iterable[str]) -> list[tuple[CronField, str]]:
    """Return each field with an invalid text, and that text."""
    return [(field, text) for field, text in zip(FIELDS, fields, strict=True) if not field.accepts(text)]
