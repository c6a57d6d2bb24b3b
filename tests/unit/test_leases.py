"""The tag that says who has paused a consumer."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.settings.rules.functions import TAG as TAG_VALUE
from consumers.operations.leases import Lease

START = 1738324800.0


def test_a_lease_is_one_tag_and_is_read_again() -> None:
    lease = Lease(START, START + 5400, "jane@laptop", "the fix is out at 15:00")
    text = "from 2025-01-31T12:00:00Z until 2025-01-31T13:30:00Z by jane@laptop why the fix is out at 15:00"
    assert lease.tag == text
    assert Lease.read(text) == lease
    assert str(lease) == "by jane@laptop from 2025-01-31 12:00 until 2025-01-31 13:30 UTC (the fix is out at 15:00)"


@given(st.text(max_size=300), st.text(max_size=300), st.floats(0, 2e9), st.floats(1, 1e9))
def test_any_texts_make_a_valid_tag_that_is_read_again(by: str, why: str, start: float, long: float) -> None:
    tag = Lease(start, start + long, by, why).tag
    assert TAG_VALUE.fullmatch(tag)
    assert len(tag) <= 256
    again = Lease.read(tag)
    assert again
    assert (again.start, again.until, again.tag) == (int(start), int(start + long), tag)


@pytest.mark.parametrize(
    "text", ["", "yes", "from 2025-13-31T12:00:00Z until 2025-01-31T13:30:00Z by jane", "until noon"]
)
def test_a_tag_of_somebody_else_is_no_lease(text: str) -> None:
    assert Lease.read(text) is None


def test_a_lease_is_over_after_its_time() -> None:
    now = time.time()
    assert [Lease(now - 60, now + left, "jane").is_over for left in (60, -1)] == [False, True]
    assert Lease(START, START + 1, "jane").as_data()["is_over"] is True
