"""The video of a room's stream in the mini-program."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.test_video import serve
from tests.deployment import Deployment
from tests.miniprogram.phones import Open
from tests.miniprogram.viewers import button, enter, entered

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

ADDRESS = "http://cdn.example/show.m3u8"


@pytest.fixture
def room(site: Deployment, new_room: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A live room whose stream is a file of the test's."""
    made = new_room(items=0)
    site.call("set_room", room_id=made["id"], stream=ADDRESS)
    return made


async def test_it_plays_while_the_show_is_on(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Its sound can be switched off; behind a break there is no video."""
    phone = await open_phone(server=site.url, lang="en")
    await phone.page.route(ADDRESS.replace("show.m3u8", "*"), serve)
    await phone.page.get_by_role("link", name=room["slug"]).click()
    await entered(phone)
    await phone.until("phone.data.playing")
    await expect(phone.page.locator("video")).to_have_js_property("muted", False)
    await button(phone.page, "Sound off").click()
    await expect(phone.page.locator("video")).to_have_js_property("muted", True)
    await expect(button(phone.page, "Sound on")).to_be_visible()
    site.call("pause_show", room_id=room["id"])
    await expect(phone.page.locator("video")).to_have_count(0)
    site.call("start_show", room_id=room["id"])
    await phone.until("phone.data.playing")


async def test_one_that_is_not_there(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """The cover is there in its place, and all else goes on."""
    site.call("set_room", room_id=room["id"], stream="/nothing.m3u8")
    phone = await enter(open_phone, site.url, room)
    await expect(phone.page.locator("video")).to_have_count(0)
    await expect(phone.page.locator(".write input")).to_be_enabled()
