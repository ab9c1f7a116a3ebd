"""The room's page in a real browser, on a real server."""

import asyncio
import itertools
import json
import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.browser.pages import MALICE, back, entered, name_of, note_activity, order, raw, say
from tests.deployment import Deployment

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORDER = re.compile(r"^Order placed Tea 0 × 1 · ¥20\.00 No\. \d{20} · to be paid$")
KEPT_TOKEN = """() => new Promise((found) => {
  const look = () => {
    const token = localStorage.getItem("liveroom.token");
    if (token === null) requestAnimationFrame(look);
    else found(token);
  };
  look();
})"""
"""The token that the page keeps, as soon as it keeps one. As one function: the page's policy lets nothing that asks
again and again be made from text."""
_slugs = itertools.count(1)


@pytest.fixture
def slug(site: Deployment) -> str:
    """A live room of the test's own, with one item: 50 pieces of tea at 20.00."""
    name = f"page-{next(_slugs)}"
    site.call("make_room", slug=name)
    return name


async def test_a_comment_crosses_over_as_text(window: Open, slug: str) -> None:
    """A comment is in both windows once, with its writer's name, and markup in it is only text."""
    here, there = [await entered(await window(f"/rooms/{slug}/")) for _ in range(2)]
    await say(here, MALICE)
    for page in (here, there):
        line = page.locator("#comments li")
        await expect(line).to_have_count(1)
        await expect(line.locator(".text")).to_have_text(MALICE)
        await expect(line.locator(".name")).to_have_text(await name_of(here))
        await expect(line).to_have_attribute("data-pending", "")
        assert await page.locator("#comments .text *").count() == 0
    assert await here.locator("#content").input_value() == ""
    assert await there.title() == f"{slug} · Liveroom"


async def test_likes_are_counted_for_everybody(window: Open, slug: str) -> None:
    """Three presses of the button are three likes in both windows."""
    here, there = [await entered(await window(f"/rooms/{slug}/")) for _ in range(2)]
    for _ in range(3):
        await here.get_by_role("button", name="Like").click()
    for page in (here, there):
        await expect(page.locator("#likes")).to_have_text("3")


async def test_follow_and_unfollow(window: Open, slug: str) -> None:
    """The button follows and unfollows, and says which; both windows have the number."""
    here, there = [await entered(await window(f"/rooms/{slug}/")) for _ in range(2)]
    for press, pressed, followers in (("Follow", "true", "1 follower"), ("Following", "false", "0 followers")):
        await here.get_by_role("button", name=press, exact=True).click()
        await expect(here.locator("#follow")).to_have_attribute("aria-pressed", pressed)
        for page in (here, there):
            await expect(page.locator("#followers")).to_have_text(followers)
    await expect(there.locator("#follow")).to_have_attribute("aria-pressed", "false")


async def test_an_order_takes_a_piece_off_every_shelf(window: Open, slug: str) -> None:
    """The buyer reads his order; everybody sees the stock, and the buyer's masked name."""
    here, there = [await entered(await window(f"/rooms/{slug}/")) for _ in range(2)]
    await expect(there.locator("#shelf .stock")).to_have_text("50 left · 0 sold")
    for page in (here, there):
        await note_activity(page)
    await order(here, here.get_by_role("button", name="Buy Tea 0"))
    await expect(here.locator("#ordered")).to_have_text(ORDER)
    for page in (here, there):
        await expect(page.locator("#shelf .stock")).to_have_text("49 left · 1 sold")
        assert "G** bought Tea 0 × 1" in [text for text, _at in await page.evaluate("window.told")]
    await expect(there.locator("#ordered")).to_be_empty()


