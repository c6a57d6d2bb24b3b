"""Reads the moments at which messages have arrived from a CSV file."""

import csv
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import numpy as np

from consumers.simulation.draws import Floats

FORMS = "an ISO 8601 time such as 2026-11-29T08:00:00Z, or seconds since 1970"
GZIP = b"\x1f\x8b"
LATEST = 1e11
"""The seconds of a year in the far future: milliseconds since 1970 are more."""


class InvalidFile(Exception):
    """Why a file cannot be used, and the line that is wrong, if it is one."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


def read(lines: Iterable[bytes], most: int) -> dict[str, Floats]:
    """Return sorted moments by message group, in seconds since the first of all.

    The first column is the time, the second the message group, if there is one; others are ignored. The first line may
    be a header. Messages without a group are under the empty name.

    :param most: the maximum number of messages.
    """
    found = defaultdict[str, "array[float]"](lambda: array("d"))
    for number, (moment, group) in enumerate(_rows(lines)):
        if number >= most:
            raise InvalidFile(f"It has more than {most:,} messages. Simulate a part of it.")
        found[group].append(moment)
    if not found:
        raise InvalidFile(f"It has no messages. The first column of each line must be {FORMS}.")
    first = min(min(moments) for moments in found.values())
    return {group: np.sort(np.asarray(moments) - first) for group, moments in found.items()}


def _rows(lines: Iterable[bytes]) -> Iterator[tuple[float, str]]:
    rows = csv.reader(line.decode("utf-8-sig") for line in lines)
    try:
        for row in rows:
            if not any(row):
                continue
            if (moment := _moment(row[0].strip())) is not None:
                yield moment, row[1].strip() if len(row) > 1 else ""
            elif rows.line_num > 1 or any(character.isdigit() for character in row[0]):  # not a header
                raise InvalidFile(f"{row[0][:80]!r} is not a time: it must be {FORMS}.", rows.line_num)
    except csv.Error as error:
        raise InvalidFile(f"It is not CSV: {error}.", rows.line_num) from None
    except UnicodeDecodeError as error:
        if error.object.startswith(GZIP):
            raise InvalidFile("It is compressed. Read it with: gzip -dc FILE | consumers simulate --csv -") from None
        raise InvalidFile("It is not UTF-8.", rows.line_num + 1) from None


def _moment(text: str) -> float | None:
    """Return seconds since 1970; a time without an offset is UTC."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            return None
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return seconds if 0 <= seconds < LATEST and "_" not in text else None
