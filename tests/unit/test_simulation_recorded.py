"""Moments of a CSV file."""

import gzip
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.simulation.recorded import InvalidFile, read
from error_texts import ErrorTexts


def found(text: str, most: int = 100) -> dict[str, list[float]]:
    return {group: moments.tolist() for group, moments in read(text.encode().splitlines(True), most).items()}


@given(st.lists(st.tuples(st.integers(0, 10**10), st.sampled_from(["", "a", "b, c", 'say "d"'])), min_size=1))
def test_moments_count_from_the_first_and_are_sorted_in_each_group(rows: list[tuple[int, str]]) -> None:
    quoted = [f'{seconds},"{group.replace(chr(34), chr(34) * 2)}"' for seconds, group in rows]
    first = min(seconds for seconds, _ in rows)
    expected: dict[str, list[float]] = {}
    for seconds, group in sorted(rows):
        expected.setdefault(group, []).append(seconds - first)
    assert found("\n".join(quoted), len(rows)) == expected


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 12))
def test_a_time_has_an_offset_or_is_utc(moment: datetime, hours: int) -> None:
    elsewhere = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    seconds = moment.replace(tzinfo=UTC).timestamp()
    text = f"0\n{moment.isoformat()}\n{elsewhere.isoformat()}\n{seconds!r}\n"
    assert found(text) == {"": [0, *[pytest.approx(seconds, abs=1e-5)] * 3]}


@pytest.mark.parametrize(
    "text",
    [
        "time,table\n10,a\n12,b\n",
        "\ufefftime,table\r\n10,a\r\n12,b\r\n",
        "\ufeff10,a\n\n 12 , b ,more\n",
        "1970-01-01T00:00:10Z,a\n1970-01-01 00:00:12,b",
    ],
    ids=["a header", "a byte order mark and CRLF", "an empty line, blanks and more columns", "ISO 8601"],
)
def test_files_differ_in_form(text: str) -> None:
    assert found(text) == {"a": [0], "b": [2]}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("time\n10\nten\n", 3),
        ("2026-13-01T00:00:00Z\n", 1),
        ("1764403200000\n", 1),
        ("-5\n", 1),
        ("nan\n1_0\n", 2),
        ("time,table\n", None),
        ("1\n" * 101, None),
    ],
    ids=[
        "no time",
        "no month",
        "milliseconds",
        "before 1970",
        "underscore",
        "only a header",
        "too many",
    ],
)
def test_a_wrong_line_is_named(text: str, line: int | None, error_text: ErrorTexts) -> None:
    with pytest.raises(InvalidFile) as raised:
        found(text)
    assert raised.value.line == line
    error_text(str(raised.value))


def test_a_file_that_is_no_text_is_refused(error_text: ErrorTexts) -> None:
    with pytest.raises(InvalidFile) as raised:
        read([b"1\n", b"\xff\xfe\n"], 10)
    assert raised.value.line == 2
    error_text(str(raised.value))


def test_a_compressed_file_is_refused_with_the_way_to_read_it(error_text: ErrorTexts) -> None:
    with pytest.raises(InvalidFile) as raised:
        read([gzip.compress(b"1\n2\n")], 10)
    error_text(str(raised.value))


def test_a_field_without_an_end_is_refused() -> None:
    with pytest.raises(InvalidFile, match="It is not CSV"):
        read([b"1\n", b'2,"' + b"a" * 200_000], 10)
