"""The administration as a control room, by somebody who never saw it: pointed at, dragged, typed into."""

import asyncio
import itertools
import json
import re
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Dialog, Locator, Page, Route, expect

from tests.browser.conftest import TIMEOUT, Open
from tests.deployment import Deployment

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "a-long-one-7"
COUNT_CLICKS = """
(() => {
  const key = 'clicks'
  addEventListener('pointerdown', () => sessionStorage.setItem(key, Number(sessionStorage.getItem(key) ?? 0) + 1), true)
})()
"""
_names = itertools.count(1)


class Control:
    """An operator's window, and the room that he runs."""

    def __init__(self, page: Page, site: Deployment, room: dict[str, Any]) -> None:
        self.page = page
        self.site = site
        self.room = room

    @property
    def address(self) -> str:
        return f"/admin/rooms/room/{self.room['id']}/change/"

    async def open(self) -> Page:
        await self.page.goto(self.address)
        return self.page

    def row(self, title: str) -> Locator:
        return self.page.locator(".shelf-row[data-item]").filter(has_text=title)

    async def press(self, title: str, button: str) -> None:
        """Press a button of an item's row."""
        await self.row(title).get_by_role("button", name=f"{button}: {title}", exact=True).click()

    async def said(self, text: str) -> None:
        """Wait until the page says that, and stands with its focus where it will stay."""
        await expect(self.page.locator(".messagelist li")).to_have_text(text)
        await self.page.wait_for_load_state()
        await self.page.evaluate("() => new Promise(requestAnimationFrame)")

    async def titles(self) -> list[str]:
        return await self.page.locator(".shelf-row[data-item] .name").all_text_contents()

    def log(self) -> list[dict[str, Any]]:
        """The events of the room, but for their numbers and times."""
        found: list[str] = self.site.call("read_log", room_id=self.room["id"])
        return [json.loads(line) for line in found]

    def shelf_events(self) -> list[tuple[str, str]]:
        return [(event["action"], event["item"]["title"]) for event in self.log() if event["msg_type"] == "buy"]


async def signed_in(window: Open, site: Deployment, **rights: Any) -> Control:
    """An operator who has signed in; a live room with three items, Tea 0 to Tea 2."""
    name = f"control-{next(_names)}"
    room = site.call("make_room", slug=name, items=3)
    site.call("make_administrator", username=name, password=PASSWORD, **rights)
    page = await window("/admin/login/?next=/admin/")
    await page.add_init_script(COUNT_CLICKS)
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="What is on")).to_be_visible()
    return Control(page, site, room)


@pytest_asyncio.fixture(loop_scope="module")
async def control(window: Open, site: Deployment) -> Control:
    """One who may do everything."""
    return await signed_in(window, site)


async def test_a_new_product_is_sold_in_under_ten_clicks(control: Control) -> None:
    """From the first page: into the room, a new product on its shelf, explained, at a new price, and off again."""
    page = control.page
    await page.evaluate("sessionStorage.removeItem('clicks')")
    await page.get_by_role("link", name=control.room["slug"], exact=True).first.click()
    await page.get_by_label("Title:").first.click()
    await page.keyboard.type("Plum wine")
    await page.keyboard.press("Tab")
    await page.keyboard.type("88")
    await page.get_by_role("button", name="Put on the shelf", exact=True).click()
    await control.said("“Plum wine” is new on the shelf.")
    await control.press("Plum wine", "Explain")
    await control.said("“Plum wine” is being explained.")
    await control.row("Plum wine").get_by_label("Price:", exact=True).click()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("79.5")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(control.row("Plum wine").get_by_label("Price:", exact=True)).to_have_value("79.50")
    await control.press("Plum wine", "Take off")
    await control.said("“Plum wine” is off the shelf.")
    # Seven, and one more where the page moved away under the pointer: the browser's driver presses again then.
    assert 7 <= await page.evaluate("Number(sessionStorage.getItem('clicks'))") < 10
    mine = [(action, title) for action, title in control.shelf_events() if title == "Plum wine"]
    assert mine == [(action, "Plum wine") for action in ("on_shelf", "explain", "update", "off_shelf")]


