"""The page of `consumers ui` on AWS, in a real browser. The local AWS is in AWS's place."""

import json
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from consumers.commands.target import chosen_aws
from consumers.ui.aws_site import Site
from consumers.ui.server import Server
from deployed_consumers import use_only
from on_local_aws import wait_until
from ui_page import FIXED, LETTERS, ORDERS, PageProject, errors_of, opened, order


@contextmanager
def served(shop: PageProject, *, write: bool = True) -> Generator[Server]:
    """Serve the page as `consumers ui --region us-east-1` does."""
    target = chosen_aws(aws=False, profile=None, region="us-east-1")
    assert target
    options = [*target.options, "--project", str(shop.folder)]
    server = Server(Site(target.title, target.client, options, shop.folder, is_writable=write), 0)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def page(browser: Browser, shop: PageProject, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The dead letters of orders, two without a customer. The page has not read them."""
    use_only(shop.aws, monkeypatch, shop.folder)
    shop.clear()
    shop.fail(order(1), order(2))
    with served(shop) as server:
        page = opened(browser, server, LETTERS)
        yield page
        assert errors_of(page) == []
        page.context.close()


def read(page: Page) -> None:
    page.get_by_role("button", name="Read them", exact=True).click()
    expect(page.locator("table.letters tbody tr")).to_have_count(2)


def confirm(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#job")).not_to_contain_text("running", timeout=120_000)


def test_dead_letters_are_read_only_on_demand(page: Page) -> None:
    expect(page.locator("main")).to_contain_text("SQS counts 2 dead letters. The page has not read them yet.")
    expect(page.locator("main")).to_contain_text("Read them, to see their reasons and the messages.")
    expect(page.locator("main")).to_contain_text("Meanwhile they are hidden from others, for seconds.")
    expect(page.locator("table")).to_have_count(0)
    read(page)
    expect(page.get_by_role("button", name="Read them again")).to_be_visible()
    expect(page.locator("#groups")).to_contain_text("customer is missing")


def test_a_fix_is_tried_without_credentials_and_what_passes_is_sent_back(page: Page, shop: PageProject) -> None:
    read(page)
    shop.handler.write_text(FIXED)
    page.get_by_role("button", name="Try the working copy").click()
    expect(page.locator("main")).to_contain_text("The handler gets no credentials: its AWS calls fail.")
    expect(page.locator("pre.command")).to_contain_text("--stack shop/dev --region us-east-1 --project")
    confirm(page, "Try them")
    page.get_by_role("link", name="Show the 2 that pass").click()
    page.get_by_text("Edit on the way back").click()
    page.get_by_label("Fields of the body to set").fill("customer=guest")
    page.get_by_role("button", name="Send back").click()
    confirm(page, "Send 2 back")
    expect(page.locator(".outcome")).to_have_text("2 of 2 sent back.")
    wait_until(lambda: shop.dead_letters() == 0)
    page.get_by_role("link", name="Back to the dead letters of orders").click()
    expect(page.locator("#reading")).to_contain_text("0 are listed")


def test_a_message_is_shown_and_deleted_on_its_own_page(page: Page, shop: PageProject) -> None:
    read(page)
    page.locator("table.letters a").first.click()
    expect(page.locator("pre.body")).to_contain_text('"id"')
    expect(page.locator("main")).to_contain_text("receive 1 failed: customer is missing")
    page.get_by_role("button", name="Delete it").click()
    page.get_by_label("Type orders to delete them").fill("orders")
    confirm(page, "Delete 1")
    expect(page.locator(".outcome")).to_have_text("1 of 1 deleted.")
    assert shop.dead_letters() == 1
    written = shop.folder / page.locator("#job code").first.inner_text()
    assert [json.loads(line)["body"] for line in written.read_text().splitlines()]


def test_the_figures_are_those_of_cloudwatch(page: Page) -> None:
    page.get_by_role("link", name="Consumers", exact=True).click()
    expect(page.locator("thead")).to_contain_text("Oldest")
    expect(page.locator("#rows")).to_contain_text("in CloudWatch's newest minute")
    page.get_by_role("link", name="orders", exact=True).click()
    expect(page).to_have_url(re.compile(f"{ORDERS}$"))
    expect(page.locator("main")).to_contain_text("From CloudWatch, which is some minutes late.")


def test_without_write_it_reads_dead_letters_and_offers_no_action(
    browser: Browser, shop: PageProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_only(shop.aws, monkeypatch, shop.folder)
    shop.clear()
    shop.fail(order(1), order(2))
    with served(shop, write=False) as server:
        page = opened(browser, server, LETTERS)
        read(page)
        assert page.get_by_role("button").all_inner_texts() == ["Read them again", "Show"]
        page.context.close()
