"""A project whose consumers are on a local AWS of its own, and the page of `consumers ui` in a browser."""

import json
import os
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from consumers.local import background
from consumers.local.emulator import LocalAws
from consumers.operations import queues
from consumers.provider.update import update
from consumers.ui import watch
from consumers.ui.aws_site import Site
from consumers.ui.server import Server
from on_local_aws import wait_until

expect.set_options(timeout=30_000)  # a busy machine must not fail a test
watch.LOCAL_INTERVAL = watch.REREAD = 0.3  # each test waits for several looks
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROGRAM = """from components import QueueConsumer, QueueConsumerArgs
QueueConsumer("orders", QueueConsumerArgs(
    source="orders", timeout=5, max_receive_count=1, dead_letter_queue={"reasons": True}))
QueueConsumer("quiet", QueueConsumerArgs(source="orders", timeout=5))
"""
HANDLER = """from sqs_batch import Record, batch_handler


@batch_handler
def handle(record: Record) -> None:
    if "customer" not in record.body:
        raise ValueError("customer is missing")
    if "poison" in record.body:
        raise ValueError("poison: " + record.body[:40])
"""
FIXED = HANDLER.replace('"customer" not in record.body', "False")
ORDERS = "/consumers/shop/dev/orders"
LETTERS = f"{ORDERS}/dead-letters"


def chromium() -> str | None:
    """Return the path of the browser."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def running_browser() -> Generator[Browser]:
    """Run a headless Chromium. Without one, the tests that need it are left out, but never in CI."""
    path = chromium()
    if path is None:
        assert "CI" not in os.environ, "CI installs Chromium, and it is not there"
        pytest.skip("no Chromium on this machine: scripts/chromium installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class PageProject:
    """A project with the consumers `orders` and `quiet`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.handler = folder / "orders" / "handler.py"
        self.handler.parent.mkdir()
        self.handler.write_text(HANDLER)
        (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
        self.aws: LocalAws = background.ensure(folder, "us-east-1")
        update(folder, "dev", self.aws, on_message=lambda message: None)
        found = self.aws.client("sqs").list_queues()["QueueUrls"]
        self.queue = next(url for url in found if "orders-queue" in url)
        self.dead = next(url for url in found if "orders-dlq" in url)

    def end(self) -> None:
        background.stop(self.folder)

    @contextmanager
    def served(self, *, write: bool = True, options: Sequence[str] | None = None) -> Generator[Server]:
        """Serve the page until the end of the block."""
        chosen = ("--project", str(self.folder)) if options is None else options
        site = Site("the local AWS", self.aws.client, chosen, self.folder, None, self.aws, is_writable=write)
        server = Server(site, 0)
        server.start()
        try:
            yield server
        finally:
            server.stop()

    def fail(self, *bodies: str) -> None:
        """Send messages that fail, and wait until they are dead letters."""
        before = self.dead_letters()
        queues.send(self.aws.client("sqs"), self.queue, bodies)
        wait_until(lambda: self.dead_letters() >= before + len(bodies))

    def dead_letters(self) -> int:
        return queues.depth(self.aws.client("sqs"), self.dead).total

    def clear(self) -> None:
        """Remove all dead letters, and the fix of the handler."""
        self.aws.client("sqs").purge_queue(QueueUrl=self.dead)
        self.handler.write_text(HANDLER)


def order(number: int, **more: Any) -> str:
    return json.dumps({"id": number, **more})


def opened(browser: Browser, server: Server, path: str = "/", **options: Any) -> Page:
    """Open an address of the page in a browser without cookies. An error of a script fails the test at its end."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(30_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    vars(page)["errors"] = errors
    page.goto(server.address)
    if path != "/":
        page.goto(f"http://127.0.0.1:{server.port}{path}")
    return page


def errors_of(page: Page) -> list[str]:
    """The errors of its scripts and of the server. A refusal (400 to 499) is a page, which the browser also logs."""
    return [text for text in vars(page)["errors"] if "with a status of 4" not in text]
