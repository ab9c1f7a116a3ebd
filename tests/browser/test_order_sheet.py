"""How many one orders: chosen in a sheet, kept no longer than it is open."""

import itertools
import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import entered, say
from tests.deployment import Deployment

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

_slugs = itertools.count(1)


@pytest.fixture
def room(site: Deployment) -> dict[str, Any]:
    """A live room of the test's own, with 50 pieces of tea at 20.00."""
    made: dict[str, Any] = site.call("make_room", slug=f"order-{next(_slugs)}")
    return made


async def choose(window: Open, room: dict[str, Any], *, said: str = "") -> Page:
    """Enter, say something by which a guest becomes a user with a token, and press the item's button."""
    page = await entered(await window(f"/rooms/{room['slug']}/"))
    if said:
        await say(page, said)
        await expect(page.locator("#comments [data-pending='']")).to_have_count(1)
    await page.locator("#shelf .buy").click()
    await expect(page.locator("#order-sheet")).to_be_visible()
    return page


async def on_the_connection(page: Page, call: str) -> None:
    """Do something to the page's connection that the inspector, which is under the sheet, could do too."""
    await page.evaluate(f"import('/static/rooms/connection.js').then(({{ live }}) => {{ live.{call}; }})")


async def shows(page: Page, quantity: str, total: str, note: str = "") -> None:
    await expect(page.locator("#quantity")).to_have_value(quantity)
    await expect(page.locator("#total")).to_have_text(total)
    await expect(page.locator("#choice-note")).to_have_text(note)


