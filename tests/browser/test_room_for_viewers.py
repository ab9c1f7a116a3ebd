"""What a viewer is offered, and what is not offered to him: the inspector, what cannot work, what is over."""

import itertools
import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import comments, entered, hold_clock, note_activity, order, raw, say
from tests.deployment import Deployment, Deployments

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

PHONE = {"width": 390, "height": 844}
_slugs = itertools.count(1)


@pytest.fixture
def room(site: Deployment) -> dict[str, Any]:
    """A live room of the test's own, with two items."""
    made: dict[str, Any] = site.call("make_room", slug=f"viewers-{next(_slugs)}", items=2)
    return made


async def enter_room(window: Open, room: dict[str, Any], **options: Any) -> Page:
    return await entered(await window(f"/rooms/{room['slug']}/", **options))


async def enter_with_clock(window: Open, room: dict[str, Any]) -> Page:
    """Enter with a clock that the test moves."""
    page = await window("about:blank")
    await page.clock.install()
    await page.goto(f"/rooms/{room['slug']}/")
    return await entered(page)


async def seconds_of(button: Locator) -> int:
    """How long a button says that it waits."""
    return int(re.sub(r"\D", "", await button.text_content() or ""))


async def own_id(page: Page) -> str:
    found: str = await page.evaluate("import('/static/rooms/connection.js').then(({ live }) => live.state.user.id)")
    return found


# --- The inspector is for developers.


async def test_a_page_without_the_inspector(window: Open, deployments: Deployments) -> None:
    """Where the setting is off the page has two columns and no tools; staff has them all the same."""
    with deployments.sqlite("plain", LIVEROOM_INSPECTOR="0") as plain:
        plain.call("make_room", slug="plain", items=3)
        for size in (1280, 1440):
            page = await entered(
                await window(f"{plain.url}/rooms/plain/?inspect", viewport={"width": size, "height": 900})
            )
            await expect(page.locator("#inspector")).to_have_count(0)
            stage, shelf = [await page.locator(part).bounding_box() for part in ("#stage", "#shelf-column")]
            assert stage
            assert shelf
            # In the middle, with nothing beside it.
            assert abs(stage["x"] - (size - shelf["x"] - shelf["width"])) < 2
            assert shelf["width"] > 500
            await page.close()
        page = await entered(await window(f"{plain.url}/rooms/plain/", viewport=PHONE))
        await say(page, "hello")
        await expect(comments(page)).to_have_text(["hello"])
        await page.locator("#open-more").click()
        await expect(page.get_by_role("button", name="My orders")).to_be_visible()
        await expect(page.get_by_role("button", name="Inspector for developers")).to_have_count(0)
        await page.close()
        plain.call("make_administrator", username="boss", password="a long enough one")
        boss = await window(f"{plain.url}/admin/login/?next=/rooms/plain/")
        await boss.locator("#id_username").fill("boss")
        await boss.locator("#id_password").fill("a long enough one")
        await boss.locator("[type=submit]").click()
        await entered(boss)
        await expect(boss.locator("#frame-list > li").first).to_be_visible()
        await boss.close()


async def test_a_cut_lasts(window: Open, room: dict[str, Any]) -> None:
    """Five seconds, which are counted; a button ends it sooner."""
    page = await enter_with_clock(window, room)
    await hold_clock(page)
    await page.get_by_role("button", name="Cut").click()
    await page.clock.run_for(100)
    await expect(page.locator("#connection")).to_have_text("Cut off, as by a lost network. Back")
    await expect(page.locator("#next-try")).to_have_text("in 5 s")
    await page.clock.run_for(4_500)
    await expect(page.locator("#next-try")).to_have_text("in 1 s")
    await page.clock.run_for(1_000)
    await page.clock.resume()
    await entered(page)
    await page.get_by_role("button", name="Cut").click()
    await page.get_by_role("button", name="Back now").click()
    await entered(page)


