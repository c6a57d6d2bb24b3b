"""docs/capacity.md: its outputs and pictures are those of the simulation now."""

from pathlib import Path

from docs import capacity


def test_the_answers_and_pictures_of_the_page_are_current() -> None:
    page = Path("docs/capacity.md").read_text("utf-8")
    now, pictures = capacity.outputs(page)
    assert now == page, "stale: run `make docs`"
    assert set(pictures) == {path.name for path in Path("docs").glob("capacity-*.svg")}
    for name, picture in pictures.items():
        assert Path("docs", name).read_text("utf-8") == picture, f"{name} is stale: run `make docs`"
