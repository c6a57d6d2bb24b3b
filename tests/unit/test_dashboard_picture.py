"""The picture of the dashboard: what is drawn is what was seen, and the README's is of the dashboard as it is now."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from benchmarks.dashboard_picture import drawn
from components import validation
from components.dashboard import Row, body

SVG = "{http://www.w3.org/2000/svg}"
NAMES = {"queue": "q", "dead_letter_queue": "d", "function": "f", "region": "eu-west-1"}


def dashboard(*consumers: str) -> dict[str, Any]:
    args = {"source": "functions/poker_hands", "function": {"record_metrics": True}}
    return body([Row(validation.examine(name, args)[0], NAMES) for name in consumers])


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_each_metric_that_was_seen_is_a_line_with_its_figure() -> None:
    figures = {
        ("NumberOfMessagesSent", "q"): [(0.1, 3.0), (0.2, 4.0), (2.5, 1.0)],
        ("Duration", "f"): [(1.0, 10.0), (1.5, 30.0)],
    }
    svg = drawn(dashboard("hands"), figures)
    lines = ElementTree.fromstring(svg).findall(f".//{SVG}polyline")
    assert len(lines) == 4  # sent, and three statistics of the duration
    assert len(lines[0].attrib["points"].split()) == 3  # a sum has a point each second
    assert {"hands", "sent 8", "p50 ≤ 20", "p99 ≤ 30", "max ≤ 30", "deleted: none locally"} <= set(texts(svg))


def test_the_readmes_picture_shows_the_graphs_that_the_dashboard_has() -> None:
    picture = Path("docs/dashboard.svg").read_text("utf-8")
    titles = [w["properties"]["title"] for w in dashboard("hands")["widgets"] if w["type"] == "metric"]
    labels = [m[4]["label"] for w in dashboard("hands")["widgets"] for m in w["properties"].get("metrics", [])]
    shown = texts(picture)
    assert [title for title in titles if shown.count(title) < 2] == []
    assert [label for label in labels if not any(text.startswith(label) for text in shown)] == []
    assert {"poker-hands", "slow-hands"} <= set(shown)
    assert "docs/dashboard.svg" in Path("README.md").read_text("utf-8")
