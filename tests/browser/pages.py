"""What a viewer does on a room's page, in the words of its tests."""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import TIMEOUT

MALICE = "<img src=x onerror=\"document.title='hurt'\"><b>bold</b>"


async def entered(page: Page) -> Page:
    """Wait until the page is connected, and as who it is."""
    await expect(page.locator("#connection")).to_have_attribute("data-status", "online")
    return page


async def back(page: Page) -> None:
    """Wait until a page that lost its server is back; the next try may be half a minute away, so it gets a nudge."""
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator("#connection")).to_have_attribute("data-status", "online", timeout=4 * TIMEOUT)


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
