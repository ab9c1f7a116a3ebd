"""The mini-program's pages in what takes longer: who reads further up, floods, silence, dead servers, narrow phones."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import expect

from tests.deployment import Deployment, Deployments
from tests.miniprogram.phones import TIMEOUT, Open, Phone
from tests.miniprogram.viewers import ROOM, button, enter, entered, marks, said, say, sheet

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

LINES_MAX = 120
HELD_MAX = 300


@pytest.fixture(scope="module")
def site(deployments: Deployments) -> Iterator[Deployment]:
    """One process on SQLite, whose guests talk, and whose clients say every second that they are there."""
    with deployments.sqlite("phones-at-length", LIVEROOM_HEARTBEAT="1000") as deployment:
        yield deployment


async def from_end(phone: Phone) -> float:
    """How many pixels of the comments are below what one sees."""
    script = "(list) => list.scrollHeight - list.scrollTop - list.clientHeight"
    pixels: float = await phone.page.locator("comment-list scroll-view").evaluate(script)
    return pixels


async def test_who_reads_further_up(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """His list stands still and counts what is new; a tap leads there. Earlier ones come when he asks for them."""
    site.call("post_comments", room_id=room["id"], texts=[f"comment {number}" for number in range(90)])
    phone = await enter(open_phone, site.url, room)
    await expect(said(phone)).to_have_count(50)
    await expect(said(phone).last).to_have_text("comment 89")
    assert await from_end(phone) < 2
    scroller = phone.page.locator("comment-list scroll-view")
    await scroller.hover()
    await phone.page.mouse.wheel(0, -200)
    await phone.until(f"phone.counts()['{ROOM}'] !== undefined")
    top = await scroller.evaluate("(list) => list.scrollTop")
    for number in range(3):
        site.call("post_comments", room_id=room["id"], texts=[f"newer {number}"])
    newer = phone.page.locator("comment-list .newer")
    await expect(newer).to_have_text("3 new comments")
    assert await scroller.evaluate("(list) => list.scrollTop") == top
    await phone.page.locator("comment-list .earlier .chip").click()
    await expect(said(phone).first).to_have_text("comment 0")
    await newer.click()
    await expect(newer).to_have_count(0)
    await expect(said(phone).last).to_have_text("newer 2")
    assert await from_end(phone) < 2


async def test_a_flood(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Of 400 comments the newest are there, and the list ends with them."""
    phone = await enter(open_phone, site.url, room)
    await phone.do("counts")
    for first in range(0, 400, 20):
        site.call("post_comments", room_id=room["id"], texts=[f"comment {first + number}" for number in range(20)])
    await expect(said(phone).last).to_have_text("comment 399")
    assert await said(phone).count() <= LINES_MAX
    await phone.do("quiet", 500)
    assert await from_end(phone) < 2
    counts = (await phone.do("counts"))[ROOM]
    assert counts["calls"] < 400 / 4


