"""The cast of `consumers dev`: an animated SVG of what a terminal showed."""

from pathlib import Path
from xml.etree import ElementTree

from benchmarks.cast_svg import Frame, drawn

ELEMENTS = {"svg", "title", "rect", "circle", "g", "text", "animate"}
SVG = "{http://www.w3.org/2000/svg}"
FRAMES = (
    Frame(0.0, {1: "\x1b[1mtitle\x1b[0m", 2: "\x1b[7mhands <1>  \x1b[0m"}, "begin"),
    Frame(1.0, {1: "\x1b[1mtitle\x1b[0m", 2: "\x1b[32mlive\x1b[0m & 漢字"}),
    Frame(1.05, {1: "\x1b[1mtitle\x1b[0m", 2: "too short"}),
    Frame(1.1, {1: "\x1b[1mtitle\x1b[0m", 2: "\x1b[7mhands <1>  \x1b[0m"}),
)


def parsed(poster: float = 0.0) -> ElementTree.Element:
    return ElementTree.fromstring(drawn(FRAMES, columns=20, lines=2, seconds=4, poster=poster, title="a & b"))


def timed(svg: ElementTree.Element, text: str) -> tuple[str | None, str | None, str | None]:
    """Whether a text is visible without animation, and the values of its animation at which times."""
    (group,) = [group for group in svg.iter(f"{SVG}g") if any(each.text == text for each in group.iter(f"{SVG}text"))]
    animation = group.find(f"{SVG}animate")
    if animation is None:
        return group.get("visibility"), None, None
    return group.get("visibility"), animation.get("values"), animation.get("keyTimes")


def test_each_text_is_visible_at_its_times() -> None:
    svg = parsed()
    assert timed(svg, "title") == (None, None, None)
    assert timed(svg, "hands <1>") == (None, "visible;hidden;visible", "0;0.25;0.275")
    assert timed(svg, "begin") == (None, "visible;hidden", "0;0.25")
    assert "too short" not in "".join(svg.itertext())


def test_where_nothing_is_animated_the_poster_is_seen() -> None:
    assert [timed(parsed(poster), "hands <1>")[0] for poster in (0.0, 1.04, 2.0)] == [None, "hidden", None]


def test_styles_are_colours_and_columns_align_in_any_font() -> None:
    texts = {each.text: each for each in parsed().iter(f"{SVG}text")}
    assert texts["title"].get("font-weight") == "bold"
    assert texts["hands <1>"].get("fill") == "#0d1117"
    assert texts["hands <1>"].get("textLength") == "72"


def test_the_readmes_cast_is_small_shows_the_whole_way_and_runs_no_script() -> None:
    text = Path("docs/dev.svg").read_text("utf-8")
    svg = ElementTree.fromstring(text)
    assert len(text) < 150_000
    assert {each.tag.removeprefix(SVG) for each in svg.iter()} <= ELEMENTS
    shown = "".join(svg.itertext())
    story = ("live in", "Sent samples/poker-hands.json", "no such card: 10h", "not live", "Redriven to", "Bob holds")
    assert [seen for seen in story if seen not in shown] == []
