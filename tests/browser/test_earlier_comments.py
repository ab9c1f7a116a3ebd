"""Somebody scrolls up to see what was said before he came."""

import asyncio
import itertools
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.pages import comments, entered
from tests.deployment import Deployment

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

LINES_MAX = 120
HELD_MAX = 600
COMMENTS = "**/api/rooms/*/comments?*"
_slugs = itertools.count(1)

# How far below the upper edge of the list each comment is.
PLACES = """() => {
  const log = document.getElementById("log").getBoundingClientRect();
  const place = (line) => [line.querySelector(".text").textContent, line.getBoundingClientRect().top - log.top];
  return Object.fromEntries([...document.querySelectorAll("#comments .line")].map(place));
}"""


@pytest.fixture
def room(site: Deployment) -> dict[str, Any]:
    """A live room of the test's own, in which 120 comments were written."""
    made: dict[str, Any] = site.call("make_room", slug=f"earlier-{next(_slugs)}")
    site.call("post_comments", room_id=made["id"], texts=texts(120))
    return made


def texts(end: int, start: int = 0) -> list[str]:
    return [f"comment {number}" for number in range(start, end)]


async def enter(window: Open, room: dict[str, Any], **options: Any) -> Page:
    page = await entered(await window(f"/rooms/{room['slug']}/", **options))
    await expect(comments(page)).to_have_count(50)
    return page


async def to_the_top(page: Page) -> None:
    """Scroll up as the keyboard does: not at once, so that each step is seen."""
    await page.locator("#log").focus()
    await page.keyboard.press("Home")


async def phase(page: Page, wanted: str) -> None:
    await expect(page.locator("#earlier")).to_have_attribute("data-phase", wanted)


async def stand_where_they_stood(page: Page, places: dict[str, float]) -> None:
    """Comments that were there, and still are, have not moved by a pixel."""
    now = await page.evaluate(PLACES)
    assert {text: now[text] for text in places if text in now} == pytest.approx(
        {text: place for text, place in places.items() if text in now}, abs=1
    )


class Gate:
    """Keeps the page's requests for comments waiting until it opens."""

    def __init__(self) -> None:
        self._open = asyncio.Event()

    async def __call__(self, route: Route) -> None:
        response = await route.fetch()
        await self._open.wait()
        await route.fulfill(response=response)

    def open(self) -> None:
        self._open.set()


async def test_scrolling_up_leads_to_the_beginning(window: Open, room: dict[str, Any]) -> None:
    """Page by page, above what one reads and without moving it; each comment once, in order; then the beginning."""
    page = await enter(window, room)
    gate = Gate()
    await page.route(COMMENTS, gate)
    await to_the_top(page)
    await expect(page.locator("#log")).to_have_js_property("scrollTop", 0)
    places = await page.evaluate(PLACES)
    gate.open()
    await expect(comments(page)).to_have_count(100)
    await stand_where_they_stood(page, places)
    await expect(page.locator("#earlier-text")).to_have_text("Earlier comments loaded: 50")
    await to_the_top(page)
    await phase(page, "start")
    await expect(page.locator("#earlier-text")).to_have_text("The beginning of the show")
    await expect(page.locator("#earlier-button")).to_be_hidden()
    assert await comments(page).all_text_contents() == texts(120)
    await expect(page.locator("#announcer")).to_be_empty()


