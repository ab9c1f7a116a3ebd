"""The sheet with one's own orders."""

import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.pages import entered, order
from tests.deployment import Deployment

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]


async def my_orders(page: Page) -> None:
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="My orders").click()


async def test_what_one_ordered_is_found_again(window: Open, site: Deployment) -> None:
    """Newest first, each with its number, sum and state; after a reload too, and nobody else's."""
    site.call("make_room", slug="my-orders", items=2)
    page = await entered(await window("/rooms/my-orders/"))
    await my_orders(page)
    await expect(page.locator("#orders-note")).to_have_text("You have not ordered anything yet.")
    await page.keyboard.press("Escape")
    for number in range(2):
        await order(page, page.locator("#shelf .buy").nth(number))
        await expect(page.locator("#ordered")).to_have_text(re.compile(f"Tea {number}"))
    said = await page.locator("#ordered small").text_content() or ""
    await page.reload()
    await entered(page)
    await my_orders(page)
    rows = page.locator("#orders > li")
    await expect(rows.locator(".item-title")).to_have_text(["Tea 1", "Tea 0"])
    await expect(rows.locator(".price")).to_have_text(["¥20.00", "¥20.00"])
    await expect(rows.locator(".order-status")).to_have_text(["to be paid", "to be paid"])
    number_shown = await rows.first.locator(".order-number").text_content() or ""
    assert re.fullmatch(r"\d{20}", number_shown)
    assert number_shown in said
    await expect(page.locator("#orders-note")).to_be_empty()
    other = await entered(await window("/rooms/my-orders/"))
    await order(other, other.locator("#shelf .buy").first)
    await expect(other.locator("#ordered")).not_to_be_empty()
    await my_orders(other)
    await expect(other.locator("#orders > li")).to_have_count(1)


async def test_many_orders_come_page_by_page(window: Open, site: Deployment) -> None:
    """Twenty at a time; the focus goes on at the first that came."""
    room = site.call("make_room", slug="many-orders", stock=500)
    [user] = site.call("make_users", count=1)
    site.call("order_often", user=user["id"], item_id=room["items"][0], count=25)
    page = await window("/")
    await page.evaluate("(token) => localStorage.setItem('liveroom.token', token)", user["token"])
    await page.goto("/rooms/many-orders/")
    await entered(page)
    await my_orders(page)
    await expect(page.locator("#orders > li")).to_have_count(20)
    await page.get_by_role("button", name="Earlier orders").click()
    await expect(page.locator("#orders > li")).to_have_count(25)
    await expect(page.locator("#orders > li").nth(20)).to_be_focused()
    await expect(page.locator("#orders-more")).to_be_hidden()
    numbers = await page.locator("#orders .order-number").all_text_contents()
    placed = site.call("read_item", item_id=room["items"][0])["orders"]
    assert numbers == [order["number"] for order in reversed(placed)]


async def test_a_list_that_did_not_come_is_asked_for_again(window: Open, site: Deployment) -> None:
    """A failure is said, and a press asks anew."""
    room = site.call("make_room", slug="failed-orders")
    page = await entered(await window("/rooms/failed-orders/"))
    await order(page, page.locator("#shelf .buy"))
    await expect(page.locator("#ordered")).not_to_be_empty()
    assert len(site.call("read_item", item_id=room["items"][0])["orders"]) == 1

    async def nothing(route: Route) -> None:
        # An answer, so that the browser has nothing to write to its console.
        await route.fulfill(status=200, body="no JSON")

    await page.route("**/api/orders*", nothing)
    await my_orders(page)
    await expect(page.locator("#orders-note")).to_have_text("Loading failed.")
    await page.unroute("**/api/orders*")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator("#orders > li")).to_have_count(1)
    await expect(page.locator("#orders-more")).to_be_hidden()
