"""What the page says, without a browser."""

from typing import Any, cast

import pytest

from consumers.ui import charts
from consumers.ui.rendering import advice, whole_number


class Named:
    """Stands for a row and a site."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)


def shown(text: str, *, is_writable: bool = True) -> str:
    return str(advice(text, cast("Any", Named(path="/c/p/s/hands")), cast("Any", Named(is_writable=is_writable))))


def test_advice_links_to_the_dead_letters_where_the_command_lists_them() -> None:
    found = shown("hands has 2 dead letters: see `consumers dlq list hands`")
    assert found == 'hands has 2 dead letters: see <a href="/c/p/s/hands/dead-letters">its dead letters</a>'


@pytest.mark.parametrize("is_writable", [True, False])
def test_advice_to_resume_links_to_the_button_only_where_there_is_one(is_writable: bool) -> None:
    found = shown("hands is paused: `consumers resume hands` ends it", is_writable=is_writable)
    assert ("#acting" in found, "<code>consumers resume hands</code>" in found) == (is_writable, not is_writable)


def test_any_other_command_in_advice_stays_a_command_and_is_escaped() -> None:
    found = shown("it failed (<b>): see `consumers logs hands --since 1d`")
    assert found == "it failed (&lt;b&gt;): see <code>consumers logs hands --since 1d</code>"


def test_a_chart_says_that_it_has_no_data_only_where_it_has_none() -> None:
    assert ">no data yet</text>" in charts.chart({"handled": []}, "Messages", "", now=100)
    assert ">no data yet</text>" not in charts.chart({"handled": [(90, 1)], "failed": []}, "Messages", "", now=100)


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("", 0), ("-1", 0), ("1e3", 0), ("9" * 5_000, 0), ("٣", 0)])
def test_a_number_in_an_address_is_read_or_counts_as_none(text: str, number: int) -> None:
    assert whole_number(text) == number