@pytest.mark.long
async def test_a_button_leaves_the_page_where_it_was(control: Control) -> None:
    """The page comes back at the same height, with the focus on what was pressed."""
    page = await control.open()
    await page.set_viewport_size({"width": 1280, "height": 420})
    button = page.get_by_role("button", name="Stock +10: Tea 2")
    await button.scroll_into_view_if_needed()
    before = await page.evaluate("scrollY")
    assert before > 0
    await button.click()
    await control.said("“Tea 2”: 60 in stock.")
    await expect(button).to_be_focused()
    await page.wait_for_function("before => Math.abs(scrollY - before) < 2", arg=before)


@pytest.mark.parametrize("goes_to_the_anchor", [False, True])
@pytest.mark.long
async def test_a_slow_script_takes_no_focus_away(control: Control, goes_to_the_anchor: bool) -> None:
    """Whoever types before all is loaded types on where he is, also when the browser goes to the anchor meanwhile."""
    page = await control.open()
    asked, here = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        asked.set()
        await here.wait()
        await route.continue_()

    await page.route(re.compile("products/shelf.*js"), late)
    await page.get_by_role("button", name="Stock +10: Tea 2").click(no_wait_after=True)
    await expect(page.locator(".messagelist li")).to_have_text("“Tea 2”: 60 in stock.")
    # The first of the page's scripts has run, the last is not there.
    await page.wait_for_function("sessionStorage.getItem('liveroom-place') === null")
    await page.get_by_label("Notice:").fill("Back at")
    await asyncio.wait_for(asked.wait(), TIMEOUT / 1000)
    assert await page.evaluate("document.readyState") != "complete"
    if goes_to_the_anchor:
        await page.evaluate("location.replace(location.href)")
        await expect(page.get_by_label("Notice:")).not_to_be_focused()
    here.set()
    await page.wait_for_load_state()
    await page.evaluate("() => new Promise(requestAnimationFrame)")
    await page.keyboard.type(" nine")
    await expect(page.get_by_label("Notice:")).to_have_value("Back at nine")


@pytest.mark.long
async def test_what_is_typed_stays_when_a_button_is_pressed(control: Control) -> None:
    """The button works at once, the rest of the form is still to be saved, and then is saved whole."""
    page = await control.open()
    await page.get_by_label("Notice:").fill("Back at nine")
    await control.row("Tea 1").get_by_label("Price:", exact=True).fill("17")
    await control.press("Tea 0", "Explain")
    await control.said("“Tea 0” is being explained.")
    await control.press("Tea 1", "Take off")
    await control.said("“Tea 1” is off the shelf.")
    await expect(control.row("Tea 0").locator(".badge")).to_have_text("being explained")
    await expect(page.get_by_label("Notice:")).to_have_value("Back at nine")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(control.row("Tea 1").get_by_label("Price:", exact=True)).to_have_value("17.00")
    assert ("explain", "Tea 0") in control.shelf_events()
    assert [event["text"] for event in control.log() if event["msg_type"] == "notice"] == ["Back at nine"]
    await expect(control.row("Tea 1").locator(".badge")).to_have_text("off the shelf")
    await expect(control.row("Tea 0").locator(".badge")).to_have_text("being explained")


