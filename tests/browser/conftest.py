"""Chromium's windows on a real server.

Playwright's async API, as its sync one would keep the main thread's loop for itself.
"""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.deployment import Deployment, Deployments
from tests.servers import PATIENCE, program

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NAMES = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT = 10_000 * PATIENCE

Open = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="module")
def site(deployments: Deployments) -> Iterator[Deployment]:
    """One process on SQLite, whose guests talk."""
    with deployments.sqlite("browser") as deployment:
        yield deployment


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """The machine's Chromium, started once."""
    expect.set_options(timeout=TIMEOUT)
    path = next(filter(None, map(shutil.which, NAMES)), None) or program("chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def window(site: Deployment, chromium: Browser) -> AsyncIterator[Open]:
    """Open windows, each another person's: ``window("/rooms/demo/", locale=…)``; options are a browser context's.

    Nothing moves in them, unless ``reduced_motion="no-preference"`` is asked for.
    At the end none of them may have written an error or a warning to its console. ``offline_ok``: but for connections
    that failed, which the browser itself writes there.
    """
    said: list[str] = []

    async with AsyncExitStack() as opened:

        async def open_window(path: str, *, offline_ok: bool = False, **options: Any) -> Page:
            # Without a GPU what moves all the time costs more than half of the processor.
            still: dict[str, Any] = {"reduced_motion": "reduce"}
            settings = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}, **still, **options}
            context = await chromium.new_context(base_url=site.url, **settings)
            opened.push_async_callback(context.close)
            page = await context.new_page()
            page.set_default_timeout(TIMEOUT)

            def note(kind: str, text: str) -> None:
                # That the browser leaves the focus to whoever typed first is what we want.
                polite = text.startswith("Autofocus processing was blocked")
                if not (polite or (offline_ok and "WebSocket connection to" in text)):
                    said.append(f"{kind}: {text}")

            page.on("console", lambda message: note(message.type, message.text))
            page.on("pageerror", lambda error: note("exception", str(error)))
            await page.goto(path)
            return page

        yield open_window
    assert said == []
