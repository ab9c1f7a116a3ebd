"""The video of a room's stream: two seconds of red, 5 KB, beside this file.

Made by: ffmpeg -f lavfi -i color=c=0xcf2f1a:s=180x320:r=10:d=2 -c:v libx264 -profile:v baseline -pix_fmt yuv420p
-crf 40 -g 10 -f hls -hls_time 2 -hls_segment_filename part%d.ts show.m3u8
"""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.pages import entered
from tests.deployment import Deployment
from tests.servers import PATIENCE

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

STREAM = Path(__file__).parent / "stream"
TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}


async def serve(route: Route) -> None:
    """Answer as the host of a stream would, to pages of others too."""
    file = STREAM / route.request.url.rsplit("/", 1)[1]
    headers = {"Access-Control-Allow-Origin": "*"}
    await route.fulfill(path=file, content_type=TYPES[file.suffix], headers=headers)


class Late:
    """A host of a stream that comes later; counts how often it was asked for the list of its pieces."""

    def __init__(self) -> None:
        self.there = False
        self.times = 0

    async def __call__(self, route: Route) -> None:
        self.times += route.request.url.endswith(".m3u8")
        if self.there:
            await serve(route)
        else:
            # A browser writes what is not found to the console, and this is as little a stream.
            await route.fulfill(body="not yet", content_type=TYPES[".m3u8"])

    async def asked(self, times: int, page: Page) -> None:
        """Let the page's time pass until it was asked so often; the room's frames come in real time, thus the limit."""
        async with asyncio.timeout(30 * PATIENCE):
            while self.times < times:
                await page.clock.run_for(1000)
                # A round of the network: what was asked for before this has been asked for here.
                await page.evaluate("fetch('/healthz').then((answer) => answer.text())")


async def loaded(page: Page) -> bool:
    """Whether the player library was asked for."""
    names: list[str] = await page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    return any("/vendor/hls" in name for name in names)


async def plays(page: Page) -> None:
    """Wait until the video has run for a moment, muted and without a press of any button."""
    video = page.locator("#video")
    await expect(video).to_be_visible()
    await expect(video).to_have_attribute("data-shape", "tall")
    await expect(video).to_have_js_property("muted", True)
    await video.evaluate(
        """(video) => video.currentTime > 0.2 || new Promise((done) => {
          video.addEventListener("timeupdate", () => video.currentTime > 0.2 && done());
        })"""
    )
    await expect(page.locator("#play")).to_be_hidden()


async def without_hls(page: Page) -> None:
    """Be a browser that needs the library."""
    await page.evaluate("HTMLMediaElement.prototype.canPlayType = () => ''")


async def test_a_browser_without_hls(window: Open, site: Deployment) -> None:
    """The library is loaded when there is a stream to play; sound can be had; with the show's end it stops."""
    room = site.call("make_room", slug="video-here")
    page = await entered(await window("/rooms/video-here/"))
    await without_hls(page)
    await page.context.route("**/stream/*", serve)
    await expect(page.locator("#video")).to_be_hidden()
    assert not await loaded(page)
    site.call("set_room", room_id=room["id"], stream="/stream/show.m3u8")
    await plays(page)
    assert await loaded(page)
    sound = page.get_by_role("button", name="Sound")
    await sound.click()
    await expect(sound).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#video")).to_have_js_property("muted", False)
    site.call("set_room", room_id=room["id"], status="ended")
    await expect(page.locator("#video")).to_be_hidden()
    await expect(sound).to_be_hidden()


@pytest.mark.parametrize("native", [False, True])
async def test_a_stream_that_is_not_there_yet(window: Open, site: Deployment, native: bool) -> None:
    """It is asked for again, by and by, and shown when it comes; until then there is no button for its sound."""
    room = site.call("make_room", slug=f"video-late-{native}")
    page = await window("/")
    await page.clock.install()
    await page.goto(f"/rooms/video-late-{native}/")
    await entered(page)
    await page.evaluate(f"HTMLMediaElement.prototype.canPlayType = () => '{'maybe' if native else ''}'")
    late = Late()
    await page.context.route("**/stream/*", late)
    # A stream that a browser plays by itself is here one that every browser can.
    site.call("set_room", room_id=room["id"], stream="/stream/show.m3u8")
    for times in range(1, 5):
        await late.asked(times, page)
        await expect(page.locator("#sound")).to_be_hidden()
    late.there = True
    await late.asked(5, page)
    if not native:
        await expect(page.locator("#video")).to_be_visible()
        await expect(page.locator("#sound")).to_be_visible()


async def test_a_stream_on_another_host(window: Open, site: Deployment) -> None:
    """A page whose policy does not know the stream's host offers to be read anew; then the video runs."""
    room = site.call("make_room", slug="video-there")
    page = await window("/rooms/video-there/")
    await page.add_init_script("HTMLMediaElement.prototype.canPlayType = () => ''")
    await page.reload()
    await entered(page)
    await page.context.route("https://cdn.example.com/stream/*", serve)
    site.call("set_room", room_id=room["id"], stream="https://cdn.example.com/stream/show.m3u8")
    await page.get_by_role("link", name="Reload to see the video").click()
    await plays(page)
    await expect(page.locator("#reload")).to_be_hidden()


async def test_a_browser_with_hls(window: Open, site: Deployment) -> None:
    """Who can play a stream by himself gets its address and no library."""
    room = site.call("make_room", slug="video-native")
    page = await entered(await window("/rooms/video-native/"))
    await page.evaluate("HTMLMediaElement.prototype.canPlayType = () => 'maybe'")
    await page.context.route("**/stream/*", serve)
    site.call("set_room", room_id=room["id"], stream="/stream/show.m3u8")
    await expect(page.locator("#video")).to_have_attribute("src", re.compile(r"/stream/show\.m3u8$"))
    assert not await loaded(page)