async def test_cut_and_back_without_loss_or_doubles(window: Open, slug: str) -> None:
    """Who was cut off cannot act meanwhile, and has everything that happened, once and in order, when he is back."""
    here, there = [await entered(await window(f"/rooms/{slug}/")) for _ in range(2)]
    await say(here, "before")
    await expect(there.locator("#comments li")).to_have_count(1)
    await here.get_by_role("button", name="Disconnect").click()
    await expect(here.locator("#connection")).to_have_text("Disconnected")
    await expect(here.locator("#why")).to_be_empty()
    for button in ("#content", "#send", "#like", "#follow", "#shelf .buy"):
        await expect(here.locator(button)).to_be_disabled()
    for number in range(3):
        await say(there, f"while away {number}")
    await order(there, there.get_by_role("button", name="Buy Tea 0"))
    await expect(there.locator("#shelf .stock")).to_have_text("49 left · 1 sold")
    await here.locator("#connect").click()
    await entered(here)
    await say(there, "after")
    wanted = ["before", "while away 0", "while away 1", "while away 2", "after"]
    await expect(here.locator("#comments .text")).to_have_text(wanted)
    await expect(here.locator("#shelf .stock")).to_have_text("49 left · 1 sold")
    opened = here.locator("#frame-list .type", has_text="open ws://").first
    await expect(opened).to_have_text(re.compile(r"\?since=\d+&epoch=\w+$"))


async def test_a_killed_server_loses_nothing(window: Open, site: Deployment, slug: str) -> None:
    """The page comes back by itself after a kill, as the same person; what was written meanwhile arrives once."""
    here, there = [await entered(await window(f"/rooms/{slug}/", offline_ok=True)) for _ in range(2)]
    await say(here, "before")
    await expect(there.locator("#comments li")).to_have_count(1)
    name = await name_of(here)
    site.servers[0].kill()
    try:
        await expect(here.locator("#connection")).to_have_text("Connection lost. Trying again…")
        await say(here, "meanwhile")
        await expect(here.locator("#comments [data-pending=yes] .mark")).to_have_text("sending…")
    finally:
        # The tests after this one need it too.
        await asyncio.to_thread(site.servers[0].start)
    for page in (here, there):
        await back(page)
        await expect(page.locator("#comments .text")).to_have_text(["before", "meanwhile"])
        await expect(page.locator("#comments .name")).to_have_text([name, name])
    await expect(here.locator("#comments [data-pending=yes]")).to_have_count(0)


@pytest.mark.long
async def test_a_restart_brings_everybody_back(window: Open, site: Deployment, slug: str) -> None:
    """Sent away by a server that ends, the page says so, and is back when the next one runs."""
    page = await entered(await window(f"/rooms/{slug}/", offline_ok=True))
    await page.evaluate(
        """() => {
          window.said = [];
          const pill = document.getElementById("connection");
          new MutationObserver(() => window.said.push(pill.textContent)).observe(pill, { childList: true });
        }"""
    )
    try:
        await asyncio.to_thread(site.servers[0].stop)
        await expect(page.locator("#connection")).to_have_attribute("data-status", re.compile("waiting|connecting"))
    finally:
        # The tests after this one need it too.
        await asyncio.to_thread(site.servers[0].start)
    await expect(page.locator("#error")).to_be_empty()
    await back(page)
    # A try that finds nobody says that instead, and the end of a server takes longer than the first one.
    assert (await page.evaluate("window.said"))[0] == "The server is restarting."
    await say(page, "back again")
    await expect(page.locator("#comments .text")).to_have_text("back again")


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ('{"msg_type": "leave"}', "idle", ""),
        (json.dumps({"msg_type": "message", "content": "x" * 17_000}), "stopped", "That is too large to be sent."),
    ],
)
async def test_who_left_or_was_sent_away_stays_away(window: Open, slug: str, text: str, status: str, said: str) -> None:
    """After a leave of one's own, and after a close that means stop, there is no second connection."""
    page = await entered(await window(f"/rooms/{slug}/"))
    await raw(page, text)
    await expect(page.locator("#connection")).to_have_attribute("data-status", status)
    await expect(page.locator("#error")).to_have_text(said)
    await expect(page.locator("#content")).to_be_disabled()
    await page.locator("#connect").click()
    await entered(page)
    # Once at first, and once by the button.
    await expect(page.locator("#frame-list .type", has_text="open ws://")).to_have_count(2)


