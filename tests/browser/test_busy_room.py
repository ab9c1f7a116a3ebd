"""A room in which more is said than anybody can read: what flows by, and what one finds who scrolls up."""

import itertools
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import comments, entered, say
from tests.deployment import Deployment

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

MOVING: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "reduced_motion": "no-preference"}
READABLE = 4
_slugs = itertools.count(1)

# Each line's text and when it came; how far the list is from its end after each change.
WATCH = """() => {
  window.came = [];
  window.away = 0;
  const list = document.getElementById("comments");
  const log = document.getElementById("log");
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const line of addedNodes) window.came.push([line.querySelector(".text").textContent, performance.now()]);
    }
    window.away = Math.max(window.away, log.scrollHeight - log.scrollTop - log.clientHeight);
  }).observe(list, { childList: true });
}"""


@pytest.fixture
def room(site: Deployment) -> dict[str, Any]:
    """A live room of the test's own."""
    made: dict[str, Any] = site.call("make_room", slug=f"busy-{next(_slugs)}")
    return made


async def enter(window: Open, site: Deployment, room: dict[str, Any], **options: Any) -> Page:
    """Enter, with three comments there, and begin to watch."""
    site.call("post_comments", room_id=room["id"], texts=["here 0", "here 1", "here 2"])
    page = await entered(await window(f"/rooms/{room['slug']}/", **{**MOVING, **options}))
    await expect(comments(page)).to_have_count(3)
    await page.evaluate(WATCH)
    return page


async def flood(page: Page, site: Deployment, room: dict[str, Any], end: int, start: int = 0) -> None:
    """So many comments, ten in a commit; each commit once the page has heard of the one before."""
    for first in range(start, end, 10):
        texts = [f"comment {number}" for number in range(first, min(first + 10, end))]
        site.call("post_comments", room_id=room["id"], texts=texts)
        await page.evaluate(
            """async (text) => {
              const { live } = await import("/static/rooms/connection.js");
              const heard = () => live.state.comments.some(({ content }) => content === text);
              if (!heard()) await new Promise((done) => live.on("state", () => heard() && done()));
            }""",
            texts[-1],
        )


