"""How the administration looks: lists that hold what they are given, and the colours of the rooms' pages."""

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_accessibility import AXE
from tests.deployment import Deployment

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

PASSWORD = "a-long-one-7"
LISTS = {
    "Rooms": "rooms/room",
    "Products": "products/product",
    "Shelf items": "products/shelfitem",
    "Comments": "rooms/comment",
    "Orders": "products/order",
}
FAINT = """async () => {
  const { violations, passes } = await axe.run(document, { runOnly: ["color-contrast"] });
  if (passes.length === 0) throw new Error("nothing was looked at");
  return violations.flatMap(({ nodes }) => nodes.map(({ html, any }) => [html.slice(0, 200), any[0].message]));
}"""


@pytest.fixture(scope="module")
def room(site: Deployment) -> dict[str, Any]:
    """A live room with names as long as they may be, a comment and an order; and who runs it."""
    site.call("make_administrator", username="looks", password=PASSWORD)
    made: dict[str, Any] = site.call("make_room", slug="looks", items=2)
    [user] = site.call("make_users", count=1)
    site.call("order_often", user=user["id"], item_id=made["items"][0], count=1)
    site.call("post_comments", room_id=made["id"], texts=["W" * 200])
    site.call("lengthen", room_id=made["id"])
    return made


async def signed_in(window: Open, **options: Any) -> Page:
    page = await window("/admin/login/?next=/admin/", **options)
    await expect(page.get_by_label("Username")).to_be_focused()
    await page.get_by_label("Username").fill("looks")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="What is on")).to_be_visible()
    return page


@pytest_asyncio.fixture(loop_scope="module")
async def page(window: Open, room: dict[str, Any]) -> Page:
    """An operator's window."""
    return await signed_in(window)


@pytest.mark.parametrize("name", LISTS)
async def test_long_names_take_no_other_columns_place(page: Page, name: str) -> None:
    """At 1280 pixels every column's end is inside the page, and no row is higher than a few lines."""
    await page.goto(f"/admin/{LISTS[name]}/")
    # "Select room to change" is for somebody who came to change one.
    await expect(page.locator("h1").last).to_have_text(name)
    await expect(page).to_have_title(f"{name} | Liveroom control room")
    row = page.locator("#result_list tbody tr", has_text="AAA" if name == "Products" else "TTT").first
    if name == "Rooms":
        for button in ("Pause", "End"):
            await expect(row.get_by_role("button", name=button)).to_be_in_viewport(ratio=1)
    assert (await row.bounding_box() or {"height": 999})["height"] < 110
    assert await page.locator("#result_list").evaluate(
        "(it) => it.getBoundingClientRect().right <= it.closest('.results').getBoundingClientRect().right + 40"
    )
    overlapping = await row.evaluate(
        """(it) => [...it.cells]
          .filter((cell) => cell.scrollWidth > cell.clientWidth + 1 && getComputedStyle(cell).overflow !== "hidden")
          .map((cell) => cell.className)"""
    )
    assert overlapping == []


async def test_where_one_is_chosen_the_page_says_so(page: Page) -> None:
    """In the window in which a comment is chosen, the title says so, as Django has it."""
    await page.goto("/admin/rooms/comment/?_popup=1")
    await expect(page.locator("h1").last).to_have_text("Select comment")


async def test_nothing_to_count_is_not_counted(page: Page) -> None:
    """An empty list offers no counts; another one does."""
    await page.goto("/admin/products/order/?q=nobody")
    await expect(page.get_by_role("link", name="Show counts")).to_be_hidden()
    await page.goto("/admin/products/order/")
    await expect(page.locator("#result_list")).to_be_visible()


async def test_a_notice_has_two_lines(page: Page, room: dict[str, Any]) -> None:
    """Its field is no higher than that; the price beside it shows all of its digits."""
    await page.goto(f"/admin/rooms/room/{room['id']}/change/")
    assert (await page.locator("#id_notice").bounding_box() or {"height": 999})["height"] < 70
    price = page.locator(".shelf-row .field-price input").first
    await price.fill("99999999.99")
    assert await price.evaluate("(it) => it.scrollWidth <= it.clientWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_all_can_be_read(window: Open, room: dict[str, Any], theme: str) -> None:
    """The colours are the rooms' own, and what is written has contrast enough in both themes."""
    page = await signed_in(window, color_scheme=theme)
    paper = {"light": "rgb(255, 253, 250)", "dark": "rgb(20, 16, 14)"}[theme]
    for path in ("", "rooms/room/", "products/product/", "rooms/comment/", f"rooms/room/{room['id']}/change/"):
        await page.goto(f"/admin/{path}")
        await expect(page.locator("body")).to_have_css("background-color", paper)
        await page.evaluate(AXE.read_text())
        assert await page.evaluate(FAINT) == []
