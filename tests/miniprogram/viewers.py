"""What a viewer does in the mini-program, in the words of its tests."""

from typing import Any

from playwright.async_api import Locator, Page

from tests.miniprogram.phones import Open, Phone

ROOM = "pages/room/room"
ONLINE = "!phone.data.banner"


async def enter(open_phone: Open, site_url: str, room: dict[str, Any], **options: Any) -> Phone:
    """Open a phone in a room, and wait until it is connected."""
    phone = await open_phone(f"{ROOM}?slug={room['slug']}", server=site_url, **options)
    return await entered(phone)


async def entered(phone: Phone) -> Phone:
    """Wait until the room is there, and the connection too."""
    await phone.until(f"phone.open.at(-1) === '{ROOM}' && phone.data.entered && {ONLINE}")
    return phone


def button(page: Page | Locator, name: str, *, exact: bool = True) -> Locator:
    """What can be tapped on, by what it says."""
    return page.get_by_role("button", name=name, exact=exact)


def said(phone: Phone) -> Locator:
    """The texts of the comments, in order."""
    return phone.page.locator("comment-list .said")


def marks(phone: Phone) -> Locator:
    """What stands beside one's own comments while something is with them."""
    return phone.page.locator("comment-list .mark")


async def say(phone: Phone, text: str) -> None:
    """Write a comment and tap on the arrow."""
    await phone.page.locator(".write input").fill(text)
    await phone.page.locator(".write .go").click()


def sheet(phone: Phone) -> Locator:
    """What is in the sheet."""
    return phone.page.locator("x-sheet")
