"""The mini-program's pages, unmodified, on a real server."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.deployment import Deployment
from tests.miniprogram.phones import Open
from tests.miniprogram.test_files import MINI_PROGRAM
from tests.miniprogram.viewers import ROOM, button, enter, entered, marks, said, say, sheet

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS: dict[str, dict[str, Any]] = {
    "en": {"title": "Rooms", "live": "Live", "buttons": ["Back", "More", "Shelf", "Send", "Follow"]},
    "zh": {"title": "直播间", "live": "直播中", "buttons": ["返回", "更多", "商品", "发送", "关注"]},
}


async def middle(element: Locator) -> float:
    """How far below the screen's upper edge an element's middle is, in px."""
    box = await element.bounding_box()
    assert box is not None
    return box["y"] + box["height"] / 2


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_from_the_list_into_a_room(open_phone: Open, site: Deployment, room: dict[str, Any], lang: str) -> None:
    """The list names the room; a tap leads into it, and back again, in either language; then nothing is connected."""
    phone = await open_phone(server=site.url, lang=lang)
    page, words = phone.page, WORDS[lang]
    await expect(page.get_by_role("heading", name=words["title"], exact=True)).to_be_visible()
    card = page.get_by_role("link", name=room["slug"])
    await expect(card).to_contain_text(words["live"])
    await card.click()
    await entered(phone)
    await expect(page.get_by_role("heading", name=room["slug"])).to_be_visible()
    for name in words["buttons"]:
        await expect(button(page, name)).to_be_visible()
    # The page's own bar is level with WeChat's capsule.
    capsule = await page.evaluate("wx.getMenuButtonBoundingClientRect()")
    assert abs(await middle(page.locator(".top .host")) - (capsule["top"] + capsule["bottom"]) / 2) < 1
    await phone.do("back")
    assert await phone.see("open") == ["pages/rooms/rooms"]
    await phone.until("phone.network.live === 0")


async def test_every_declaration_is_known(open_phone: Open, site: Deployment) -> None:
    """A browser takes each declaration of every style sheet: a misspelt one would be left out in silence."""
    phone = await open_phone(server=site.url)
    files = sorted(path.relative_to(MINI_PROGRAM).as_posix() for path in MINI_PROGRAM.rglob("*.wxss"))
    assert files
    unknown = await phone.page.evaluate(
        """async (files) => {
          const { rulesOf, toCss } = await import("/renderer/wxss.js");
          const unknown = [];
          for (const file of files) {
            const source = await (await fetch(`/app/miniprogram/${file}`)).text();
            for (const { declarations, line } of rulesOf(source, file))
              for (const [name, value] of declarations) {
                const given = toCss(value.replace(/\\s*!important$/, ""));
                if (!CSS.supports(name, given)) unknown.push(`${file}:${line}: ${name}: ${value}`);
              }
          }
          return unknown;
        }""",
        files,
    )
    assert unknown == []


async def test_a_comment_on_two_phones(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """It is on both, once, and its writer's field is empty."""
    here, there = [await enter(open_phone, site.url, room) for _ in range(2)]
    await say(here, "  hello <b> {{there}}  ")
    for phone in (here, there):
        await expect(said(phone)).to_have_text(["hello <b> {{there}}"])
    await expect(here.page.locator(".write input")).to_have_value("")
    await expect(marks(here)).to_have_count(0)


