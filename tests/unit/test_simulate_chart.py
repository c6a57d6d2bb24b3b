"""The charts of `consumers simulate` in a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from consumers.commands.simulating.chart import HEIGHT, LABEL, WIDTH, axis, chart


def bars(rows: list[str]) -> list[str]:
    return [row[LABEL + 2 :].ljust(WIDTH) for row in rows]


def test_a_chart_grows_with_its_value() -> None:
    rows = list(chart([(float(second), float(second)) for second in range(65)], 64, "{:.0f}".format))
    assert [row[: LABEL + 2] for row in rows] == ["          64 │", *["             │"] * 2, "           0 │"]
    assert [row.count("█") for row in bars(rows)] == [1, 17, 33, 49]
    assert bars(rows)[-1].startswith(" ▁▁▂▂▂▃▄▄▄▅▆▆▆▇█")


def test_a_gap_between_samples_shows_the_last_value() -> None:
    rows = bars(list(chart([(0.0, 4.0), (50.0, 2.0), (100.0, 0.0)], 100, str)))
    assert rows == [
        "█" * 32 + " " * 32,
        "█" * 32 + " " * 32,
        "█" * 63 + " ",
        "█" * 63 + " ",
    ]


def test_whatever_is_above_zero_can_be_seen() -> None:
    *_, low = bars(list(chart([(0.0, 1.0), (1.0, 1e6), (2.0, 0.0)], 64, str)))
    assert low[:3] == "▁█ "


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1e9)), min_size=1), st.floats(100, 1e6))
def test_a_chart_fits_in_80_columns(points: list[tuple[float, float]], end: float) -> None:
    rows = [*chart(sorted(points), end, "{:,.0f}".format), *axis(end, [(10, 50)])]
    assert len(rows) == HEIGHT + 3
    assert max(map(len, rows)) <= 80


def test_the_axis_marks_outages() -> None:
    line, outage, times = axis(64, [(0, 2), (32, 33.5), (100, 200)])
    assert line == "             └" + "─" * 64
    assert outage[LABEL + 2 :] == "××" + " " * 30 + "××"
    assert times.split() == ["0", "32", "s", "64", "s"]
