"""The renderer by itself: small pages, and what WeChat's documentation says of them."""

import pytest
from playwright.async_api import expect

from tests.miniprogram.basics import BASIC, BLACK, BLUE, RED, notes, set_data, style_of
from tests.miniprogram.phones import Open

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_texts_and_units(open_phone: Open) -> None:
    """Nothing is shown of what is not there; 750 rpx are the window's width; class and style follow the data."""
    phone = await open_phone(**BASIC)
    texts = phone.page.locator("#texts")
    await expect(texts).to_have_text("[||1|]")
    assert await style_of(texts, "width") == "195px"
    assert await style_of(texts, "color") == RED
    await set_data(phone, loud=False, width=750, late="something")
    await expect(texts).to_have_text("[||1|something]")
    assert await style_of(texts, "width") == "390px"
    assert await style_of(texts, "color") == BLACK


async def test_conditions_and_repetition(open_phone: Open) -> None:
    """One branch is there; a number repeats from 0; what is hidden is not seen."""
    phone = await open_phone(**BASIC)
    branch = phone.page.locator("#branch")
    await expect(branch).to_have_text("one")
    await set_data(phone, number=2)
    await expect(branch).to_have_text("many")
    await set_data(phone, number=0)
    await expect(branch).to_have_text("none")
    await expect(phone.page.locator("#count")).to_have_text("012")
    await expect(phone.page.locator("#hidden")).to_be_hidden()
    await set_data(phone, shown=True)
    await expect(phone.page.locator("#hidden")).to_be_visible()


async def test_keyed_rows_keep_what_they_are(open_phone: Open) -> None:
    """By their keys rows move with what was typed into them, and with the focus."""
    phone = await open_phone(**BASIC)
    rows = phone.page.locator(".row")
    await rows.nth(1).locator("input").fill("typed")
    await set_data(phone, rows=[{"id": "d", "name": "Dan"}, {"id": "a", "name": "Amy"}, {"id": "b", "name": "Bob"}])
    await expect(rows.locator("text")).to_have_text(["0:Dan", "1:Amy", "2:Bob"])
    await expect(rows.locator("input").nth(2)).to_have_value("typed")
    await expect(rows.locator("input").nth(2)).to_be_focused()
    await expect(rows.locator("input").nth(1)).to_have_value("Amy")
    await set_data(phone, rows=[{"id": "b", "name": "Bob"}, {"id": "d", "name": "Dan"}])
    await expect(rows.locator("input").nth(0)).to_have_value("typed")
    await set_data(phone, **{"rows[0].name": "Ben"})
    await expect(rows.locator("input").nth(0)).to_have_value("Ben")


async def test_keys_that_are_none(open_phone: Open) -> None:
    """The same key twice, and an item without one, are problems."""
    phone = await open_phone(faulty=True, **BASIC)
    await set_data(phone, rows=[{"id": 1, "name": "x"}, {"id": 1, "name": "y"}, {"name": "z"}])
    await expect(phone.page.locator(".row")).to_have_count(3)
    problems = await phone.see("problems")
    assert [problem.split(": ", 2)[2] for problem in problems] == [
        'Do not set same key "1" in wx:key',
        'wx:key "id" is undefined in {"name":"z"}',
    ]


async def test_taps(open_phone: Open) -> None:
    """They bubble up to whoever catches them, and tell of both elements; a button that is off has none."""
    phone = await open_phone(**BASIC)
    await notes(phone)
    await phone.page.locator("#deepest").click()
    assert await notes(phone) == [
        'tap deepest inner {"who":"inner"} number',
        'tap deepest outer {"who":"outer","number":1} number',
    ]
    await phone.page.locator("#stopper").click()
    assert await notes(phone) == ["tap stopper stopper {} number"]
    await phone.page.locator("#off").click(force=True)
    assert await notes(phone) == []


async def test_input(open_phone: Open) -> None:
    """It tells of what is typed, takes what its handler returns, and keeps what the data does not change."""
    phone = await open_phone(**BASIC)
    field = phone.page.locator("#field input")
    await notes(phone)
    await field.press_sequentially("ab")
    await expect(field).to_have_value("AB")
    await field.press("Enter")
    assert await notes(phone) == ["typed a", "typed Ab", "confirmed AB", "left AB"]
    await set_data(phone, written="")
    await expect(field).to_have_value("AB")
    await set_data(phone, written="long, and set")
    await expect(field).to_have_value("long, and set")


async def test_scroll_view(open_phone: Open) -> None:
    """It scrolls to the element that is named, and tells of its end."""
    phone = await open_phone(**BASIC)
    await notes(phone)
    await set_data(phone, into="line10")
    await phone.until("getApp().notes.length === 0")
    top = await phone.page.locator("#list").evaluate("(list) => list.scrollTop")
    assert top == pytest.approx(520, abs=2)
    await set_data(phone, into="line19")
    await phone.until("getApp().notes.includes('low bottom')")


async def test_window_below_the_bar(open_phone: Open) -> None:
    """The window begins below the navigation bar: for what is fixed, and for vh."""
    phone = await open_phone(**BASIC)
    box = await phone.page.locator("#fixed").bounding_box()
    assert box is not None
    assert (box["y"], round(box["height"])) == (91, 75)
    await expect(phone.page.locator(".bar-title")).to_have_text("Basic")


