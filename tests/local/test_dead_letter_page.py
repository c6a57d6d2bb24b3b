"""The page that walks through dead letters shows what its commands print."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "walkthrough.py"


def test_the_page_on_dead_letters_shows_what_its_commands_print() -> None:
    spec = importlib.util.spec_from_file_location("walkthrough", SCRIPT)
    assert spec
    assert spec.loader
    walkthrough = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(walkthrough)
    page = walkthrough.PAGE.read_text("utf-8")
    assert "received 3 times" in page
    assert walkthrough.masked(walkthrough.with_outputs(page)) == walkthrough.masked(page)
