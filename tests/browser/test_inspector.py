"""What a developer reads in the inspector's rows."""

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import TIMEOUT, Open
from tests.browser.pages import entered, raw, say
from tests.deployment import Deployment

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]


async def test_a_row_shows_what_the_frame_says(window: Open, site: Deployment) -> None:
    """A comment with its writer, another frame with its fields, and neither with what its row says already."""
    site.call("make_room", slug="inspected")
    page = await entered(await window("/rooms/inspected/"))
    await say(page, "hello there")
    row = page.locator("#frame-list > li")
    comment = row.filter(has_text="received").filter(has=page.locator(".type", has_text="message"))
    name = await page.locator("#comments .name").text_content()
    await expect(comment.locator(".gist")).to_have_text(f"{name}: hello there")
    for part in (".gist", ".seq", ".size"):
        await expect(comment.locator(part)).to_be_in_viewport(ratio=1)
    # At 1280 pixels there is room for the beginning of what was said.
    assert (await comment.locator(".gist").bounding_box() or {"width": 0})["width"] > 120
    await raw(page, '{"msg_type": "history", "ref": 6, "limit": 1}')
    sent = row.filter(has_text="sent").filter(has=page.locator(".type", has_text="history"))
    await expect(sent.locator(".gist")).to_have_text('{"ref":6,"limit":1}')
    await raw(page, "{")
    await expect(row.filter(has_text="sent").first.locator(".gist")).to_have_text("{")


async def test_the_filters_are_whole(window: Open, site: Deployment) -> None:
    """At 1280 pixels nothing in the panel's tools is cut off, in either language."""
    site.call("make_room", slug="inspected-tools")
    for locale in ("en-US", "zh-CN"):
        page = await entered(await window("/rooms/inspected-tools/", locale=locale))
        for control in await page.locator("#inspector .tools > :not(.hidden)").all():
            assert await control.evaluate("(it) => it.scrollWidth <= it.clientWidth + 1 && it.clientWidth > 40")
        assert await page.locator("#filter-type").evaluate("(it) => it.clientWidth") >= 140


async def test_one_line_that_was_copied_is_one_line(window: Open, site: Deployment) -> None:
    """The number of lines is said in its own grammar."""
    site.call("make_room", slug="inspected-copy")
    page = await entered(await window("/rooms/inspected-copy/", permissions=["clipboard-write"]))
    await page.locator("#filter-type").select_option("init")
    await page.get_by_role("button", name="Copy all").click()
    await expect(page.locator("#frame-count")).to_have_text("1 line copied.")


async def test_a_connection_that_is_begun_and_one_that_is_there(window: Open, site: Deployment) -> None:
    """In Chinese too these are two."""
    site.call("make_room", slug="inspected-chinese")
    page = await entered(await window("/rooms/inspected-chinese/", locale="zh-CN"))
    rows = page.locator("#frame-list .type")
    await expect(rows.filter(has_text="ws://")).to_have_text(re.compile("^正在打开 ws://"))
    await expect(rows.filter(has_text=re.compile("^已打开$"))).to_have_count(1)


async def test_whoever_types_before_the_page_is_ready_types_on(window: Open, site: Deployment) -> None:
    """The page's script, when it comes, leaves the focus where it is."""
    site.call("make_room", slug="inspected-late")
    page = await window("/")
    asked, here = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        asked.set()
        await here.wait()
        await route.continue_()

    await page.route("**/rooms/room*.js", late)
    await page.goto("/rooms/inspected-late/", wait_until="commit")
    await page.get_by_label("Raw frame").fill("pi")
    await asyncio.wait_for(asked.wait(), TIMEOUT / 1000)
    here.set()
    await entered(page)
    await page.keyboard.type("ng")
    await expect(page.get_by_label("Raw frame")).to_have_value("ping")
