"""The fields of cron expressions: each as EventBridge Scheduler takes it, and nothing that it refuses."""

from hypothesis import given
from hypothesis import strategies as st

from components.settings.sources.cron import FIELDS, CronField, invalid_fields

BY_NAME = {field.name: field for field in FIELDS}

# From AWS's pages on schedules, from localstack's issue 13572 on what AWS accepts, and from others' stacks (SAT-THU).
TAKEN = """
0/5 8-17 ? * MON-FRI *
0/30 20-2 ? * MON-FRI *
15 10 ? * 6L 2022-2023
15 10 ? * FRIL *
0 9 ? * 3#2 *
0 9 ? * FRI#5 *
0 3 L * ? *
0 3 L-3 * ? *
0 3 LW * ? *
0 3 3W * ? *
0 3 1,15,L * ? *
0 3 ? * L *
0-15/1 8-8 ? * 2,3,4,5,6,7 *
30 23 ? * SAT-THU *
*/59 */23 */31 */12 ? *
* * ? * */7 2199
0,30 */2 * JAN,JUL ? 1970
5/15 * * JAN-JUN ? 2026,2027
0 0 ? * MON/2 *
*/0 00 01 jan ? *
/5 * * * ? *
"""
REFUSED = {
    "minutes": ["60", "99", "*/60", "-1", "1-", "a", "0,,5", "5,", "?", "L", "0 ", "MON", "1-2-3", "**", ""],
    "hours": ["24", "*/24", "8-24", "?", "W", "12h"],
    "day of month": ["0", "32", "*/32", "32W", "W", "3#1", "MON", "?,1", "1?", "WL"],
    "month": ["0", "13", "*/13", "JANUARY", "MON", "JAN1", "?", "L", "1#1"],
    "day of week": ["0", "8", "*/8", "MONDAY", "JAN", "3#6", "3#0", "3#", "#1", "3#1,6#3", "3W", "?,2", "8L"],
    "year": ["1969", "2200", "26", "?", "L"],
}


def test_an_expression_that_scheduler_accepts_is_valid() -> None:
    for fields in TAKEN.strip().splitlines():
        assert invalid_fields(fields.split()) == [], fields


def test_a_value_that_the_field_cannot_have_is_invalid() -> None:
    for name, texts in REFUSED.items():
        assert [text for text in texts if BY_NAME[name].accepts(text)] == [], name


def test_each_wrong_field_is_named_with_its_value() -> None:
    found = invalid_fields(["60", "3", "32", "*", "?", "1969"])
    expected = [("minutes", "60"), ("day of month", "32"), ("year", "1969")]
    assert [(field.name, text) for field, text in found] == expected


@st.composite
def _ranges(draw: st.DrawFn) -> tuple[CronField, list[int], int]:
    field = draw(st.sampled_from(FIELDS))
    numbers = st.lists(st.integers(0, field.high + 3), min_size=1, max_size=6)
    return field, draw(numbers), draw(st.integers(0, field.high + 3))


@given(_ranges())
def test_numbers_are_valid_within_the_bounds_of_their_field(case: tuple[CronField, list[int], int]) -> None:
    field, numbers, step = case
    within = all(field.low <= number <= field.high for number in numbers)
    assert field.accepts(",".join(map(str, numbers))) is within
    ends = numbers[0], numbers[-1]
    within = all(field.low <= end <= field.high for end in ends) and (step <= field.high or field.name == "year")
    assert field.accepts(f"{ends[0]:02}-{ends[1]}/{step}") is within