@pytest.mark.long
async def test_a_new_product_comes_while_something_is_typed(control: Control) -> None:
    """It is shown at once; what is wrong with it is said without leaving the page."""
    page = await control.open()
    await page.get_by_label("Notice:").fill("Soon")
    title = page.locator("#id_new-title")
    await title.fill("Cup")
    await page.locator("#id_new-price").fill("0")
    await page.get_by_role("button", name="Put on the shelf", exact=True).first.click()
    await control.said("Price: Ensure this value is greater than or equal to 0.01.")
    await page.locator("#id_new-price").fill("9")
    await page.get_by_role("button", name="Put on the shelf", exact=True).first.click()
    await control.said("“Cup” is new on the shelf.")
    await expect(title).to_have_value("")
    await control.press("Cup", "Explain")
    await control.said("“Cup” is being explained.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(control.row("Cup").get_by_label("Price:", exact=True)).to_be_editable()
    assert [event["text"] for event in control.log() if event["msg_type"] == "notice"] == ["Soon"]


@pytest.mark.long
async def test_the_end_is_asked_about(control: Control) -> None:
    """On a page of its own; where something is typed that is not saved, without leaving it."""
    page = await control.open()
    end = page.get_by_role("button", name=f"End: {control.room['slug']}", exact=True)
    await end.click()
    await expect(page.get_by_role("heading", name="End the show?")).to_be_visible()
    await page.get_by_role("link", name="Back", exact=True).click()
    # The scripts of the page that comes back are to ask.
    await page.wait_for_url(f"**{control.address}*")
    await page.wait_for_load_state()
    await page.get_by_label("Notice:").fill("Soon")
    asked: list[str] = []

    async def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await (dialog.accept() if len(asked) == 2 else dialog.dismiss())

    page.on("dialog", answer)
    await end.click()
    await expect(end).to_be_enabled()
    await end.click()
    await expect(page.locator(".room-head > .badge")).to_have_text("ended")
    assert len(asked) == 2
    assert asked[0].startswith("The show ends for everybody who watches it.")
    await expect(page.get_by_label("Notice:")).to_have_value("Soon")


@pytest.mark.long
async def test_a_button_that_reaches_nobody_says_so(control: Control) -> None:
    """What was typed is still there, and the button can be pressed again."""
    page = await control.open()
    await page.get_by_label("Notice:").fill("Soon")
    await page.route("**/shelf/**", lambda route: route.fulfill(status=200, body="Not the page"))
    await control.press("Tea 0", "Explain")
    await control.said("That did not work. Please try again.")
    await page.unroute("**/shelf/**")
    await control.press("Tea 0", "Explain")
    await control.said("“Tea 0” is being explained.")
    await expect(page.get_by_label("Notice:")).to_have_value("Soon")


async def test_a_new_product_is_shown_where_it_stands(control: Control) -> None:
    """The page goes to its row and has the focus there: a key that is pressed once more stops no show."""
    page = await control.open()
    await page.set_viewport_size({"width": 1280, "height": 420})
    await page.locator("#id_new-title").fill("Late tea")
    await page.locator("#id_new-price").fill("9")
    await page.get_by_role("button", name="Put on the shelf", exact=True).first.click()
    await control.said("“Late tea” is new on the shelf.")
    await expect(control.row("Late tea").locator(".item")).to_be_focused()
    await expect(control.row("Late tea").locator(".item")).to_be_in_viewport(ratio=1)
    await page.keyboard.press("Space")
    await page.get_by_label("Notice:").fill("Soon")
    await page.locator("#id_new-title").fill("Later tea")
    await page.locator("#id_new-price").fill("9")
    await page.get_by_role("button", name="Put on the shelf", exact=True).first.click()
    await control.said("“Later tea” is new on the shelf.")
    await expect(control.row("Later tea").locator(".item")).to_be_focused()
    await expect(control.row("Later tea").locator(".item")).to_be_in_viewport(ratio=1)
    await page.keyboard.press("Space")
    await expect(page.locator(".room-head > .badge")).to_have_text("live")
    assert [event["msg_type"] for event in control.log()][-2:] == ["buy", "buy"]


async def test_a_refused_product_leads_to_its_row_too(control: Control) -> None:
    """Once it is put right on the page that says what is wrong."""
    page = await control.open()
    await page.set_viewport_size({"width": 1280, "height": 420})
    await page.locator("#id_new-title").fill("Cheap tea")
    await page.locator("#id_new-price").fill("0")
    await page.get_by_role("button", name="Put on the shelf", exact=True).first.click()
    await expect(page.locator(".errorlist li")).to_have_text("Ensure this value is greater than or equal to 0.01.")
    await page.locator("#id_new-price").fill("1")
    await page.get_by_role("button", name="Put on the shelf", exact=True).click()
    await control.said("“Cheap tea” is new on the shelf.")
    await expect(control.row("Cheap tea").locator(".item")).to_be_focused()


@pytest.mark.parametrize("typed", [False, True], ids=["plain", "typed"])
@pytest.mark.long
async def test_the_focus_goes_to_no_other_button(control: Control, typed: bool) -> None:
    """Where a button is gone, its place has the focus, in rows, in the head and in lists."""
    page = await control.open()
    if typed:
        await page.get_by_label("Notice:").fill("Soon")
    await control.press("Tea 1", "Take off")
    await control.said("“Tea 1” is off the shelf.")
    await expect(control.row("Tea 1").locator(".item")).to_be_focused()
    control.site.call("change_stock", item_id=control.room["items"][1], by=10)
    await page.evaluate(LOOK)
    await expect(control.row("Tea 1").locator(".number")).to_have_text("60 in stock, 0 sold")
    await expect(control.row("Tea 1").locator(".item")).to_be_focused()
    await page.get_by_role("button", name=f"Pause: {control.room['slug']}", exact=True).click()
    await expect(page.locator(".messagelist li")).to_contain_text("is paused.")
    await expect(page.locator(".room-head .buttons")).to_be_focused()
    control.site.call("set_room", room_id=control.room["id"], status="live")
    await page.evaluate(LOOK)
    await expect(page.locator(".room-head > .badge")).to_have_text("live")
    await expect(page.locator(".room-head .buttons")).to_be_focused()


@pytest.mark.long
async def test_a_comment_is_taken_down_and_its_writer_muted(control: Control) -> None:
    """For a time that is chosen; what the keys would do next is never something else."""
    page = control.page
    control.site.call("post_comments", room_id=control.room["id"], texts=["one", "two", "three"])
    await page.goto(f"/admin/rooms/comment/?room={control.room['id']}")
    row = page.locator("#result_list tbody tr").first
    await expect(row.locator("time.when")).to_have_attribute("title", re.compile(r"\d{4}"))
    await row.get_by_text("Take down").click()
    await control.said("1 comment was removed.")
    await expect(row.locator(".buttons")).to_be_focused()
    await row.locator("summary").focus()
    await page.keyboard.press("Enter")
    await row.get_by_text("10 minutes").click()
    await expect(page.locator(".messagelist li")).to_contain_text(": muted until ")
    await expect(row.locator(".buttons")).to_be_focused()
    await row.get_by_text("Unmute").click()
    await expect(page.locator(".messagelist li")).to_contain_text("is not muted any more.")
    await expect(row.locator(".buttons")).to_be_focused()
    await expect(row.locator("summary")).to_have_text("Mute")


@pytest.mark.long
async def test_a_form_that_was_only_opened_asks_nothing(control: Control) -> None:
    """Nothing is marked in it, and it lets go of whoever leaves."""
    page = control.page
    asked: list[str] = []

    async def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", answer)
    for path in ("rooms/sanction/add/", "rooms/room/add/", "products/product/add/"):
        await page.goto(f"/admin/{path}")
        await page.locator("#content-main form input[type=text]:visible").first.click()
        await expect(page.locator("main form .submit-row")).to_be_visible()
        await expect(page.locator(".is-changed")).to_have_count(0)
        await page.get_by_role("link", name="Home", exact=True).click()
        await expect(page.get_by_role("heading", name="What is on")).to_be_visible()
    assert asked == []


async def test_what_is_not_saved_is_marked_and_asked_about(control: Control) -> None:
    """On the way out, not on the way to being saved; then it is said what was saved."""
    page = await control.open()
    asked: list[str] = []

    async def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", answer)
    marked = page.locator(".is-changed")
    await expect(marked).to_have_count(0)
    price = control.row("Tea 1").get_by_label("Price:", exact=True)
    before = await price.input_value()
    await price.fill("17")
    await expect(control.row("Tea 1")).to_have_class(re.compile("is-changed"))
    await price.fill(before)
    await expect(marked).to_have_count(0)
    await price.fill("17")
    await page.get_by_role("link", name="History", exact=True).click()
    await expect(price).to_have_value("17")
    assert asked == ["beforeunload"]
    await page.get_by_role("button", name="Save", exact=True).click()
    await control.said("Saved: price of Tea 1.")
    await expect(marked).to_have_count(0)
    await price.fill("0")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".errornote")).to_be_visible()
    # Its scripts ask and look.
    await page.wait_for_load_state()
    await page.evaluate(LOOK)
    await page.get_by_role("link", name="History", exact=True).click()
    await expect(price).to_have_value("0")
    assert asked == ["beforeunload"] * 2


LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


async def test_the_page_follows_the_room(control: Control) -> None:
    """What others change is shown by itself; what is typed, and the focus, stay."""
    page = await control.open()
    await page.get_by_label("Notice:").fill("Soon")
    button = page.get_by_role("button", name="Stock +1: Tea 1")
    await button.focus()
    items = control.room["items"]
    control.site.call("set_on_shelf", item_id=items[1], on_shelf=False)
    control.site.call("explain", item_id=items[2])
    await page.evaluate(LOOK)
    await expect(control.row("Tea 1").locator(".badge")).to_have_text("off the shelf")
    await expect(control.row("Tea 2").locator(".badge")).to_have_text("being explained")
    await expect(page.get_by_label("Notice:")).to_have_value("Soon")
    await expect(button).to_be_focused()


@pytest.mark.long
async def test_the_page_looks_by_itself(control: Control) -> None:
    """Every few seconds."""
    await control.page.clock.install()
    await control.open()
    await expect(control.row("Tea 0").locator(".badge")).to_have_text("on the shelf")
    control.site.call("set_on_shelf", item_id=control.room["items"][0], on_shelf=False)
    await control.page.clock.fast_forward(5_000)
    await expect(control.row("Tea 0").locator(".badge")).to_have_text("off the shelf")


@pytest.mark.long
async def test_a_page_that_cannot_follow_says_so(control: Control) -> None:
    """Whoever is signed out is told that what he sees stands still; the list of comments hides nothing then."""
    page = await control.open()
    cookies = await page.context.cookies()
    await page.context.clear_cookies()
    await page.evaluate(LOOK)
    await control.said("This page does not follow the room any more. Please open it again.")
    await page.context.add_cookies(cookies)  # type: ignore[arg-type]
    await page.goto(f"/admin/rooms/comment/?room={control.room['id']}")
    control.site.call("post_comments", room_id=control.room["id"], texts=["one"])
    await page.evaluate(LOOK)
    await expect(page.locator("[data-newer] a")).to_have_text("1 new comment: show")
    await page.context.clear_cookies()
    await page.evaluate(LOOK)
    await control.said("This page does not follow the room any more. Please open it again.")
    await expect(page.locator("[data-newer] a")).to_be_visible()


