"""The small pages that the renderer is tried with (renderer/fixtures/basic)."""

import json

from playwright.async_api import Locator

from tests.miniprogram.phones import Phone

BASIC = {"app": "basic"}
RED, BLUE, BLACK = "rgb(255, 0, 0)", "rgb(0, 0, 255)", "rgb(0, 0, 0)"


async def notes(phone: Phone) -> list[str]:
    """What the pages noted since the last time."""
    noted: list[str] = await phone.page.evaluate("getApp().notes.splice(0)")
    return noted


async def set_data(phone: Phone, **changes: object) -> None:
    """Call setData of the page on top."""
    await phone.page.evaluate(f"getCurrentPages().at(-1).setData({json.dumps(changes)})")


async def style_of(element: Locator, name: str) -> str:
    """What an element's style comes to."""
    value: str = await element.evaluate(f"(element) => getComputedStyle(element).{name}")
    return value
