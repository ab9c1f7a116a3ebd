"""Looks at a page of the mini-program as a phone shows it.

    python -m tests.miniprogram.show --page "pages/room/room?slug=demo" --lang zh --shot out.png

On a server of its own with the demo's rooms, or on the one that `--server` names. `--tap TEXT`, as often as one likes:
buttons and other things to be tapped, by what they say. `--stay`: say where it is, and serve until interrupted.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveroom.settings")

import pytest
from playwright.async_api import async_playwright

from tests.browser.conftest import ARGUMENTS, NAMES
from tests.deployment import Deployments
from tests.miniprogram.phones import SCREEN, Phone, Renderer
from tests.servers import program, run_python

LANGUAGES = ("en", "zh")
QUIET = 700
"""Milliseconds without a change after which a page is as it stays."""


@contextmanager
def demo_server(folder: Path, language: str) -> Iterator[str]:
    """A server with the demo's rooms; gives its address."""
    deployments = Deployments(folder, cast(pytest.FixtureRequest, None))
    with deployments.sqlite("show") as site:
        done = run_python("manage.py", "demo", "--language", language, environment=site.environment)
        assert done.returncode == 0, done.stderr
        yield site.url


async def look(address: str, options: argparse.Namespace) -> list[str]:
    """Open the page, tap what is to be tapped, take the picture; returns the problems."""
    path = next(filter(None, map(shutil.which, NAMES)), None) or program("chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        settings: dict[str, Any] = {
            "viewport": SCREEN,
            "device_scale_factor": options.scale,
            "reduced_motion": "reduce",
        }
        context = await browser.new_context(**settings, color_scheme="dark" if options.dark else "light")
        page = await context.new_page()
        page.on("console", lambda message: print(f"{message.type}: {message.text}", file=sys.stderr))
        await page.goto(address)
        phone = await Phone(page).start()
        await phone.do("quiet", QUIET)
        for text in options.tap:
            named = page.get_by_role("button", name=text).or_(page.get_by_role("link", name=text))
            await (named if await named.count() else page.get_by_text(text)).first.click()
            await phone.do("quiet", QUIET)
        await page.screenshot(path=options.shot)
        problems = cast(list[str], await phone.see("problems"))
        await browser.close()
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(description="Look at a page of the mini-program.")
    parser.add_argument("--page", default="", help="the first page, with its query (default: app.json's)")
    parser.add_argument("--app", default="miniprogram", help="or the name of one of the renderer's fixtures")
    parser.add_argument("--lang", choices=LANGUAGES, default="en")
    parser.add_argument("--server", help="http://HOST:PORT of a server on this machine")
    parser.add_argument("--tap", action="append", default=[], metavar="TEXT")
    parser.add_argument("--shot", type=Path, default=Path("page.png"))
    parser.add_argument("--scale", type=float, default=2)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--privacy", choices=("agreed", "ask"), default="agreed")
    parser.add_argument("--stay", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liveroom-") as name:
        folder = Path(name)
        if options.server:
            serve(folder, options.server, options)
        else:
            with demo_server(folder, options.lang) as url:
                serve(folder, url, options)


def serve(folder: Path, url: str, options: argparse.Namespace) -> None:
    renderer = Renderer(folder)
    try:
        renderer.start()
        address = renderer.address(
            options.page, app=options.app, lang=options.lang, server=url, privacy=options.privacy
        )
        problems = asyncio.run(look(address, options))
        print(*problems, f"{options.shot} of {address}", sep="\n")
        if options.stay:
            input("Enter ends it. ")
    finally:
        renderer.stop()


if __name__ == "__main__":
    main()