@pytest.mark.long
async def test_the_page_follows_for_whoever_may_add_nothing(window: Open, site: Deployment) -> None:
    """Who may change items and add none sees those that come, in their order."""
    rights = ["view_room", "change_room", "view_shelfitem", "change_shelfitem"]
    control = await signed_in(window, site, permissions=rights)
    page = await control.open()
    site.call("add_item", room_id=control.room["id"], title="Cup")
    await page.evaluate(LOOK)
    await expect(control.row("Cup").locator(".badge")).to_have_text("on the shelf")
    assert await control.titles() == ["Tea 0", "Tea 1", "Tea 2", "Cup"]
    site.call("change_item", item_id=control.room["items"][0], position=9)
    await page.evaluate(LOOK)
    await expect(page.locator(".shelf-row[data-item] .name")).to_have_text(["Tea 1", "Tea 2", "Cup", "Tea 0"])


@pytest.mark.long
async def test_a_row_that_goes_takes_no_focus_with_it(control: Control) -> None:
    """It stays while the focus is in it; once its button has been pressed, the next row has the focus."""
    page = await control.open()
    button = page.get_by_role("button", name="Explain: Tea 1")
    await page.get_by_label("Notice:").fill("Soon")
    await button.focus()
    control.site.call("remove_item", item_id=control.room["items"][1])
    control.site.call("explain", item_id=control.room["items"][2])
    await page.evaluate(LOOK)
    await expect(control.row("Tea 2").locator(".badge")).to_have_text("being explained")
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await control.said("This item is not there any more.")
    await expect(control.row("Tea 1")).to_be_hidden()
    await expect(control.row("Tea 2").locator(".item")).to_be_focused()


@pytest.mark.long
async def test_the_shelf_is_sorted_by_dragging(control: Control) -> None:
    """The last item to the top: what keeps its position is told nothing; the buttons do the same by keyboard."""
    page = await control.open()
    before = len(control.log())
    handle, target = control.row("Tea 2").locator(".handle"), control.row("Tea 1")
    await handle.hover()
    await page.mouse.down()
    box = await target.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 40, box["y"] + 6, steps=5)
    await expect(target).to_have_class("inline-related shelf-row has_original dynamic-shelf drop-before")
    await page.mouse.up()
    await control.said("“Tea 2” was moved.")
    assert await control.titles() == ["Tea 0", "Tea 2", "Tea 1"]
    assert control.shelf_events()[before:] == [("update", "Tea 1")]
    await page.get_by_role("button", name="Move down: Tea 0").focus()
    await page.keyboard.press("Enter")
    await control.said("“Tea 0” was moved.")
    assert await control.titles() == ["Tea 2", "Tea 0", "Tea 1"]


@pytest.mark.long
async def test_a_drag_that_is_given_up_moves_nothing(control: Control) -> None:
    """Escape, and a drop where it was."""
    page = await control.open()
    before = len(control.log())
    await control.row("Tea 0").locator(".handle").hover()
    await page.mouse.down()
    await page.mouse.move(300, 500, steps=4)
    await page.keyboard.press("Escape")
    await page.mouse.up()
    await expect(page.locator(".is-dragged, .drop-before, .drop-after")).to_have_count(0)
    assert len(control.log()) == before


