"""What a room's page says, and when it says nothing."""

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Open
from tests.browser.pages import entered, hold_clock, name_of, raw, say
from tests.deployment import Deployment

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]


@pytest.mark.parametrize(
    ("likes", "words"),
    [
        (0, "Follow Host for the next one."),
        (1, "1 like in this show. Follow Host for the next one."),
        (2, "2 likes in this show. Follow Host for the next one."),
    ],
)
async def test_a_show_that_is_over_explains_nothing(window: Open, site: Deployment, likes: int, words: str) -> None:
    """Card and mark of the explained item go, and come back with the next show; likes are counted in words."""
    room = site.call("make_room", slug=f"over-{likes}", items=2)
    site.call("explain", item_id=room["items"][1])
    page = await entered(await window(f"/rooms/over-{likes}/"))
    await expect(page.locator("#shelf .item-title")).to_have_text(["Tea 1", "Tea 0"])
    for _ in range(likes):
        await page.locator("#like").click()
    if likes:
        await expect(page.locator("#likes")).to_have_text(str(likes))
    site.call("set_room", room_id=room["id"], status="ended")
    await expect(page.locator("#curtain-text")).to_have_text(words)
    await expect(page.locator("#spotlight")).to_be_hidden()
    await expect(page.locator("#shelf .explained >> visible=true")).to_have_count(0)
    await expect(page.locator("#shelf .item-title")).to_have_text(["Tea 0", "Tea 1"])
    site.call("set_room", room_id=room["id"], status="live")
    await expect(page.locator("#spotlight .item-title")).to_have_text("Tea 1")
    await expect(page.locator("#shelf .item-title")).to_have_text(["Tea 1", "Tea 0"])


async def test_an_empty_shelf_has_no_number(window: Open, site: Deployment) -> None:
    """A zero on the bag says nothing."""
    room = site.call("make_room", slug="bag")
    page = await entered(await window("/rooms/bag/", viewport={"width": 390, "height": 844}))
    await expect(page.locator("#shelf-count")).to_have_text("1")
    site.call("set_on_shelf", item_id=room["items"][0], on_shelf=False)
    await expect(page.locator("#shelf-count")).to_be_hidden()


async def place_of(element: Locator) -> Any:
    box = await element.bounding_box()
    assert box is not None
    return box


async def test_a_long_notice_folds_again(window: Open, site: Deployment) -> None:
    """Unfolded it has the width of its box; the button is below, and says the other thing."""
    room = site.call("make_room", slug="notice")
    site.call("set_notice", room_id=room["id"], text="with very many words that go on, " * 14)
    page = await entered(await window("/rooms/notice/", viewport={"width": 390, "height": 844}))
    button, words = page.locator("#unfold"), page.locator("#notice")
    await expect(button).to_have_text("Whole notice")
    folded = await place_of(words)
    await button.click()
    await expect(button).to_have_text("Less")
    box, below = await place_of(words), await place_of(button)
    assert box["width"] > folded["width"]
    assert below["y"] >= box["y"] + box["height"]
    await button.click()
    await expect(button).to_have_text("Whole notice")
    assert await place_of(words) == folded


async def test_who_listens_is_told_what_is_explained(window: Open, site: Deployment) -> None:
    """Another item is one sentence, politely; what was explained when one came is not read out."""
    room = site.call("make_room", slug="heard", items=2)
    site.call("explain", item_id=room["items"][0])
    page = await entered(await window("/rooms/heard/"))
    await expect(page.locator("#announcer")).to_have_attribute("aria-live", "polite")
    await expect(page.locator("#announcer")).to_be_empty()
    site.call("explain", item_id=room["items"][1])
    await expect(page.locator("#announcer")).to_have_text("Now being explained: Tea 1, ¥20.00.")
    site.call("post_comments", room_id=room["id"], texts=["hello"])
    await expect(page.locator("#announcer")).to_have_text("Crowd: hello")


async def test_a_guest_reads_his_name_and_takes_another(window: Open, site: Deployment) -> None:
    """It stands where he writes; another one is what others read, before and after he wrote something."""
    site.call("make_room", slug="names")
    page, other = [await entered(await window("/rooms/names/")) for _ in range(2)]
    await expect(page.get_by_label("Your comment")).to_have_attribute("placeholder", f"Write as {await name_of(page)}…")
    await page.get_by_role("button", name="More").click()
    for name in ("Wen 文", "Wen Two"):
        await page.get_by_label("New name").fill(name)
        await page.keyboard.press("Enter")
        await expect(page.locator("#me")).to_have_text(f"You are {name}.")
        await expect(page.get_by_label("New name")).to_have_value("")
        await page.keyboard.press("Escape")
        await say(page, f"as {name}")
        await expect(other.locator("#comments .name").last).to_have_text(name)
        await page.get_by_role("button", name="More").click()
    # Turned around by a control character, it could look like somebody else's.
    await page.get_by_label("New name").fill("a\u202eb")
    await page.keyboard.press("Enter")
    await expect(page.locator("#error")).to_have_text("This name cannot be taken.")
    await expect(page.locator("#me")).to_have_text("You are Wen Two.")


async def test_who_disconnected_can_connect(window: Open, site: Deployment) -> None:
    """Nobody is told to try what he did not want."""
    site.call("make_room", slug="idle")
    page = await entered(await window("/rooms/idle/"))
    await raw(page, '{"msg_type": "leave"}')
    await expect(page.locator("#hurry")).to_have_text("Connect")
    await page.locator("#hurry").click()
    await entered(page)


async def test_the_list_stays_true(window: Open, site: Deployment) -> None:
    """Read again every 15 s: a new state, a new room; the focus and the pictures that are there stay."""
    room = site.call("make_room", slug="listed", status="scheduled")
    site.call("set_room", room_id=room["id"], cover="/static/rooms/icon.svg")
    page = await window("about:blank")
    await page.clock.install()
    await hold_clock(page)
    await page.goto("/")
    card = page.locator("a[href='/rooms/listed/']")
    await expect(card.locator(".badge")).to_have_text("soon")
    await card.focus()
    await card.locator("img").evaluate("(image) => { image.id = 'same'; }")
    site.call("set_room", room_id=room["id"], status="live", title="On now")
    site.call("make_room", slug="listed-later")
    await page.clock.run_for(14_000)
    await expect(card.locator(".badge")).to_have_text("soon")
    await page.clock.run_for(2_000)
    await expect(card.locator(".badge")).to_have_text("live")
    await expect(card.locator(".card-title")).to_have_text("On now")
    await expect(page.locator("a[href='/rooms/listed-later/']")).to_have_count(1)
    await expect(card).to_be_focused()
    await expect(card.locator("#same")).to_have_count(1)
