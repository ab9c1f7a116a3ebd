"""That a room's page stands still, and holds whatever stands in it."""

import itertools
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import entered, order, say
from tests.deployment import Deployment

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

PHONE = {"width": 390, "height": 844}
HUGE = "99999999.99"
_slugs = itertools.count(1)


@pytest.fixture
def room(site: Deployment) -> dict[str, Any]:
    """A live room of the test's own, with two items; the first is explained."""
    made: dict[str, Any] = site.call("make_room", slug=f"layout-{next(_slugs)}", items=2)
    site.call("explain", item_id=made["items"][0])
    return made


async def places(page: Page, *selectors: str) -> list[Any]:
    return [await page.locator(selector).first.bounding_box() for selector in selectors]


async def on_the_connection(page: Page, call: str) -> None:
    await page.evaluate(f"import('/static/rooms/connection.js').then(({{ live }}) => {{ live.{call}; }})")


@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desk"])
async def test_nothing_moves_when_the_connection_goes(
    window: Open, site: Deployment, room: dict[str, Any], size: dict[str, int]
) -> None:
    """The pill has a place of its own; the field keeps the focus and what was typed, and takes no more."""
    site.call("set_notice", room_id=room["id"], text="Free shipping tonight.")
    page = await entered(await window(f"/rooms/{room['slug']}/", viewport=size))
    await say(page, "hello")
    await expect(page.locator("#comments [data-pending='']")).to_have_count(1)
    field = page.get_by_label("Your comment")
    await field.fill("not yet sent")
    still = ("#comments .line", "#log", "#spotlight", "#write", "#like", "#follow", "#notice-box", "#shelf")
    before = await places(page, *still)
    await on_the_connection(page, "close()")
    await expect(page.locator("#connection")).to_have_text("Disconnected")
    assert await places(page, *still) == before
    # The pill says it: nobody need read it twice.
    await expect(page.locator("#why")).to_be_empty()
    await expect(field).to_be_focused()
    await expect(field).not_to_be_editable()
    await page.keyboard.press("Enter")
    await expect(field).to_have_value("not yet sent")
    await page.locator("#hurry").click()
    await entered(page)
    await field.press("Enter")
    await expect(page.locator("#comments .text")).to_have_text(["hello", "not yet sent"])


async def test_a_press_on_what_cannot_be_done_does_nothing(window: Open, room: dict[str, Any]) -> None:
    """The buttons keep the keyboard's place while there is no connection, and send nothing."""
    page = await entered(await window(f"/rooms/{room['slug']}/"))
    await on_the_connection(page, "close()")
    for button in ("#like", "#follow", "#shelf .buy >> nth=0", "#spotlight .buy"):
        await expect(page.locator(button)).to_be_disabled()
        await page.locator(button).focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(button)).to_be_focused()
    await expect(page.locator("#order-sheet")).to_be_hidden()
    await expect(page.locator("#follow")).to_have_attribute("aria-pressed", "false")
    await expect(page.locator("#error")).to_be_empty()
    await expect(page.locator("#hearts *")).to_have_count(0)


async def test_the_sheets_stand_still_too(window: Open, room: dict[str, Any]) -> None:
    """In the shelf's sheet the reason has its place beside the title."""
    page = await entered(await window(f"/rooms/{room['slug']}/", viewport=PHONE))
    await page.locator("#open-shelf").click()
    before = await places(page, "#shelf", "#shelf .buy")
    await on_the_connection(page, "close()")
    await expect(page.locator("#why-shop")).to_have_text("You are not connected.")
    assert await places(page, "#shelf", "#shelf .buy") == before


async def test_what_was_ordered_is_said_for_a_while(window: Open, room: dict[str, Any]) -> None:
    """Where it covers no button to buy, in three lines; it goes by itself, but not from under the pointer."""
    page = await window("about:blank")
    await page.clock.install()
    await page.goto(f"/rooms/{room['slug']}/")
    await entered(page)
    await order(page, page.locator("#spotlight .buy"))
    await expect(page.locator("#ordered strong")).to_have_text("Order placed")
    await expect(page.locator("#ordered span")).to_have_text("Tea 0 × 1 · ¥20.00")
    toast, buy = await places(page, "#order", "#spotlight .buy")
    assert toast["y"] + toast["height"] <= buy["y"]
    await page.locator("#order").hover()
    await page.clock.run_for(20_000)
    await expect(page.locator("#ordered strong")).to_be_visible()
    await page.mouse.move(0, 0)
    await page.clock.run_for(9_000)
    await expect(page.locator("#ordered")).to_be_empty()


async def test_huge_prices_stay_in_one_line(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Eight digits before the point fit card, shelf and order sheet at 360 pixels, in groups of three."""
    for item in room["items"]:
        site.call("change_item", item_id=item, price=HUGE)
    page = await entered(await window(f"/rooms/{room['slug']}/", viewport={"width": 360, "height": 640}))

    async def fits(place: str) -> None:
        price = page.locator(f"{place} .price").first
        await expect(price).to_have_text("¥99,999,999.99")
        assert await price.evaluate(
            """(it) => {
              const { left, right } = it.getBoundingClientRect();
              const frame = it.closest(".spotlight, .item, .choice").getBoundingClientRect();
              return it.getClientRects().length === 1 && left >= frame.left && right <= frame.right;
            }"""
        )

    await fits("#spotlight")
    await page.locator("#open-shelf").click()
    await fits("#shelf")
    # The explained item reaches beyond the others, and not beyond the sheet.
    assert await page.locator("#shop").evaluate("(it) => it.scrollWidth === it.clientWidth")
    await page.locator("#shelf .buy").first.click()
    await fits("#choice-item")
    await page.get_by_label("Quantity").fill("9")
    await expect(page.locator("#total")).to_have_text("¥899,999,999.91")


async def test_a_long_name_leaves_room_for_what_is_said(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """A name of 32 letters takes no more than a part of the first line, in the list and in the pinned comment."""
    site.call("pin_comment", room_id=room["id"], nickname="M" * 32, text="short")
    page = await entered(await window(f"/rooms/{room['slug']}/", viewport=PHONE))
    for name, text in (("#comments .name", "#comments .text"), ("#pinned-name", "#pinned-text")):
        written, said = await places(page, name, text)
        assert written["height"] < 28
        assert abs(written["y"] - said["y"]) < 8
        await expect(page.locator(name)).to_have_text("M" * 32)