async def test_the_frames_are_one_stop(window: Open, room: dict[str, Any]) -> None:
    """The tabulator reaches the list once; the arrows go from frame to frame, and back out."""
    page = await enter_room(window, room)
    for number in range(3):
        await raw(page, f'{{"msg_type": "ping", "ref": {number}}}')
    # Others come while one walks.
    await page.locator("#filter-type").select_option("ping")
    lines = page.locator("#frame-list summary")
    await expect(lines.nth(3)).to_be_attached()
    await page.locator("#copy").focus()
    await page.keyboard.press("Tab")
    await expect(page.locator("#frame-scroll")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(lines.first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(lines.nth(1)).to_be_focused()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('#frame-scroll')") is None
    await lines.first.focus()
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#frame-scroll")).to_be_focused()


async def test_a_filter_that_finds_nothing_says_so(window: Open, room: dict[str, Any]) -> None:
    """And no more as soon as something passes it."""
    page = await enter_room(window, room)
    await page.locator("#filter-text").fill("no frame has this")
    await expect(page.locator("#frame-none")).to_have_text("No frames match.")
    await page.locator("#filter-text").fill("init")
    await expect(page.locator("#frame-none")).to_be_empty()


# --- One's own comments.


async def test_words_that_cannot_be_taken_are_changed(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """They go back to the field, before what stands there; nothing offers to send them again."""
    site.call("block_words", words=["forbidden"], action="refuse")
    try:
        page = await enter_room(window, room)
        await say(page, "a forbidden word")
        failed = page.locator("#comments [data-failed=yes]")
        await expect(failed).to_have_count(1)
        await expect(failed.get_by_role("button", name="Send again")).to_be_hidden()
        await page.locator("#content").fill("and more")
        await failed.get_by_role("button", name="Edit").click()
        await expect(failed).to_have_count(0)
        await expect(page.locator("#content")).to_have_value("a forbidden word and more")
        await expect(page.locator("#content")).to_be_focused()
    finally:
        site.call("unblock_all_words")


async def test_a_comment_too_soon_counts_down(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """It can be sent again when slow mode lets it pass, and stands where it failed meanwhile."""
    site.call("set_room", room_id=room["id"], slow_mode=30)
    page = await enter_with_clock(window, room)
    await say(page, "first")
    await expect(comments(page)).to_have_text(["first"])
    await say(page, "second")
    again = page.locator("#comments [data-failed=yes] .retry")
    await expect(again).to_have_text(re.compile(r"^Send again in \d+ s$"))
    await expect(again).to_be_disabled()
    before = await seconds_of(again)
    site.call("post_comments", room_id=room["id"], texts=["of another"])
    await expect(comments(page)).to_have_text(["first", "second", "of another"])
    await page.clock.run_for(2_000)
    # By the page's clock at least, which runs on meanwhile.
    assert await seconds_of(again) <= before - 2
    await page.clock.run_for(29_000)
    await expect(again).to_have_text("Send again")
    await expect(again).to_be_enabled()


# --- What is over.


async def test_what_was_taken_down_is_not_read_out(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Its text goes from the line for who listens too."""
    page = await enter_room(window, room)
    site.call("post_comments", room_id=room["id"], texts=["to be taken down"])
    await expect(page.locator("#announcer")).to_contain_text("to be taken down")
    site.call("remove_comments", room_id=room["id"], texts=["to be taken down"])
    await expect(page.locator("#announcer")).to_be_empty()
    assert "to be taken down" not in await page.locator("#stage").evaluate("(it) => it.textContent")


async def test_what_happened_fades(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """A purchase, and a product that is new on the shelf, are told for some seconds."""
    page = await enter_with_clock(window, room)
    await note_activity(page)
    activity = page.locator("#activity")
    await order(page, page.locator("#shelf .buy").first)
    await expect(activity).to_have_text(re.compile("bought Tea 0 × 1$"))
    site.call("set_on_shelf", item_id=room["items"][1], on_shelf=False)
    await expect(page.locator("#shelf > li")).to_have_count(1)
    site.call("set_on_shelf", item_id=room["items"][1], on_shelf=True)
    await expect(activity).to_have_text("New on the shelf: Tea 1")
    await page.clock.run_for(9_000)
    await expect(activity).to_be_empty()
    bought, new, gone = await page.evaluate("window.told")
    assert [bought[0][-16:], new[0], gone[0]] == ["bought Tea 0 × 1", "New on the shelf: Tea 1", ""]
    assert gone[1] - new[1] >= 8_000


async def test_a_lifted_ban_lets_one_in_again(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """A button tries; while the ban holds, the page stays as it is."""
    page = await enter_room(window, room)
    await say(page, "before")
    # Once it is stored: a guest who has said nothing is not.
    await expect(page.locator("#comments [data-pending='']")).to_have_count(1)
    user = await own_id(page)
    site.call("impose", kind="ban", user=user, room_id=room["id"])
    await expect(page.locator("#curtain-text")).to_have_text("You have been banned here.")
    opened = page.locator("#frame-list .type", has_text="open ws://")
    again = page.get_by_role("button", name="Try again")
    await again.click()
    await expect(opened).to_have_count(2)
    await expect(again).to_be_enabled()
    await expect(page.locator("#stage")).to_have_attribute("data-face", "banned")
    site.call("lift", kind="ban", user=user, room_id=room["id"])
    await again.click()
    await entered(page)
    await expect(page.locator("#stage")).to_have_attribute("data-face", "")
    await expect(page.locator("#content")).to_be_focused()
    await say(page, "after")
    await expect(comments(page)).to_have_text(["before", "after"])


# --- The shelf.


async def test_few_are_five(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Ten of a new product are not nearly gone; five are."""
    page = await enter_room(window, room)
    stock = page.locator("#shelf .stock").first
    for by, said, few in ((-40, "10 left · 0 sold", False), (-5, "5 left · 0 sold", True)):
        site.call("change_stock", item_id=room["items"][0], by=by)
        await expect(stock).to_have_text(said)
        await expect(stock).to_have_class("stock few" if few else "stock")


async def test_who_has_as_many_as_each_may(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """The button says so after the last one, after a reload too; before that no more can be chosen than are left."""
    site.call("change_item", item_id=room["items"][0], limit_per_user=3)
    page = await enter_room(window, room)
    buy = page.locator("#shelf .buy").first
    await order(page, buy)
    await expect(page.locator("#ordered")).not_to_be_empty()
    await buy.click()
    await page.get_by_label("Quantity").fill("9")
    await expect(page.get_by_label("Quantity")).to_have_value("2")
    await expect(page.locator("#choice-note")).to_have_text("You may order 2 more: the quantity is now 2.")
    await page.locator("#place").click()
    await expect(buy).to_have_text("Limit reached")
    await expect(buy).to_be_disabled()
    await page.reload()
    await entered(page)
    await expect(buy).to_have_text("Limit reached")
    other = await enter_room(window, room)
    await expect(other.locator("#shelf .buy").first).to_have_text("Buy")


async def test_another_person_has_limits_of_his_own(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """Whose token is no good any more goes on as a new guest, who has ordered nothing."""
    site.call("change_item", item_id=room["items"][0], limit_per_user=1)
    page = await enter_room(window, room)
    buy = page.locator("#shelf .buy").first
    await order(page, buy)
    await expect(buy).to_have_text("Limit reached")
    before = await own_id(page)
    site.call("revoke_tokens", user=before)
    await page.get_by_role("button", name="Cut").click()
    await page.get_by_role("button", name="Back now").click()
    await expect(buy).to_have_text("Buy")
    assert await own_id(page) != before
    await order(page, buy)
    await expect(buy).to_have_text("Limit reached")


async def test_a_sheet_keeps_its_title(window: Open, site: Deployment) -> None:
    """Scrolled down on a phone, title and button to close stay above the items."""
    site.call("make_room", slug="viewers-sheet", items=12)
    page = await entered(await window("/rooms/viewers-sheet/", viewport=PHONE))
    await page.locator("#open-shelf").click()
    await page.locator("#shelf > li").last.scroll_into_view_if_needed()
    await expect(page.locator("#shelf-title")).to_be_in_viewport(ratio=1)
    covered = """(it) => {
      const { left, top, width, height } = it.getBoundingClientRect();
      return document.elementFromPoint(left + width / 2, top + height / 2) === it;
    }"""
    assert await page.locator("#shelf-title").evaluate(covered)


async def test_the_last_card_fills_its_row(window: Open, deployments: Deployments) -> None:
    """On a phone a room that is alone in its row is as wide as the first one; two share a row."""
    with deployments.sqlite("cards") as site:
        site.call("make_room", slug="first")
        for rooms, whole in ((2, True), (3, False)):
            site.call("make_room", slug=f"cards-{rooms}")
            page = await window(f"{site.url}/", viewport=PHONE)
            await expect(page.locator(".cards > li")).to_have_count(rooms)
            first, last = [await page.locator(".cards > li").nth(at).bounding_box() for at in (0, rooms - 1)]
            assert first
            assert last
            assert (abs(first["width"] - last["width"]) < 1) == whole
            await page.close()