async def test_back_to_the_newest(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """What is new meanwhile is counted; the way back shows the newest, and what was asked for goes."""
    page = await enter(window, room)
    await to_the_top(page)
    await expect(comments(page)).to_have_count(100)
    await expect(page.locator("#newer")).to_have_text("To the newest")
    places = await page.evaluate(PLACES)
    site.call("post_comments", room_id=room["id"], texts=["newer 0", "newer 1"])
    await expect(page.locator("#newer")).to_have_text("2 new comments")
    await stand_where_they_stood(page, places)
    await page.locator("#newer").click()
    await expect(comments(page)).to_have_count(52)
    await expect(comments(page).last).to_have_text("newer 1")
    await expect(page.locator("#newer")).to_be_hidden()
    await phase(page, "more")
    await expect(page.locator("#earlier-text")).to_be_empty()


async def test_by_the_button_after_a_failure(window: Open, room: dict[str, Any]) -> None:
    """A page that cannot be had says so and is asked for again by the button, which the keyboard reaches."""
    page = await enter(window, room)
    await page.route(COMMENTS, lambda route: route.fulfill(status=200, body="no JSON"))
    await to_the_top(page)
    await expect(page.locator("#earlier-text")).to_have_text("Loading failed.")
    await page.unroute(COMMENTS)
    await page.locator("#log").focus()
    await page.keyboard.press("Tab")
    button = page.get_by_role("button", name="Try again")
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(comments(page)).to_have_count(100)
    await expect(page.locator("#log")).to_be_focused()
    await expect(page.get_by_role("button", name="Earlier comments")).to_be_attached()


async def test_a_page_that_does_not_come_is_given_up(window: Open, room: dict[str, Any]) -> None:
    """After ten seconds without an answer the page says so."""
    page = await window("/")
    await page.clock.install()
    await page.goto(f"/rooms/{room['slug']}/")
    await entered(page)
    await expect(comments(page)).to_have_count(50)
    gate = Gate()
    await page.route(COMMENTS, gate)
    await to_the_top(page)
    await phase(page, "loading")
    await expect(page.locator("#earlier-button")).to_have_text("Loading…")
    await page.clock.fast_forward(10_000)
    await phase(page, "failed")
    # What comes after that is not waited for, and goes nowhere.
    await page.unroute_all(behavior="ignoreErrors")
    gate.open()
    await expect(comments(page)).to_have_count(50)


async def test_what_is_removed_goes_and_does_not_come(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """A removed comment goes from the earlier ones too; one that is removed while its page is under way stays out."""
    page = await enter(window, room)
    await to_the_top(page)
    await expect(comments(page)).to_have_count(100)
    seen = await comments(page).nth(51).bounding_box()
    assert seen is not None
    site.call("remove_comments", room_id=room["id"], texts=["comment 30", "comment 110"])
    await expect(comments(page)).to_have_count(98)
    assert await comments(page).nth(50).bounding_box() == pytest.approx(seen, abs=1)
    gate = Gate()
    await page.route(COMMENTS, gate)
    await to_the_top(page)
    await phase(page, "loading")
    site.call("remove_comments", room_id=room["id"], texts=["comment 5", "comment 40"])
    await expect(comments(page)).to_have_count(97)
    gate.open()
    await phase(page, "start")
    gone = {"comment 5", "comment 30", "comment 40", "comment 110"}
    assert await comments(page).all_text_contents() == [text for text in texts(120) if text not in gone]


async def test_a_new_show_clears_them(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """With the next show the list is empty, nothing is earlier, and a page under way is not shown."""
    page = await enter(window, room)
    gate = Gate()
    await page.route(COMMENTS, gate)
    await to_the_top(page)
    await phase(page, "loading")
    site.call("next_show", room_id=room["id"])
    await expect(comments(page)).to_have_count(0)
    async with page.expect_request_finished(lambda request: "/comments?" in request.url):
        gate.open()
    site.call("post_comments", room_id=room["id"], texts=["welcome"])
    await expect(comments(page)).to_have_text(["welcome"])
    await expect(page.locator("#earlier")).to_be_hidden()


async def test_the_list_stays_bounded(window: Open, site: Deployment) -> None:
    """Far up the newest lines are let go; the way to the newest stays, and scrolling down does not jump there."""
    room = site.call("make_room", slug="earlier-many")
    site.call("post_comments", room_id=room["id"], texts=texts(700))
    page = await enter(window, room)
    for count in [*range(100, HELD_MAX + 1, 50), HELD_MAX, HELD_MAX]:
        first = await comments(page).first.text_content()
        await to_the_top(page)
        await expect(comments(page).first).not_to_have_text(first or "")
        await expect(comments(page)).to_have_count(count)
    await phase(page, "start")
    assert await comments(page).all_text_contents() == texts(HELD_MAX)
    await page.keyboard.press("End")
    await expect(comments(page).last).to_be_in_viewport()
    await expect(page.locator("#newer")).to_have_text("To the newest")
    site.call("post_comments", room_id=room["id"], texts=texts(950, start=700))
    await expect(page.locator("#newer")).to_have_text("200+ new comments")
    assert await comments(page).all_text_contents() == texts(HELD_MAX)
    await page.locator("#newer").click()
    await expect(comments(page)).to_have_count(LINES_MAX)
    await expect(comments(page).last).to_have_text("comment 949")


async def test_a_short_show_has_nothing_earlier(window: Open, site: Deployment) -> None:
    """Where all comments are there, nothing else is offered."""
    room = site.call("make_room", slug="earlier-none")
    site.call("post_comments", room_id=room["id"], texts=texts(49))
    page = await entered(await window("/rooms/earlier-none/"))
    await expect(comments(page)).to_have_count(49)
    await to_the_top(page)
    await expect(page.locator("#log")).to_have_js_property("scrollTop", 0)
    await expect(page.locator("#earlier")).to_be_hidden()
