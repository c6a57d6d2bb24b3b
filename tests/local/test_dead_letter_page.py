"""The pages that walk through dead letters show what their commands print."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "walkthrough.py"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("walkthrough", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


walkthrough = load()


@pytest.mark.parametrize("path", walkthrough.PAGES, ids=lambda path: path.name)
def test_a_page_on_dead_letters_shows_what_its_commands_print(path: Path) -> None:
    page = path.read_text("utf-8")
    assert "PokerHandsDeadLetterQueue" in page
    assert walkthrough.masked(walkthrough.with_outputs(page)) == walkthrough.masked(page)
