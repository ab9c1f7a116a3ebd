"""What axe-core finds on the pages: nothing serious, in both themes, on phones and on desks."""

from typing import Any

import pytest
from django.conf import settings
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import entered, say
from tests.deployment import Deployment

pytestmark = pytest.mark.asyncio(loop_scope="module")

AXE = settings.BASE_DIR / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
FIND = """async () => {
  const { violations, passes } = await axe.run(document, { resultTypes: ["violations"] });
  if (passes.length < 10) throw new Error(`only ${passes.length} rules had anything to look at`);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]);
}"""


async def serious(page: Page) -> Any:
    """What is seriously or critically wrong: rules with their elements."""
    # Where animations are off nothing is caught half faded in.
    await page.evaluate(AXE.read_text())
    return await page.evaluate(FIND)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_the_list_of_rooms(window: Open, site: Deployment, theme: str, size: dict[str, int]) -> None:
    """Rooms of every state are on it."""
    for status in ("live", "scheduled", "ended"):
        site.call("make_room", slug=f"axe-{status}-{theme}-{size['width']}", status=status)
    page = await window("/", color_scheme=theme, viewport=size)
    await expect(page.locator(".card").first).to_be_visible()
    assert await serious(page) == []


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.long)])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_a_room(window: Open, site: Deployment, theme: str, size: dict[str, int]) -> None:
    """With comments, a notice, an item explained, a failed comment, a frame open; on a phone its sheets too."""
    room = site.call("make_room", slug=f"axe-room-{theme}-{size['width']}", items=3)
    site.call("set_notice", room_id=room["id"], text="Free shipping tonight.")
    site.call("explain", item_id=room["items"][0])
    options = {"color_scheme": theme, "viewport": size}
    page = await entered(await window(f"/rooms/{room['slug']}/", **options))
    await say(page, "hello")
    await expect(page.locator("#comments .text")).to_have_text(["hello"])
    site.call("set_room", room_id=room["id"], slow_mode=300)
    await expect(page.locator("#why")).not_to_be_empty()
    await say(page, "too soon")
    await expect(page.locator("#comments [data-failed=yes]")).to_have_count(1)
    assert await serious(page) == []
    await page.locator("#spotlight .buy").click()
    await page.locator("#quantity").fill("100")
    await expect(page.locator("#choice-note")).not_to_be_empty()
    assert await serious(page) == []
    await page.keyboard.press("Escape")
    if size is PHONE:
        await page.locator("#open-shelf").click()
        await expect(page.locator("#shelf .item-title").first).to_be_visible()
        assert await serious(page) == []
        await page.keyboard.press("Escape")
        await page.locator("#open-more").click()
        await expect(page.locator("#more-title")).to_be_visible()
        assert await serious(page) == []
        await page.locator("#open-inspector").click()
    await page.locator("#frame-list summary").first.click()
    await expect(page.locator("#frame-list pre").first).to_be_visible()
    assert await serious(page) == []


@pytest.mark.parametrize("status", ["scheduled", "paused", "ended"])
async def test_a_room_that_is_not_live(window: Open, site: Deployment, status: str) -> None:
    """Each state has a face of its own."""
    site.call("make_room", slug=f"axe-{status}", status=status)
    page = await entered(await window(f"/rooms/axe-{status}/", viewport=PHONE))
    assert await serious(page) == []
    await page.evaluate("import('/static/rooms/connection.js').then(({ live }) => live.close())")
    await expect(page.locator("#connection")).to_have_text("Disconnected")
    assert await serious(page) == []
