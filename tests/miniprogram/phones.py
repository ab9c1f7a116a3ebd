"""Phones for the tests: the mini-program's pages, unmodified, in Chromium (see renderer/).

phone = await open_phone("pages/room/room?slug=demo", lang="zh", server=site.url)
await phone.page.get_by_role("button", name="Like").click()
await phone.do("network.set", "none")
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.async_api import Browser, Page, Route, expect

from benchmarks.programs import free_port
from tests.miniprogram.node import HERE, command
from tests.servers import PATIENCE, START_TIMEOUT, Program

SCREEN = {"width": 390, "height": 844}
TIMEOUT = 10_000 * PATIENCE

Open = Callable[..., Awaitable["Phone"]]


class Renderer(Program):
    """Serves the renderer and what it renders, and leads requests and sockets to the servers of the tests."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        script = HERE / "renderer" / "serve.mjs"
        super().__init__("renderer", command(script, "--port", str(self.port)), directory=directory)

    def start(self, ready: Callable[[], bool] | None = None) -> None:
        super().start(ready or self._answers)

    def _answers(self) -> bool:
        try:
            httpx.get(self.url, timeout=START_TIMEOUT, trust_env=False)
        except httpx.TransportError:
            return False
        return True

    def address(self, page: str = "", **options: str) -> str:
        """Where a page of the mini-program is; options: app, lang, server, user, privacy."""
        return f"{self.url}/?{urlencode({'page': page, **options})}"


class Phone:
    """One person's phone; ``page`` is Playwright's."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def do(self, what: str, *arguments: Any) -> Any:
        """Call a function of the renderer's ``phone``, such as ``hide`` or ``network.set``."""
        given = ", ".join(json.dumps(argument) for argument in arguments)
        return await self.page.evaluate(f"phone.{what}({given})")

    async def see(self, what: str) -> Any:
        """What something of the renderer's ``phone`` is now, such as ``open`` or ``network.opened``."""
        return await self.page.evaluate(f"phone.{what}")

    async def until(self, condition: str) -> None:
        """Wait until an expression is true on the phone."""
        await self.page.wait_for_function(condition)

    async def start(self) -> "Phone":
        """Wait until the first page is there; fails with the reason when it cannot be."""
        started = self.page.locator("html[data-started]")
        await expect(started).to_be_attached(timeout=TIMEOUT)
        if await started.get_attribute("data-started") != "yes":
            raise AssertionError(await self.page.locator(".failure").text_content())
        return self

    async def restart(self) -> "Phone":
        """End the mini-program and start it again; what it stored is there."""
        await self.page.reload()
        return await self.start()


async def _configured(config: dict[str, str], route: Route) -> None:
    """Serve config.js with other values for some of its constants."""
    response = await route.fetch()
    text = await response.text()
    for name, value in config.items():
        text, changed = re.subn(rf'(const {name} =) "[^"]*"', rf"\1 {json.dumps(value)}", text)
        assert changed == 1, f"config.js has no {name}"
    await route.fulfill(response=response, body=text)


@asynccontextmanager
async def phones(renderer: Renderer, chromium: Browser) -> AsyncIterator[Open]:
    """Opens phones, each another person's. At the end none of them may have had a problem."""
    opened: list[Phone] = []

    async with AsyncExitStack() as stack:

        async def open_phone(
            page: str = "",
            *,
            faulty: bool = False,
            browser: dict[str, Any] | None = None,
            config: dict[str, str] | None = None,
            **options: str,
        ) -> Phone:
            settings: dict[str, Any] = {"viewport": SCREEN, "reduced_motion": "reduce", **(browser or {})}
            context = await chromium.new_context(**settings)
            stack.push_async_callback(context.close)
            if config:
                await context.route("**/config.js*", partial(_configured, config))
            phone = Phone(await context.new_page())
            phone.page.set_default_timeout(TIMEOUT)
            await phone.page.goto(renderer.address(page, **options))
            if not faulty:
                opened.append(phone)
            return await phone.start()

        yield open_phone
        problems = [problem for phone in opened for problem in await phone.see("problems")]
    assert problems == [], "\n".join(problems)