async def test_lines_can_be_read(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Of a flood four lines in a second flow by, each stays, and the page says how much more there is."""
    page = await enter(window, site, room)
    await flood(page, site, room, 300)
    await expect(page.locator("#rate")).to_have_text(re.compile(r"^\+\d+/s$"))
    await expect(comments(page).last).to_have_text("comment 299")
    await expect(page.locator("#rate")).to_be_empty()
    came = await page.evaluate("window.came")
    assert 0 < len(came) < 100
    times = [time for _text, time in came]
    for early, late in zip(times, times[READABLE:], strict=False):
        assert late - early > 1000
    # What came is still there, in order.
    assert await comments(page).all_text_contents() == ["here 0", "here 1", "here 2", *[text for text, _time in came]]
    assert await page.evaluate("window.away") < 48


async def test_nothing_is_lost_to_who_scrolls_up(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """What was passed over is in its place, and what one looked at does not move; at the newest again, all goes on."""
    page = await enter(window, site, room, reduced_motion="reduce")
    await flood(page, site, room, 300)
    await expect(comments(page).last).to_have_text("comment 299")
    assert await comments(page).count() < 120
    await page.locator("#log").hover()
    await page.mouse.wheel(0, -120)
    await expect(comments(page)).to_have_count(303)
    everything = ["here 0", "here 1", "here 2", *[f"comment {number}" for number in range(300)]]
    assert await comments(page).all_text_contents() == everything
    await expect(page.locator("#rate")).to_be_empty()
    await flood(page, site, room, 304, start=300)
    await expect(page.locator("#newer")).to_have_text("4 new comments")
    await page.locator("#newer").click()
    await expect(comments(page)).to_have_count(120)
    await expect(comments(page).last).to_have_text("comment 303")


async def test_ones_own_is_always_there(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """In the middle of a flood one's own comment is seen at once, and never goes while it arrives."""
    page = await enter(window, site, room)
    await flood(page, site, room, 100)
    await say(page, "mine")
    mine = comments(page).filter(has_text="mine")
    await expect(mine).to_have_count(1)
    await page.evaluate(
        """() => {
          window.missing = 0;
          const list = document.getElementById("comments");
          const isMine = ({ textContent }) => textContent === "mine";
          const here = () => [...list.querySelectorAll(".text")].some(isMine);
          new MutationObserver(() => here() || (window.missing += 1)).observe(list, { childList: true });
        }"""
    )
    await flood(page, site, room, 200, start=100)
    await expect(comments(page).last).to_have_text("comment 199")
    await expect(page.locator("#comments [data-pending=yes]")).to_have_count(0)
    await expect(mine).to_have_count(1)
    assert await page.evaluate("window.missing") == 0


async def test_whose_comments_come_first(window: Open, room: dict[str, Any]) -> None:
    """Of what waits: one's own, the host's, the assistants', then the newest; in the order of the room."""
    page = await window(f"/rooms/{room['slug']}/")
    seen = await page.evaluate(
        """async () => {
          const { Flow } = await import("/static/miniprogram/utils/flow.js");
          const flow = new Flow();
          const isOwn = ({ user }) => user.id === "me";
          let all = [];
          const write = (...roles) => {
            for (const role of roles) all = [...all, { id: all.length + 1, user: { id: role, role } }];
            flow.take(all);
          };
          const roles = () => flow.lines.map(({ id, user }) => `${id} ${user.role}`);
          const many = (count) => Array(count).fill("viewer");
          write("viewer");
          const seen = { entered: [flow.move(0, isOwn), roles()] };
          write(...many(4), "host", ...many(4), "assistant", "me", ...many(9));
          seen.busy = [flow.move(5000, isOwn), roles().slice(1)];
          write("viewer");
          seen.tooSoon = [flow.move(5600, isOwn), roles().length];
          seen.later = [flow.move(6100, isOwn), roles().length];
          seen.everything = flow.everything().length;
          flow.remove([all.length]);
          seen.removed = [roles().length, flow.everything().length];
          write(...many(200));
          flow.fill();
          seen.back = [flow.move(6101, isOwn), flow.lines.length];
          return seen;
        }"""
    )
    assert seen == {
        "entered": [0, ["1 viewer"]],
        "busy": [0, ["6 host", "11 assistant", "12 me", "21 viewer"]],
        "tooSoon": [500, 5],
        "later": [0, 6],
        "everything": 22,
        "removed": [5, 21],
        "back": [0, 120],
    }


async def test_a_new_layout_is_no_wish_to_read_further_up(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """A scroll that nobody made does not stop the list; it goes on at the newest."""
    site.call("post_comments", room_id=room["id"], texts=[f"before {number}" for number in range(40)])
    page = await enter_later(window, room)
    log = page.locator("#log")
    await log.evaluate(
        """(log) => new Promise((done) => {
          log.addEventListener("scroll", done, { once: true });
          log.scrollTop -= 200;
        })"""
    )
    site.call("post_comments", room_id=room["id"], texts=["after"])
    await expect(comments(page).last).to_have_text("after")
    await expect(page.locator("#newer")).to_be_hidden()
    assert await log.evaluate("(log) => log.scrollHeight - log.scrollTop - log.clientHeight") < 2


async def enter_later(window: Open, room: dict[str, Any]) -> Page:
    page = await entered(await window(f"/rooms/{room['slug']}/", **MOVING))
    await expect(comments(page)).to_have_count(40)
    return page


async def test_discard_while_further_up(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """A failed comment that is taken back goes from a list that stands still too."""
    site.call("post_comments", room_id=room["id"], texts=[f"before {number}" for number in range(40)])
    site.call("set_room", room_id=room["id"], slow_mode=300)
    page = await enter_later(window, room)
    await say(page, "first")
    await say(page, "second")
    failed = page.locator("#comments [data-failed=yes]")
    await expect(failed).to_have_count(1)
    await page.locator("#log").focus()
    await page.keyboard.press("Home")
    await expect(page.locator("#log")).to_have_js_property("scrollTop", 0)
    site.call("post_comments", room_id=room["id"], texts=["newer"])
    await expect(page.locator("#newer")).to_have_text("1 new comment")
    await failed.get_by_role("button", name="Discard").dispatch_event("click")
    await expect(failed).to_have_count(0)
    await expect(page.locator("#newer")).to_be_visible()
