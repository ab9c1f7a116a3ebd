"""The video of a room's stream: two seconds of red, 5 KB, beside this file.

Made by: ffmpeg -f lavfi -i color=c=0xcf2f1a:s=180x320:r=10:d=2 -c:v libx264 -profile:v baseline -pix_fmt yuv420p
-crf 40 -g 10 -f hls -hls_time 2 -hls_segment_filename part%d.ts show.m3u8
"""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.pages import entered
from tests.deployment import Deployment

pytestmark = pytest.mark.asyncio(loop_scope="module")

STREAM = Path(__file__).parent / "stream"
TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}


async def serve(route: Route) -> None:
    """Answer as the host of a stream would, to pages of others too."""
    file = STREAM / route.request.url.rsplit("/", 1)[1]
    headers = {"Access-Control-Allow-Origin": "*"}
    await route.fulfill(path=file, content_type=TYPES[file.suffix], headers=headers)


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
