"""Takes the pictures of the page for README and docs, from a run on a local AWS: `make picture`.

A thousand hands are sent, and many die for several reasons. The handler is repaired, and the page tries them.
"""

import json
import random
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from consumers.local import background
from consumers.local.emulator import LocalAws
from consumers.operations import queues
from consumers.provider.update import update
from consumers.ui.aws_site import Site
from consumers.ui.server import Server

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HANDS = 1_000
WIDTH, HEIGHT = 1_060, 700
PATIENCE = 120_000
"""Milliseconds for the hands to die, and for a try."""
PROGRAM = """from components import QueueConsumer

for name in ("poker-hands", "big-pots"):
    QueueConsumer(name, {"source": name, "runtime": "python3.12", "timeout": 10, "max_receive_count": 2,
        "retry": {"base_delay_seconds": 1}})
"""
BROKEN = "    cards = hole_cards[:2]"
FIX = '    hole_cards = hole_cards.replace("10", "T")\n'
FAULTS: tuple[dict[str, Any], ...] = (
    {"hole_cards": "10s9s"},
    {"hole_cards": "Ah10d"},
    {"hole_cards": "10c10h"},
    {"user_id": None},
    {"result": "split"},
)
"""What is wrong with one in twelve hands each. A repaired handler accepts the first three."""


def main(picture: Path, overview: Path) -> None:
    with _deployed() as (folder, aws), _page(folder, aws) as (page, address):
        page.goto(address)
        page.goto(f"{address.partition('?')[0]}consumers/poker/dev/poker-hands/dead-letters")
        dead = _send(aws)
        expect(page.locator("#reading")).to_contain_text(f"{dead:,} are listed", timeout=PATIENCE)
        hands = folder / "poker-hands" / "hands.py"
        hands.write_text(hands.read_text().replace(BROKEN, FIX + BROKEN))
        page.get_by_role("button", name="Try the working copy").click()
        page.get_by_role("button", name="Try them").click()
        expect(page.locator(".outcome")).to_contain_text("pass now", timeout=PATIENCE)
        page.get_by_role("link", name="Back to the dead letters").click()
        page.screenshot(path=picture)
        page.get_by_role("link", name="Consumers", exact=True).click()
        row = page.locator("tbody tr").filter(has_text="poker-hands").first
        expect(row).not_to_contain_text("–", timeout=PATIENCE)  # the first figures
        page.set_viewport_size({"width": WIDTH, "height": 450})
        page.screenshot(path=overview)


@contextmanager
def _deployed() -> Generator[tuple[Path, LocalAws]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for consumer in ("poker-hands", "big-pots"):
            shutil.copytree(ROOT / "functions" / consumer.replace("-", "_"), folder / consumer)
        (folder / "Pulumi.yaml").write_text("name: poker\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
        aws = background.ensure(folder, "us-east-1")
        try:
            update(folder, "dev", aws, on_message=lambda message: None)
            yield folder, aws
        finally:
            background.stop(folder)


@contextmanager
def _page(folder: Path, aws: LocalAws) -> Generator[tuple[Page, str]]:
    options = ("--project", str(folder))
    server = Server(Site(f"the local AWS, {aws.region}", aws.client, options, folder, None, aws, is_writable=True), 0)
    server.start()
    browser_path = next(path for name in BROWSERS if (path := shutil.which(name)))
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
            viewport: Any = {"width": WIDTH, "height": HEIGHT}
            yield browser.new_page(viewport=viewport, color_scheme="light"), server.address
            browser.close()
    finally:
        server.stop()


def _send(aws: LocalAws) -> int:
    """Send the hands, and return how many of them are faulty."""
    chosen = random.Random(1)
    faults = [chosen.choice((None,) * 7 + FAULTS) for _ in range(HANDS)]
    url = next(url for url in aws.client("sqs").list_queues()["QueueUrls"] if "poker-hands-queue" in url)
    queues.send(aws.client("sqs"), url, [_hand(number, fault or {}) for number, fault in enumerate(faults)])
    return sum(fault is not None for fault in faults)


def _hand(number: int, fault: dict[str, Any]) -> str:
    hand = {"hand_id": f"h{number}", "user_id": "aarit", "hole_cards": "AsKs", "chip_delta": 60, "result": "won"}
    return json.dumps({name: value for name, value in (hand | fault).items() if value is not None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
