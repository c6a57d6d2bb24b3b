"""What the page of `consumers ui` does, in a real browser: each action, and what it shows before."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from consumers.local import dead_letters
from consumers.operations import queues
from consumers.ui.letters import Choice
from consumers.ui.server import Server
from on_local_aws import wait_until
from ui_page import FIXED, LETTERS, ORDERS, PageProject, errors_of, opened, order


@pytest.fixture(scope="module")
def server(shop: PageProject) -> Iterator[Server]:
    with shop.served() as running:
        yield running


@pytest.fixture
def page(browser: Browser, shop: PageProject, server: Server) -> Iterator[Page]:
    """The dead letters of orders: two without a customer, and a poisonous one."""
    shop.clear()
    shop.fail(order(1), order(2), order(3, customer="a", poison=True))
    page = opened(browser, server, LETTERS)
    ids = dead_letters.ids(shop.aws, shop.dead)
    row = server.state.watch.view.find(("shop", "dev", "orders"))
    assert row
    wait_until(lambda: frozenset(row.letters.store.ids(Choice())) == ids)
    page.reload()
    yield page
    assert errors_of(page) == []
    page.context.close()


def choose_reason(page: Page) -> None:
    page.get_by_role("link", name="customer is missing").first.click()
    expect(page.locator("table.letters tbody tr")).to_have_count(2)


def confirm(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#job")).not_to_contain_text("running", timeout=120_000)


def test_a_fix_is_tried_on_the_very_messages_and_those_that_pass_are_sent_back(page: Page, shop: PageProject) -> None:
    shop.handler.write_text(FIXED)
    page.get_by_role("button", name="Try the working copy").click()
    expect(page.locator("main")).to_contain_text("3 dead letters will run through the handler of the working copy")
    expect(page.locator("main")).to_contain_text("Nothing is sent or deleted.")
    confirm(page, "Try them")
    expect(page.locator(".outcome")).to_have_text("2 of 3 pass now.")
    assert shop.dead_letters() == 3
    page.get_by_role("link", name="Show the 2 that pass").click()
    expect(page.locator("table.letters tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Send back").click()
    expect(page.get_by_role("heading", name="Send 2 dead letters of orders back?")).to_be_visible()
    expect(page.locator(".warning")).to_contain_text("The deployed function handles them (changed 20")
    assert shop.dead_letters() == 3
    confirm(page, "Send 2 back")
    expect(page.locator(".outcome")).to_have_text("2 of 2 sent back.")
    # The function has the code from before, so they fail once more: now there are three again.
    wait_until(lambda: shop.dead_letters() == 3)


def test_the_result_of_a_trial_stands_beside_each_message(page: Page, shop: PageProject) -> None:
    shop.handler.write_text(FIXED)
    page.get_by_role("button", name="Try the working copy").click()
    confirm(page, "Try them")
    page.get_by_role("link", name="Back to the dead letters of orders").click()
    expect(page.locator("#groups")).to_contain_text("2 pass")
    page.get_by_label("Newest try").select_option("fails")
    page.get_by_role("button", name="Show", exact=True).click()
    page.locator("table.letters a").click()
    expect(page.locator("#trial")).to_contain_text("fails")
    expect(page.locator("#trial")).to_contain_text("poison")


def test_an_edit_shows_its_diff_and_is_made_on_the_way_back(page: Page, shop: PageProject) -> None:
    choose_reason(page)
    page.get_by_text("Edit on the way back").click()
    page.get_by_label("Fields of the body to set").fill("customer=guest")
    page.get_by_role("button", name="Send back").click()
    expect(page.locator("pre.diff").first).to_contain_text('+  "customer": "guest"')
    expect(page.locator("pre.command")).to_contain_text("dlq redrive orders --set=customer=guest")
    confirm(page, "Send 2 back")
    wait_until(lambda: shop.dead_letters() == 1)
    url = shop.queue
    wait_until(lambda: queues.depth(shop.aws.client("sqs"), url).total == 0)


def test_an_edit_that_does_not_fit_says_that_the_message_will_stay(page: Page) -> None:
    choose_reason(page)
    page.get_by_text("Edit on the way back").click()
    page.get_by_label("Fields of the body to set").fill("address.city=Rome")
    page.get_by_role("button", name="Send back").click()
    expect(page.locator("pre.diff").first).to_contain_text("It will stay: the edit does not fit the body")


def test_an_edit_that_cannot_be_read_is_refused_with_the_reason(page: Page) -> None:
    page.get_by_text("Edit on the way back").click()
    page.get_by_label("Fields of the body to set").fill("no equals sign")
    page.get_by_role("button", name="Send back").click()
    expect(page.locator(".problem")).to_contain_text("is not path=value, such as player.table=3")


def test_ticked_messages_are_those_that_are_exported_and_the_file_can_be_saved(page: Page, shop: PageProject) -> None:
    box = page.locator("table.letters input[type=checkbox]").nth(1)
    chosen = box.get_attribute("value")
    box.check()
    expect(page.get_by_label("the ticked ones (1)")).to_be_checked()
    page.get_by_role("button", name="Export").click()
    confirm(page, "Export 1")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save it").click()
    path = Path(download.value.path())
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == [chosen]
    assert shop.dead_letters() == 3


def test_a_purge_asks_for_the_name_and_writes_the_messages_to_a_file_first(page: Page, shop: PageProject) -> None:
    choose_reason(page)
    page.get_by_role("button", name="Delete").click()
    page.get_by_label("Type orders to delete them").fill("order")
    page.get_by_role("button", name="Delete 2").click()
    expect(page.get_by_role("alert")).to_contain_text("“order” is not orders: nothing is deleted.")
    assert shop.dead_letters() == 3
    page.get_by_label("Type orders to delete them").fill("orders")
    confirm(page, "Delete 2")
    expect(page.locator(".outcome")).to_have_text("2 of 2 deleted.")
    assert shop.dead_letters() == 1
    written = page.locator("#job code").first.inner_text()
    assert len(Path(written).read_text().splitlines()) == 2


def test_without_a_ticked_message_the_page_says_what_to_do(page: Page) -> None:
    page.get_by_label("the ticked ones").check()
    page.get_by_role("button", name="Send back").click()
    expect(page.locator(".problem")).to_contain_text("No dead letter is chosen. Go back and tick some")


def test_one_message_is_sent_back_from_its_own_page(page: Page, shop: PageProject) -> None:
    page.locator("table.letters a").first.click()
    page.get_by_role("button", name="Send it back").click()
    confirm(page, "Send 1 back")
    expect(page.locator(".outcome")).to_have_text("1 of 1 sent back.")
    wait_until(lambda: shop.dead_letters() == 3)


def test_a_consumer_is_paused_and_resumed(page: Page, server: Server) -> None:
    page.goto(f"http://127.0.0.1:{server.port}{ORDERS}")
    page.get_by_label("because").fill("--yes a look")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("pre.command")).to_contain_text("pause orders --for=1h")
    confirm(page, "Pause it")
    expect(page.locator("#job .tag")).to_have_text("done")
    page.get_by_role("link", name="Back to orders").click()
    expect(page.locator("#now")).to_contain_text("is paused by")
    expect(page.locator("#now")).to_contain_text("--yes a look")
    page.reload()
    page.get_by_role("button", name="Resume").click()
    confirm(page, "Resume it")
    page.get_by_role("link", name="Back to orders").click()
    expect(page.locator("#now")).to_contain_text("Enabled")


def test_a_confirmation_counts_once_also_in_a_second_tab(page: Page, shop: PageProject, server: Server) -> None:
    page.get_by_role("button", name="Export").click()
    address = page.locator("main form").get_attribute("action")
    other = page.context.new_page()
    other.goto(f"http://127.0.0.1:{server.port}/")
    answer = other.evaluate(
        "address => fetch(address, {method: 'POST', body: new URLSearchParams({a: '1'})}).then(a => a.status)", address
    )
    assert answer == 200
    page.get_by_role("button", name="Export 3").click()
    expect(page.locator(".problem")).to_contain_text("This was answered before, so nothing is done now.")
    other.close()
    page.context.pages[0].bring_to_front()


def test_the_command_of_each_action_is_shown(page: Page, shop: PageProject) -> None:
    page.locator("table.letters a").first.click()
    found = re.search(r"[0-9a-f-]{36}", page.url)
    assert found
    page.get_by_role("button", name="Try it").click()
    expected = f"consumers try orders --stack shop/dev --project {shop.folder} --id {found[0]}"
    expect(page.locator("pre.command")).to_have_text(expected)
