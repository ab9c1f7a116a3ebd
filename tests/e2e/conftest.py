"""The two setups that every test here passes, and clients that are spread over their processes."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.deployment import Deployment, Deployments
from tests.e2e.client import Client

GRACE = 1.0

Enter = Callable[..., Awaitable[Client]]
_slugs = itertools.count(1)


@pytest.fixture(
    scope="session",
    params=[
        "two processes",
        pytest.param("one process", marks=pytest.mark.long),
        pytest.param("two processes of uvicorn", marks=pytest.mark.long),
    ],
)
def setup(request: pytest.FixtureRequest, deployments: Deployments) -> Iterator[Deployment]:
    """One process on SQLite without Redis; two on Redis and PostgreSQL. No test asks which."""
    grace = str(GRACE)
    if request.param == "one process":
        made = deployments.sqlite("one", LIVEROOM_GRACE=grace)
    elif request.param == "two processes":
        made = deployments.postgres("two", LIVEROOM_GRACE=grace)
    else:
        made = deployments.postgres("uvicorn", server="uvicorn", LIVEROOM_GRACE=grace)
    with made as deployment:
        yield deployment


@pytest.fixture
def room(setup: Deployment) -> dict[str, Any]:
    """A live room for each test: ``slug``, ``id``, ``host`` (a token), ``items`` (one, 50 pieces), ``seq``."""
    made: dict[str, Any] = setup.call("make_room", slug=f"room-{next(_slugs)}")
    return made


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Closes what a test opened."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def enter(setup: Deployment, room: dict[str, Any], stack: AsyncExitStack) -> Enter:
    """Bring viewers into the room, each to the next process: ``enter(token=…)``, ``enter(since=…, epoch=…, url=…)``."""
    urls = itertools.cycle(setup.urls)

    async def come_in(**options: Any) -> Client:
        url = options.pop("url", None) or next(urls)
        return await stack.enter_async_context(await Client.enter(url, room["slug"], **options))

    return come_in
