"""Redis may go away, hang, forget everything and come back: it carries nothing that is not in the log."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.deployment import Deployment, Deployments
from tests.e2e.client import DEADLINE, Client
from tests.faults.conftest import OUTAGES
from tests.faults.crowd import Crowd, drawn_seed
from tests.faults.readiness import READY, become_ready, become_unready, readiness, stay_unready
from tests.servers import Redis

pytestmark = pytest.mark.timeout(240)

SHOPPERS = 40
DEAF = {**READY, "status": "not ready", "layer": False}
AWAY_AND_BACK = ["The channel layer is away", "The channel layer is back"]
COMPLAINT = re.compile(r"(?:WARNING|ERROR|CRITICAL) \S+: ([^:\n]*)")


@pytest.mark.parametrize("outage", OUTAGES)
async def test_redis_is_flushed_then_stopped_for_a_while(deployments: Deployments, redis: Redis, outage: float) -> None:
    """A Redis that forgets everything is not noticed. While it is stopped, everything goes on, from the log.

    Both processes say that they are not ready, and log it once; when Redis is back they say so, and likes cross again.
    """
    with deployments.postgres(f"stopped-{outage}", redis=redis, LIVEROOM_REPLAY="0") as site:
        async with shopping(site) as crowd, likers(site) as (here, there):
            await become_ready(site.urls, READY)
            await crosses(here, there)
            assert redis.ask("FLUSHALL") == "+OK"
            await crosses(here, there)
            await crosses(there, here)
            assert await readiness(site.urls) == [(200, READY)] * 2
            redis.stop()
            await become_unready(site.urls, DEAF)
            await stay_unready(site.urls, DEAF, outage)
            await crowd.keep_up()
            redis.start()
            await become_ready(site.urls, READY)
            await crosses(here, there)
            await crosses(there, here)
        assert complaints(site) == [AWAY_AND_BACK] * 2


@pytest.mark.parametrize("outage", OUTAGES)
async def test_redis_hangs(deployments: Deployments, redis: Redis, outage: float) -> None:
    """A Redis that answers nothing is as one that is not there, and holds up no command."""
    with deployments.postgres(f"hanging-{outage}", redis=redis, LIVEROOM_REPLAY="0") as site:
        async with shopping(site) as crowd, likers(site) as (here, there):
            await become_ready(site.urls, READY)
            redis.signal(signal.SIGSTOP)
            try:
                await become_unready(site.urls, DEAF)
                await stay_unready(site.urls, DEAF, outage)
                await crowd.keep_up()
            finally:
                redis.signal(signal.SIGCONT)
            await become_ready(site.urls, READY)
            await crosses(here, there)
            await crosses(there, here)
        assert complaints(site) == [AWAY_AND_BACK] * 2


async def test_redis_was_never_there(deployments: Deployments, redis: Redis) -> None:
    """Processes that start without their Redis serve all the same, say so, and find it when it comes."""
    redis.stop()
    with deployments.postgres("late", redis=redis, LIVEROOM_REPLAY="0") as site:
        async with shopping(site) as crowd, likers(site) as (here, there):
            await become_unready(site.urls, DEAF)
            await crowd.keep_up()
            redis.start()
            await become_ready(site.urls, READY)
            await crosses(here, there)
            await crosses(there, here)
        assert complaints(site) == [AWAY_AND_BACK] * 2


@asynccontextmanager
async def shopping(site: Deployment) -> AsyncIterator[Crowd]:
    """A crowd that comments and buys meanwhile; in the end nothing of it is lost."""
    async with Crowd.gathered(site, SHOPPERS, seed=drawn_seed()) as crowd:
        async with crowd.busy():
            yield crowd
        await crowd.prove_nothing_is_lost()


@asynccontextmanager
async def likers(site: Deployment) -> AsyncIterator[tuple[Client, Client]]:
    """A viewer on each process of a room where nobody else likes anything."""
    slug = site.call("make_room", slug="likes", items=0)["slug"]
    async with AsyncExitStack() as stack:
        here, there = [await stack.enter_async_context(await Client.enter(url, slug)) for url in site.urls]
        yield here, there


async def crosses(sender: Client, receiver: Client) -> None:
    """Likes go from one to the other, as nothing does but through Redis: tried until one arrives."""
    seen = len(receiver.seen("like"))
    async with asyncio.timeout(3 * DEADLINE):
        while len(receiver.seen("like")) == seen:
            await sender.send("like")
            await asyncio.sleep(0.1)


def complaints(site: Deployment) -> list[list[str]]:
    """What each process logged as a warning or worse, without time and cause."""
    return [COMPLAINT.findall(server.text()) for server in site.servers]
