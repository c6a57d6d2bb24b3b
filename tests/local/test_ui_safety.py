"""What the page of `consumers ui` refuses, and how it behaves when something is lost."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from consumers.operations import queues
from consumers.ui.server import Server
from on_local_aws import wait_until
from ui_page import LETTERS, ORDERS, PageProject, errors_of, opened, order

MANY = 10_000


@pytest.fixture(scope="module")
def reader(shop: PageProject) -> Iterator[Server]:
    """The page without --write."""
    shop.clear()
    shop.fail(order(1))
    with shop.served(write=False) as running:
        yield running


def test_without_the_token_the_browser_shows_how_to_get_in(browser: Browser, reader: Server) -> None:
    page = browser.new_page()
    answer = page.goto(f"http://127.0.0.1:{reader.port}/")
    assert answer
    assert answer.status == 403
    expect(page.locator("body")).to_contain_text("Open the whole address that `consumers ui` printed")
    page.context.close()


def test_the_token_is_gone_from_the_address_after_the_first_page(browser: Browser, reader: Server) -> None:
    page = opened(browser, reader)
    assert page.url == f"http://127.0.0.1:{reader.port}/"
    (cookie,) = page.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
    page.context.close()


def test_a_read_only_page_offers_no_action_and_refuses_one_all_the_same(browser: Browser, reader: Server) -> None:
    page = opened(browser, reader, LETTERS)
    expect(page.locator(".site")).to_contain_text("read-only")
    expect(page.locator("table.letters tbody tr").first).to_be_visible()
    expect(page.locator("button", has_text="…")).to_have_count(0)
    page.goto(f"http://127.0.0.1:{reader.port}{ORDERS}")
    expect(page.locator("button", has_text="Pause")).to_have_count(0)
    text = page.evaluate(
        "path => fetch(path, {method: 'POST', body: new URLSearchParams({action: 'redrive'})}).then(a => a.text())",
        f"{ORDERS}/ask",
    )
    assert "This page only reads. Start it with `consumers ui --write` to change something." in text
    page.context.close()


def test_a_page_of_another_origin_can_neither_read_nor_change(
    browser: Browser, shop: PageProject, reader: Server
) -> None:
    with shop.served() as writer, shop.served(write=False) as foreign:
        page = opened(browser, writer)  # the user is logged in there
        page.goto(foreign.address)  # another port is another origin, and the same site: the cookie alone would not help
        send = (
            "async address => { try { const answer = await fetch(address, {method: 'POST', mode: 'no-cors', "
            "credentials: 'include', body: new URLSearchParams({action: 'export'})}); return answer.type } "
            "catch (error) { return 'blocked' } }"
        )
        assert page.evaluate(send, f"http://127.0.0.1:{writer.port}{ORDERS}/ask") == "blocked"
        page.route(
            "**/attack", lambda route: route.fulfill(body=ATTACK.format(port=writer.port), content_type="text/html")
        )
        page.goto(f"http://localhost:{foreign.port}/attack")
        page.locator("button").click()
        expect(page.locator("body")).to_contain_text("This page needs the token")
        page.context.close()


ATTACK = """<form method="post" action="http://127.0.0.1:{port}/consumers/shop/dev/orders/ask">
<input name="action" value="redrive"><input name="which" value="listed"><button>win</button></form>"""


def test_after_a_lost_connection_the_page_says_so_and_comes_back(browser: Browser, reader: Server) -> None:
    page = opened(browser, reader)
    expect(page.locator("#connection")).to_be_hidden()
    page.context.set_offline(True)
    page.evaluate("events.close(); events = null; follow()")
    expect(page.locator("#connection")).to_be_visible()
    expect(page.locator("#connection")).to_contain_text("The connection is lost: what you see is old.")
    page.context.set_offline(False)
    page.evaluate("events.close(); events = null; follow()")
    expect(page.locator("#connection")).to_be_hidden()
    page.context.close()


def test_a_local_aws_that_is_away_leaves_the_old_figures_and_a_reason(browser: Browser, shop: PageProject) -> None:
    with shop.served(write=False) as server:
        page = opened(browser, server)
        expect(page.get_by_role("row").filter(has_text="orders").first).to_be_visible()
        client = server.site.client
        vars(server.site)["client"] = broken
        try:
            expect(page.locator("#problem")).to_contain_text("What you see is of")
            expect(page.locator("#problem")).to_contain_text("the network is gone")
            expect(page.get_by_role("row").filter(has_text="orders").first).to_be_visible()
            page.goto(f"http://127.0.0.1:{server.port}{ORDERS}")
            expect(page.locator("#log")).to_contain_text("The log cannot be read: the network is gone")
        finally:
            vars(server.site)["client"] = client
        page.context.close()


def broken(service: str) -> None:
    raise OSError("the network is gone")


def test_two_tabs_show_the_same_at_once(browser: Browser, shop: PageProject, reader: Server) -> None:
    before = shop.dead_letters()
    first = opened(browser, reader, ORDERS)
    second = first.context.new_page()
    second.goto(first.url)
    shop.fail(order(5))
    for page in (first, second):
        page.bring_to_front()
        expect(page.locator("#now")).to_contain_text(f"{before + 1} dead letters")
    assert errors_of(first) == []
    first.context.close()


def test_ten_thousand_dead_letters_are_listed_fifty_at_a_time(browser: Browser, shop: PageProject) -> None:
    shop.clear()
    sqs = shop.aws.client("sqs")
    queues.send(sqs, shop.dead, [order(number) for number in range(MANY)])
    with shop.served(write=False) as server:
        page = opened(browser, server, LETTERS)
        expect(page.locator("#reading")).to_contain_text(f"{MANY:,} are listed")
        page.reload()
        expect(page.locator("table.letters tbody tr")).to_have_count(50)
        expect(page.locator("main")).to_contain_text("Page 1 of 200")
        page.get_by_role("link", name="Older").click()
        expect(page.locator("main")).to_contain_text("Page 2 of 200")
        page.get_by_label("Body contains").fill('"id": 4711}')
        page.get_by_role("button", name="Show").click()
        expect(page.locator("table.letters tbody tr")).to_have_count(1)
        page.context.close()
    sqs.purge_queue(QueueUrl=shop.dead)
    wait_until(lambda: shop.dead_letters() == 0)
    shop.fail(order(1))  # which the tests of the reading page expect
