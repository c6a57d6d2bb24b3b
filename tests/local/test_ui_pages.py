"""What the pages of `consumers ui` show, in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.sync_api import Browser, Page, expect

from consumers.local import dead_letters as peeked
from consumers.ui.letters import Choice
from consumers.ui.server import Server
from on_local_aws import wait_until
from ui_page import LETTERS, ORDERS, PageProject, errors_of, opened, order

BODIES = (order(1), order(2), order(3, customer="a", poison=True))
HOSTILE = (
    "<script>document.title='stolen'</script><img src=x onerror=\"document.title='stolen'\">",
    "\x1b[2J\x1b]0;stolen\x07",
    "\u202egnp.exe \u2066x",
    "א" * 100 + " right to left",
    "{{ 7 * 7 }}{% raw %}",
    "'; DROP TABLE letters; --",
)


@pytest.fixture(scope="module")
def server(shop: PageProject) -> Iterator[Server]:
    shop.clear()
    shop.fail(*BODIES)
    with shop.served() as running:
        yield running


@pytest.fixture
def more(shop: PageProject, server: Server) -> Iterator[PageProject]:
    """The project of a test that adds dead letters, which no other test may see."""
    yield shop
    shop.clear()
    shop.fail(*BODIES)
    ids = peeked.ids(shop.aws, shop.dead)
    row = server.state.watch.view.find(("shop", "dev", "orders"))
    assert row
    wait_until(lambda: frozenset(row.letters.store.ids(Choice())) == ids)


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    page = opened(browser, server)
    yield page
    assert errors_of(page) == []
    page.context.close()


def go(page: Page, path: str) -> None:
    page.goto(f"{page.url.split('/consumers')[0].rstrip('/')}{path}")


def test_the_overview_has_a_row_for_each_consumer_with_its_dead_letters_by_reason(page: Page) -> None:
    row = page.get_by_role("row").filter(has_text="orders")
    expect(row.first).to_contain_text("Enabled")
    expect(row.first).to_contain_text("3 dead letters")
    expect(row.first).to_contain_text("2 customer is missing")
    expect(page.get_by_role("row").filter(has_text="quiet")).to_have_count(1)


def test_the_page_of_a_consumer_has_figures_settings_cost_permissions_and_its_log(page: Page) -> None:
    go(page, ORDERS)
    for heading in ("The last hour", "Deployed", "What follows from the program", "Permissions"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.locator("svg.chart")).to_have_count(4)
    expect(page.locator("#program")).to_contain_text("dead letter after")
    expect(page.locator("#program")).to_contain_text("sqs:ReceiveMessage")
    expect(page.locator("#program")).to_contain_text("together")
    expect(page.locator("#log")).to_contain_text("FAIL message_id=")


def test_the_log_can_be_limited_to_what_failed(page: Page) -> None:
    go(page, f"{ORDERS}?level=all")
    expect(page.locator("#log")).to_contain_text("REPORT RequestId")
    page.get_by_role("link", name="errors and failed messages").click()
    expect(page.locator("#log")).not_to_contain_text("REPORT RequestId")
    expect(page.locator("#log .error").first).to_be_visible()
    expect(page.locator("#log .plain")).to_have_count(0)


def test_a_reason_leads_to_its_messages_and_a_message_to_its_body_attributes_and_log(page: Page) -> None:
    page.get_by_role("link", name="2 customer is missing").click()
    expect(page.locator("table.letters tbody tr")).to_have_count(2)
    page.locator("table.letters a").first.click()
    expect(page.get_by_role("heading", name="Why it failed")).to_be_visible()
    expect(page.locator(".reason").first).to_have_text("customer is missing")
    expect(page.locator("pre.body")).to_contain_text('"id":')
    expect(page.locator("main")).to_contain_text("receive 1 failed: customer is missing")
    page.get_by_role("link", name="Next").or_(page.get_by_role("link", name="Previous")).first.click()
    expect(page.locator(".reason").first).to_have_text("customer is missing")


def test_messages_are_found_by_a_text_in_their_body(page: Page) -> None:
    go(page, LETTERS)
    page.get_by_label("Body contains").fill("POISON")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("table.letters tbody tr")).to_have_count(1)
    expect(page.locator("table.letters")).to_contain_text("poison")


def test_without_script_every_page_can_be_read(browser: Browser, server: Server) -> None:
    page = opened(browser, server, java_script_enabled=False)
    expect(page.get_by_role("row").filter(has_text="orders").first).to_contain_text("3 dead letters")
    page.get_by_role("link", name="3 dead letters").click()
    page.locator("table.letters a").first.click()
    expect(page.get_by_role("heading", name="Body")).to_be_visible()
    page.context.close()


def test_a_new_dead_letter_appears_by_itself(page: Page, more: PageProject) -> None:
    before = more.dead_letters()
    go(page, ORDERS)
    more.fail(order(9))
    expect(page.locator("#now")).to_contain_text(f"{before + 1} dead letters")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", ORDERS, LETTERS, "letter", "/nothing"])
def test_axe_finds_nothing_serious(browser: Browser, server: Server, path: str, scheme: Any) -> None:
    page = opened(browser, server, color_scheme=scheme)
    if path == "letter":
        go(page, LETTERS)
        page.locator("table.letters a").first.click()
    elif path != "/":
        go(page, path)
    results: Any = Axe().run(page)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    violations: list[dict[str, Any]] = results.response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:2]) for one in violations] == []
    page.context.close()


@pytest.mark.parametrize("path", ["/", ORDERS, LETTERS, "letter"])
def test_at_400_percent_nothing_but_a_table_scrolls_sideways(browser: Browser, server: Server, path: str) -> None:
    page = opened(browser, server, viewport={"width": 320, "height": 256})  # 1,280 pixels at 400 %
    if path == "letter":
        go(page, LETTERS)
        page.locator("table.letters a").first.click()
        expect(page.get_by_role("heading", name="Body")).to_be_visible()
        page.wait_for_load_state()  # the style belongs to it
    elif path != "/":
        go(page, path)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320
    page.context.close()


def test_the_keyboard_reaches_the_content_first_and_the_focus_is_seen(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.closest('main') !== null")
    assert focused
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_hostile_bodies_are_shown_and_do_nothing(browser: Browser, more: PageProject, server: Server) -> None:
    bodies = [body for body in HOSTILE if "\x1b" not in body]
    more.fail(*bodies, "x" * 1_000_000)
    page = opened(browser, server, LETTERS)
    page.reload()
    for body in bodies:
        page.get_by_label("Body contains").fill(body[:30])
        page.get_by_role("button", name="Show").click()
        expect(page.locator("table.letters tbody tr")).to_have_count(1)
        page.locator("table.letters a").first.click()
        expect(page.locator("pre.body")).to_contain_text(body[1:12].strip() if body.isascii() else body[12:20].strip())
        assert "stolen" not in page.title()
        assert "49" not in page.locator("pre.body").inner_text()
        go(page, LETTERS)
    assert errors_of(page) == []
    page.context.close()


def test_direction_characters_are_shown_as_escapes(page: Page, more: PageProject) -> None:
    more.fail("\u202etxt.exe direction")
    go(page, f"{LETTERS}?text=direction")
    expect(page.locator("table.letters")).to_contain_text("\\u202etxt.exe")


def test_a_body_of_a_megabyte_is_cut_and_the_page_says_so(page: Page, more: PageProject) -> None:
    more.fail("y" * 1_000_000)
    go(page, f"{LETTERS}?text=yyyy")
    page.locator("table.letters a").first.click()
    expect(page.locator("main")).to_contain_text("900,000 more characters: export it to see them.")
