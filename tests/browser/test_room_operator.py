"""What an operator changes in a third window is seen in both viewers', by the real pages of all three."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import MALICE, comments, entered, name_of, order, raw, say
from tests.deployment import Deployment

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A form's field is set by its name, whatever the administration's pages look like around it.
SET_FIELDS = """([fields, form]) => {
  const named = (end) => [...document.forms[form].elements].find((element) => element.name.endsWith(end));
  for (const [end, value] of Object.entries(fields)) {
    const field = named(end);
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
  }
  document.forms[form].requestSubmit(named("_continue"));
}"""


class Operator:
    """An administrator in a window of his own."""

    def __init__(self, page: Page, room: dict[str, Any]) -> None:
        self.page = page
        self.room = room

    async def change(self, path: str, form: str, **fields: Any) -> None:
        """Set fields of a form, by the ends of their names, save it, and see that it was taken."""
        await self.page.goto(path)
        await self.page.evaluate(SET_FIELDS, [fields, form])
        await expect(self.page.locator(".messagelist .success")).to_be_visible()

    async def change_room(self, **fields: Any) -> None:
        """The same of the room's form, with its shelf."""
        await self.change(f"/admin/rooms/room/{self.room['id']}/change/", "room_form", **fields)

    async def act(self, path: str, row: str, action: str) -> None:
        """Choose an action for the rows of a list that have this text."""
        await self.page.goto(path)
        await self.page.locator("#result_list tr", has_text=row).locator(".action-select").first.check()
        await self.page.locator("select[name=action]").first.select_option(action)
        await self.page.locator("[name=index]").first.click()
        if action == "end":
            await self.page.get_by_role("button", name="End", exact=True).click()
        await expect(self.page.locator(".messagelist .success")).to_be_visible()


async def three(window: Open, site: Deployment, slug: str) -> tuple[list[Page], Operator]:
    """Two viewers in a new room, and its operator, signed in at the administration."""
    room = site.call("make_room", slug=slug)
    site.call("make_administrator", username=slug, password="a long enough one")
    admin = await window("/admin/login/?next=/admin/")
    await admin.locator("#id_username").fill(slug)
    await admin.locator("#id_password").fill("a long enough one")
    await admin.locator("[type=submit]").click()
    viewers = [await entered(await window(f"/rooms/{slug}/")) for _ in range(2)]
    return viewers, Operator(admin, room)


async def both(viewers: list[Page], selector: str) -> list[Locator]:
    return [page.locator(selector) for page in viewers]


@pytest.mark.long
async def test_the_shelf_as_the_operator_has_it(window: Open, site: Deployment) -> None:
    """A new price, an item explained, and an item off the shelf cross over, on shelf and card."""
    viewers, operator = await three(window, site, "page-shelf")
    await operator.change_room(**{"-0-price": "17.50"})
    for price in await both(viewers, "#shelf .price"):
        await expect(price).to_have_text("¥17.50")
    for card in await both(viewers, "#spotlight"):
        await expect(card).to_be_hidden()

    await operator.change_room(**{"-0-explaining": True})
    for page in viewers:
        await expect(page.locator("#shelf .explained")).to_be_visible()
        await expect(page.locator("#spotlight .item-title")).to_have_text("Tea 0")
        await expect(page.locator("#spotlight .price")).to_have_text("¥17.50")
    await order(viewers[0], viewers[0].locator("#spotlight .buy"))
    await expect(viewers[0].locator("#ordered")).to_have_text(re.compile(r"Tea 0 × 1 · ¥17\.50"))
    for stock in await both(viewers, "#shelf .stock"):
        await expect(stock).to_have_text("49 left · 1 sold")

    await operator.change_room(**{"-0-explaining": False, "-0-on_shelf": False})
    for page in viewers:
        await expect(page.locator("#shelf-empty")).to_be_visible()
        await expect(page.locator("#shelf li")).to_have_count(0)
        await expect(page.locator("#spotlight")).to_be_hidden()