async def test_several_pieces_in_one_order(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Stepped and typed; the total follows, and the order is for so many. Each time it begins with one."""
    page = await choose(window, room)
    await page.get_by_label("Quantity").fill("7")
    await page.keyboard.press("Escape")
    await page.locator("#shelf .buy").click()
    await shows(page, "1", "¥20.00")
    await expect(page.get_by_role("button", name="One less")).to_have_attribute("aria-disabled", "true")
    await page.get_by_role("button", name="One more").click()
    await shows(page, "2", "¥40.00")
    await expect(page.locator("#total-of")).to_have_text("2 × ¥20.00")
    await page.get_by_label("Quantity").fill("12")
    await page.get_by_role("button", name="One less").click()
    await shows(page, "11", "¥220.00")
    await page.locator("#place").click()
    await expect(page.locator("#ordered")).to_have_text(re.compile(r"Tea 0 × 11 · ¥220\.00 .* to be paid$"))
    await expect(page.locator("#order-sheet")).to_be_hidden()
    await expect(page.locator("#shelf .stock")).to_have_text("39 left · 11 sold")
    await page.locator("#shelf .buy").click()
    await shows(page, "1", "¥20.00")
    assert [order["quantity"] for order in site.call("read_item", item_id=room["items"][0])["orders"]] == [11]


@pytest.mark.parametrize(
    ("stock", "limit", "most", "note"),
    [
        (5, 0, 5, "Only 5 left: the quantity is now 5."),
        (50, 3, 3, "At most 3 for each: the quantity is now 3."),
        (500, 0, 99, "At most 99 in one order: the quantity is now 99."),
    ],
)
async def test_no_more_than_there_are(
    window: Open, site: Deployment, stock: int, limit: int, most: int, note: str
) -> None:
    """Stock, the limit of each buyer and that of the protocol bound what is typed, and the page says which."""
    room = site.call("make_room", slug=f"order-most-{most}", stock=stock)
    site.call("change_item", item_id=room["items"][0], limit_per_user=limit)
    page = await choose(window, room)
    await page.get_by_label("Quantity").fill("100")
    await shows(page, str(most), f"¥{most * 20:,}.00", note)
    await expect(page.get_by_role("button", name="One more")).to_have_attribute("aria-disabled", "true")
    await page.get_by_role("button", name="One more").press("Enter")
    await shows(page, str(most), f"¥{most * 20:,}.00", note)
    await page.get_by_role("button", name="One less").click()
    await shows(page, str(most - 1), f"¥{(most - 1) * 20:,}.00")


async def test_the_shelf_changes_while_one_chooses(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Less stock and another price are followed and said; sold out, or off the shelf, nothing can be ordered."""
    item = room["items"][0]
    page = await choose(window, room)
    await page.get_by_label("Quantity").fill("20")
    site.call("change_stock", item_id=item, by=-42)
    await shows(page, "8", "¥160.00", "Only 8 left: the quantity is now 8.")
    site.call("change_item", item_id=item, price="17.50")
    await shows(page, "8", "¥140.00", "The price has changed: ¥17.50 now.")
    site.call("change_stock", item_id=item, by=-8)
    await expect(page.locator("#place")).to_have_text("Sold out")
    await expect(page.locator("#place")).to_have_attribute("aria-disabled", "true")
    site.call("change_stock", item_id=item, by=2)
    await expect(page.locator("#place")).to_have_text("Order")
    await expect(page.locator("#quantity")).to_have_value("1")
    site.call("set_on_shelf", item_id=item, on_shelf=False)
    await expect(page.locator("#choice-note")).to_have_text("This item is no longer for sale here.")
    await page.locator("#place").press("Enter")
    await expect(page.locator("#ordered")).to_be_empty()
    await expect(page.locator("#order-sheet")).to_be_visible()


@pytest.mark.parametrize("typed", ["", "0", "-2", "1.5"])
async def test_what_is_no_quantity_is_not_ordered(
    window: Open, site: Deployment, room: dict[str, Any], typed: str
) -> None:
    """The browser objects to it in its own words, at the field."""
    page = await choose(window, room)
    await page.get_by_label("Quantity").fill(typed)
    await page.locator("#place").click()
    await expect(page.locator("#quantity")).to_be_focused()
    assert await page.locator("#quantity").evaluate("(field) => field.validity.valid") is False
    await expect(page.locator("#order-sheet")).to_be_visible()
    assert site.call("read_item", item_id=room["items"][0])["orders"] == []


async def test_an_order_survives_a_lost_connection(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Sent again after a cut it has the same key and quantity, whatever is on the screen; there is one order."""
    page = await choose(window, room, said="hello")
    await page.get_by_label("Quantity").fill("4")
    # As if the network went with the answer: the order goes out, and nothing is heard.
    await on_the_connection(page, "stall(true)")
    await page.locator("#place").click()
    await expect(page.locator("#place")).to_have_text("Ordering…")
    await expect(page.locator("#quantity")).not_to_be_editable()
    await page.get_by_role("button", name="One more").press("Enter")
    await on_the_connection(page, "cut()")
    await expect(page.locator("#ordered")).to_have_text(re.compile(r"Tea 0 × 4 · ¥80\.00"))
    await expect(page.locator("#order-sheet")).to_be_hidden()
    sent = page.locator("#frame-list > li", has_text="sent").filter(has=page.locator(".type", has_text="buy"))
    await expect(sent).to_have_count(2)
    frames = [json.loads(text) for text in await sent.locator("pre").all_text_contents()]
    assert frames[0] == frames[1]
    assert frames[0]["quantity"] == 4
    assert [order["quantity"] for order in site.call("read_item", item_id=room["items"][0])["orders"]] == [4]


async def test_an_order_without_an_answer_is_not_doubled(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Given up because the page was sent away, it is sent again as it was, and not another."""
    page = await choose(window, room, said="hello")
    await page.get_by_label("Quantity").fill("4")
    await on_the_connection(page, "stall(true)")
    await page.locator("#place").click()
    await expect(page.locator("#place")).to_have_text("Ordering…")
    # The server takes the order, and sends the viewer away for this, who has not heard of the one.
    await on_the_connection(page, "raw('x'.repeat(17000))")
    await expect(page.locator("#connection")).to_have_attribute("data-status", "stopped")
    await expect(page.locator("#choice-note")).to_have_text("You are not connected.")
    await on_the_connection(page, "connect()")
    await expect(page.locator("#choice-note")).to_have_text(re.compile("^This order got no answer"))
    await expect(page.locator("#quantity")).to_have_value("4")
    await page.get_by_role("button", name="Send again").click()
    await expect(page.locator("#ordered")).to_have_text(re.compile(r"Tea 0 × 4 · ¥80\.00"))
    assert [order["quantity"] for order in site.call("read_item", item_id=room["items"][0])["orders"]] == [4]


@pytest.mark.parametrize("how", ["a double click", "a held key"])
async def test_pressed_twice_it_is_one_order(window: Open, site: Deployment, room: dict[str, Any], how: str) -> None:
    """A double click, or Enter held down, orders once."""
    page = await choose(window, room)
    if how == "a double click":
        await page.locator("#place").dblclick()
    else:
        await page.get_by_label("Quantity").focus()
        # Pressed again without being let go of: as a held key repeats.
        for _ in range(5):
            await page.keyboard.down("Enter")
        await page.keyboard.up("Enter")
    await expect(page.locator("#ordered")).to_have_text(re.compile(r"Tea 0 × 1 · ¥20\.00"))
    await expect(page.locator("#shelf .stock")).to_have_text("49 left · 1 sold")
    assert [order["quantity"] for order in site.call("read_item", item_id=room["items"][0])["orders"]] == [1]


async def test_a_refused_order_is_over(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """It is told, and then forgotten: nothing of it waits in the page, which knows the limit from then on."""
    site.call("change_item", item_id=room["items"][0], limit_per_user=1)
    page = await choose(window, room, said="hello")
    user = await page.evaluate("import('/static/rooms/connection.js').then(({ live }) => live.state.user.id)")
    # As from another device of his.
    site.call("order_often", user=user, item_id=room["items"][0], count=1)
    await page.locator("#place").click()
    await expect(page.locator("#error")).to_have_text("You have reached the limit for this item.")
    await expect(page.locator("#place")).to_have_text("Limit reached")
    assert await page.evaluate("import('/static/rooms/connection.js').then(({ live }) => live.pending)") == []


async def test_in_chinese_on_a_phone(window: Open, room: dict[str, Any]) -> None:
    """Over the shelf's sheet, within 360 pixels; closed, one is back in the shelf."""
    page = await entered(
        await window(f"/rooms/{room['slug']}/", locale="zh-CN", viewport={"width": 360, "height": 640})
    )
    await page.locator("#open-shelf").click()
    await page.locator("#shelf .buy").click()
    await page.get_by_label("数量").fill("60")
    await shows(page, "50", "¥1,000.00", "仅剩 50 件，数量已改为 50。")
    box = await page.get_by_role("button", name="提交订单").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 360
    assert box["y"] + box["height"] <= 640
    await page.keyboard.press("Escape")
    await expect(page.locator("#order-sheet")).to_be_hidden()
    await expect(page.locator("#shelf-sheet")).to_be_visible()
    await expect(page.locator("#shelf .buy")).to_be_focused()
