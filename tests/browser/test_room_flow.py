"""Comments that flow, hearts that rise, a connection that goes and comes back: what a viewer lives through."""

import itertools
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import comments, entered, name_of, say
from tests.deployment import Deployment

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOVING: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "reduced_motion": "no-preference"}
LINES_MAX = 120
HEARTS_MAX = 24
_slugs = itertools.count(1)


@pytest.fixture
def room(site: Deployment) -> dict[str, Any]:
    """A live room of the test's own, with one item."""
    made: dict[str, Any] = site.call("make_room", slug=f"flow-{next(_slugs)}")
    return made


def path_of(room: dict[str, Any]) -> str:
    return f"/rooms/{room['slug']}/"


async def from_end(page: Page) -> float:
    """How many pixels of the log are below what one sees."""
    value: float = await page.locator("#log").evaluate("(log) => log.scrollHeight - log.scrollTop - log.clientHeight")
    return value


@pytest.mark.long
async def test_cut_by_the_inspector(window: Open, room: dict[str, Any]) -> None:
    """A connection that is cut comes back by itself; what was said meanwhile is there once, one's own too."""
    here, there = [await entered(await window(path_of(room))) for _ in range(2)]
    await say(here, "before")
    await expect(comments(there)).to_have_count(1)
    await here.get_by_role("button", name="Cut").click()
    await say(here, "sent while away")
    await say(there, "said meanwhile")
    await entered(here)
    for page in (here, there):
        await expect(comments(page)).to_have_count(3)
        assert sorted(await comments(page).all_text_contents()) == ["before", "said meanwhile", "sent while away"]
    await expect(here.locator("#comments [data-pending=yes]")).to_have_count(0)
    closed = here.locator("#frame-list .type", has_text="closed with")
    await expect(closed).to_have_count(1)


@pytest.mark.parametrize("chosen", [pytest.param(None, marks=pytest.mark.long), "Morning"])
async def test_a_guest_who_only_watches_keeps_his_name(window: Open, room: dict[str, Any], chosen: str | None) -> None:
    """The server has forgotten him with his connection: the page says again what he was called, or called himself,
    before what he wrote meanwhile."""
    here = await entered(await window(path_of(room)))
    if chosen is not None:
        await here.locator("#open-more").click()
        await here.locator("#nickname").fill(chosen)
        await here.locator("#nickname").press("Enter")
        await expect(here.locator("#me")).to_contain_text(chosen)
        await here.keyboard.press("Escape")
    name = await name_of(here)
    await here.get_by_role("button", name="Cut").click()
    await say(here, "while away")
    await entered(here)
    await say(here, "still me")
    await expect(here.locator("#comments [data-pending=''] .name")).to_have_text([name, name])
    assert await name_of(here) == name


async def test_comments_that_wait_for_a_review(window: Open, room: dict[str, Any], site: Deployment) -> None:
    """Their writer alone sees them, and that they wait; one comes to all, the other one goes, and he is told."""
    site.call("block_words", words=["link"], action="hold")
    try:
        here, there = [await entered(await window(path_of(room))) for _ in range(2)]
        for text in ("a link", "another link"):
            await say(here, text)
        marks = here.locator("#comments .mark")
        await expect(marks).to_have_text(["being reviewed; only you see this"] * 2)
        await expect(comments(there)).to_have_count(0)
        site.call("review", room_id=room["id"], text="a link", passes=True)
        site.call("review", room_id=room["id"], text="another link", passes=False)
        for page in (here, there):
            await expect(comments(page)).to_have_text(["a link"])
        await expect(marks).to_have_text([""])
        await expect(here.locator("#error")).to_have_text("This comment cannot be shown here.")
    finally:
        site.call("unblock_all_words")


@pytest.mark.long
async def test_a_name_that_is_blocked_meanwhile(window: Open, room: dict[str, Any], site: Deployment) -> None:
    """A guest who cannot be called so any more keeps the name that he was given, and is told nothing of it."""
    here = await entered(await window(path_of(room)))
    name = await name_of(here)
    site.call("block_words", words=[name], action="refuse")
    try:
        await here.get_by_role("button", name="Cut").click()
        await expect(here.locator("#frame-list .type", has_text="open ws://")).to_have_count(2)
        await entered(here)
        await say(here, "somebody else")
        await expect(here.locator("#comments [data-pending=''] .name")).to_have_count(1)
        assert await name_of(here) not in ("", name)
        await expect(here.locator("#error")).to_be_empty()
    finally:
        site.call("unblock_all_words")


async def test_the_network_goes_and_comes_back(window: Open, room: dict[str, Any]) -> None:
    """Without a network the page keeps what it has, and then has all that it missed, in order and once."""
    here, there = [await entered(await window(path_of(room), offline_ok=True)) for _ in range(2)]
    await here.context.set_offline(True)
    for number in range(3):
        await say(there, f"missed {number}")
    await expect(comments(there)).to_have_count(3)
    await here.context.set_offline(False)
    await entered(here)
    await say(there, "and on")
    await expect(comments(here)).to_have_text(["missed 0", "missed 1", "missed 2", "and on"])