@pytest.mark.long
async def test_a_comment_is_taken_down_and_the_show_ends(window: Open, site: Deployment) -> None:
    """A removed comment goes from both screens, another stays; pause and end have faces of their own on both."""
    viewers, operator = await three(window, site, "page-ends")
    await say(viewers[0], "to be removed")
    await say(viewers[1], "to stay")
    for page in viewers:
        await expect(comments(page)).to_have_count(2)
    await operator.act("/admin/rooms/comment/?q=removed", "to be removed", "remove")
    for page in viewers:
        await expect(comments(page)).to_have_text(["to stay"])

    for action, face in (("pause", "A short break"), ("start", ""), ("end", "The show is over")):
        await operator.act("/admin/rooms/room/", "page-ends", action)
        for page in viewers:
            await expect(page.locator("#curtain-title")).to_have_text(face)
            await expect(page.locator("#send")).to_be_enabled(enabled=action != "end")
    await expect(viewers[0].get_by_role("link", name="To the other rooms")).to_be_visible()

    # The next show begins with an empty list.
    await operator.act("/admin/rooms/room/", "page-ends", "start_new")
    for page in viewers:
        await expect(comments(page)).to_have_count(0)
        await expect(page.locator("#curtain-title")).to_be_empty()


@pytest.mark.long
async def test_a_viewer_is_muted_then_banned(window: Open, site: Deployment) -> None:
    """From the list of comments: he reads why he cannot speak, then that he is out, and the other goes on."""
    (here, there), operator = await three(window, site, "page-mutes")
    await say(here, "rude words")
    await expect(comments(there)).to_have_text(["rude words"])
    await operator.act("/admin/rooms/comment/?q=rude", "rude words", "mute_writers")
    await expect(here.locator("#why")).to_have_text(re.compile(r"^You are muted until "))
    await expect(here.locator("#send")).to_be_disabled()
    await expect(there.locator("#send")).to_be_enabled()
    await operator.act("/admin/rooms/comment/?q=rude", "rude words", "ban_writers")
    await expect(here.locator("#connection")).to_have_attribute("data-status", "stopped")
    await expect(here.locator("#curtain-title")).to_have_text("You cannot enter this room")
    await say(there, "still here")
    await expect(comments(there)).to_have_text(["rude words", "still here"])


@pytest.mark.long
async def test_markup_is_text_wherever_people_write(window: Open, site: Deployment) -> None:
    """In comment, nickname, room title, notice, product title and pinned comment, on the room's page and the list."""
    viewers, operator = await three(window, site, "page-malice")
    here, there = viewers
    await raw(here, '{"msg_type": "join", "nickname": ' + f'"{MALICE[:31].replace(chr(34), chr(92) + chr(34))}"' + "}")
    await expect(here.locator("#me")).to_have_text(re.compile("^You are <img src=x"))
    name = await name_of(here)
    await say(here, MALICE)
    await operator.change_room(title=MALICE, notice=MALICE)
    product = await here.evaluate(
        "import('/static/rooms/connection.js').then(({live}) => live.state.shelf[0].product_id)"
    )
    await operator.change(f"/admin/products/product/{product}/change/", "product_form", title=MALICE)
    await operator.act("/admin/rooms/comment/?q=onerror", "onerror", "pin")
    await operator.change_room(**{"-0-explaining": True})

    for page in viewers:
        places = [
            "#title",
            "#notice",
            "#shelf .item-title",
            "#spotlight .item-title",
            "#comments .text",
            "#pinned-text",
        ]
        for place in places:
            await expect(page.locator(place)).to_have_text(MALICE)
        await expect(page.locator("#comments .name")).to_have_text(name)
        await expect(page).to_have_title(f"{MALICE} · Liveroom")
        assert await page.locator("img[src=x], .text *, .item-title *, #title *, #notice *").count() == 0
    await order(there, there.locator("#shelf .buy"))
    await expect(there.locator("#ordered")).to_have_text(re.compile(r"^Order placed <img src=x"))

    await there.goto("/")
    card = there.locator("a[href='/rooms/page-malice/']")
    await expect(card.locator(".card-title")).to_have_text(MALICE)
    assert await there.locator("img[src=x]").count() == 0
