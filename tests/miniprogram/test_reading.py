"""Reading in the mini-program: at the end, back at it, and earlier comments, each in its place."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.deployment import Deployment
from tests.miniprogram.phones import Open, Phone
from tests.miniprogram.viewers import button, enter, said

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

TOP = "(list) => list.getBoundingClientRect().top"


@pytest.fixture
def room(site: Deployment, new_room: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A live room with 120 comments: an entering phone is given fifty."""
    made = new_room(items=0)
    site.call("post_comments", room_id=made["id"], texts=[f"comment {number}" for number in range(120)])
    return made


def scroller(phone: Phone) -> Locator:
    return phone.page.locator("comment-list scroll-view")


async def at_end(phone: Phone) -> bool:
    return bool(await scroller(phone).evaluate("(list) => list.scrollHeight - list.scrollTop - list.clientHeight < 2"))


async def test_the_list_follows_the_newest(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """It is at its end when one enters, and after each comment."""
    phone = await enter(open_phone, site.url, room)
    await expect(said(phone).last).to_have_text("comment 119")
    assert await at_end(phone)
    site.call("post_comments", room_id=room["id"], texts=["and one more, which is so long that it takes two lines"])
    await expect(said(phone).last).to_contain_text("and one more")
    assert await at_end(phone)


async def test_back_at_the_end_by_hand(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Whoever scrolls down again follows again."""
    phone = await enter(open_phone, site.url, room)
    await scroller(phone).evaluate("(list) => { list.scrollTop -= 200; }")
    await phone.until("phone.data.anchor === ''")
    await scroller(phone).evaluate("(list) => { list.scrollTop = list.scrollHeight; }")
    await phone.until("phone.data.anchor !== ''")
    site.call("post_comments", room_id=room["id"], texts=["newer"])
    await expect(said(phone).last).to_have_text("newer")
    assert await at_end(phone)


async def test_earlier_comments(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """They come above what one reads, which stays in its place, back to the beginning of the show."""
    phone = await enter(open_phone, site.url, room)
    await expect(said(phone)).to_have_count(50)
    for first, count in ((20, 100), (0, 120)):
        before = await said(phone).first.text_content()
        # Scrolling to the top asks for them, as the button there does.
        await scroller(phone).evaluate("(list) => { list.scrollTop = 0; }")
        await expect(said(phone)).to_have_count(count)
        await expect(said(phone).first).to_have_text(f"comment {first}")
        # What was the first is at the top of the list.
        line = phone.page.locator("comment-list .line").filter(has_text=before or "")
        edge = await scroller(phone).evaluate(TOP)
        assert abs(await line.first.evaluate(TOP) - edge) < 2
    await expect(phone.page.get_by_text("The beginning of the show")).to_have_count(1)
    await button(phone.page, "To the newest").click()
    await expect(said(phone).last).to_have_text("comment 119")
    assert await at_end(phone)