async def test_pages_and_their_lives(open_phone: Open) -> None:
    """What opens, hides and closes hears of it in WeChat's order; a query stays encoded."""
    phone = await open_phone("pages/first/first?x=1", **BASIC)
    loads = [
        'launch pages/first/first {"x":"1"}',
        "app shows",
        'first loads {"x":"1"}',
        "first shows",
        "first is ready",
    ]
    assert await notes(phone) == loads
    await phone.page.locator("#link").click()
    await expect(phone.page.locator("#what")).to_have_text('{"a":"1","b":"%E4%BD%A0"}')
    await expect(phone.page.locator(".bar-title")).to_have_text("Renamed")
    assert await phone.see("open") == ["pages/first/first", "pages/second/second"]
    assert await notes(phone) == ["first hides"]
    await phone.page.get_by_role("button", name="Back").click()
    assert await notes(phone) == ["second unloads", "first shows"]
    await phone.do("hide")
    await phone.do("show")
    assert await notes(phone) == ["first hides", "app hides", "app shows", "first shows"]
    await phone.do("pullDown")
    await phone.do("reachBottom")
    assert await notes(phone) == ["first is pulled", "first reaches its bottom"]
    assert await phone.do("share", None) == {"title": "by menu", "path": "/pages/first/first"}
    await phone.page.evaluate("wx.redirectTo({ url: '/pages/second/second' })")
    await expect(phone.page.locator("#what")).to_have_text("{}")
    assert await notes(phone) == ["first unloads"]
    await phone.page.locator(".scroller").evaluate("(page) => page.scrollTo(0, 9999)")
    await phone.until("getApp().notes.includes('second reaches its bottom')")


async def test_component(open_phone: Open) -> None:
    """It is made, drawn, shown and gone in order; properties have their types, observers hear of what is set."""
    phone = await open_phone("pages/parts/parts", **BASIC)
    noted = await notes(phone)
    assert noted[2:] == [
        "card created none",
        "card observes One 5",
        "card attached One 5",
        "parts loads",
        "parts shows",
        "card shows",
        "card is ready",
        "parts is ready",
    ]
    title = phone.page.locator("#title")
    await expect(title).to_have_text("One 6 1")
    await set_data(phone, title="Two", list=[1, 2])
    await expect(title).to_have_text("Two 6 2")
    await expect(phone.page.locator("#slotted")).to_have_text("Two")
    await set_data(phone, shown=False)
    assert await notes(phone) == ["card observes Two 5", "card detached"]
    await set_data(phone, shown=True)
    assert await notes(phone) == ["card created none", "card observes Two 5", "card attached Two 5", "card is ready"]


async def test_component_styles_stay_apart(open_phone: Open) -> None:
    """Classes neither enter nor leave it; names of elements and what is inherited do enter."""
    phone = await open_phone("pages/parts/parts", **BASIC)
    frame, slotted = phone.page.locator("#frame"), phone.page.locator("#slotted")
    assert await style_of(frame, "borderTopColor") == "rgb(1, 2, 3)"
    assert await style_of(frame, "color") == RED, "inherited from the component's own class, which is the page's"
    assert await style_of(slotted, "color") == BLUE, "what is in the slot is the page's"
    assert await style_of(phone.page.locator("#title"), "letterSpacing") == "3px"
    assert await style_of(phone.page.locator("#card"), "display") == "block"


async def test_component_events(open_phone: Open) -> None:
    """From outside, the component is the target. An event enters other components only when it is composed."""
    phone = await open_phone("pages/parts/parts", **BASIC)
    await notes(phone)
    await phone.page.locator("#tell").click()
    assert await notes(phone) == [
        'page told card card {"by":"card","who":"card"}',
        'page told card around {"by":"card","who":"card"}',
        'page tap card card "place"',
    ]
    await phone.page.locator("#ask").click()
    assert (await notes(phone))[:2] == ["page asked row row 1", "page asked row around 1"]
    await phone.page.locator("#ask-through").click()
    assert (await notes(phone))[:3] == ["page asked row row 2", "card asked frame frame", "page asked row around 2"]


async def test_property_of_another_type(open_phone: Open) -> None:
    """What WeChat complains of is a problem."""
    phone = await open_phone("pages/parts/parts", faulty=True, **BASIC)
    await set_data(phone, title=None, many="many")
    await expect(phone.page.locator("#title")).to_have_text("1 1")
    problems = await phone.see("problems")
    assert [problem.split("fit: ")[1] for problem in problems if "fit: " in problem] == [
        "expected <String> but got null; WeChat uses an empty string instead",
        'expected <Number> but got "many"; WeChat uses 0 instead',
    ]


async def test_null_in_a_text(open_phone: Open) -> None:
    """WeChat's versions differ in what they show of it, so it is a problem."""
    phone = await open_phone(faulty=True, **BASIC)
    await set_data(phone, late=None)
    assert "some versions" in (await phone.see("problems"))[0]


async def test_set_data_is_counted(open_phone: Open) -> None:
    """Calls, keys and bytes, by page and component, since the last time."""
    phone = await open_phone("pages/parts/parts", **BASIC)
    await phone.do("counts")
    await set_data(phone, title="x", many="2")
    await set_data(phone, list=[])
    assert await phone.do("counts") == {
        "pages/parts/parts": {"calls": 2, "keys": 3, "bytes": len('{"title":"x","many":"2"}{"list":[]}')},
        "parts/card/card": {"calls": 1, "keys": 1, "bytes": len('{"sum":0}')},
    }
    assert await phone.do("counts") == {}