async def test_a_connection_that_is_silent(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Open, and nothing comes: it is given up after two beats, and all that was missed is there, once."""
    here, there = [await enter(open_phone, site.url, room) for _ in range(2)]
    await here.page.evaluate("phone.network.silent = true")
    await say(there, "unheard")
    await here.until("phone.data.banner")
    await here.page.evaluate("phone.network.silent = false")
    await entered(here)
    await expect(said(here)).to_have_text(["unheard"])
    assert await here.see("network.live") == 1


async def test_a_server_that_is_killed(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """What is written meanwhile waits, and is there once when the server is back; so are the list and its pictures."""
    here, there = [await enter(open_phone, site.url, room) for _ in range(2)]
    await say(here, "before")
    await expect(said(there)).to_have_text(["before"])
    server = site.servers[0]
    server.kill()
    await expect(here.page.locator("x-banner .banner")).to_contain_text("Trying again")
    await say(here, "while it is dead")
    await expect(marks(here)).to_have_text(["sending…"])
    await button(here.page, "Try now").click()
    await expect(here.page.locator("x-banner .banner")).to_contain_text("Trying again")
    server.start()
    site.renew()
    for phone in (here, there):
        # As a tap on "Try now", which is gone when the phone was quicker.
        await phone.page.evaluate("getCurrentPages().at(-1).hurry()")
        await expect(said(phone)).to_have_text(["before", "while it is dead"], timeout=3 * TIMEOUT)
    await expect(marks(here)).to_have_count(0)


async def test_a_chosen_language(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """It counts from then on, for every page, and after a restart."""
    phone = await open_phone("pages/me/me", server=site.url)
    await phone.page.get_by_role("radio", name="简体中文").click()
    await phone.until("phone.open.at(-1) === 'pages/rooms/rooms'")
    await expect(phone.page.get_by_role("heading", name="直播间", exact=True)).to_be_visible()
    await phone.restart()
    await expect(phone.page.locator(".bar-title")).to_have_text("我的")
    await expect(phone.page.get_by_role("radio", name="简体中文")).to_have_attribute("aria-checked", "true")


async def test_consent_refused(open_phone: Open, site: Deployment) -> None:
    """Without consent no picture is taken, and the page goes on."""
    phone = await open_phone("pages/me/me", server=site.url, privacy="ask", faulty=True)
    await button(phone.page, "Change your picture").click()
    await button(phone.page, "Not now").click()
    await expect(sheet(phone)).to_have_count(0)
    assert [problem.split(":")[1] for problem in await phone.see("problems")] == [
        "fail privacy permission is not authorized"
    ]
    await expect(phone.page.locator("profile-form image")).to_have_count(0)


async def test_the_keyboard(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """It comes up under the field, and the field with it; afterwards all is where it was."""
    phone = await enter(open_phone, site.url, room)
    field = phone.page.locator(".write")

    async def bottom() -> float:
        box = await field.bounding_box()
        assert box is not None
        return box["y"] + box["height"]

    before = await bottom()
    await field.locator("input").focus()
    await phone.do("keyboard", 300)
    await phone.until("phone.data.keyboard === 300")
    assert await bottom() <= 844 - 300
    await phone.do("keyboard", 0)
    await phone.until("phone.data.keyboard === 0")
    assert await bottom() == before


WIDE = """() => {
  const wide = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) look(element.shadowRoot);
      const { left, right, width } = element.getBoundingClientRect();
      const seen = element.matches("[role], wx-input, .picture, .line, .card, .notice, .scroller, scroll-view");
      if (width > 0 && seen && (right > innerWidth + 1 || left < -1)) wide.push([element.className, left, right]);
      const scrolls = element.matches(".scroller, scroll-view");
      if (scrolls && element.scrollWidth > element.clientWidth) wide.push(element.className);
    }
  };
  for (const host of document.querySelectorAll(".page-host:not([hidden])")) look(host.shadowRoot);
  return wide;
}"""
"""What lies outside the screen of what is to be seen or touched."""


@pytest.mark.parametrize("width", [320, 390, 430])
@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_nothing_is_wider_than_the_phone(
    open_phone: Open, site: Deployment, room: dict[str, Any], lang: str, width: int
) -> None:
    """Names as long as they may be, on every page and in every sheet."""
    site.call("lengthen", room_id=room["id"])
    site.call("set_notice", room_id=room["id"], text="N" * 200)
    site.call("post_comments", room_id=room["id"], texts=["C" * 200])
    site.call("explain", item_id=room["items"][0])
    browser = {"viewport": {"width": width, "height": 700}}
    phone = await open_phone(server=site.url, lang=lang, browser=browser)
    await expect(phone.page.locator(".card").first).to_be_visible()
    assert await phone.page.evaluate(WIDE) == []
    for page in ("pages/me/me", "pages/orders/orders"):
        await phone.page.evaluate(f"wx.navigateTo({{ url: '/{page}' }})")
        await phone.do("quiet", 300)
        assert await phone.page.evaluate(WIDE) == []
        await phone.do("back")
    await phone.page.evaluate(f"wx.navigateTo({{ url: '/{ROOM}?slug={room['slug']}' }})")
    await entered(phone)
    assert await phone.page.evaluate(WIDE) == []
    for opened in (".bag", ".small[aria-label=More], .small[aria-label=更多]"):
        await phone.page.locator(opened).click()
        await expect(sheet(phone).locator(".panel")).to_be_visible()
        assert await phone.page.evaluate(WIDE) == []
        await phone.page.locator("x-sheet .shut").click()
        await expect(sheet(phone)).to_have_count(0)


async def test_a_shared_room(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Opened from a share or a code there is nothing to go back to: one is led to the list."""
    phone = await open_phone(f"{ROOM}?scene={room['slug']}", server=site.url)
    await entered(phone)
    await button(phone.page, "More").click()
    await button(sheet(phone), "Share this room").click()
    assert (await phone.see("shared"))[-1]["path"] == f"/{ROOM}?slug={room['slug']}"
    await button(phone.page, "Close").last.click()
    await button(phone.page, "Back").first.click()
    await phone.until("phone.open.join() === 'pages/rooms/rooms'")
    await expect(phone.page.get_by_role("link", name=re.compile(room["slug"]))).to_be_visible()
