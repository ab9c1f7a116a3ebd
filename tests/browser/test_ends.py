"""When a show or a connection ends: what one sees, and what one can do about it."""

import itertools
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import comments, entered, say
from tests.browser.test_video import plays, serve, without_hls
from tests.deployment import Deployment, Deployments

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

_slugs = itertools.count(1)


@pytest.fixture
def room(site: Deployment) -> dict[str, Any]:
    """A live room of the test's own, with one item that is explained."""
    made: dict[str, Any] = site.call("make_room", slug=f"ends-{next(_slugs)}")
    site.call("explain", item_id=made["items"][0])
    site.call("post_comments", room_id=made["id"], texts=["one", "two", "three"])
    return made


async def on_the_connection(page: Page, call: str) -> Any:
    return await page.evaluate(f"import('/static/rooms/connection.js').then(({{ live }}) => live.{call})")


async def test_who_is_banned_sees_and_hears_nothing(window: Open, site: Deployment, room: dict[str, Any]) -> None:
    """The video ends, the picture is veiled, and it is said once."""
    page = await entered(await window(f"/rooms/{room['slug']}/"))
    await without_hls(page)
    await page.context.route("**/stream/*", serve)
    site.call("set_room", room_id=room["id"], stream="/stream/show.m3u8")
    await plays(page)
    await say(page, "before")
    await expect(page.locator("#comments [data-pending='']")).to_have_count(4)
    site.call("impose", kind="ban", user=await on_the_connection(page, "state.user.id"), room_id=room["id"])
    await expect(page.locator("#curtain-text")).to_have_text("You have been banned here.")
    await expect(page.locator("#stage")).to_have_attribute("data-face", "banned")
    await expect(page.locator("#video")).to_be_hidden()
    assert await page.locator("#video").get_attribute("src") is None
    for hidden in ("#log", "#status", "#sound", "#spotlight", "#why"):
        await expect(page.locator(hidden)).to_be_hidden()
    await expect(page.locator("#error")).to_be_empty()
    assert "blur" in await page.locator("#scene").evaluate("(scene) => getComputedStyle(scene).filter")


async def test_open_in_too_many_places(window: Open, room: dict[str, Any]) -> None:
    """The oldest window says why it was left behind, and goes on by a button."""
    page = await entered(await window(f"/rooms/{room['slug']}/"))
    await say(page, "mine")
    await expect(page.locator("#comments [data-pending='']")).to_have_count(4)
    for _ in range(5):
        other = await page.context.new_page()
        await other.goto(f"/rooms/{room['slug']}/")
        await entered(other)
    connection = page.locator("#connection")
    await expect(connection).to_have_text("You have this room open in too many places.")
    await expect(page.locator("#error")).to_be_empty()
    await page.get_by_role("button", name="Connect here").click()
    await entered(page)


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 480), (390, 844), (1000, 420)])
async def test_a_face_is_whole(window: Open, site: Deployment, room: dict[str, Any], width: int, height: int) -> None:
    """Title, words and the way out are in sight on every screen, over no other words; a comment is seen too."""
    site.call("set_room", room_id=room["id"], status="ended")
    page = await entered(await window(f"/rooms/{room['slug']}/", viewport={"width": width, "height": height}))
    await expect(page.locator("#spotlight")).to_be_hidden()
    for part in ("#curtain-title", "#curtain-text", "#curtain-link"):
        await expect(page.locator(part)).to_be_in_viewport(ratio=1)
    curtain, log = [await page.locator(part).bounding_box() for part in ("#curtain", "#log")]
    link = await page.locator("#curtain-link").bounding_box()
    assert curtain
    assert log
    assert link
    assert link["y"] + link["height"] <= curtain["y"] + curtain["height"] + 1 <= log["y"] + 1
    await expect(comments(page).last).to_be_in_viewport()


async def test_hearts_for_who_only_watches(window: Open, deployments: Deployments) -> None:
    """Nobody's own likes are those of others: they rise for a viewer without a name too."""
    with deployments.sqlite("watch", LIVEROOM_GUESTS="watch") as watched:
        watched.call("make_room", slug="watched")
        here, there = [
            await entered(await window(f"{watched.url}/rooms/watched/", reduced_motion="no-preference"))
            for _ in range(2)
        ]
        await here.evaluate(
            """() => {
              window.flown = new Promise((done) => {
                new MutationObserver(() => done(true)).observe(document.getElementById("hearts"), { childList: true });
              });
            }"""
        )
        await there.locator("#like").click()
        assert await here.evaluate("window.flown")
        for page in (here, there):
            await page.close()


async def test_many_buyers_are_not_one(window: Open, room: dict[str, Any]) -> None:
    """What several bought or followed in one moment is said of several."""
    page = await entered(await window(f"/rooms/{room['slug']}/", locale="zh-CN"))
    words = page.locator("#activity")
    for kind, count, said in (
        ("buy", 1, "K** 购买了 Tea × 5"),
        ("buy", 5, "K** 和另外 4 人购买了 Tea"),
        ("follow", 2, "K** 和另外 1 人关注了主播"),
    ):
        await page.evaluate(
            """async ([kind, count]) => {
              const { live } = await import("/static/rooms/connection.js");
              const { drawStage } = await import("/static/rooms/stage.js");
              const activity = { kind, name: "K**", count, title: "Tea", quantity: 5 };
              const state = { ...live.state, activity };
              drawStage({ state, status: live.status, now: live.serverNow(), until: null });
            }""",
            [kind, count],
        )
        await expect(words).to_have_text(said)


async def test_a_comment_for_which_there_is_no_place(window: Open, room: dict[str, Any]) -> None:
    """It is not lost: it stands where it was written, and the page says why."""
    page = await entered(await window(f"/rooms/{room['slug']}/"))
    await on_the_connection(page, "stall(true)")
    await page.evaluate(
        """async () => {
          const { live } = await import("/static/rooms/connection.js");
          for (let number = 0; number < 100; number += 1) live.comment(`waits ${number}`).catch(() => {});
        }"""
    )
    await say(page, "one too many")
    await expect(page.locator("#error")).to_have_text("Too much waits to be sent. Please try again in a moment.")
    await expect(page.locator("#content")).to_have_value("one too many")


async def test_a_stall_ends_with_its_connection(window: Open, room: dict[str, Any]) -> None:
    """The inspector's button is not pressed any more."""
    page = await entered(await window(f"/rooms/{room['slug']}/"))
    stall = page.get_by_role("button", name="Stall")
    await stall.click()
    await expect(stall).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Cut").click()
    await expect(stall).to_have_attribute("aria-pressed", "false")
