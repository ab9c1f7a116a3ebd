"""Phones on a real server."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.conftest import chromium
from tests.deployment import Deployment, Deployments
from tests.miniprogram.phones import Open, Renderer, phones

__all__ = ["chromium"]

_slugs = itertools.count(1)


@pytest.fixture(scope="session")
def renderer(directory: Path) -> Iterator[Renderer]:
    """What serves the pages."""
    renderer = Renderer(directory)
    try:
        renderer.start()
        yield renderer
    finally:
        renderer.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def open_phone(renderer: Renderer, chromium: Browser) -> AsyncIterator[Open]:
    """Open phones: see tests/miniprogram/phones.py."""
    async with phones(renderer, chromium) as open_one:
        yield open_one


@pytest.fixture(scope="module")
def site(deployments: Deployments) -> Iterator[Deployment]:
    """One process on SQLite, whose guests talk."""
    with deployments.sqlite("phones") as deployment:
        yield deployment


@pytest.fixture
def new_room(site: Deployment) -> Callable[..., dict[str, Any]]:
    """Make a live room of the test's own; options as for make_room."""

    def make(**options: Any) -> dict[str, Any]:
        made: dict[str, Any] = site.call("make_room", slug=f"phone-{next(_slugs)}", **options)
        return made

    return make


@pytest.fixture
def room(new_room: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A live room with two items."""
    return new_room(items=2)
