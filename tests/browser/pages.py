"""What a viewer does on a room's page, in the words of its tests."""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import TIMEOUT

HELD_AFTER = 10
"""Seconds that a slow machine may take from reading a page's clock to stopping it."""
MALICE = "<img src=x onerror=\"document.title='hurt'\"><b>bold</b>"


async def entered(page: Page) -> Page:
    """Wait until the page is connected, and as who it is."""
    await expect(page.locator("#connection")).to_have_attribute("data-status", "online")
    return page


async def back(page: Page) -> None:
    """Wait until a page that lost its server is back; the next try may be half a minute away, so it gets a nudge."""
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator("#connection")).to_have_attribute("data-status", "online", timeout=4 * TIMEOUT)


async def hold_clock(page: Page) -> None:
    """Stop the clock of a page that has one of its own, some seconds from now: after that the test alone moves it.

    Without this an installed clock runs on in real time, and a slow machine is further than the test thinks. What the
    page draws once per frame of the screen it draws when its clock is moved.
    """
    now: float = await page.evaluate("Date.now()")
    await page.clock.pause_at(now / 1000 + HELD_AFTER)


async def note_activity(page: Page) -> None:
    """Keep in ``window.told`` what the line of what happens says from now on, with the page's time: others may come in
    and be told of before the test looks."""
    await page.evaluate(
        """() => {
          window.told = [];
          const line = document.getElementById("activity");
          const note = () => window.told.push([line.textContent, Date.now()]);
          new MutationObserver(note).observe(line, { childList: true });
        }"""
    )


async def say(page: Page, text: str) -> None:
    """Write a comment and press the button."""
    await page.get_by_label("Your comment").fill(text)
    await page.locator("#send").click()


async def order(page: Page, button: Locator) -> None:
    """Press an item's button, and order one piece in the sheet that opens."""
    await button.click()
    await page.locator("#place").click()


async def raw(page: Page, text: str) -> None:
    """Send a raw frame by the inspector."""
    await page.get_by_label("Raw frame").fill(text)
    await page.locator("#raw button").click()


async def name_of(page: Page) -> str:
    """Who the page says that one is."""
    await expect(page.locator("#me")).to_have_text(re.compile(r"You are .+\."))
    return ((await page.locator("#me").text_content()) or "").removeprefix("You are ").removesuffix(".")


def comments(page: Page) -> Locator:
    """The texts of the comments, in order."""
    return page.locator("#comments .text")