@pytest.mark.long
async def test_a_picture_follows_its_address(control: Control) -> None:
    """What is no address of a picture shows none."""
    page = await control.open()
    cover = page.locator("#id_cover")
    shown = page.locator(".picture-field:has(#id_cover) .picture")
    await cover.fill("/static/rooms/icon.svg")
    await expect(shown).to_have_attribute("src", "/static/rooms/icon.svg")
    await cover.fill("javascript:alert(1)")
    await expect(shown).not_to_have_attribute("src", "javascript:alert(1)")
    assert await shown.evaluate("node => node.localName") == "span"


@pytest.mark.long
async def test_everything_works_without_scripts(control: Control, window: Open) -> None:
    """Only dragging is missing: it is not offered."""
    cookies = await control.page.context.cookies()
    page = await window("/", java_script_enabled=False)
    await page.context.add_cookies(cookies)  # type: ignore[arg-type]
    await page.goto(control.address)
    await expect(page.locator(".handle").first).to_be_hidden()
    await page.get_by_role("button", name="Take off: Tea 1").click()
    await expect(page.locator(".messagelist li")).to_have_text("“Tea 1” is off the shelf.")
    await page.locator("#id_new-title").fill("Pot")
    await page.locator("#id_new-price").fill("12")
    await page.get_by_role("button", name="Put on the shelf", exact=True).first.click()
    await expect(page.locator(".messagelist li")).to_have_text("“Pot” is new on the shelf.")


@pytest.mark.long
async def test_nothing_needs_an_inline_script_or_style(control: Control) -> None:
    """The pages of the control room work under a policy that allows none."""
    policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"

    async def strict(route: Any) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    await control.page.route("**/admin/**", strict)
    # A violation is an error on the console, and the window's fixture lets none pass.
    for path in ("/admin/", "/admin/rooms/room/", "/admin/rooms/comment/", "/admin/products/order/", control.address):
        await control.page.goto(path)
        await expect(control.page.locator("#content")).to_be_visible()


@pytest.mark.long
async def test_the_items_that_are_off_the_shelf(control: Control) -> None:
    """The last stand below the shelf; another is found in the list, put on and taken off, or edited there."""
    room = control.site.call("make_room", slug=f"{control.room['slug']}-many", items=22)
    control.room = room
    page = await control.open()
    await page.get_by_role("link", name="List of the room's items (22)").click()
    # Its script chooses the rows.
    await page.wait_for_url("**/products/shelfitem/**")
    await page.locator("#action-toggle").check()
    await expect(page.locator("#changelist .action-counter").first).to_contain_text("22 of 22")
    await page.get_by_label("Action:").select_option(label="Take the selected items off the shelf")
    await page.get_by_role("button", name="Go", exact=True).click()
    await expect(page.locator(".messagelist li")).to_have_text("22 items were taken off the shelf.")
    await page.goto(control.address)
    await expect(page.locator(".shelf-row[data-item]")).to_have_count(20)
    await page.get_by_label("Notice:").fill("Back at nine")
    there = await page.context.new_page()
    await there.goto(control.address)
    await there.get_by_role("link", name="List of the room's items (22)").click()
    await there.get_by_role("button", name="Put on the shelf: Tea 1", exact=True).click()
    await expect(there.locator(".messagelist li")).to_have_text("“Tea 1” is on the shelf.")
    await page.bring_to_front()
    await page.evaluate(LOOK)
    old = control.row("Tea 1").filter(has=page.get_by_text("Tea 1", exact=True))
    await old.get_by_role("button", name="Take off: Tea 1", exact=True).click()
    await control.said("“Tea 1” is off the shelf.")
    await expect(old.locator(".item")).to_be_focused()
    await expect(page.locator(".shelf-row[data-item]:visible")).to_have_count(20)
    await page.get_by_role("button", name="Save", exact=True).click()
    await control.said("Saved: notice.")
    await expect(page.locator(".shelf-row[data-item]")).to_have_count(20)
    await expect(page.get_by_role("link", name="Tea 2", exact=True)).to_have_count(0)
    await there.get_by_role("link", name="Tea 2", exact=True).click()
    older = there.locator(".shelf-row[data-item]").filter(has=there.get_by_text("Tea 2", exact=True))
    price = older.get_by_label("Price:", exact=True)
    await price.fill("17")
    await there.get_by_role("button", name="Save", exact=True).click()
    await expect(there.locator(".messagelist li")).to_have_text("Saved: price of Tea 2.")
    await expect(price).to_have_value("17.00")
    await there.evaluate(LOOK)
    await expect(there.locator(".shelf-row[data-item]:visible")).to_have_count(21)