async def test_the_network_goes_and_comes_back(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Without it one is told, and what one writes waits; with it everything is there, once and in order."""
    here, there = [await enter(open_phone, site.url, room) for _ in range(2)]
    await say(here, "before")
    await expect(said(there)).to_have_text(["before"])
    await here.do("network.set", "none")
    await expect(here.page.locator("x-banner .banner")).to_contain_text("Connection lost")
    await say(here, "written without")
    await expect(marks(here)).to_have_text(["sending…"])
    await say(there, "meanwhile")
    await expect(said(there)).to_have_text(["before", "meanwhile"])
    await here.do("network.set", "wifi")
    await entered(here)
    for phone in (here, there):
        await expect(said(phone)).to_have_text(["before", "meanwhile", "written without"])
    await expect(marks(here)).to_have_count(0)


async def test_in_the_background(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """WeChat ends the socket there; whoever comes back has all that was said, once, by one socket."""
    here, there = [await enter(open_phone, site.url, room) for _ in range(2)]
    await say(here, "before")
    await expect(said(there)).to_have_text(["before"])
    for number, how in enumerate([{"code": 1000, "reason": "interrupted"}, {"told": False}]):
        await here.do("hide")
        await here.do("network.cut", how)
        await say(there, f"unseen {number}")
        await expect(said(there)).to_have_count(number + 2)
        await here.do("show")
        await entered(here)
        await expect(said(here)).to_have_text(["before", *(f"unseen {each}" for each in range(number + 1))])
        assert await here.see("network.live") == 1


async def test_a_comment_that_failed(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """In slow mode the second stays with the reason; it is sent again when that is over, the third is taken back."""
    site.call("set_room", room_id=room["id"], slow_mode=300)
    here, there = [await enter(open_phone, site.url, room) for _ in range(2)]
    await expect(here.page.locator(".why")).to_have_text("Slow mode: one comment in 300 s.")
    for text in ("first", "second", "third"):
        await say(here, text)
    failed = here.page.locator("comment-list .failed")
    await expect(failed).to_have_count(2)
    await expect(failed.first.locator(".mark")).to_have_text(re.compile(r"^Slow mode is on\. "))
    await button(failed.last, "Discard").click()
    await expect(failed).to_have_count(1)
    site.call("set_room", room_id=room["id"], slow_mode=0)
    await button(failed, "Send again").click()
    for phone in (here, there):
        await expect(said(phone)).to_have_text(["first", "second"])
    await expect(failed).to_have_count(0)


async def test_comments_that_wait_for_a_review(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Their writer alone sees them, and that they wait. One comes to all; he is told that the other was refused, and
    changes it."""
    site.call("block_words", words=["link"], action="hold")
    try:
        here, there = [await enter(open_phone, site.url, room) for _ in range(2)]
        for text in ("a link", "another link"):
            await say(here, text)
        await expect(marks(here)).to_have_text(["being reviewed: only you see this"] * 2)
        await say(there, "meanwhile")
        # Once the other one has it, it is stored: what comes to all later stands behind it.
        await expect(said(here).filter(has_text="meanwhile")).to_have_count(1)
        site.call("review", room_id=room["id"], text="a link", passes=True)
        for phone in (here, there):
            await expect(said(phone).last).to_have_text("a link")
        await expect(marks(here)).to_have_text(["being reviewed: only you see this"])
        site.call("review", room_id=room["id"], text="another link", passes=False)
        refused = here.page.locator("comment-list .failed")
        await expect(refused.locator(".mark")).to_have_text("This comment cannot be shown here.")
        await button(refused, "Edit").click()
        for phone in (here, there):
            await expect(said(phone)).to_have_text(["meanwhile", "a link"])
        await expect(here.page.locator(".write input")).to_have_value("another link")
    finally:
        site.call("unblock_all_words")


async def test_likes_and_a_follow(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Both see the likes and the follower; the follow is taken back by the same button."""
    here, there = [await enter(open_phone, site.url, room) for _ in range(2)]
    heart = here.page.get_by_role("button", name=re.compile("^Like"))
    for _ in range(3):
        await heart.click()
    await expect(here.page.locator("x-hearts .heart")).not_to_have_count(0)
    for phone in (here, there):
        await expect(phone.page.locator(".like .number")).to_have_text("3")
    follow = here.page.locator(".host .follow")
    await expect(follow).to_have_text("Follow")
    await follow.click()
    await expect(follow).to_have_text("Following")
    await expect(there.page.locator(".followers")).to_have_text("1 follower")
    await follow.click()
    await expect(follow).to_have_text("Follow")
    await expect(there.page.locator(".followers")).to_have_text("0 followers")


async def test_an_order(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """From the shelf into the sheet, three pieces, placed; it is among one's orders, and the stock is less."""
    here, there = [await enter(open_phone, site.url, room) for _ in range(2)]
    below = await middle(here.page.locator(".bottom"))
    await button(here.page, "Shelf").click()
    await expect(sheet(here)).to_contain_text("Tea 1")
    # A sheet lies over the room, which stays where it is.
    assert await middle(here.page.locator(".bottom")) == below
    await button(sheet(here), "Buy Tea 1").click()
    # Two taps before the screen tells of the first are two.
    await button(sheet(here), "One more").evaluate("(plus) => { plus.click(); plus.click(); }")
    await expect(sheet(here)).to_contain_text("3 × ¥20.00")
    await button(sheet(here), "Order").click()
    ordered = here.page.locator(".ordered")
    await expect(ordered).to_contain_text("Tea 1 × 3 · ¥60.00")
    await expect(ordered).to_contain_text("To be paid")
    assert site.call("read_item", item_id=room["items"][1])["stock"] == 47
    await expect(there.page.locator(".happening")).to_contain_text("bought Tea 1 × 3")
    await ordered.click()
    await expect(ordered).to_have_count(0)
    await button(sheet(here), "Close").last.click()
    await button(here.page, "More").click()
    await button(sheet(here), "My orders").click()
    await expect(here.page.locator(".order")).to_contain_text("3 × ¥20.00")


async def test_a_price_and_a_stock_that_change(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Under the open sheet: the new price is said and then ordered; sold out, there is nothing to order."""
    phone = await enter(open_phone, site.url, room)
    item = room["items"][0]
    await button(phone.page, "Shelf").click()
    await button(sheet(phone), "Buy Tea 0").click()
    site.call("change_item", item_id=item, price="25.00")
    await expect(sheet(phone)).to_contain_text("The price has changed: ¥25.00 now.")
    await button(sheet(phone), "Order").click()
    await expect(phone.page.locator(".ordered")).to_contain_text("¥25.00")
    await button(sheet(phone), "Buy Tea 0").click()
    site.call("change_stock", item_id=item, by=-49)
    await expect(sheet(phone)).to_contain_text("Sold out")
    assert [order["quantity"] for order in site.call("read_item", item_id=item)["orders"]] == [1]


@pytest.mark.long
async def test_explained_notice_and_pin(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """What the host puts up is there; the item that is explained leads to its order."""
    phone = await enter(open_phone, site.url, room)
    site.call("set_notice", room_id=room["id"], text="Half price tonight")
    site.call("pin_comment", room_id=room["id"], nickname="Li", text="pin me")
    site.call("explain", item_id=room["items"][1])
    await expect(phone.page.locator(".notice")).to_contain_text("Half price tonight")
    await expect(phone.page.locator("comment-list .pinned")).to_contain_text("pin me")
    await phone.page.locator("x-spotlight .card").click()
    await expect(sheet(phone)).to_contain_text("Tea 1")


async def test_a_comment_taken_down(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """It is gone, and the others stay."""
    phone = await enter(open_phone, site.url, room)
    site.call("post_comments", room_id=room["id"], texts=["one", "two", "three"])
    await expect(said(phone)).to_have_count(3)
    site.call("remove_comments", room_id=room["id"], texts=["two"])
    await expect(said(phone)).to_have_text(["one", "three"])


async def test_the_end_and_the_next_show(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """The end is told, and nothing can be written; the next show begins without the comments of the last."""
    phone = await enter(open_phone, site.url, room)
    await say(phone, "good night")
    await expect(said(phone)).to_have_count(1)
    await expect(marks(phone)).to_have_count(0)
    site.call("set_room", room_id=room["id"], status="ended")
    await expect(phone.page.locator(".face-title")).to_have_text("The show is over")
    await expect(phone.page.locator(".write input")).to_be_disabled()
    site.call("start_show", room_id=room["id"])
    await expect(phone.page.locator(".face-title")).to_have_count(0)
    await expect(said(phone)).to_have_count(0)
    await say(phone, "again")
    await expect(said(phone)).to_have_text(["again"])


@pytest.mark.long
async def test_a_room_that_is_not_there(open_phone: Open, site: Deployment) -> None:
    """One is told, and led to the others."""
    phone = await open_phone(f"{ROOM}?slug=nowhere", server=site.url)
    await expect(phone.page.locator(".face-title")).to_have_text("This room is gone")
    await button(phone.page, "To the other rooms").click()
    await phone.until("phone.open.at(-1) === 'pages/rooms/rooms'")


@pytest.mark.long
async def test_the_room_where_it_opens(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Where the configuration names one, the app begins there, as does a share that names none; the list is behind."""
    phone = await open_phone(server=site.url, config={"DEFAULT_ROOM": room["slug"]})
    await entered(phone)
    await button(phone.page, "More").click()
    await button(sheet(phone), "All rooms").click()
    await phone.until("phone.open.join() === 'pages/rooms/rooms' && phone.data.cards.length > 0")
    assert await phone.see("open") == ["pages/rooms/rooms"]
    await phone.page.evaluate(f"wx.navigateTo({{ url: '/{ROOM}' }})")
    await entered(phone)
    assert await phone.see("data.title") == room["slug"]


@pytest.mark.long
async def test_the_same_person_after_a_restart(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Who spoke has a name, which is kept; a share leads to the room."""
    phone = await enter(open_phone, site.url, room)
    await say(phone, "it is me")
    await expect(phone.page.locator(".who")).to_contain_text("You write as")
    before = await phone.see("data.placeholder")
    await entered(await phone.restart())
    assert await phone.see("data.placeholder") == before
    shared = await phone.do("share", None)
    assert shared["path"] == f"/{ROOM}?slug={room['slug']}"
    assert shared["title"] == room["slug"]


async def test_a_busy_room(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Of 50 comments a second each tick is one setData, and sends what is new; the list stays bounded."""
    phone = await enter(open_phone, site.url, room)
    site.call("post_comments", room_id=room["id"], texts=[f"before {number}" for number in range(60)])
    await expect(said(phone).last).to_have_text("before 59")
    await phone.do("counts")
    started = await phone.page.evaluate("performance.now()")
    for first in range(0, 100, 5):
        site.call("post_comments", room_id=room["id"], texts=[f"comment {first + number}" for number in range(5)])
        await phone.page.wait_for_timeout(100)
    await expect(said(phone).last).to_have_text("comment 99")
    seconds = (await phone.page.evaluate("performance.now()") - started) / 1000
    counts = (await phone.do("counts"))[ROOM]
    # One for each tick of 150 ms at most, and some for what the clock alone changes.
    assert counts["calls"] <= seconds / 0.15 + 5
    # A line is some 120 bytes; that the list is cut to 80 once costs as much as all the rest.
    assert counts["bytes"] < 100 * 400 + 80 * 200
    assert await said(phone).count() <= 120