async def test_a_stalled_connection_catches_up(window: Open, room: dict[str, Any]) -> None:
    """What arrives while the connection is stalled is not heard; afterwards the gap is noticed and filled."""
    here, there = [await entered(await window(path_of(room))) for _ in range(2)]
    stall = here.get_by_role("button", name="Stall")
    await stall.click()
    await expect(stall).to_have_attribute("aria-pressed", "true")
    await say(there, "unheard")
    await expect(comments(there)).to_have_count(1)
    await stall.click()
    await say(there, "heard")
    await expect(comments(here)).to_have_text(["unheard", "heard"])
    await expect(here.locator("#frame-list .type", has_text="sync").first).to_be_attached()


async def test_a_comment_that_failed_can_be_sent_again(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """In slow mode the second comment stays as one's own, with the reason; it is sent again, or taken back."""
    site.call("set_room", room_id=room["id"], slow_mode=300)
    here, there = [await entered(await window(path_of(room))) for _ in range(2)]
    await expect(here.locator("#why")).to_have_text("Slow mode: one comment in 300 s.")
    for text in ("first", "second", "third"):
        await say(here, text)
    failed = here.locator("#comments [data-failed=yes]")
    await expect(failed).to_have_count(2)
    await expect(failed.first.locator(".mark")).to_have_text(re.compile(r"^Slow mode is on\. "))
    await expect(failed.first.get_by_role("button", name=re.compile(r"^Send again in \d+ s$"))).to_be_disabled()
    await failed.last.get_by_role("button", name="Discard").click()
    await expect(failed).to_have_count(1)
    site.call("set_room", room_id=room["id"], slow_mode=0)
    await expect(here.locator("#why")).to_be_empty()
    await failed.get_by_role("button", name="Send again").click()
    await expect(failed).to_have_count(0)
    for page in (here, there):
        await expect(comments(page)).to_have_text(["first", "second"])


async def test_who_reads_further_up_is_left_in_peace(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Scrolled up the lines stand still while others write; a button counts what is new, and leads there."""
    site.call("post_comments", room_id=room["id"], texts=[f"comment {number}" for number in range(40)])
    page = await entered(await window(path_of(room)))
    await expect(comments(page)).to_have_count(40)
    assert await from_end(page) < 2
    await page.locator("#log").focus()
    await page.keyboard.press("Home")
    await expect(page.locator("#log")).to_have_js_property("scrollTop", 0)
    top = await page.locator("#log").evaluate("(log) => log.scrollTop")
    for number in range(3):
        site.call("post_comments", room_id=room["id"], texts=[f"newer {number}"])
    newer = page.locator("#newer")
    await expect(newer).to_have_text("3 new comments")
    assert await comments(page).count() == 40
    assert await page.locator("#log").evaluate("(log) => log.scrollTop") == top
    await newer.press("Enter")
    await expect(newer).to_be_hidden()
    await expect(comments(page).last).to_have_text("newer 2")
    await expect(comments(page)).to_have_count(43)
    assert await from_end(page) < 2


async def test_a_flood_of_comments_stays_bounded(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Of 300 comments the newest are there, nothing else on the page moved, and who listens hears a number."""
    page = await entered(await window(path_of(room), **MOVING))
    await page.evaluate(
        """() => {
          window.shifted = [];
          const log = document.getElementById("log");
          const outside = ({ node }) => node !== null && !log.contains(node);
          const named = ({ node }) => node.id || node.className || node.textContent;
          const seen = (list) => list.getEntries().forEach((entry) => {
            window.shifted.push(...entry.sources.filter(outside).map(named));
          });
          new PerformanceObserver(seen).observe({ type: "layout-shift", buffered: false });
          const many = new MutationObserver(() => {
            window.most = Math.max(window.most ?? 0, document.getElementById("comments").childElementCount);
          });
          many.observe(document.getElementById("comments"), { childList: true });
        }"""
    )
    for first in range(0, 300, 20):
        site.call("post_comments", room_id=room["id"], texts=[f"comment {first + number}" for number in range(20)])
    await expect(comments(page).last).to_have_text("comment 299")
    assert await page.evaluate("window.most") <= LINES_MAX
    assert await page.evaluate("window.shifted") == []
    assert await from_end(page) < 2
    await expect(page.locator("#announcer")).to_have_text(re.compile(r"^\d+ new comments\.$"))
    await expect(page.locator("#log")).to_have_attribute("aria-live", "off")


@pytest.mark.long
async def test_one_comment_is_read_out(window: Open, room: dict[str, Any]) -> None:
    """Who listens hears another's comment with its writer, and not one's own."""
    here, there = [await entered(await window(path_of(room))) for _ in range(2)]
    await say(here, "good evening")
    await expect(there.locator("#announcer")).to_have_text(re.compile(r"^\S.*: good evening$"))
    await expect(here.locator("#announcer")).to_be_empty()


@pytest.mark.parametrize(
    ("motion", "hearts"), [pytest.param("no-preference", True, marks=pytest.mark.long), ("reduce", False)]
)
async def test_hearts_rise(window: Open, room: dict[str, Any], motion: str, hearts: bool) -> None:
    """A like lets a heart rise in both windows, many at most HEARTS_MAX; none where less motion is wanted."""
    here, there = [await entered(await window(path_of(room), reduced_motion=motion)) for _ in range(2)]
    for page in (here, there):
        await page.evaluate(
            """() => {
              window.flown = 0;
              window.most = 0;
              const layer = document.getElementById("hearts");
              new MutationObserver((changes) => {
                window.flown += changes.reduce((sum, change) => sum + change.addedNodes.length, 0);
                window.most = Math.max(window.most, layer.childElementCount);
              }).observe(layer, { childList: true });
            }"""
        )
    for _ in range(40):
        await here.locator("#like").click()
    for page in (here, there):
        await expect(page.locator("#likes")).to_have_text("40")
        assert (await page.evaluate("window.flown") > 0) is hearts
        assert await page.evaluate("window.most") <= HEARTS_MAX


async def test_twice_on_the_picture_is_a_like(window: Open, room: dict[str, Any]) -> None:
    """By pointing at the stage, but not at what stands on it."""
    page = await entered(await window(path_of(room), **MOVING))
    await page.locator("#title").dblclick()
    await expect(page.locator("#likes")).to_have_text("1")
    await say(page, "twice on me is none")
    await comments(page).first.dblclick()
    await page.locator("#title").dblclick()
    await expect(page.locator("#likes")).to_have_text("2")


async def test_a_purchase_by_the_keyboard_alone(window: Open, room: dict[str, Any]) -> None:
    """On a phone's screen: into the shelf's sheet, choose three, read the order, close it, and be where one was."""
    page = await entered(await window(path_of(room), **MOVING))
    await tab_to(page, "#open-shelf")
    await page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Shelf")
    await expect(sheet).to_be_visible()
    await tab_to(page, "#shelf .buy")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Tea 0")).to_be_visible()
    await expect(page.locator("#order-title")).to_be_focused()
    await tab_to(page, "#one-more")
    await page.keyboard.press("Enter")
    await tab_to(page, "#quantity")
    await page.keyboard.press("ArrowUp")
    await tab_to(page, "#place")
    await page.keyboard.press("Enter")
    await expect(page.locator("#ordered")).to_have_text(re.compile(r"^Order placed Tea 0 × 3 · ¥60\.00 No\. \d{20}"))
    await expect(sheet.locator("#ordered")).to_be_visible()
    await expect(page.locator("#shelf .buy")).to_be_focused()
    await tab_to(page, "#order-close")
    await page.keyboard.press("Enter")
    await expect(page.locator("#ordered")).to_be_empty()
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await expect(page.locator("#open-shelf")).to_be_focused()


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus; fails where it cannot be reached."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab")


async def test_two_hundred_items(window: Open, site: Deployment) -> None:
    """A full shelf is there, in order; the explained item comes first."""
    room = site.call("make_room", slug="flow-full", items=200)
    page = await entered(await window("/rooms/flow-full/"))
    await expect(page.locator("#shelf li")).to_have_count(200)
    await expect(page.locator("#shelf-total")).to_have_text("200")
    await expect(page.locator("#shelf .item-title").first).to_have_text("Tea 0")
    site.call("explain", item_id=room["items"][150])
    await expect(page.locator("#shelf .item-title").first).to_have_text("Tea 150")
    await expect(page.locator("#shelf .number").first).to_have_text("151")


async def test_nobody_hosts_an_empty_shelf(window: Open, site: Deployment) -> None:
    """Without items and cover the page says so, and has its letter for a picture."""
    site.call("make_room", slug="flow-bare", items=0)
    page = await entered(await window("/rooms/flow-bare/", **MOVING))
    await expect(page.locator("#cover")).to_be_hidden()
    await page.locator("#open-shelf").click()
    await expect(page.locator("#shelf-empty")).to_be_visible()


async def height_of(page: Page, selector: str) -> float:
    box = await page.locator(selector).bounding_box()
    assert box is not None
    return box["height"]


async def test_a_long_notice_unfolds(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Two lines of it are shown until one wants all."""
    page = await entered(await window(path_of(room), **MOVING))
    site.call("set_notice", room_id=room["id"], text="A long notice. " * 20)
    unfold = page.locator("#unfold")
    await expect(unfold).to_be_visible()
    await expect(unfold).to_have_text("Whole notice")
    folded = await height_of(page, "#notice")
    await unfold.click()
    await expect(unfold).to_have_attribute("aria-expanded", "true")
    assert await height_of(page, "#notice") > folded
    site.call("set_notice", room_id=room["id"], text="Short.")
    await expect(unfold).to_be_hidden()