async def test_a_reload_is_the_same_person(window: Open, slug: str) -> None:
    """A guest who wrote something keeps name and follow over a reload; the token is not in the panel."""
    page = await entered(await window(f"/rooms/{slug}/"))
    await page.get_by_role("button", name="Follow", exact=True).click()
    await expect(page.locator("#follow")).to_have_attribute("aria-pressed", "true")
    name = await name_of(page)
    await page.reload()
    await entered(page)
    assert await name_of(page) == name
    await expect(page.locator("#follow")).to_have_text("Following")
    token = await page.evaluate("localStorage.getItem('liveroom.token')")
    assert token
    assert token not in await page.content()


@pytest.mark.long
async def test_two_windows_are_two_guests(window: Open, slug: str) -> None:
    """Who came as two before either had a token stays two; after a reload both are the one who was kept."""
    here = await entered(await window(f"/rooms/{slug}/"))
    there = await here.context.new_page()
    await there.goto(f"/rooms/{slug}/")
    await entered(there)
    names: list[str] = []
    for page in (here, there):
        await say(page, "hello")
        await expect(page.locator("#comments [data-pending='']")).to_have_count(len(names) + 1)
        names.append(await name_of(page))
    assert names[0] != names[1]
    token = await here.evaluate("localStorage.getItem('liveroom.token')")
    for page, name in zip((here, there), names, strict=True):
        await page.get_by_role("button", name="Cut").click()
        await expect(page.locator("#frame-list .type", has_text="open ws://")).to_have_count(2)
        await entered(page)
        assert await name_of(page) == name
    await there.reload()
    await entered(there)
    assert await name_of(there) == names[0]
    assert await there.evaluate("localStorage.getItem('liveroom.token')") == token


async def test_a_token_that_is_no_good_here_is_kept_for_another(window: Open, slug: str) -> None:
    """A window whose token fails does not take the newer one of another window away, and goes on with it."""
    page = await window(f"/rooms/{slug}/")
    seen = await page.evaluate(
        """async () => {
          const { keptToken } = await import("/static/rooms/token.js");
          const KEY = "liveroom.token";
          localStorage.setItem(KEY, "old");
          const [one, other] = [keptToken(false), keptToken(false)];
          const seen = [one.get(), other.get()];
          one.drop();
          seen.push(localStorage.getItem(KEY), one.get());
          one.set("new");
          other.drop();
          seen.push(localStorage.getItem(KEY), other.get());
          other.set("newer");
          seen.push(localStorage.getItem(KEY), one.get(), keptToken(true).get());
          return seen;
        }"""
    )
    assert seen == ["old", "old", None, None, "new", "new", "newer", "new", None]


async def test_a_token_that_is_no_good_is_forgotten(window: Open, slug: str) -> None:
    """The page goes on as a new guest, without a word about a login that nobody made, and keeps the new token."""
    page = await entered(await window(f"/rooms/{slug}/"))
    await page.evaluate("localStorage.setItem('liveroom.token', 'forged')")
    await page.reload()
    await entered(page)
    await expect(page.locator("#error")).to_be_empty()
    assert await page.evaluate("localStorage.getItem('liveroom.token')") is None
    await say(page, "as a new guest")
    await expect(page.locator("#comments .text")).to_have_text("as a new guest")
    # It comes with the answer, and the comment may be there before.
    assert await page.evaluate(KEPT_TOKEN) != "forged"


async def test_who_is_signed_in_is_himself(window: Open, site: Deployment, slug: str) -> None:
    """The session is enough to take part, and no token is kept."""
    site.call("make_administrator", username="boss", password="a long enough one")
    page = await window("/admin/login/?next=/")
    await page.locator("#id_username").fill("boss")
    await page.locator("#id_password").fill("a long enough one")
    await page.locator("[type=submit]").click()
    await page.get_by_role("link", name=slug, exact=False).first.click()
    await entered(page)
    await say(page, "signed in")
    await expect(page.locator("#comments .text")).to_have_text("signed in")
    assert await page.evaluate("localStorage.getItem('liveroom.token')") is None