async def test_the_newest_comments_stand_where_the_room_is_run(control: Control) -> None:
    """They come by themselves, but not under a pointer; taken down and muted without leaving what is typed."""
    page = await control.open()
    said = page.locator(".newest li")
    await expect(said).to_have_text("Nobody has said anything yet.")
    control.site.call("post_comments", room_id=control.room["id"], texts=["one", "two"])
    await page.evaluate(LOOK)
    await expect(said.locator(".said")).to_have_text(["two", "one"])
    await page.get_by_label("Notice:").fill("Soon")
    await said.filter(has_text="one").get_by_text("Ban").hover()
    control.site.call("post_comments", room_id=control.room["id"], texts=["three"])
    control.site.call("set_on_shelf", item_id=control.room["items"][0], on_shelf=False)
    await page.evaluate(LOOK)
    await expect(control.row("Tea 0").locator(".badge")).to_have_text("off the shelf")
    await expect(said.locator(".said")).to_have_text(["two", "one"])
    newer = page.locator("[data-newer] a")
    await expect(newer).to_have_text("1 new comment: show")
    await said.filter(has_text="one").get_by_text("Take down").click()
    await control.said("1 comment was removed.")
    await expect(said.locator(".said")).to_have_text(["three", "two", "one"])
    await expect(newer).to_be_hidden()
    await expect(said.last.locator(".badge")).to_have_text("removed")
    await said.first.locator("summary").click()
    await said.first.get_by_text("10 minutes").click()
    await expect(page.locator(".messagelist li")).to_contain_text(": muted until ")
    await expect(said.first.locator(".by .badge")).to_contain_text("muted until ")
    await expect(page.get_by_label("Notice:")).to_have_value("Soon")


@pytest.mark.long
async def test_the_keys_stay_with_their_comment(control: Control) -> None:
    """When others come above it, whatever of it has the focus; without it the list has."""
    page = control.page
    room = {"room_id": control.room["id"]}
    control.site.call("post_comments", **room, texts=["one", "two"])
    await control.open()
    row = page.locator(".newest li").filter(has=page.get_by_text("two", exact=True))
    places = (row.locator(".said"), row.locator(".by a"), row.locator("summary"), row.get_by_text("Ban"))
    for number, place in enumerate(places):
        await place.focus()
        control.site.call("post_comments", **room, texts=[f"new {number}"])
        await page.evaluate(LOOK)
        await expect(page.locator(".newest li .said").first).to_have_text(f"new {number}")
        await expect(place).to_be_focused()
    await page.get_by_label("Notice:").fill("Soon")
    await row.get_by_role("button", name="Take down").focus()
    await page.keyboard.press("Enter")
    await control.said("1 comment was removed.")
    await expect(row.locator(".buttons")).to_be_focused()
    control.site.call("post_comments", **room, texts=["another"])
    await page.evaluate(LOOK)
    await expect(page.locator(".newest li .said").first).to_have_text("another")
    await expect(row.locator(".buttons")).to_be_focused()
    control.site.call("post_comments", **room, texts=[f"more {number}" for number in range(12)])
    await page.evaluate(LOOK)
    await expect(row).to_have_count(0)
    await expect(page.locator(".newest ul")).to_be_focused()


@pytest.mark.long
async def test_a_pointer_that_rests_holds_nothing(control: Control) -> None:
    """One that moved just now does."""
    page = control.page
    await page.clock.install()
    control.site.call("post_comments", room_id=control.room["id"], texts=["one"])
    await control.open()
    said = page.locator(".newest .said")
    await page.locator(".newest").get_by_text("Ban").hover()
    control.site.call("post_comments", room_id=control.room["id"], texts=["two"])
    await page.evaluate(LOOK)
    await expect(page.locator("[data-newer] a")).to_have_text("1 new comment: show")
    await expect(said).to_have_text(["one"])
    await page.clock.fast_forward(11_000)
    await expect(said).to_have_text(["two", "one"])
    await expect(page.locator("[data-newer] a")).to_be_hidden()


@pytest.mark.long
async def test_nothing_moves_on_a_screen_that_is_touched(control: Control, window: Open) -> None:
    """New comments are shown where that is asked for; the line that tells of them moves nothing either."""
    cookies = await control.page.context.cookies()
    page = await window("/", has_touch=True, is_mobile=True, viewport={"width": 820, "height": 1180})
    await page.context.add_cookies(cookies)  # type: ignore[arg-type]
    control.site.call("post_comments", room_id=control.room["id"], texts=["one"])
    await page.goto(control.address)
    said, newer = page.locator(".newest .said"), page.locator("[data-newer] a")
    before = await page.get_by_role("button", name="Ban").bounding_box()
    control.site.call("post_comments", room_id=control.room["id"], texts=["two", "three"])
    await page.evaluate(LOOK)
    await expect(newer).to_have_text("2 new comments: show")
    await expect(said).to_have_text(["one"])
    assert await page.get_by_role("button", name="Ban").bounding_box() == before
    await page.get_by_label("Notice:").fill("Soon")
    await newer.tap()
    await expect(said).to_have_text(["three", "two", "one"])
    await expect(newer).to_be_hidden()
    await expect(page.locator(".newest ul")).to_be_focused()
    await expect(page.get_by_label("Notice:")).to_have_value("Soon")


@pytest.mark.long
async def test_the_list_of_comments_tells_of_new_ones(control: Control) -> None:
    """How many, and shows them when it is asked to; one that was taken down elsewhere is none."""
    page = control.page
    control.site.call("post_comments", room_id=control.room["id"], texts=["one", "two"])
    await page.goto(f"/admin/rooms/comment/?room={control.room['id']}")
    newer = page.locator("[data-newer] a")
    await page.evaluate(LOOK)
    await expect(newer).to_be_hidden()
    control.site.call("post_comments", room_id=control.room["id"], texts=["three"])
    await page.evaluate(LOOK)
    await expect(newer).to_have_text("1 new comment: show")
    control.site.call("post_comments", room_id=control.room["id"], texts=["four", "five"])
    await page.evaluate(LOOK)
    await expect(newer).to_have_text("3 new comments: show")
    await newer.click()
    await expect(page.locator(".said")).to_have_text(["five", "four", "three", "two", "one"])
    await expect(newer).to_be_hidden()
    control.site.call("post_comments", room_id=control.room["id"], texts=[f"more {number}" for number in range(51)])
    await page.evaluate(LOOK)
    await expect(newer).to_have_text("50+ new comments: show")
    await page.goto(f"/admin/rooms/comment/?room={control.room['id']}&q=one")
    await expect(page.locator(".said")).to_have_count(1)
    await expect(newer).to_have_count(0)


async def test_the_queue_follows_what_others_decide(control: Control) -> None:
    """A row about which somebody else has decided stays in its place, says so, and cannot be pressed or chosen."""
    page, room = control.page, {"room_id": control.room["id"]}
    control.site.call("block_words", words=["queued"], action="hold")
    try:
        control.site.call("post_comments", **room, texts=[f"queued {number}" for number in range(3)])
        await page.goto(f"/admin/rooms/comment/?room={control.room['id']}&review=open")
        rows = page.locator("#result_list tbody tr")
        await expect(rows.locator(".said")).to_have_text(["queued 2", "queued 1", "queued 0"])
        await rows.nth(1).get_by_role("checkbox").check()
        await rows.nth(1).get_by_role("button", name="Pass").focus()
        control.site.call("review", **room, text="queued 1", passes=True)
        control.site.call("post_comments", **room, texts=["queued 3"])
        await page.evaluate(LOOK)
        state = rows.nth(1).locator(".field-state_shown")
        await expect(state).to_have_text("decided meanwhile")
        await expect(state).to_be_focused()
        await expect(rows.nth(1).get_by_role("button")).to_have_count(0)
        await expect(rows.nth(1).get_by_role("checkbox")).to_be_disabled()
        await expect(rows.locator("input:checked")).to_have_count(0)
        await expect(rows.locator(".said")).to_have_text(["queued 2", "queued 1", "queued 0"])
        await expect(page.locator("[data-newer] a")).to_have_text("1 new comment: show")
        for row in (rows.nth(0), rows.nth(2)):
            await expect(row.get_by_role("button", name="Pass")).to_be_visible()
        for text in ("queued 0", "queued 2", "queued 3"):
            control.site.call("review", **room, text=text, passes=False)
        await page.evaluate(LOOK)
        await expect(rows.get_by_text("decided meanwhile")).to_have_count(3)
    finally:
        control.site.call("unblock_all_words")