async def test_changes_by_the_operator_are_seen(window: Open, site: Deployment) -> None:
    """A notice and an empty shelf appear without a reload."""
    room = site.call("make_room", slug="page-operated")
    page = await entered(await window("/rooms/page-operated/"))
    await expect(page.locator("#notice")).to_be_hidden()
    site.call("set_notice", room_id=room["id"], text="Free shipping")
    await expect(page.locator("#notice")).to_have_text("Free shipping")
    site.call("set_on_shelf", item_id=room["items"][0], on_shelf=False)
    await expect(page.locator("#shelf-empty")).to_be_visible()
    await expect(page.locator("#shelf li")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "talk", "shop", "open_"),
    [
        ("scheduled", "", "The show has not begun. Nothing is sold yet.", {"#send", "#like"}),
        ("paused", "The host takes a break. You can go on.", "", {"#send", "#like", "#shelf .buy"}),
        ("ended", "The show has ended.", "The show has ended.", set()),
    ],
)
async def test_what_a_show_allows(
    window: Open, site: Deployment, status: str, talk: str, shop: str, open_: set[str]
) -> None:
    """What cannot be done now is disabled, and the page says why."""
    site.call("make_room", slug=f"page-{status}", status=status)
    page = await entered(await window(f"/rooms/page-{status}/"))
    await expect(page.locator("#status")).to_have_text({"scheduled": "soon"}.get(status, status))
    await expect(page.locator("#why")).to_have_text(talk)
    await expect(page.locator("#why-shop")).to_have_text(shop)
    for control in ("#send", "#like", "#shelf .buy"):
        await expect(page.locator(control)).to_be_enabled(enabled=control in open_)


async def test_every_frame_is_shown_and_any_can_be_sent(window: Open, slug: str) -> None:
    """The panel has each frame with direction, number and size; raw text goes out as it is; errors are words."""
    page = await entered(await window(f"/rooms/{slug}/"))
    newest = page.locator("#frame-list > li")
    await raw(page, "ping")
    await expect(newest.filter(has_text="sent").first.locator("pre")).to_have_text("ping")
    await expect(newest.filter(has_text="sent").first.locator(".size")).to_have_text("4 B")
    await expect(newest.first.locator(".type")).to_have_text("pong")
    await expect(newest.first.locator(".arrow")).to_have_text("received")
    await expect(newest.first.locator(".seq")).to_have_text("#1")
    await raw(page, "{")
    await expect(page.locator("#error")).to_have_text("The server could not read that.")


async def test_a_room_in_chinese(window: Open, slug: str) -> None:
    """With a Chinese browser the page is Chinese, its errors too; the switch makes it English and stays in the room."""
    page = await entered(await window(f"/rooms/{slug}/", locale="zh-CN"))
    await expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    await expect(page.locator("#connection")).to_have_text("已连接")
    await order(page, page.get_by_role("button", name="购买", exact=False))
    await expect(page.locator("#ordered")).to_have_text(
        re.compile(r"^下单成功 Tea 0 × 1 · ¥20\.00 订单号 \d{20} · 待付款$")
    )
    await page.locator("#raw-text").fill("{")
    await page.locator("#raw button").click()
    await expect(page.locator("#error")).to_have_text("服务器无法读取这条内容。")
    await page.get_by_role("button", name="English").click()
    await entered(page)
    await expect(page.locator("#connection")).to_have_text("Connected")
    assert page.url.endswith(f"/rooms/{slug}/")


async def test_a_narrow_screen(window: Open, slug: str) -> None:
    """At 360 pixels nothing runs over the edge, and the frames are folded away until they are asked for."""
    page = await entered(await window(f"/rooms/{slug}/", viewport={"width": 360, "height": 640}))
    await say(page, "w" * 150)
    await expect(page.locator("#comments li")).to_have_count(1)
    await expect(page.locator("#frame-list")).to_be_hidden()
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Inspector for developers").click()
    await expect(page.locator("#frame-list li").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 360


async def test_the_list_leads_into_a_room(window: Open, slug: str) -> None:
    """From the list one comes into a room by the keyboard alone, and talks there by it."""
    page = await window("/")
    await page.get_by_role("link", name=slug, exact=False).first.focus()
    await page.keyboard.press("Enter")
    await entered(page)
    await page.get_by_label("Your comment").focus()
    await page.keyboard.type("by keyboard")
    await page.keyboard.press("Enter")
    await expect(page.locator("#comments .text")).to_have_text("by keyboard")
